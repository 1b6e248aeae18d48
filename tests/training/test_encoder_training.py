"""A whole run of encoder training on a real narrow VGG16 and pictures made here: it learns, survives a kill, and serves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pil

from app.engine.encoders import encoder_preset
from app.engine.encoders.pooling import gem, unit_rows
from app.engine.encoders.vgg16_encoder import Vgg16Encoder, fit, network_size
from app.engine.encoders.whitening import read_noise
from app.engine.errors import PresetError
from app.engine.weights import WeightStore, arrays_digest, read_npz, write_npz
from app.training.distillation import TrainingError
from app.training.encoder import run as encoder_run
from app.training.encoder.pairs import pairs, save_noise
from tests.engine.encoders.conftest import MANIFEST, narrow_vgg16, picture
from tests.training.killed_encoder_run import run_of

pytest.importorskip("tensorflow")
PICTURES = 30
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    found = WeightStore(tmp_path_factory.mktemp("store"))
    (found.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(found.path("vgg16-imagenet"), narrow_vgg16())
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("pictures")
    for number in range(PICTURES):
        Pil.fromarray(picture(50 + number, 150 if number % 2 else 200, 190)).save(found / f"{number:02}.jpg", quality=92)
    (found / "broken.jpg").write_bytes(b"no picture")
    return found


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def whole(store: WeightStore, pictures: Path, scratch: Path) -> tuple[Path, dict[str, Any]]:
    """A run that nobody disturbed."""
    return encoder_run.run_encoder(run_of(pictures, scratch), store)


def test_a_run_learns_and_says_what_it_was(whole: tuple[Path, dict[str, Any]], store: WeightStore) -> None:
    path, card = whole
    assert [row["epoch"] for row in card["curve"]] == [0, 1, 2]
    assert card["curve"][2]["loss"] < card["curve"][1]["loss"]
    assert card["pictures"]["training"] + card["pictures"]["held_out"] == PICTURES
    assert len(card["data_sha256"]) == 64
    stored = read_npz(path)
    assert arrays_digest(stored) == card["arrays_sha256"] == json.loads(path.with_suffix(".json").read_text())["arrays_sha256"]
    assert card["bytes"] == path.stat().st_size
    before = read_npz(store.path("vgg16-imagenet"))
    np.testing.assert_allclose(stored["block4_conv3/kernel"], before["block4_conv3/kernel"], atol=1e-3)  # frozen
    assert np.abs(stored["block5_conv3/kernel"] - before["block5_conv3/kernel"]).max() > 1e-3 * (card["best_epoch"] > 0)


def test_a_killed_run_goes_on_to_the_same_end(
    whole: tuple[Path, dict[str, Any]], store: WeightStore, pictures: Path, scratch: Path, tmp_path: Path
) -> None:
    folder = next(path for path in scratch.iterdir() if path.is_dir())
    (tmp_path / folder.name).symlink_to(folder)  # the kept maps: what is killed is the training
    command = [sys.executable, "-m", "tests.training.killed_encoder_run", *map(str, (store.folder, pictures, tmp_path, 4))]
    died = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-500:]
    assert not (tmp_path / "encoder.npz").exists()
    (tmp_path / "checkpoint.npzcut.tmp").write_bytes(b"killed while it wrote")
    asked: list[int] = []

    def ask(stage: str, done: int, total: int) -> None:
        if stage == "training":
            asked.append(done)

    path, card = encoder_run.run_encoder(run_of(pictures, tmp_path, resume=True), store, ask)
    assert asked[0] > 1  # it did not begin again
    assert not list(tmp_path.glob("*.tmp"))
    for name, value in read_npz(path).items():
        np.testing.assert_allclose(value, read_npz(whole[0])[name], atol=2e-3)
    assert [row["epoch"] for row in card["curve"]] == [0, 1, 2]


def test_a_run_goes_on_as_it_was_started_only(store: WeightStore, pictures: Path, scratch: Path, whole: object) -> None:
    run = run_of(pictures, scratch, resume=True)
    with pytest.raises(TrainingError, match="other settings"):
        encoder_run.run_encoder(replace(run, settings=replace(run.settings, loss="triplet")), store)


def test_a_damaged_checkpoint_and_too_few_pictures_are_one_line(store: WeightStore, pictures: Path, tmp_path: Path) -> None:
    run = run_of(pictures, tmp_path, resume=True)
    (tmp_path / "checkpoint.npz").write_bytes(b"cut")
    with pytest.raises(TrainingError, match="is damaged"):
        encoder_run.run_encoder(run, store)
    with pytest.raises(TrainingError, match="too few for batches of 100"):
        encoder_run.run_encoder(replace(run, settings=replace(run.settings, batch=100)), store)


@pytest.mark.parametrize("loss", ["arcface", "triplet", "contrastive"])
def test_every_loss_trains(loss: str, store: WeightStore, pictures: Path, scratch: Path, tmp_path: Path) -> None:
    folder = next(path for path in scratch.iterdir() if path.is_dir())
    (tmp_path / folder.name).symlink_to(folder)
    run = run_of(pictures, tmp_path)
    settings = replace(run.settings, loss=loss, mining="random", epochs=1)
    path, card = encoder_run.run_encoder(replace(run, settings=settings, blend=0.5), store)
    assert np.isfinite(card["curve"][-1]["loss"])
    assert all(np.isfinite(value).all() for value in read_npz(path).values())


def test_the_encoder_serves_what_was_trained(whole: tuple[Path, dict[str, Any]], pictures: Path, scratch: Path) -> None:
    own = WeightStore(scratch / "own")
    own.folder.mkdir()
    (own.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(own.path("vgg16-pinakes"), read_npz(whole[0]))
    image = picture(3, 150, 190)
    projected = Vgg16Encoder(replace(encoder_preset("vgg16-pinakes-projected@64"), precision="f32"), threads=1, store=own)
    plain = Vgg16Encoder(replace(encoder_preset("vgg16-pinakes-gem@64"), precision="f32"), threads=1, store=own)
    assert projected.fingerprint != plain.fingerprint
    maps = plain._network([fit(image, *network_size(150, 190, 64))])[0]["block5_conv3"]
    stored = read_npz(whole[0])
    raw = unit_rows(gem(maps, p=float(stored["gem/p"][0])))
    np.testing.assert_allclose(plain.describe([image])[0][0], raw, atol=1e-5)
    wanted = unit_rows(raw @ stored["projection/kernel"] + stored["projection/bias"])
    np.testing.assert_allclose(projected.describe([image])[0][0], wanted, atol=1e-4)


def test_weights_without_a_projection_say_so(store: WeightStore) -> None:
    preset = replace(encoder_preset("vgg16-pinakes-projected@64"), weights="vgg16-imagenet")
    with pytest.raises(PresetError, match="have no projection"):
        Vgg16Encoder(preset, threads=1, store=store)


def test_noise_within_pairs_is_measured_once_and_belongs_to_its_encoder(store: WeightStore, pictures: Path, tmp_path: Path) -> None:
    encoder = Vgg16Encoder(encoder_preset("vgg16-gem-block5_conv3@64"), threads=1, store=store)
    found = pairs([pictures], 1, encoder, tmp_path, most=12)
    assert found.photos.shape == found.pictures.shape == (12, 32)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    again = pairs([pictures], 1, encoder, tmp_path, most=12)
    np.testing.assert_array_equal(again.photos, found.photos)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == kept  # nothing was described again
    card = save_noise(found, encoder, tmp_path / "noise.npz", photos=1, seed=1)
    assert card["pairs"] == 12
    noise = read_noise(tmp_path / "noise.npz", encoder.fingerprint)
    assert np.trace(noise) == pytest.approx(32, rel=1e-2)
    differences = found.photos - found.pictures
    np.testing.assert_allclose(noise / np.trace(noise), differences.T @ differences / np.sum(differences**2), atol=1e-3)
    with pytest.raises(PresetError, match="measured with another encoder"):
        read_noise(tmp_path / "noise.npz", "0" * 64)
    with pytest.raises(PresetError, match="run: flask train whitening"):
        read_noise(tmp_path / "nowhere.npz", encoder.fingerprint)
