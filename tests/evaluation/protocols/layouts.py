"""Each data set, a few pictures large, in its published layout. A picture of seed n shows "thing" n // 10."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np

from tests.tiny import jpeg, paint

THINGS = 4
VIEWS = 3  # the same painting, cut differently


def picture(path: Path, thing: int, view: int = 0) -> None:
    """A painting seen whole, without its left part, without its upper part."""
    image = paint(10 * thing, 160, 200)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg([image, image[:, 30:], image[25:]][view]))


def oxford(folder: Path) -> Path:
    for thing in range(THINGS):
        for view in range(VIEWS):
            picture(folder / "jpg" / f"thing_{thing}{view}.jpg", thing, view)
    gt = folder / "gt"
    gt.mkdir()
    for thing in range(2):
        (gt / f"thing_{thing}_1_query.txt").write_text(f"oxc1_thing_{thing}0 5.0 5.0 190.0 150.0\n")
        (gt / f"thing_{thing}_1_good.txt").write_text(f"thing_{thing}1\n")
        (gt / f"thing_{thing}_1_ok.txt").write_text(f"thing_{thing}2\n")
        (gt / f"thing_{thing}_1_junk.txt").write_text(f"thing_{thing}0\n")
    return folder


def revisited(folder: Path) -> Path:
    names = [f"thing_{thing}{view}" for thing in range(THINGS) for view in range(VIEWS)]
    for number, name in enumerate(names):
        picture(folder / "jpg" / f"{name}.jpg", number // VIEWS, number % VIEWS)
    picture(folder / "revisitop1m" / "ab" / "distractor.jpg", 77)
    gnd = [
        {"bbx": [0.0, 0.0, 200.0, 160.0], "easy": np.array([1]), "hard": np.array([2]), "junk": np.array([0])},
        {"bbx": [0.0, 0.0, 200.0, 160.0], "easy": np.array([], np.int64), "hard": np.array([4, 5]), "junk": np.array([3])},
    ]
    truth = {"imlist": names, "qimlist": ["thing_00", "thing_10"], "gnd": gnd}
    (folder / "gnd_roxford5k.pkl").write_bytes(pickle.dumps(truth, protocol=2))
    return folder


def landmarks(folder: Path) -> Path:
    def place(part: str, name: str) -> Path:
        return folder / part / name[0] / name[1] / name[2] / f"{name}.jpg"

    rows = ["id,images,Usage"]
    for thing in range(THINGS):
        picture(place("index", f"a{thing}bf"), thing, 1)
        picture(place("index", f"a{thing}be"), thing, 2)
        usage = ("Public", "Private", "Ignored", "Private")[thing]
        rows.append(f"c{thing}da,a{thing}bf a{thing}be,{usage}")
        if usage != "Ignored":
            picture(place("test", f"c{thing}da"), thing)
    (folder / "retrieval_solution_v2.1.csv").write_text("\n".join(rows) + "\n")
    return folder


def met(folder: Path) -> Path:
    database = [{"id": 100 + thing, "path": f"MET/{100 + thing}/{view}.jpg"} for thing in range(THINGS) for view in range(2)]
    for row in database:
        picture(folder / "images" / str(row["path"]), int(str(row["id"])) - 100, int(str(row["path"])[-5]) + 1)
    queries = [{"path": f"test_met/{thing}.jpg", "MET_id": 100 + thing} for thing in range(2)] + [{"path": "test_other/9.jpg"}]
    for row, thing in zip(queries, (0, 1, 55), strict=True):
        picture(folder / "images" / str(row["path"]), thing)
    (folder / "ground_truth").mkdir()
    (folder / "ground_truth" / "MET_database.json").write_text(json.dumps(database))
    (folder / "ground_truth" / "testset.json").write_text(json.dumps(queries))
    return folder


def cars(folder: Path) -> Path:
    def name(thing: int, view: int) -> str:
        return f"78/{thing}/2014/{thing}{view}.jpg"

    train = [name(thing, view) for thing in range(2) for view in (1, 2)] + [name(3, 1)]  # one of model 3: a small class
    test = [name(0, 0), name(1, 0), name(3, 0), name(0, 1)]  # the last is in the database too
    for one in {*train, *test}:
        picture(folder / "image" / one, int(one.split("/")[1]), int(one[-5]))
    lists = folder / "train_test_split" / "classification"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("\n".join(train) + "\n")
    (lists / "test.txt").write_text("\n".join(test) + "\n")
    return folder


def classes(folder: Path) -> Path:
    for thing in range(THINGS):
        for view in range(VIEWS):
            picture(folder / f"class{thing}" / f"image_{view:04}.jpg", thing, view)
    picture(folder / "BACKGROUND_Google" / "image_0001.jpg", 88)
    return folder


def voc(folder: Path) -> Path:
    for thing in range(2):
        for view in range(VIEWS):
            picture(folder / "JPEGImages" / f"2008_{thing}{view}.jpg", thing, view)
    main = folder / "ImageSets" / "Main"
    main.mkdir(parents=True)
    for thing, name in enumerate(("cat", "dog")):
        (main / f"{name}_train.txt").write_text(
            "".join(f"2008_{other}{view} {'1' if other == thing else '-1'}\n" for other in range(2) for view in (1, 2))
        )
        states = [" 1" if other == thing else "-1" for other in range(2)]
        (main / f"{name}_val.txt").write_text("".join(f"2008_{other}0 {state}\n" for other, state in enumerate(states)))
    return folder


def copies(folder: Path) -> Path:
    for thing in range(THINGS):
        picture(folder / "a" / f"{thing}.jpg", thing)
    return folder
