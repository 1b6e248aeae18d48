"""Each training set, a few pictures large, in its published layout. Pictures are empty files: no loader opens them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def folder(root: Path, labels: int = 5, pictures: int = 8) -> Path:
    for label in range(labels):
        for number in range(pictures):
            touch(root / f"label{label}" / f"{number}.jpg")
    touch(root / "BACKGROUND_Google" / "0.jpg")
    touch(root / "label0" / "notes.txt")
    return root


def sfm120k(root: Path) -> Path:
    """Two models to learn from, one to validate; names are 32 letters, as published, with numbers in arrays and in lists."""
    def part(first: int, models: list[int], queries: object, positives: object) -> dict[str, object]:
        names = [f"{number:032x}" for number in range(first, first + len(models))]
        for name in names:
            touch(root / "ims" / name[-2:] / name[-4:-2] / name[-6:-4] / name)
        return {"cids": names, "cluster": models, "qidxs": queries, "pidxs": positives}

    train = part(0xABCDEF, [7, 7, 7, 9, 9], [0, 3, 0], [1, 4, 2])
    val = part(0x123456, [7, 7], np.array([1]), np.array([0]))
    root.mkdir(exist_ok=True)
    (root / "retrieval-SfM-120k.pkl").write_bytes(pickle.dumps({"train": train, "val": val}, protocol=2))
    return root


def landmarks(root: Path) -> Path:
    names = [f"{'abc'[number % 3]}{number:015x}" for number in range(12)]
    for name in names:
        touch(root / "train" / name[0] / name[1] / name[2] / f"{name}.jpg")
    rows = [f'"{name}",http://upload.example.org/{name}.jpg,{number // 3}' for number, name in enumerate(names)]
    (root / "train.csv").write_text("\n".join(["id,url,landmark_id", *rows]) + "\n")
    clean = [f"{landmark},{' '.join(names[3 * landmark : 3 * landmark + 2])}" for landmark in range(4)]
    (root / "train_clean.csv").write_text("\n".join(["landmark_id,images", *clean]) + "\n")
    return root


def cars(root: Path) -> Path:
    train = [f"78/{model}/2014/{model}{view}.jpg" for model in range(3) for view in range(4)]
    for name in train:
        touch(root / "image" / name)
    lists = root / "train_test_split" / "classification"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("\n".join(train) + "\n")
    (lists / "test.txt").write_text("78/0/2014/09.jpg\n78/1/2013/19.jpg\n")
    return root


def buildings(root: Path) -> Path:
    for number in range(9):
        touch(root / "jpg" / f"oxford_{number:06}.jpg")
    lists = {
        "all_souls_1": ([0, 1], [2], [7]), "all_souls_2": ([1], [3], []), "ashmolean_1": ([4], [5, 2], [8]),
    }  # fmt: skip
    (root / "gt").mkdir()
    for name, kinds in lists.items():
        (root / "gt" / f"{name}_query.txt").write_text(f"oxc1_oxford_{kinds[0][0]:06} 1.0 1.0 90.0 90.0\n")
        for kind, numbers in zip(("good", "ok", "junk"), kinds, strict=True):
            (root / "gt" / f"{name}_{kind}.txt").write_text("".join(f"oxford_{number:06}\n" for number in numbers))
    return root


def caltech101(root: Path) -> Path:
    for name in ("accordion", "airplanes", "BACKGROUND_Google"):
        for number in range(1, 6):
            touch(root / "101_ObjectCategories" / name / f"image_{number:04}.jpg")
    return root


def voc2012(root: Path) -> Path:
    """2008_00 shows both, 2008_03 a cat and, difficult, a dog; 2008_04 a difficult dog alone."""
    main = root / "ImageSets" / "Main"
    main.mkdir(parents=True)
    states = {"cat": ["1", "-1", "1", "1", "-1"], "dog": ["1", "1", "-1", "0", "0"]}
    for name, column in states.items():
        for part, numbers in (("train", range(5)), ("val", range(5, 10))):
            rows = [f"2008_{number:02} {column[number % 5]:>2}" for number in numbers]
            (main / f"{name}_{part}.txt").write_text("\n".join(rows) + "\n")
    for number in range(10):
        touch(root / "JPEGImages" / f"2008_{number:02}.jpg")
    return root


def wga(root: Path) -> Path:
    """Seven works; the sixth row is damaged, the fourth has no picture, the last lies without `art/` above it."""
    head = "AUTHOR;BORN-DIED;TITLE;DATE;TECHNIQUE;LOCATION;URL;FORM;TYPE;SCHOOL;TIMEFRAME"
    def row(author: str, page: str, school: str) -> str:
        address = f"https://www.wga.hu/html/a/{page}.html"
        return f"{author};(b. 1552);A title;1598;Oil on copper, 56 x 47 cm;Wien;{address};painting;portrait;{school};1551-1600"

    rows = [
        row("AACHEN, Hans von", "aachen/allegory", "German"), row("AACHEN, Hans von", "aachen/adonis", "German"),
        row("AERTSEN, Pieter", "aertsen/cook", "Flemish"), row("AERTSEN, Pieter", "aertsen/egg", "Flemish"),
        "a;row;that;is;cut", row("AERTSEN, Pieter", "aertsen/fish", ""), row("AACHEN, Hans von", "aachen/bath", "German"),
    ]  # fmt: skip
    (root / "catalog.csv").write_text("\n".join([head, *rows]) + "\n", encoding="cp1252")
    for name in ("art/a/aachen/allegory", "art/a/aachen/adonis", "art/a/aertsen/cook", "art/a/aertsen/fish", "a/aachen/bath"):
        touch(root / f"{name}.jpg")
    return root


SETS: dict[str, Callable[[Path], Path]] = {
    "sfm120k": sfm120k, "landmarks": landmarks, "cars": cars, "oxford": buildings, "paris": buildings, "caltech101": caltech101,
    "voc2012": voc2012, "wga": wga, "folder": folder,
}  # fmt: skip
