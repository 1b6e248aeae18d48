"""The head of the catalogue's words: a real narrow trunk, pictures whose colour is their type, training in seconds."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as Pil

from app.cli.train_domain import chosen
from app.cli.train_domain import domain_head as command
from app.engine.encoders import encoder_preset
from app.engine.encoders.domain_head import DomainHead, ranked, read_domain_head
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.errors import WeightsError
from app.engine.weights import WeightStore, read_npz, write_npz
from app.training import domain_head
from app.training.distillation import TrainingError
from app.training.domain_features import Example, prepare
from app.training.domain_head import DomainSettings
from app.training.domain_run import DomainRun, run_domain
from tests.engine.encoders.conftest import MANIFEST, narrow_vgg16, picture

COLOURS = {"portrait": (220, 40, 40), "landscape": (40, 200, 60), "still-life": (50, 60, 220)}
SETTINGS = DomainSettings(least=6, folds=3, penalties=(0.01, 0.1), steps=40)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    found = WeightStore(tmp_path_factory.mktemp("store"))
    (found.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(found.path("vgg16-imagenet"), narrow_vgg16())
    return found


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """45 works whose type is their colour, whose school is drawn by lot; two have words that are rare, one no picture."""
    folder, generator = tmp_path_factory.mktemp("works"), np.random.default_rng(8)
    found = []
    for number in range(45):
        kind = list(COLOURS)[number % 3]
        mixed = 0.25 * picture(number, 60, 80) + 0.75 * (np.array(COLOURS[kind]) + generator.normal(scale=15, size=3))
        path = folder / f"{number:02}.jpg"
        Pil.fromarray(np.clip(mixed, 0, 255).astype(np.uint8)).save(path)
        words = {"type": kind if number > 1 else "icon", "school": str(generator.choice(["Dutch", "French"]))}
        found.append(Example(path, words, f"maker {number // 5}"))
    return [*found, Example(folder / "gone.jpg", {"type": "portrait"})]


@pytest.fixture(scope="module")
def trained(store: WeightStore, examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = DomainRun(examples, ("type", "school", "form"), tmp_path_factory.mktemp("scratch"), store.heads, SETTINGS, threads=1)
    return run_domain(run, store)[0]


def test_a_head_learns_what_can_be_seen_and_says_what_cannot(trained: Path) -> None:
    card = json.loads(trained.with_suffix(".json").read_text())
    assert card["works"] == 45 and set(card["fields"]) == {"type", "school"}
    kinds, schools = card["fields"]["type"], card["fields"]["school"]
    assert kinds["words"].keys() == COLOURS.keys() and kinds["works"] == 43  # `icon` is too rare
    assert kinds["held_out"]["accuracy"]["value"] > 0.8 > 0.5 > kinds["always_the_commonest"]["value"]
    assert schools["held_out"]["accuracy"]["low"] <= schools["always_the_commonest"]["high"]
    assert card["trusted"] == ["type"]
    assert kinds["curve"][-1] < kinds["curve"][0]
    assert trained.stat().st_size < 20_000


def test_a_run_goes_on_from_what_is_kept_and_comes_out_the_same(
    store: WeightStore, examples: list[Example], trained: Path, tmp_path: Path
) -> None:
    asked: list[int] = []

    def trunk(images: object) -> list[dict[str, np.ndarray]]:
        asked.append(1)
        return [{"block5_conv3": np.ones((2, 2, 32), np.float32)}]

    first, kept, _ = prepare(examples[:3], trunk, tmp_path)
    asked.clear()
    again, _, digests = prepare([*examples[:4], examples[-1]], trunk, tmp_path)
    assert len(asked) == 1 and len(digests) == 4  # the one that is new
    np.testing.assert_array_equal(again[:3], first)
    assert kept.tolist() == [0, 1, 2]


def test_the_stored_head_says_words_and_shows_where(store: WeightStore, examples: list[Example], trained: Path) -> None:
    head = read_domain_head(trained)
    assert isinstance(head, DomainHead)
    encoder = Vgg16Encoder(encoder_preset("vgg16-gem-block5_conv3@160"), threads=1, store=store)
    assert encoder.trunk == head.trunk
    right = 0
    for example in examples[3:12]:
        view = head.seen(encoder.last_maps(np.asarray(Pil.open(example.path)), head.long_side_px))
        said = view.said()
        assert sum(share for _, share in said["type"]) == pytest.approx(1, abs=1e-5)
        right += said["type"][0][0] == example.words["type"]
        logits = view.features.mean(axis=(0, 1)) @ view.weights
        number = head.number("type", said["type"][0][0])
        assert number is not None and logits[number] == logits[: len(COLOURS)].max()
    assert right >= 8
    assert head.number("type", "icon") is None and head.number("form", "painting") is None
    assert head.number("school", "Dutch") in (3, 4)


def test_the_presets_pool_by_the_words(store: WeightStore, trained: Path) -> None:
    encoder = Vgg16Encoder(encoder_preset("vgg16-cam-domain-1@160"), threads=1, store=store)
    (rows,) = encoder.describe([picture(3, 120, 160)])
    assert rows.shape == (1, 32) and np.linalg.norm(rows) == pytest.approx(1, abs=1e-4)
    assert encoder.fingerprint != Vgg16Encoder(encoder_preset("vgg16-cam-domain-8@160"), threads=1, store=store).fingerprint


def test_words_are_ranked_within_their_field() -> None:
    logits = np.array([0.0, 3.0, 9.0, 9.5, 9.4], np.float32)  # odds .05 .95 | .24 .40 .36
    assert ranked(logits, np.array([2, 3])).tolist() == [1, 3, 4, 2, 0]


def test_works_of_one_maker_are_held_out_together_and_folds_are_even() -> None:
    makers = [f"m{number % 7}" for number in range(70)]
    fold = domain_head.folds(makers, 5, seed=1)
    assert all(len({fold[at] for at in range(70) if makers[at] == maker}) == 1 for maker in set(makers))
    assert np.bincount(domain_head.folds([str(number) for number in range(50)], 5, seed=1)).tolist() == [10] * 5


def test_a_card_of_another_head_is_refused(trained: Path, tmp_path: Path) -> None:
    assert read_domain_head(tmp_path / "none.npz") is None
    arrays = read_npz(trained)
    write_npz(tmp_path / "other.npz", {**arrays, "classes/bias": arrays["classes/bias"] + 1})
    (tmp_path / "other.json").write_text(trained.with_suffix(".json").read_text(), encoding="utf-8")
    with pytest.raises(WeightsError, match="do not belong together"):
        read_domain_head(tmp_path / "other.npz")
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    with pytest.raises(WeightsError, match="no run card"):
        read_domain_head(tmp_path / "other.npz")


def test_too_little_to_learn_from_is_one_line(store: WeightStore, examples: list[Example], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has two words with 40 works each"):
        run_domain(DomainRun(examples[:6], ("type",), tmp_path, tmp_path, DomainSettings(least=40), 1), store)
    with pytest.raises(TrainingError, match="says anything of form"):
        run_domain(DomainRun([Example(examples[0].path, {})], ("form",), tmp_path, tmp_path, SETTINGS, 1), store)


def test_the_command_asks_for_one_source_and_known_fields(tmp_path: Path) -> None:
    assert chosen("school, type") == ("type", "school")
    for arguments, word in ([], "--from-catalogue"), (["a.csv", "--from-catalogue"], "--from-catalogue"):
        found = CliRunner().invoke(command, arguments)
        assert found.exit_code == 2 and word in found.output
    with pytest.raises(Exception, match="the fields are type, school"):
        chosen("colour")


def test_a_catalogue_may_teach_some_fields_alone(tmp_path: Path, examples: list[Example]) -> None:
    from app.cli.train_domain import examples as read

    with (tmp_path / "works.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["artwork_id", "file", "type", "school"])
        rows.writerows([[number, example.path, "portrait", "Dutch"] for number, example in enumerate(examples[:2])])
    asked = ("type", "school")
    assert [one.words for one in read((f"{tmp_path}/works.csv:type",), asked, ())] == [{"type": "portrait"}] * 2
    assert read((f"{tmp_path}/works.csv",), asked, ())[0].words == {"type": "portrait", "school": "Dutch"}
