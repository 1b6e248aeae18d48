"""Small sets in the true layouts: every protocol and every loader reads them, and a perfect ranking is perfect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli.train_encoder import encoder as train_encoder
from app.engine.images import read_image, save_jpeg
from app.engine.types import Ints
from app.evaluation.ground_truth import LabelledPhoto
from app.evaluation.protocols import Task, protocol
from app.evaluation.protocols.task import mean_of
from app.settings import ROOT
from app.training.datasets import load
from app.training.experiments import changed, experiment
from benchmarks import protocols
from benchmarks.small_sets import run, sets
from benchmarks.small_sets.album import VIEWS, Album, photograph
from benchmarks.small_sets.systems import FIGURES, LEARNINGS, PRODUCT, systems
from tests.tiny import paint

WORKS = 10


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(WORKS):
        save_jpeg(paint(500 + number, 90, 120), folder / f"{number}.jpg")
    return [(f"w{number}", folder / f"{number}.jpg") for number in range(WORKS)]


@pytest.fixture(scope="module")
def made(pictures: list[tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Album, dict[str, Path]]:
    photos = [LabelledPhoto(f"{n}.jpg", pictures[n][1], frozenset({f"w{n}"} if n < 5 else ()), "usual") for n in range(7)]
    return sets.write_sets(tmp_path_factory.mktemp("reference"), pictures, photos, works=2, training=2, others=6)


def perfect(task: Task, worst: bool = False) -> tuple[Ints, Any]:
    """Rankings with what is right first, or last."""
    rows = []
    for query in range(len(task.queries)):
        right, junk = task.marks(query)
        others = [place for place in range(len(task.database)) if place not in right | junk]
        first, last = (others, sorted(right)) if worst else (sorted(right), others)
        rows.append([*first, *sorted(junk), *last])
    scores = np.linspace(1, 0, len(task.database), dtype=np.float32)
    return np.array(rows), np.tile(scores, (len(rows), 1))


def test_the_album_has_each_work_in_every_view(made: tuple[Album, dict[str, Path]]) -> None:
    album, _ = made
    assert (len(album.works), len(album.training), len(album.others)) == (2, 2, 6)
    for views in [*album.works, *album.training]:
        assert [view.ease for view in views] == list(VIEWS)
        for view in views:
            height, width = read_image(view.path).shape[:2]
            left, top, right, bottom = view.box
            assert 0 <= left < right <= width and 0 <= top < bottom <= height
    whole, fragment = (read_image(album.works[0][place].path).mean(axis=(0, 1)) for place in (0, -1))
    assert not np.allclose(whole, fragment)


def test_an_album_is_taken_as_it_is(pictures: list[tuple[str, Path]], tmp_path: Path) -> None:
    paths = [path for _, path in pictures]
    first = photograph(paths, tmp_path / "a", works=1, training=0, others=1)
    again = photograph(paths, tmp_path / "b", works=1, training=0, others=1)
    assert [v.path.read_bytes() for v in first.views] == [v.path.read_bytes() for v in again.views]
    first.views[3].path.write_bytes(b"kept")
    assert photograph(paths, tmp_path / "a", works=1, training=0, others=1) == first
    assert first.views[3].path.read_bytes() == b"kept"
    fewer = photograph(paths, tmp_path / "c", works=2, training=0, others=18)  # a catalogue of half as many
    assert (len(fewer.works), len(fewer.training), len(fewer.others)) == (1, 0, 9)


@pytest.mark.parametrize("wanted", FIGURES)
def test_a_perfect_ranking_is_perfect_in_every_protocol(wanted: str, made: tuple[Album, dict[str, Path]]) -> None:
    task = protocol(FIGURES[wanted]).read(made[1][FIGURES[wanted]])
    weights = np.ones((1, len(task.queries)))
    best, worst = (float(task.judge(*perfect(task, bad))[wanted].statistic(weights)[0]) for bad in (False, True))
    if wanted == "gap_met":  # all confidences are equal here, so that queries without an exhibit may come first
        best = float(task.judge(*perfect(task))["acc_met"].statistic(weights)[0])
    assert best == pytest.approx(1) and worst < 0.9


def test_the_met_asks_with_photos_of_works_that_are_no_exhibits(made: tuple[Album, dict[str, Path]]) -> None:
    task = protocol("met").read(made[1]["met"])
    none = [item.name for number, item in enumerate(task.queries) if not task.marks(number)[0]]
    assert len(task.queries) == 7 and len(none) == 2 + 2  # of no work at all; of every fourth work, w0 and w4
    assert all(name.startswith("test_other/") for name in none)


def test_queries_of_r_oxford_are_not_in_its_database(made: tuple[Album, dict[str, Path]]) -> None:
    task = protocol("revisited").read(made[1]["revisited"])
    assert not {item.name for item in task.queries} & {item.name for item in task.database}
    assert {item.name[:5] for item in task.database} == {"work0", "other"}


def test_what_is_learned_from_is_not_asked(made: tuple[Album, dict[str, Path]]) -> None:
    album, folders = made
    asked = {view.path.resolve() for view in album.views}
    sfm, landmarks = load(f"sfm120k:{folders['sfm120k']}"), load(f"landmarks:{folders['landmarks']}")
    for found in (sfm, landmarks):
        assert len(found.pictures) == 14 and not {one.path.resolve() for one in found.pictures} & asked
    assert len(sfm.of("validation")) == 7 and all(sfm.pictures[a].label == sfm.pictures[b].label for a, b in sfm.pairs)
    cars = load(f"cars:{folders['cars']}")  # as CompCars has it: the training pictures of the models that are asked
    assert {one.path.resolve() for one in cars.pictures} < asked


@pytest.mark.parametrize("one", LEARNINGS, ids=lambda one: str(one.name))
def test_what_is_trained_can_be_written_by_a_user(one: Any) -> None:
    words = run.command(one, f"{one.data}:set").split()
    assert words[:3] == ["flask", "train", "encoder"]
    context = train_encoder.make_context("encoder", [*words[3:], "--out", "x.npz", "--scratch", "scratch"])
    chosen = {key: value for key, value in context.params.items() if key in asdict(experiment(one.experiment).settings)}
    settings: Any = changed(experiment(one.experiment), chosen).settings
    assert settings.long_side_px == one.size and settings.epochs <= 6
    assert one.after == "" or settings.weights == next(other.result for other in LEARNINGS if other.name == one.after)


def result(missing: Sequence[str] = ()) -> dict[str, Any]:
    figure = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8}
    rows = []
    for wanted, name in FIGURES.items():
        values = {
            one.name: {"figure": wanted + one.search.suffix, "own": one.own.get(name), "value": figure, "behind": figure}
            for one in systems(0.65) if one.name not in missing
        }  # fmt: skip
        rows.append({"figure": wanted, "protocol": name, "queries": 8, "database": 30, "systems": values})
    shown = dict.fromkeys(("before", "after", "gain"), figure)
    learned = [{"system": one.system, "command": run.command(one, one.data), "figure": "x", **shown} for one in LEARNINGS]
    album = {"works": 6, "training": 8, "others": 20}
    return {"works": 34, "file": "photos.csv", "data_hash": "a", "v": 0.65, "figures": rows, "album": album, "learned": learned}


def test_the_page_changes_between_its_marks_alone() -> None:
    before = (ROOT / "docs" / "reference-systems.md").read_text("utf-8")
    missing = systems(0.65)[5].name
    after = protocols.page([result(), result([missing])], before)
    assert protocols.page([result(), result([missing])], after) == after
    assert after.split(protocols.START)[0] == before.split(protocols.START)[0]
    assert after.split(protocols.END)[1] == before.split(protocols.END)[1]
    assert after.count("**0.500 [0.250, 0.750]**") >= 8 and "R-Oxford medium 69.9" in after
    assert after.count("too few pictures for its index") == len(FIGURES)
    assert f"`{run.command(LEARNINGS[0], LEARNINGS[0].data)}`" in after


def test_differences_are_of_the_same_queries() -> None:
    """Paired: a constant difference has no width, whatever the queries' own spread."""
    values = np.random.default_rng(1).uniform(0.2, 0.8, 40)
    found = run.ahead(mean_of(values + 0.1), mean_of(values), 40)
    assert found["low"] == pytest.approx(0.1) and found["high"] == pytest.approx(0.1)
    row = run._row(task_of(40), "map_cars", {PRODUCT: {"map_cars": mean_of(values)}, **dict.fromkeys(others())}, systems(0.5))
    assert list(row["systems"]) == [PRODUCT] and row["queries"] == 40


def task_of(queries: int) -> Task:
    items: Any = [None] * queries
    return Task("cars", items, items, lambda rankings, scores: {}, lambda query: (frozenset(), frozenset()))


def others() -> list[str]:
    return [one.name for one in systems(0.5) if one.name != PRODUCT]
