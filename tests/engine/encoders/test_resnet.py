"""ResNet by the product's own definition against Keras' published one, and the encoder over it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from app.engine.encoders import Encoder, attention, encoder_preset, pooling, resnet
from app.engine.encoders.pooled_encoder import PooledEncoder, fingerprint_of
from app.engine.encoders.resnet_torch import from_torch
from app.engine.errors import WeightsError
from app.engine.patches import PatchScores
from app.engine.types import Floats, Image
from app.engine.weights_formats import from_keras_h5, rgb_input
from tests.engine.encoders.conftest import Published, he, store_of
from tests.engine.test_patches import Shelf
from tests.tiny import painting, visitor_photo

pytest.importorskip("tensorflow")


def test_it_is_the_published_network(published: Published, tmp_path: Path) -> None:
    arrays = published.resnet | {"conv1_conv/kernel": rgb_input(published.resnet["conv1_conv/kernel"])}
    preset = replace(encoder_preset("resnet50-gem@128"), precision="f32")
    encoder = PooledEncoder(preset, threads=2, store=store_of(tmp_path, "resnet50-imagenet", arrays=arrays))
    (maps,) = encoder._network([published.picture])
    wanted = published.maps["ResNet50"]
    assert maps["conv5_out"].shape == wanted.shape == (3, 4, 2048) and encoder.channels == 2048
    assert np.allclose(maps["conv5_out"], wanted, atol=1e-3 * float(np.abs(wanted).max()))


def narrow(blocks: tuple[int, ...] = (1, 2, 1, 1), seed: int = 2) -> dict[str, Floats]:
    """A ResNet of a few channels and blocks, named as the real ones are."""
    generator = np.random.default_rng(seed)
    arrays: dict[str, Floats] = {}

    def add(name: str, side: int, before: int, after: int) -> None:
        arrays[f"{name}_conv/kernel"] = he(generator, side, side, before, after)
        arrays[f"{name}_bn/gamma"], arrays[f"{name}_bn/moving_variance"] = np.ones((2, after), np.float32)
        arrays[f"{name}_bn/beta"], arrays[f"{name}_bn/moving_mean"] = np.zeros((2, after), np.float32)

    add("conv1", 7, 3, 8)
    before = 8
    for stage, count in zip(resnet.STAGES, blocks, strict=True):
        inner = 4 * 2 ** (stage - 2)
        for number in range(1, count + 1):
            name = f"conv{stage}_block{number}"
            if number == 1:
                add(f"{name}_0", 1, before, 4 * inner)
            add(f"{name}_1", 1, before, inner)
            add(f"{name}_2", 3, inner, inner)
            add(f"{name}_3", 1, inner, 4 * inner)
            before = 4 * inner
    return arrays


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    preset = replace(encoder_preset("resnet50-gem@160"), precision="f32")
    return PooledEncoder(preset, threads=1, store=store_of(tmp_path_factory.mktemp("narrow"), "resnet50-imagenet", arrays=narrow()))


def test_descriptors_are_of_one_picture_alone(encoder: Encoder, pictures: list[Image]) -> None:
    together = encoder.describe(pictures)
    assert [one.shape for one in together] == [(1, 128)] * len(pictures)
    for picture, row in zip(pictures, together, strict=True):
        assert float(np.vdot(encoder.describe([picture])[0], row)) == pytest.approx(1, abs=1e-4)
    assert encoder.class_view(pictures[0]) is None and not encoder.has_last


def test_patches_are_of_the_maps_that_are_pooled(encoder: Encoder, tiny_files: Path) -> None:
    """A photo of a picture is most like it, patch by patch, in a network of stride 32."""
    photo = visitor_photo(painting("t02"))
    maps = encoder.maps_of(photo.image, 384)
    height, width = photo.image.shape[:2]
    assert maps.shape == (*(max(2, round(side * 12 / max(height, width))) for side in (height, width)), 128)
    pooled = pooling.unit_rows(pooling.gem(encoder.maps_of(photo.image, 160))[None])
    np.testing.assert_allclose(encoder.describe([photo.image])[0], pooled, atol=1e-4)
    files = {10 + n: tiny_files / f"{name}-0.jpg" for n, name in enumerate(("t01", "t02", "t03"))}
    found = PatchScores(encoder, Shelf(3), files)(photo.image, photo.regions, range(3))  # type: ignore[arg-type]
    assert found[1] > 1.2 * max(found[0], found[2])


def test_the_fingerprint_is_that_of_its_files(tmp_path: Path) -> None:
    preset = replace(encoder_preset("resnet50-mac@160"), precision="f32")
    store = store_of(tmp_path, "resnet50-imagenet", arrays=narrow())
    assert PooledEncoder(preset, threads=1, store=store).fingerprint == fingerprint_of(preset, store)
    assert fingerprint_of(replace(preset, pooling="gem"), store) != fingerprint_of(preset, store)


def test_depth_comes_from_the_weights() -> None:
    assert resnet.depths(resnet.folded(narrow((1, 2, 3, 1)))) == {2: 1, 3: 2, 4: 3, 5: 1}
    with pytest.raises(KeyError, match="stage 5"):
        resnet.depths({name: array for name, array in resnet.folded(narrow()).items() if not name.startswith("conv5")})


def test_weights_that_are_not_here_are_told_with_the_way_to_them(tmp_path: Path) -> None:
    store = store_of(tmp_path, "resnet50-imagenet", arrays=narrow())
    store.path("resnet50-imagenet").unlink()
    with pytest.raises(WeightsError, match="flask weights fetch resnet50-imagenet"):
        PooledEncoder(encoder_preset("resnet50-gem"), threads=1, store=store)


def solar(seed: int = 5) -> dict[str, Floats]:
    """The narrow ResNet in torchvision's layout, folded, with attention that is at work."""
    arrays = resnet.with_attention(narrow() | {resnet.TORCH: np.ones(1, np.float32)}, seed)
    generator = np.random.default_rng(seed)
    for name in attention.REDUCTION:
        arrays[f"{name}_last/kernel"] = he(generator, *arrays[f"{name}_last/kernel"].shape)
        arrays[f"{name}_last/bias"] = he(generator, *arrays[f"{name}_last/bias"].shape)
    return arrays


