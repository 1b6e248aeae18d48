"""What every data set goes through: its name with options, what is missing, what stays, what is held out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.training.datasets import BY_NAME, DatasetError, load
from tests.training.datasets.layouts import folder, touch


def test_a_tenth_of_the_pictures_is_held_out_the_same_everywhere(tmp_path: Path) -> None:
    there = load(f"folder:{folder(tmp_path / 'here')}")
    elsewhere = load(f"folder:{folder(tmp_path / 'there')}")
    assert len(there.pictures) == 40 and len(there.of("validation")) == 4
    names = [[f"{p.label}/{p.path.name}" for p in one.of("validation")] for one in (there, elsewhere)]
    assert names[0] == names[1] and "tenth of the pictures" in there.notes[-1]
    other = load(f"folder:{tmp_path / 'here'}?seed=1")
    assert [p.path for p in other.of("validation")] != [p.path for p in there.of("validation")]


def test_the_share_that_is_held_out_is_an_option(tmp_path: Path) -> None:
    found = load(f"folder:{folder(tmp_path)}?share=25")
    assert len(found.of("validation")) == 10 and "25 % of the pictures" in found.notes[-1]
    assert len({p.label for p in load(f"folder:{tmp_path}?validation=labels&share=60").of("validation")}) == 3
    with pytest.raises(DatasetError, match="from 1 to 99 percent, not 0"):
        load(f"folder:{tmp_path}?share=0")


def test_no_label_loses_its_last_picture_to_validation(tmp_path: Path) -> None:
    found = load(f"folder:{folder(tmp_path, labels=12, pictures=1)}")
    assert not found.of("validation") and len(found.of("train")) == 12


def test_whole_labels_are_held_out_where_asked(tmp_path: Path) -> None:
    found = load(f"folder:{folder(tmp_path)}?validation=labels")
    labels = [{picture.label for picture in found.of(part)} for part in ("train", "validation")]
    assert [len(one) for one in labels] == [3, 2] and not labels[0] & labels[1]


def test_a_folder_that_is_divided_already_stays_so(tmp_path: Path) -> None:
    folder(tmp_path / "train", 3, 2)
    folder(tmp_path / "val", 3, 1)
    found = load(f"folder:{tmp_path}")
    assert (len(found.of("train")), len(found.of("validation"))) == (6, 3)
    with pytest.raises(DatasetError, match="of its own"):
        load(f"folder:{tmp_path}?validation=labels")


def test_small_labels_and_more_than_were_asked_for_are_left_out(tmp_path: Path) -> None:
    folder(tmp_path)
    touch(tmp_path / "rare" / "0.jpg")
    found = load(f"folder:{tmp_path}?least=2&most=3")
    assert len({picture.label for picture in found.pictures}) == 3 and "rare" not in {p.label for p in found.pictures}
    assert "1 of 6 labels" in found.notes[0] and "3 of 5 labels" in found.notes[1]
    with pytest.raises(DatasetError, match="takes two"):
        load(f"folder:{tmp_path}?least=9")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("sfm:x", "known: .*folder"), ("folder", r"say where its folder is \(folder:FOLDER\)"),
        ("folder:nowhere", "nowhere is missing.*<label>/<picture>"), ("folder:{}", "0 labels with pictures"),
        ("folder:{}?size=3", "no option 'size'; known: validation, share"), ("folder:{}?seed", "whole number, not ''"),
        ("folder:{}?&", "no option '&'"),
    ],
)  # fmt: skip
def test_a_wrong_name_folder_or_option_is_told_with_the_way_out(spec: str, told: str, tmp_path: Path) -> None:
    if "seed" in spec:
        folder(tmp_path)
    with pytest.raises(DatasetError, match=told):
        load(spec.replace("{}", str(tmp_path)))


def test_every_loader_says_where_the_data_comes_from() -> None:
    assert all(loader.about.endswith(".") and loader.source for loader in BY_NAME.values())
