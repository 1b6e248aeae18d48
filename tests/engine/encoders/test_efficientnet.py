"""EfficientNet: B0 against Keras' published one, Lite from PyTorch's tensors against plain loops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine.encoders import efficientnet, encoder_preset
from app.engine.encoders.pooled_encoder import PooledEncoder, fingerprint_of
from app.engine.encoders.presets import PRESETS
from app.engine.errors import PresetError
from app.engine.patches import grid, likeness
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore, add, load_arrays
from tests.engine.encoders.conftest import Published, store_of
from tests.engine.encoders.plainly import Tensors, convolved, kernel, norm, normed
from tests.torch_files import torch_file

SIDES = (3, 3, 5, 3, 5, 5, 3)  # of each stage's filters, as published
DEPTHS, WIDTHS, CLASSES = (1, 2, 1, 2, 1, 1, 1), (4, 6, 8, 10, 12, 16, 20), 9


def lite(seed: int = 3) -> dict[str, Floats]:
    """A Lite network of few channels, under its package's names."""
    generator = np.random.default_rng(seed)
    tensors = kernel("_conv_stem", (8, 3, 3, 3), generator) | norm("_bn0", 8, generator)
    before, number = 8, 0
    for stage, (depth, width) in enumerate(zip(DEPTHS, WIDTHS, strict=True)):
        for _ in range(depth):
            block, wide = f"_blocks.{number}", before if stage == 0 else 6 * before
            if stage:
                tensors |= kernel(f"{block}._expand_conv", (wide, before, 1, 1), generator) | norm(f"{block}._bn0", wide, generator)
            tensors |= kernel(f"{block}._depthwise_conv", (wide, 1, SIDES[stage], SIDES[stage]), generator)
            tensors |= norm(f"{block}._bn1", wide, generator) | norm(f"{block}._bn2", width, generator)
            tensors |= kernel(f"{block}._project_conv", (width, wide, 1, 1), generator)
            before, number = width, number + 1
    tensors |= kernel("_conv_head", (32, before, 1, 1), generator) | norm("_bn1", 32, generator)
    return tensors | {"_fc.weight": generator.normal(size=(CLASSES, 32)), "_fc.bias": generator.normal(size=CLASSES)}


