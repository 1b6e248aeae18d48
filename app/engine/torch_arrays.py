"""A PyTorch checkpoint as plain arrays, without PyTorch: an unpickler that admits tensors of numbers and nothing else.

Two layouts: a zip with `data.pkl` and one raw file a storage (since PyTorch 1.6); before it, pickles and then the storages.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.engine.types import Floats

TYPES = {
    "FloatStorage": "<f4", "LongStorage": "<i8", "HalfStorage": "<f2", "DoubleStorage": "<f8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
NUMPY = {  # single numbers and arrays, which training leaves beside the tensors
    ("numpy", "dtype"), ("numpy", "ndarray"), ("_codecs", "encode"), ("__builtin__", "bytes"),  # the last two: bytes
    *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
}  # fmt: skip
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class Tensor(NamedTuple):
    """Where a tensor lies in its storage; in elements."""

    storage: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(storage: tuple[str, str], offset: int, shape: Any, strides: Any, *_: Any) -> Tensor:
    return Tensor(storage[0], storage[1], offset, tuple(shape), tuple(strides))


def _parameter(tensor: Tensor, *_: Any) -> Tensor:
    return tensor


class TensorUnpickler(pickle.Unpickler):
    """Anything but tensors, numbers, strings, dicts, lists and tuples is refused before it is looked up."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _parameter
        if (module, name) in NUMPY:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        if module == "torch" and name in TYPES:
            return name
        raise ValueError(f"the checkpoint asks for {module}.{name}, which is no tensor; it was not read")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        """('storage', type, key, place, size[, view]) → (key, dtype)."""
        return str(pid[2]), TYPES[pid[1]]


def read(content: bytes) -> dict[str, Any]:
    """The checkpoint's tree with numpy arrays in the place of tensors. Raises ValueError where it holds anything else."""
    return _zipped(content) if zipfile.is_zipfile(io.BytesIO(content)) else _legacy(content)


def state_dict(content: bytes) -> dict[str, Floats]:
    """The tensors by name, of a state dict or of a checkpoint that has one.

    Raises ValueError where there are none, where it holds anything but tensors, or is cut.
    """
    try:
        tree = read(content)
        for wrapper in ("state_dict", "model"):
            tree = tree[wrapper] if isinstance(tree.get(wrapper), dict) else tree
        found = floats(tree)
    except ValueError:
        raise
    except Exception as error:  # a broken pickle may raise nearly anything
        raise ValueError(f"it cannot be read as a state dict of PyTorch ({type(error).__name__}: {error})") from error
    if not found:
        raise ValueError("it holds no tensors")
    return found


def floats(tree: dict[str, Any]) -> dict[str, Floats]:
    """The tree's arrays of real numbers as float32, by their path with dots; counters and single numbers are left out."""
    found: dict[str, Floats] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= {f"{name}.{below}": array for below, array in floats(value).items()}
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim:
            found[name] = np.asarray(value, np.float32)
    return found


def _zipped(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        pickled = next(name for name in packed.namelist() if name.endswith("/data.pkl"))
        folder = pickled.removesuffix("data.pkl") + "data/"
        storages = {name.removeprefix(folder): packed.read(name) for name in packed.namelist() if name.startswith(folder)}
        tree: dict[str, Any] = _filled(TensorUnpickler(io.BytesIO(packed.read(pickled))).load(), storages)
        return tree


def _legacy(content: bytes) -> dict[str, Any]:
    file = io.BytesIO(content)
    if TensorUnpickler(file).load() != LEGACY_MAGIC:
        raise ValueError("this is no PyTorch checkpoint")
    TensorUnpickler(file).load()  # protocol
    TensorUnpickler(file).load()  # of the system that wrote it
    tree = TensorUnpickler(file).load()
    sizes = _sizes(tree)
    storages = {}
    for key in TensorUnpickler(file).load():
        count = int.from_bytes(file.read(8), "little")
        storages[key] = file.read(count * np.dtype(sizes[key]).itemsize)
    found: dict[str, Any] = _filled(tree, storages)
    return found


def _sizes(node: Any) -> dict[str, str]:
    """Storage → dtype of all tensors in a tree."""
    if isinstance(node, Tensor):
        return {node.storage: node.dtype}
    children = node.values() if isinstance(node, dict) else node if isinstance(node, (list, tuple)) else ()
    return {key: dtype for child in children for key, dtype in _sizes(child).items()}


def _filled(node: Any, storages: dict[str, bytes]) -> Any:
    if isinstance(node, Tensor):
        return _array(node, storages[node.storage])
    if isinstance(node, dict):
        return {key: _filled(child, storages) for key, child in node.items()}
    return [_filled(child, storages) for child in node] if isinstance(node, (list, tuple)) else node


def _array(tensor: Tensor, storage: bytes) -> npt.NDArray[Any]:
    """Cut a tensor from its storage; never from beyond it, and never larger than it."""
    last = tensor.offset + sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True) if side)
    held = len(storage) // np.dtype(tensor.dtype).itemsize
    if min(tensor.offset, *tensor.shape, *tensor.strides, 0) < 0 or max(last + 1, math.prod(tensor.shape)) > held:
        raise ValueError("a tensor of the checkpoint reaches beyond its numbers")
    flat = np.frombuffer(storage, tensor.dtype)[tensor.offset :]
    strides = [step * flat.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(flat, tensor.shape, strides).copy() if tensor.shape else flat[0]
