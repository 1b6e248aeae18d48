"""An album of photos in the layout of each data set, as its authors publish it: what asks, what is searched, what is right.

Pictures are links to the album, so that one that stands in several sets is described once. Every function returns its folder.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.ground_truth import LabelledPhoto
from app.training.datasets.sfm120k import place as sfm_place
from benchmarks.small_sets.album import Album, View

LANDMARKS = 15  # works that Oxford5k's lists ask for, each with its four easy views
CLASSES = 40  # works that are classes; seven pictures each are enough to train codes of bytes on (256)
VALIDATION = 5  # every fifth of the works to learn from is held out


def link(picture: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(picture.resolve())


def of_ease(views: Iterable[View], *eases: str) -> list[View]:
    return [view for view in views if view.ease in eases]


def name_of(view: View) -> str:
    return f"work{view.work:04d}_{view.path.stem[-1]}"


def numbers(view: View) -> list[float]:
    return [round(float(number), 1) for number in view.box]


def oxford(folder: Path, album: Album) -> Path:
    """Queries are easy views of the first works by their boxes, in the database and "good" themselves, as published."""
    for view in album.views:
        link(view.path, folder / "jpg" / f"{name_of(view)}.jpg")
    for number, other in enumerate(album.others):
        link(other, folder / "jpg" / f"other_{number:04d}.jpg")
    truth = folder / "gt"
    truth.mkdir()
    for views in album.works[:LANDMARKS]:
        lists = {"good": of_ease(views, "easy"), "ok": of_ease(views, "hard"), "junk": of_ease(views, "fragment")}
        for number, query in enumerate(lists["good"], 1):
            stem = f"work{query.work:04d}_{number}"
            (truth / f"{stem}_query.txt").write_text(f"oxc1_{name_of(query)} {' '.join(map(str, numbers(query)))}\n")
            for kind, listed in lists.items():
                (truth / f"{stem}_{kind}.txt").write_text("".join(f"{name_of(view)}\n" for view in listed))
    return folder


def revisited(folder: Path, album: Album) -> Path:
    """Two easy views of each work ask and are not in the database; pictures of other works are the distractors."""
    asked = [view for views in album.works for view in views[:2]]
    there = [view for views in album.works for view in views[2:]]
    position = {view.path: number for number, view in enumerate(there)}
    for view in [*asked, *there]:
        link(view.path, folder / "jpg" / f"{name_of(view)}.jpg")
    for number, other in enumerate(album.others):
        link(other, folder / "revisitop1m" / "ab" / f"other{number:04d}.jpg")
    gnd = [_lists(query, album.works[query.work][2:], position) for query in asked]
    truth = {"imlist": [name_of(view) for view in there], "qimlist": [name_of(view) for view in asked], "gnd": gnd}
    (folder / "gnd_roxford5k.pkl").write_bytes(pickle.dumps(truth, protocol=2))
    return folder


def _lists(query: View, views: Sequence[View], position: dict[Path, int]) -> dict[str, Any]:
    kinds = {"easy": "easy", "hard": "hard", "junk": "fragment"}
    lists = {kind: np.array([position[v.path] for v in of_ease(views, ease)], np.int64) for kind, ease in kinds.items()}
    return {"bbx": numbers(query), **lists}


def landmarks(folder: Path, album: Album) -> Path:
    """The first view of each work asks, public and private in turn; training pictures beside, in the cleaned list."""
    rows = ["id,images,Usage"]
    for number, views in enumerate(album.works):
        query, wanted = views[0], of_ease(views[1:], "easy", "hard")
        _placed(folder, "test", query)
        for view in wanted:
            _placed(folder, "index", view)
        rows.append(f"{_id(query)},{' '.join(map(_id, wanted))},{('Public', 'Private')[number % 2]}")
    for number, other in enumerate(album.others):
        name = f"{number:03x}0ffff"
        link(other, folder / "index" / name[0] / name[1] / name[2] / f"{name}.jpg")
    (folder / "retrieval_solution_v2.1.csv").write_text("\n".join(rows) + "\n")
    lines = ["landmark_id,images"]
    for views in album.training:
        learned = of_ease(views, "easy", "hard")
        for view in learned:
            _placed(folder, "train", view)
        lines.append(f"{views[0].work},{' '.join(map(_id, learned))}")
    (folder / "train_clean.csv").write_text("\n".join(lines) + "\n")
    return folder


def _id(view: View) -> str:
    """Sixteen hexadecimal digits would be theirs; eight are enough here. The folders are its first three."""
    return f"{view.work % 4096:03x}{int(view.path.stem[-1]):x}{view.work:04x}"


def _placed(folder: Path, part: str, view: View) -> None:
    name = _id(view)
    link(view.path, folder / part / name[0] / name[1] / name[2] / f"{name}.jpg")


def cars(folder: Path, album: Album) -> Path:
    """A work is a model, five works are a make. Training pictures are the database; the last work has one: a small class."""
    train, test = [], []
    for number, views in enumerate(album.works):
        shown = of_ease(views, "easy", "hard")
        names = [f"{number // 5 + 1}/{number + 1}/2014/{view.path.stem}.jpg" for view in shown]
        for view, name in zip(shown, names, strict=True):
            link(view.path, folder / "image" / name)
        last = number == len(album.works) - 1
        test += [names[0], names[-1]]
        train += names[1:2] if last else names[1:-1]
    lists = folder / "train_test_split" / "classification"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("\n".join(train) + "\n")
    (lists / "test.txt").write_text("\n".join(test) + "\n")
    return folder


def classes(folder: Path, album: Album) -> Path:
    """Caltech-101: a work is a class of seven pictures; the background is of other works."""
    for views in album.works[:CLASSES]:
        for number, view in enumerate(of_ease(views, "easy", "hard"), 1):
            link(view.path, folder / "101_ObjectCategories" / f"work{view.work:04d}" / f"image_{number:04d}.jpg")
    for number, other in enumerate(album.others, 1):
        link(other, folder / "101_ObjectCategories" / "BACKGROUND_Google" / f"image_{number:04d}.jpg")
    return folder


def met(folder: Path, pictures: Sequence[tuple[str, Path]], photos: Sequence[LabelledPhoto], known: frozenset[str]) -> Path:
    """Exhibits are the `known` works by their catalogue pictures; visitors' photos ask, those of other works as "other" queries."""
    numbers = {work: number for number, work in enumerate(sorted({work for work, _ in pictures if work in known}))}
    database = []
    for place, (work, path) in enumerate(pictures):
        if work in numbers:
            row = {"id": numbers[work], "path": f"MET/{numbers[work]}/{place}.jpg"}
            link(path, folder / "images" / str(row["path"]))
            database.append(row)
    queries: list[dict[str, Any]] = []
    for place, photo in enumerate(photos):
        shown = sorted(numbers[work] for work in photo.artwork_ids if work in numbers)
        path = f"{'test_met' if shown else 'test_other'}/{place:04d}.jpg"
        link(photo.path, folder / "images" / path)
        queries.append({"path": path, "MET_id": shown[0]} if shown else {"path": path})
    truth = folder / "ground_truth"
    truth.mkdir()
    (truth / "MET_database.json").write_text(json.dumps(database))
    (truth / "testset.json").write_text(json.dumps(queries))
    return folder


