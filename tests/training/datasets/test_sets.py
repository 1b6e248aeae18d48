"""Each data set on a small copy in its true layout, and what is said of a wrong one; the instance's own; the command."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from app.catalogue.models import Artwork, Picture
from app.extensions import db
from app.services import settings
from app.training.datasets import BY_NAME, DatasetError, TrainingSet, load
from app.training_sets import load as load_any
from tests.training.datasets.layouts import SETS, touch


def made(name: str, folder: Path, options: str = "") -> TrainingSet:
    return load_any(f"{name}:{SETS[name](folder)}{options}")


# pictures to learn from and to validate, labels of both together, listed pairs
SIZES = {
    "sfm120k": (5, 2, 3, 4), "landmarks": (4, 4, 4, 0), "cars": (11, 1, 3, 0), "oxford": (4, 1, 2, 0), "paris": (4, 1, 2, 0),
    "caltech101": (9, 1, 2, 0), "voc2012": (3, 3, 2, 0), "wga": (3, 2, 5, 0), "folder": (36, 4, 5, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_a_data_set_in_its_layout_is_read(name: str, tmp_path: Path) -> None:
    found = made(name, tmp_path)
    labels = {picture.label for picture in found.pictures}
    assert (len(found.of("train")), len(found.of("validation")), len(labels), len(found.pairs)) == SIZES[name]
    assert found.name == name and all(picture.path.is_file() for picture in found.pictures)
    assert len({picture.path for picture in found.pictures}) == len(found.pictures)


@pytest.mark.parametrize("name", SETS)
def test_an_empty_folder_is_told_what_it_must_hold(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        load_any(f"{name}:{tmp_path}")
    told = str(caught.value)
    assert told.startswith(f"{name}: ") and told.count("must hold") == told.count(BY_NAME[name].layout) == 1


@pytest.mark.parametrize("name", [name for name in SETS if name not in ("wga", "folder", "caltech101")])
def test_a_listed_picture_that_is_missing_is_named_or_passed_over(name: str, tmp_path: Path) -> None:
    whole = made(name, tmp_path)
    gone = whole.pictures[0].path
    gone.unlink()
    if name in ("oxford", "paris"):  # their pictures have no place: a name in a list is all there is
        with pytest.raises(DatasetError, match=f"the first {gone.stem}"):
            load_any(f"{name}:{tmp_path}")
        return
    with pytest.raises(DatasetError) as caught:
        load_any(f"{name}:{tmp_path}")
    assert f"1 of {len(whole.pictures)} listed pictures are missing, the first: {gone}" in str(caught.value)
    assert str(caught.value).endswith(f"{name}:FOLDER?missing=skip")
    left = load_any(f"{name}:{tmp_path}?missing=skip")
    assert len(left.pictures) == len(whole.pictures) - 1 and "missing" in " ".join(left.notes)


def test_pairs_go_with_their_pictures(tmp_path: Path) -> None:
    whole = made("sfm120k", tmp_path)
    assert whole.pairs == ((0, 1), (3, 4), (0, 2), (6, 5))
    assert all(whole.pictures[a].label == whole.pictures[b].label for a, b in whole.pairs)
    assert Counter(picture.label for picture in whole.pictures) == {"train 7": 3, "train 9": 2, "val 7": 2}
    names = [whole.pictures[query].path for query, _positive in whole.pairs]
    whole.pictures[1].path.unlink()
    left = load(f"sfm120k:{tmp_path}?missing=skip")
    assert [left.pictures[query].path for query, _positive in left.pairs] == names[1:]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"cos\nsystem\n(S'touch /tmp/never'\ntR.", "asks for (os|posix).system"), (b"\x80\x02}q", "cannot be read"),
        (pickle.dumps([1]), "lacks 'train'"), (pickle.dumps({"train": {"cids": []}}), "lacks 'train' with cids, cluster"),
        (pickle.dumps({"train": {"cids": ["a"], "cluster": [], "qidxs": [], "pidxs": []}}), "1 pictures and 0 models"),
        (pickle.dumps({"train": {"cids": ["a"], "cluster": [1], "qidxs": [0], "pidxs": [1]}}), "names picture 1 of 1"),
    ],
)  # fmt: skip
def test_a_pickle_that_is_not_the_list_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "retrieval-SfM-120k.pkl").write_bytes(content)
    with pytest.raises(DatasetError, match=told):
        load(f"sfm120k:{tmp_path}")


@pytest.mark.parametrize(
    ("name", "file", "content", "told"),
    [
        ("landmarks", "train_clean.csv", "landmark_id,images\n1,\n", "line 2 of train_clean.csv"),
        ("landmarks", "train_clean.csv", "id;images\n", "columns images and landmark_id, not id;images"),
        ("cars", "train_test_split/classification/train.txt", "1/2/3/a.jpg\n\nb.jpg\n", "line 3 of train.txt .* not 'b.jpg'"),
        ("cars", "train_test_split/classification/test.txt", "", "test.txt lists nothing"),
        ("cars", "train_test_split/classification/train.txt", "é".encode("latin-1"), "is no text"),
        ("oxford", "gt/all_souls_1_ok.txt", "oxford_77\n", "all_souls_1_ok.txt names 1 pictures .* first oxford_77"),
        ("voc2012", "ImageSets/Main/cat_val.txt", "2008_05  1\n2008_06 2\n", "line 2 of cat_val.txt .* not '2008_06 2'"),
        ("wga", "catalog.csv", "id;title\n1;a\n", "is not the Web Gallery of Art's AUTHOR"),
    ],
)  # fmt: skip
def test_a_malformed_list_is_told_with_its_line(name: str, file: str, content: str | bytes, told: str, tmp_path: Path) -> None:
    folder = SETS[name](tmp_path)
    (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=told):
        load_any(f"{name}:{folder}")


def test_landmarks_have_two_lists(tmp_path: Path) -> None:
    clean, whole = made("landmarks", tmp_path), load(f"landmarks:{tmp_path}?list=train.csv")
    assert (len(clean.pictures), len(whole.pictures)) == (8, 12)
    assert {picture.path for picture in clean.pictures} < {picture.path for picture in whole.pictures}
    (tmp_path / "train_clean.csv").unlink()
    assert load(f"landmarks:{tmp_path}") == whole


def test_a_building_that_two_landmarks_claim_is_left_out(tmp_path: Path) -> None:
    found = made("oxford", tmp_path)
    labels = {picture.path.stem[-1]: picture.label for picture in found.pictures}
    assert labels == {"0": "all_souls", "1": "all_souls", "3": "all_souls", "4": "ashmolean", "5": "ashmolean"}
    assert "4 of 9 pictures" in found.notes[0]  # 2 of both, 6 of none, 7 and 8 junk


def test_voc_pictures_of_one_class_alone_are_taken(tmp_path: Path) -> None:
    found = made("voc2012", tmp_path)
    assert [(picture.path.stem, picture.label) for picture in found.of("train")] == [
        ("2008_01", "dog"), ("2008_02", "cat"), ("2008_03", "cat")
    ]  # fmt: skip
    assert found.notes == ("2 pictures show several classes: left out",)


def test_the_gallery_is_labelled_by_a_column(tmp_path: Path) -> None:
    found = made("wga", tmp_path, "?label=SCHOOL&validation=labels")
    assert Counter(picture.label for picture in found.pictures) == {"German": 3, "Flemish": 1}
    told = " ".join(found.notes)
    assert "line 6" in told and "1 of 6 works have no picture" in told and "1 of 6 works have no SCHOOL" in told
    by_author = load_any(f"wga:{tmp_path}?label=AUTHOR")
    assert Counter(picture.label for picture in by_author.pictures) == {"AACHEN, Hans von": 3, "AERTSEN, Pieter": 2}
    with pytest.raises(DatasetError, match="label must be one of AUTHOR"):
        load_any(f"wga:{tmp_path}?label=TITLE")
    with pytest.raises(DatasetError, match="the application reads its records"):
        load(f"wga:{tmp_path}")


def test_the_instance_is_a_data_set(tiny_app: Flask) -> None:
    with tiny_app.app_context():
        works = list(db.session.scalars(db.select(Artwork).where(Artwork.hidden.is_(False))))
        shown = db.session.scalars(db.select(Picture).where(Picture.artwork_id.in_([work.id for work in works])))
        found = load_any("catalogue")
        assert {p.path for p in found.pictures} == {settings().pictures_dir / picture.path for picture in shown}
        assert {p.label for p in found.pictures} == {f"{work.collection.name}/{work.source_id}" for work in works if work.pictures}
        assert not {p.label for p in found.of("train")} & {p.label for p in found.of("validation")}
        with pytest.raises(DatasetError, match="no collection 'Nowhere'"):
            load_any("catalogue:?collection=Nowhere")
        artists = {work.artists[0].sort_name for work in works if work.pictures}
        assert {p.label for p in load_any("catalogue?label=artist").pictures} == artists and len(artists) > 1


def test_the_command_lists_and_counts(tiny_app: Flask, tmp_path: Path) -> None:
    runner = tiny_app.test_cli_runner()
    listed = runner.invoke(args=["train", "datasets"])
    assert listed.exit_code == 0 and len(listed.output.splitlines()) == len(BY_NAME) + 1
    assert all(one.source in listed.output and one.layout in listed.output for one in BY_NAME.values())
    touch(SETS["wga"](tmp_path) / "a" / "aertsen" / "egg.jpg")
    done = runner.invoke(args=["train", "datasets", f"wga:{tmp_path}?label=AUTHOR", "--json"])
    assert done.exit_code == 0, done.output
    parts = json.loads(done.stdout)["parts"]
    assert parts == {"train": {"pictures": 5, "labels": 2, "alone": 0}, "validation": {"pictures": 1, "labels": 1, "alone": 1}}
    told = runner.invoke(args=["train", "datasets", f"wga:{tmp_path}?label=AUTHOR"])
    assert "wga, train: 5 pictures, 2 labels" in told.output and "malformed" in told.output
    wrong = runner.invoke(args=["train", "datasets", "sfm120k:nowhere"])
    assert wrong.exit_code == 1 and "cmp.felk.cvut.cz" in wrong.output and "Traceback" not in wrong.output
