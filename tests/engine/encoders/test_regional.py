"""Regional encoders and the whitening of their regions: learned with the weights, fitted on pictures, or not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask.testing import FlaskCliRunner

from app.engine.encoders import encoder_preset, pooling
from app.engine.encoders.pooled_encoder import PooledEncoder, fingerprint_of
from app.engine.encoders.pooler import Pooler
from app.engine.encoders.presets import PRESETS
from app.engine.encoders.regional import BIAS, KERNEL
from app.engine.encoders.resnet_torch import from_torch
from app.engine.errors import PresetError, WeightsError
from app.engine.types import Image
from app.engine.weights import WeightStore, read_npz, write_npz
from app.training.distillation import TrainingError
from app.training.encoder import regions
from tests.engine.encoders.conftest import he, picture, store_of, whiten_regions
from tests.engine.encoders.test_resnet import narrow
from tests.engine.encoders.test_resnet_torch import WIDTH, tensors_of

CHANNELS = 128  # of the narrow ResNet
PLAIN, LOCAL = "resnet50-rgem@160", "resnet50-rgem-local@160"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    """A narrow ResNet without any whitening of regions."""
    return store_of(tmp_path_factory.mktemp("narrow"), "resnet50-imagenet", arrays=narrow())


@pytest.fixture
def own(shared: WeightStore, tmp_path: Path) -> WeightStore:
    """The same to put a whitening in: its exported network is there already."""
    for name in ("weights.toml", "weights"):
        (tmp_path / name).symlink_to(shared.folder / name)
    return WeightStore(tmp_path)


def encoder(name: str, store: WeightStore) -> PooledEncoder:
    return PooledEncoder(replace(encoder_preset(name), precision="f32"), threads=1, store=store)


def test_regions_are_those_of_the_network(own: WeightStore, pictures: list[Image]) -> None:
    found = encoder(PLAIN, own)
    maps = found._network([pictures[3][:32, :32]])[0]["conv5_out"]
    np.testing.assert_allclose(found.pool({"conv5_out": maps})[0], pooling.rgem(maps), atol=1e-6)
    for rows, row in zip(found.regions(pictures), found.describe(pictures), strict=True):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(pooling.over_regions(rows)[None], row, atol=1e-6)


def test_the_identity_changes_nothing_and_another_whitening_does(own: WeightStore, pictures: list[Image]) -> None:
    plain = encoder(PLAIN, own)
    whiten_regions(encoder_preset(LOCAL), own, np.eye(CHANNELS, dtype=np.float32), np.zeros(CHANNELS, np.float32))
    same = encoder(LOCAL, own)
    np.testing.assert_allclose(same.describe(pictures), plain.describe(pictures), atol=1e-6)
    generator = np.random.default_rng(1)
    kernel, bias = he(generator, CHANNELS, 20), he(generator, 20)
    whiten_regions(encoder_preset(LOCAL), own, kernel, bias)
    other = encoder(LOCAL, own)
    assert other.channels == 20 and len({plain.fingerprint, same.fingerprint, other.fingerprint}) == 3
    assert fingerprint_of(encoder_preset(LOCAL), own) == other.fingerprint
    (rows,) = plain.regions([pictures[1]])
    whitened = pooling.unit_rows(rows @ kernel + bias)
    np.testing.assert_allclose(other.describe([pictures[1]])[0][0], pooling.unit_rows(whitened.sum(axis=0)), atol=1e-5)


def test_several_sizes_share_a_whitening(own: WeightStore, pictures: list[Image]) -> None:
    generator, some = np.random.default_rng(2), pictures[:2]
    whiten_regions(encoder_preset(LOCAL), own, he(generator, CHANNELS, CHANNELS), np.zeros(CHANNELS, np.float32))
    whole, *alone = (encoder(f"resnet50-rgem-local@{sides}", own) for sides in ("160,96", "160", "96"))
    for row, *sized in zip(whole.describe(some), *(one.describe(some) for one in alone), strict=True):
        np.testing.assert_allclose(row, pooling.unit_rows(np.mean(sized, axis=0)), atol=1e-5)
    assert len({one.fingerprint for one in (whole, *alone)}) == 3
    for rows, *parts in zip(whole.regions(some), *(one.regions(some) for one in alone), strict=True):
        np.testing.assert_allclose(rows, np.concatenate(parts), atol=1e-5)


def test_without_its_file_the_preset_says_how_to_make_it(own: WeightStore) -> None:
    sentence = r"regions-resnet50-imagenet-conv5_out-rgem.npz, which is not here; run: flask train regional-whitening FOLDER… "
    for call in (lambda: encoder(LOCAL, own), lambda: fingerprint_of(encoder_preset(LOCAL), own)):
        with pytest.raises(PresetError, match=sentence + "--encoder resnet50-rgem@160"):
            call()


def test_a_file_of_other_weights_or_a_damaged_one_is_refused(own: WeightStore, tmp_path_factory: pytest.TempPathFactory) -> None:
    preset, eye, zero = encoder_preset(LOCAL), np.eye(CHANNELS, dtype=np.float32), np.zeros(CHANNELS, np.float32)
    path = whiten_regions(preset, own, eye, zero)
    other = store_of(tmp_path_factory.mktemp("other"), "resnet50-imagenet", arrays=narrow(seed=3))
    moved = other.heads / path.name
    write_npz(moved, read_npz(path))
    moved.with_suffix(".json").write_bytes(path.with_suffix(".json").read_bytes())
    with pytest.raises(PresetError, match="fitted on regions of other weights; run: flask train regional-whitening"):
        fingerprint_of(preset, other)
    write_npz(path, {KERNEL: 2 * eye, BIAS: zero})
    with pytest.raises(WeightsError, match="do not belong together; run: flask train regional-whitening"):
        fingerprint_of(preset, own)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="cannot be read; run: flask train regional-whitening"):
        fingerprint_of(preset, own)
    path.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match="the card beside it cannot be read"):
        fingerprint_of(preset, own)


def test_what_the_weights_learned_needs_no_file(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    kernel, bias, maps = he(generator, 6, 4), he(generator, 4), np.maximum(he(generator, 5, 7, 6), 0)
    weights = {"gem/p": np.array([2.2], np.float32), KERNEL: kernel, BIAS: bias}
    store = store_of(tmp_path, "resnet50-imagenet", arrays=weights)
    plain, local = (Pooler(encoder_preset(name), weights, "", store) for name in (PLAIN, LOCAL))
    np.testing.assert_allclose(plain(maps)[0], pooling.rgem(maps, p=2.2), atol=1e-6)
    whitened = pooling.unit_rows(plain.regions(maps) @ kernel + bias)
    np.testing.assert_allclose(local(maps)[0], pooling.unit_rows(whitened.sum(axis=0)), atol=1e-6)
    assert (plain.length(6), local.length(6)) == (6, 4)
    with pytest.raises(TrainingError, match="learned with them; nothing to fit"):
        regions.plain_name(LOCAL, store)


def test_regional_weights_of_pytorch_are_read() -> None:
    generator, dim = np.random.default_rng(5), 32 * WIDTH
    kernel, bias = generator.normal(size=(dim, dim)), generator.normal(size=dim)
    tensors = tensors_of("resnet50") | {"pool.rpool.p": np.array([2.6]), "pool.whiten.weight": kernel, "pool.whiten.bias": bias}
    found = from_torch(tensors, "resnet50")
    assert found["gem/p"] == pytest.approx(2.6)
    np.testing.assert_array_equal(found[KERNEL], kernel.T)
    np.testing.assert_array_equal(found[BIAS], bias)


def test_every_network_pools_by_regions() -> None:
    for network in ("resnet18", "resnet50", "resnet101", *(f"efficientnet-{kind}" for kind in ("b0", "lite0", "lite1", "lite2"))):
        for kind in ("rgem", "rmac"):
            assert (PRESETS[f"{network}-{kind}"].local, PRESETS[f"{network}-{kind}-local"].local) == (False, True)
    assert PRESETS["vgg16-rgem-local-block5_conv1"].layer == PRESETS["vgg16-rgem-block5_conv1"].layer == "block5_conv1"


# Fitting.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("pictures")
    for number in range(14):
        height, width = ((140, 200), (200, 140), (180, 180))[number % 3]
        cv2.imwrite(str(found / f"{number}.png"), picture(number, height, width))
    (found / "broken.png").write_bytes(b"no picture")
    return found


def test_what_is_fitted_makes_its_regions_white(own: WeightStore, folder: Path, pictures: list[Image]) -> None:
    plain = encoder(PLAIN, own)
    found = regions.collect([folder], plain)
    path, card = regions.save(found, plain, own)
    assert (card["pictures"], card["regions"], card["encoder"]) == (14, found.moments.count, PLAIN)
    assert regions.save(regions.collect([folder], plain), plain, own) == (path, card)  # the same each time
    rows = np.concatenate([row for one in found.pictures for row in plain.regions([cv2.imread(str(one.path))[..., ::-1]])])
    np.testing.assert_allclose(found.moments.covariance(), np.cov(rows.T.astype(np.float64)), atol=1e-9)
    arrays = read_npz(path)
    white = np.cov((rows @ arrays[KERNEL] + arrays[BIAS]).T)
    values = np.linalg.eigvalsh(np.cov(rows.T.astype(np.float64)))[::-1][: len(white)]
    np.testing.assert_allclose(white, np.diag(np.minimum(values / (regions.FLOOR * values[0]), 1)), atol=1e-3)
    served = encoder(LOCAL, own)
    assert served.channels == card["dim"]
    for one, row in zip(pictures, served.describe(pictures), strict=True):  # of one picture alone
        np.testing.assert_allclose(served.describe([one])[0], row, atol=1e-4)


def test_too_few_pictures_are_not_enough(own: WeightStore, folder: Path) -> None:
    with pytest.raises(TrainingError, match="regions of 2 pictures are too few for 128 channels"):
        regions.collect([folder], encoder(PLAIN, own), most=2)


def test_names_that_can_be_fitted(shared: WeightStore) -> None:
    assert regions.plain_name("resnet50-rgem-local@512,362", shared) == "resnet50-rgem@512,362"
    assert regions.plain_name("resnet50-rmac@512", shared) == "resnet50-rmac@512"


def test_the_command_refuses_an_encoder_without_regions(runner: FlaskCliRunner, folder: Path) -> None:
    done = runner.invoke(args=["train", "regional-whitening", str(folder), "--encoder", "resnet50-gem@384"])
    assert done.exit_code == 1 and done.output.count("\n") == 1
    assert "does not pool by regions; name an encoder that does, such as resnet50-rgem@512" in done.output