def sfm120k(folder: Path, album: Album) -> Path:
    """A work to learn from is a 3-D model; its easy views ask in turn for another of its views."""
    held_out = [views for number, views in enumerate(album.training) if number % VALIDATION == 0]
    learned = [views for number, views in enumerate(album.training) if number % VALIDATION]
    truth = {"train": _sfm_part(folder, learned), "val": _sfm_part(folder, held_out)}
    (folder / "retrieval-SfM-120k.pkl").write_bytes(pickle.dumps(truth, protocol=2))
    return folder


def _sfm_part(folder: Path, works: Sequence[Sequence[View]]) -> dict[str, Any]:
    names: list[str] = []
    models: list[int] = []
    pairs: list[tuple[int, int]] = []
    for model, views in enumerate(works):
        start, shown = len(names), of_ease(views, "easy", "hard")
        names += [f"{view.work:026x}{number:06x}" for number, view in enumerate(shown)]
        models += [model] * len(shown)
        pairs += [(start + place, start + (place + 1) % len(shown)) for place in range(len(of_ease(views, "easy")))]
        for view, name in zip(shown, names[start:], strict=True):
            link(view.path, sfm_place(folder, name))
    queries, positives = zip(*pairs, strict=True)
    return {"cids": names, "cluster": models, "qidxs": list(queries), "pidxs": list(positives)}