def plainly(picture: Image, tensors: Tensors) -> Floats:
    """The last maps of `lite`, padded as TensorFlow pads even sides: less before than after."""

    def step(maps: Floats, name: str, normalisation: str, stride: int = 1, *, clipped: bool = True) -> Floats:
        weight = tensors[f"{name}.weight"]
        around = weight.shape[2] - stride if weight.shape[2] > 1 else 0
        out = normed(convolved(maps, weight, stride, around // 2, around - around // 2), tensors, normalisation, 1e-3)
        return np.clip(out, 0, 6) if clipped else out

    maps = step((picture - 127.0) / 128.0, "_conv_stem", "_bn0", 2)
    number = 0
    for stage, depth in enumerate(DEPTHS):
        for index in range(depth):
            block, before = f"_blocks.{number}", maps
            if stage:
                maps = step(maps, f"{block}._expand_conv", f"{block}._bn0")
            stride = efficientnet.STRIDES[stage] if index == 0 else 1
            maps = step(maps, f"{block}._depthwise_conv", f"{block}._bn1", stride)
            maps = step(maps, f"{block}._project_conv", f"{block}._bn2", clipped=False)
            maps = maps + before if index else maps
            number += 1
    return step(maps, "_conv_head", "_bn1")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    """Given by the user as a file of PyTorch."""
    folder = tmp_path_factory.mktemp("lite")
    found = store_of(folder, "efficientnet-lite0", preprocessing="lite", source="supplied", format="efficientnet-torch")
    (folder / "lite.pth").write_bytes(torch_file(lite(), legacy=True))
    add("efficientnet-lite0", folder / "lite.pth", found)
    return found


def encoder(name: str, store: WeightStore) -> PooledEncoder:
    return PooledEncoder(replace(encoder_preset(f"{name}@96"), precision="f32"), threads=1, store=store)


def test_lite_is_what_its_tensors_say(store: WeightStore) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)
    (maps,) = encoder("efficientnet-lite0-gem", store)._network([picture])
    wanted = plainly(picture, lite())
    assert wanted.shape == (2, 3, 32) and 0 < float(np.mean(wanted > 0)) < 1
    np.testing.assert_allclose(maps["top"], wanted, atol=1e-3 * float(wanted.max()))


def test_its_class_maps_average_to_its_logits(store: WeightStore, pictures: list[Image]) -> None:
    found = encoder("efficientnet-lite0-cam-8", store)
    view = found.class_view(pictures[0])
    assert view is not None
    tensors = lite()
    features = view.features[..., :-1]  # the last channel is the bias's
    logits = features.mean(axis=(0, 1)) @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    np.testing.assert_allclose((view.features @ view.weights).mean(axis=(0, 1)), logits, atol=1e-4)
    assert view.best(3)[0].tolist() == np.argsort(-logits)[:3].tolist()
    assert [rows.shape for rows in found.describe(pictures[:2])] == [(8, 32)] * 2
    every = found.class_rows(pictures[1])
    np.testing.assert_allclose(every.rows[every.order[:8]], found.describe([pictures[1]])[0], atol=2e-3)
    assert len(every.rows) == tensors["_fc.bias"].shape[0] and found.pools_by_class
    assert fingerprint_of(found.preset, store) == found.fingerprint
    assert fingerprint_of(replace(found.preset, maps=1), store) != found.fingerprint


def test_patches_are_of_its_last_maps(store: WeightStore, pictures: list[Image]) -> None:
    """Of the size that is asked for, not of that of the descriptor; each is most like itself."""
    found = encoder("efficientnet-lite0-gem", store)
    assert [found.maps_of(picture, 384).shape for picture in pictures[:3]] == [(8, 12, 32), (12, 8, 32), (12, 12, 32)]
    grids = [grid(found.maps_of(picture, 384)) for picture in pictures[:2]]
    assert likeness(grids[0], grids[0]) > 0.99 > 2 * likeness(*grids)


def test_without_class_head_or_projection_the_preset_is_refused(store: WeightStore, tmp_path: Path) -> None:
    bare = store_of(tmp_path, "efficientnet-lite0", preprocessing="lite", arrays={
        name: array for name, array in load_arrays("efficientnet-lite0", store).items() if not name.startswith("predictions")
    })  # fmt: skip
    with pytest.raises(PresetError, match="no class head"):
        encoder("efficientnet-lite0-cam-8", bare)
    with pytest.raises(PresetError, match="no projection"):
        encoder("efficientnet-lite0-projected", bare)


def test_a_missing_block_is_named() -> None:
    tensors = {name: array for name, array in lite().items() if "_blocks.4._depthwise_conv" not in name}
    with pytest.raises(KeyError, match=r"_blocks\.4\._depthwise_conv\.weight"):
        efficientnet.from_torch(tensors)
    with pytest.raises(KeyError, match="stage 7"):
        efficientnet.from_torch({name: array for name, array in lite().items() if not name.startswith("_blocks.8.")})


def test_b0_is_the_published_network(published: Published, tmp_path: Path) -> None:
    """Its weights under the names of the published file, which Keras 2 wrote."""
    arrays = {name.replace("dwconv/kernel", "dwconv/depthwise_kernel"): one for name, one in published.efficientnet.items()}
    store = store_of(tmp_path, "efficientnet-b0", preprocessing="torchvision", arrays=arrays)
    (maps,) = encoder("efficientnet-b0-spoc", store)._network([published.picture])
    wanted = published.maps["EfficientNetB0"]
    assert maps["top"].shape == wanted.shape == (3, 4, 1280)
    assert np.allclose(maps["top"], wanted, atol=2e-3 * float(np.abs(wanted).max()))


def test_every_family_has_every_pooling_that_it_can_have() -> None:
    for name in ("b0", "lite0", "lite1", "lite2"):
        kinds = {kind.removeprefix(f"efficientnet-{name}-") for kind in PRESETS if kind.startswith(f"efficientnet-{name}-")}
        assert {"gem", "rmac", "spoc", "mac", "projected"} <= kinds
        assert ("crow" in kinds) == ("cam-64" in kinds) == (name != "b0")