def variants() -> dict[str, dict[str, Floats]]:
    """What TensorFlow is asked about (see the fixture `published`)."""
    from tests.engine.encoders.test_resnet_torch import tensors_of

    whole = solar()
    return {
        "torch": from_torch(tensors_of("resnet50"), "resnet50"),
        "solar": whole, "plain": narrow(), "untrained": resnet.with_attention(narrow()),
        "before": {name: one for name, one in whole.items() if not name.startswith("attention5")},
        "places": whole | places(), "identity": resnet.with_places(narrow()),
    }  # fmt: skip


def places(seed: int = 6) -> dict[str, Floats]:
    """A linear layer on every place of the last maps, to 12 channels."""
    generator, channels = np.random.default_rng(seed), len(resnet.with_places(narrow())["places/bias"])
    return {"places/kernel": he(generator, 1, 1, channels, 12), "places/bias": he(generator, 12)}


def test_a_linear_layer_on_every_place_is_one(published: Published, tmp_path: Path) -> None:
    maps, layer = published.maps["solar"], places()
    wanted = np.maximum(maps @ layer["places/kernel"][0, 0] + layer["places/bias"], 0)
    np.testing.assert_allclose(published.maps["places"], wanted, atol=1e-3 * float(wanted.max()))
    np.testing.assert_allclose(published.maps["identity"], published.maps["plain"], rtol=1e-5)
    store = store_of(tmp_path, "resnet50-solar", arrays=solar() | layer, preprocessing="torchvision")
    encoder = PooledEncoder(replace(encoder_preset("resnet50-solar-gem@128"), precision="f32"), threads=1, store=store)
    (served,) = encoder._network([published.picture])
    np.testing.assert_allclose(served["conv5_out"], wanted, atol=1e-3 * float(wanted.max()))
    assert encoder.channels == 12 and encoder.describe([published.picture])[0].shape == (1, 12)




def test_an_untrained_attention_changes_nothing(published: Published) -> None:
    assert np.array_equal(published.maps["plain"], published.maps["untrained"])
    assert not np.allclose(published.maps["solar"], published.maps["before"], atol=0.1)


def test_attention_is_what_its_equations_say(published: Published) -> None:
    """SOLAR, eq. 4 and 5, place by place, on the maps that enter the attention of stage 5."""
    arrays, before = solar(), published.maps["before"]
    rows = before.reshape(-1, before.shape[2]).astype(np.float64)

    def head(name: str, rows: Floats) -> Floats:
        return np.asarray(rows @ arrays[f"attention5_{name}/kernel"][0, 0] + arrays[f"attention5_{name}/bias"])

    query, key, value = np.maximum(head("query", rows), 0), np.maximum(head("key", rows), 0), head("value", rows)
    mixed = np.zeros_like(value)
    for place in range(len(rows)):
        likeness = np.array([query[place] @ key[other] for other in range(len(rows))]) / np.sqrt(query.shape[1])
        odds = np.exp(likeness - likeness.max())
        mixed[place] = (odds / odds.sum()) @ value
    wanted = (rows + head("last", mixed)).reshape(before.shape)
    np.testing.assert_allclose(published.maps["solar"], wanted, atol=1e-3 * float(np.abs(wanted).max()))


def test_serving_and_training_see_the_same(published: Published, tmp_path: Path) -> None:
    """And what was built can be read back, and every part of it learns."""
    store = store_of(tmp_path, "resnet50-solar", arrays=solar(), preprocessing="torchvision")
    encoder = PooledEncoder(replace(encoder_preset("resnet50-solar-gem@128"), precision="f32"), threads=1, store=store)
    (maps,) = encoder._network([published.picture])
    wanted = published.maps["solar"]
    np.testing.assert_allclose(maps["conv5_out"], wanted, atol=1e-3 * float(np.abs(wanted).max()))
    assert published.solar.keys() == solar().keys()
    for name, array in solar().items():
        np.testing.assert_array_equal(published.solar[name], array)
    learning = {name for name, most in published.steep.items() if most > 0}
    assert len(published.steep) == len(solar()) - 1  # all but the layout
    assert {name.split("/")[0] for name in published.steep} == {name.split("/")[0] for name in learning}


def test_keras_file_is_read_by_layer(tmp_path: Path) -> None:
    arrays = narrow()
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        for key, array in arrays.items():
            layer, variable = key.split("/")
            group = root.require_group(layer)
            group.create_dataset(f"{layer}/{variable}:0", data=array)
            group.attrs["weight_names"] = [*group.attrs.get("weight_names", ()), f"{layer}/{variable}:0"]
    path = tmp_path / "resnet.h5"
    path.write_bytes(file.getvalue())
    found = from_keras_h5(path, bgr="conv1_conv")
    assert found.keys() == arrays.keys()
    assert np.array_equal(found["conv1_conv/kernel"], rgb_input(arrays["conv1_conv/kernel"]))
    assert np.array_equal(found["conv5_block1_3_bn/gamma"], arrays["conv5_block1_3_bn/gamma"])
