"""The class head: a real narrow trunk, pictures made here, a teacher that names colours, and real training in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pil

from app.engine.encoders import class_head, encoder_preset
from app.engine.encoders.serving import Network, exported
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.errors import ImageError
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore, arrays_digest, read_npz, write_npz
from app.training import cam_head, distillation
from app.training.distillation import LessonKey, TrainingError
from tests.engine.encoders.conftest import MANIFEST, narrow_vgg16, picture

pytest.importorskip("tensorflow")
COLOURS = np.array([[220, 40, 40], [40, 200, 60], [50, 60, 220], [230, 220, 60], [200, 60, 200], [240, 240, 240]], np.float32)
KEY = LessonKey(trunk="narrow", teacher="colours", seed=3)
PER_PICTURE = 6


def colour_teacher(pictures: Sequence[Image]) -> list[dict[str, Floats]]:
    """Logits by nearness of the mean colour to six named ones: something that a trunk's maps can tell."""
    means = np.stack([one.mean(axis=(0, 1)) for one in pictures])
    distances = np.linalg.norm(means[:, None] - COLOURS[None], axis=2)
    return [{"logits": row} for row in (-distances / 12).astype(np.float32)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    found = WeightStore(tmp_path_factory.mktemp("store"))
    (found.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(found.path("vgg16-imagenet"), narrow_vgg16())
    return found


@pytest.fixture(scope="module")
def trunk(store: WeightStore) -> Network:
    model = exported(store.path("vgg16-imagenet"), "torchvision", None, "test")
    return Network(model, ["block5_conv3"], threads=2, precision="f32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 pictures, each mostly of one colour; and a file that is no picture at all."""
    found = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(8)
    for number in range(60):
        colour = COLOURS[number % len(COLOURS)] + generator.normal(scale=15, size=3)
        mixed = 0.25 * picture(number, 150, 190) + 0.75 * colour
        Pil.fromarray(np.clip(mixed, 0, 255).astype(np.uint8)).save(found / f"{number:02}.jpg", quality=92)
    (found / "broken.jpg").write_bytes(b"no picture")
    return found


@pytest.fixture(scope="module")
def lesson(folder: Path, trunk: Network, tmp_path_factory: pytest.TempPathFactory) -> distillation.Lesson:
    scratch = tmp_path_factory.mktemp("scratch")
    return distillation.prepare(distillation.sources([folder]), PER_PICTURE, KEY, scratch, (trunk, colour_teacher))


def test_whole_pictures_are_held_out(folder: Path, lesson: distillation.Lesson) -> None:
    pictures = [one for one in distillation.sources([folder]) if one.path.name != "broken.jpg"]
    assert lesson.pictures == len(pictures) == 60
    assert lesson.held_out.tolist() == [one.held_out for one in pictures for _ in range(PER_PICTURE)]
    assert 0 < lesson.held_out.mean() < 0.3
    assert lesson.features.shape == (360, 14, 14, 32)
    assert lesson.features.dtype == np.float16


def test_one_picture_twice_counts_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "again.jpg").write_bytes((folder / "00.jpg").read_bytes())
    assert len(distillation.sources([folder, tmp_path])) == len(distillation.sources([folder]))
    (tmp_path / "another.HEIC").write_bytes(b"of a phone")
    assert len(distillation.sources([folder, tmp_path])) == len(distillation.sources([folder])) + 1


def test_crops_are_the_same_for_the_same_seed_whatever_their_number(folder: Path) -> None:
    one = distillation.sources([folder])[0]
    few, many = distillation.crops(one, 2, seed=3), distillation.crops(one, 5, seed=3)
    assert all(crop.shape == (224, 224, 3) for crop in many)
    np.testing.assert_array_equal(few[1], many[1])
    assert not np.array_equal(many[0], distillation.crops(one, 1, seed=4)[0])


def test_a_run_goes_on_where_it_was_stopped(folder: Path, trunk: Network, tmp_path: Path) -> None:
    pictures = distillation.sources([folder])[:4]
    asked: list[int] = []

    def counting(images: Sequence[Image]) -> list[dict[str, Floats]]:
        asked.append(len(images))
        return colour_teacher(images)

    first = distillation.prepare(pictures, 2, KEY, tmp_path, (trunk, counting))
    assert sum(asked) == len(first.logits)
    asked.clear()
    more = distillation.prepare(pictures, 3, KEY, tmp_path, (trunk, counting))
    assert sum(asked) == len(more.logits) - len(first.logits)
    np.testing.assert_array_equal(more.logits[:2], first.logits[:2])
    next(KEY.folder(tmp_path).glob("*.npz")).write_bytes(b"cut")
    asked.clear()
    again = distillation.prepare(pictures, 3, KEY, tmp_path, (trunk, counting))
    assert sum(asked) == 3
    np.testing.assert_allclose(again.logits, more.logits, rtol=1e-5)


def test_the_head_learns_to_agree_and_serves(lesson: distillation.Lesson, store: WeightStore) -> None:
    settings = cam_head.HeadSettings(linear_epochs=40, linear_rate=2e-2, epochs=3, rate=1e-3, batch=32, temperature=1.0)
    head, card = cam_head.train(lesson, settings)
    found = cam_head.measured(lesson, head)
    assert found["n"] == len(lesson.rows(True)) == card["crops"]["held_out"]
    assert found["top1"] > 2 / len(COLOURS)  # chance is 1 / 6
    assert found["kl"] < 0.7 * cam_head.agreement(lesson.logits[lesson.rows(True)], 0 * lesson.logits[lesson.rows(True)])["kl"]
    assert card["curve"][-1]["kl"] < card["curve"][0]["kl"]  # the convolution adds to the linear layer alone
    path = cam_head.save(head, {**card, "agreement_held_out": found}, store.heads)
    stored = read_npz(path)
    assert arrays_digest(stored) == json.loads(path.with_suffix(".json").read_text())["arrays_sha256"]
    encoder = Vgg16Encoder(encoder_preset("vgg16-cam-1@224"), threads=1, store=store)
    assert encoder.describe([picture(1, 200, 260)])[0].shape == (1, 32)


def test_plain_arithmetic_is_what_keras_computes(lesson: distillation.Lesson) -> None:
    model = cam_head.build_head((14, 14, 32), 6, dropout=0.3)
    maps = lesson.features[0].astype(np.float32)
    first = cam_head.head_arrays(model)
    np.testing.assert_allclose(class_head.cam_features(maps, first), maps, rtol=1e-5)  # starts as the identity
    generator = np.random.default_rng(1)
    kernel, bias = generator.normal(size=(3, 3, 32, 32)) / 17, generator.normal(size=32)
    model.get_layer("cam_conv").set_weights([kernel.astype(np.float32), bias.astype(np.float32)])
    head = cam_head.head_arrays(model)
    ours = class_head.class_logits(class_head.cam_features(maps, head), head)
    np.testing.assert_allclose(ours, np.asarray(model(maps[None]))[0], rtol=1e-3, atol=1e-4)


def test_agreement_of_hand_worked_logits() -> None:
    teacher = np.array([[9, 5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5, 9]], np.float32)
    student = np.array([[9, 5, 4, 3, 2, 1, 0], [5, 1, 2, 3, 4, 9, 0]], np.float32)
    found = cam_head.agreement(teacher, student)
    assert found["top1"] == 0.5
    assert found["top5_overlap"] == pytest.approx((1 + 4 / 5) / 2)  # 6, 5, 4, 3, 2 against 5, 0, 4, 3, 2
    assert found["teacher_top1_in_top5"] == 0.5
    assert cam_head.agreement(teacher, teacher)["kl"] == pytest.approx(0, abs=1e-6)
    uniform = cam_head.agreement(teacher[:1], np.zeros((1, 7), np.float32))["kl"]
    p = np.exp(teacher[0]) / np.exp(teacher[0]).sum()
    assert uniform == pytest.approx(float(np.sum(p * np.log(p * 7))), rel=1e-4)


def test_folders_without_pictures_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="0 pictures are too few"):
        distillation.sources([tmp_path])
    with pytest.raises(TrainingError, match="is no folder"):
        distillation.sources([tmp_path / "nowhere"])


def test_a_broken_picture_raises(folder: Path) -> None:
    broken = next(one for one in distillation.sources([folder]) if one.path.name == "broken.jpg")
    with pytest.raises(ImageError):
        distillation.crops(broken, 1, seed=1)
