"""Reading `photo,artwork_ids,kind`, and what is said when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.evaluation.ground_truth import GroundTruth, GroundTruthError, LabelledPhoto, listed_twice, read_ground_truth


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for name in ("1", "2", "3"):
        (tmp_path / "photos" / f"{name}.jpg").write_bytes(name.encode())
    return tmp_path


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "truth.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_it_is_read_relative_to_the_file(folder: Path) -> None:
    text = 'photo,artwork_ids,kind\nphotos/1.jpg,a,wall\nphotos/2.jpg,a| b ,"wall 1-3, rotated"\nphotos/3.jpg,,wall\n'
    truth = read_ground_truth(written(folder, text))
    assert [photo.name for photo in truth.photos] == ["photos/1.jpg", "photos/2.jpg", "photos/3.jpg"]
    assert [photo.artwork_ids for photo in truth.photos] == [{"a"}, {"a", "b"}, set()]
    assert truth.photos[1].kind == "wall 1-3, rotated"
    assert truth.photos[0].path == folder / "photos" / "1.jpg"


def test_a_mark_at_the_beginning_windows_lines_and_a_missing_kind_do_no_harm(folder: Path) -> None:
    truth = read_ground_truth(written(folder, "photo,artwork_ids\r\nphotos/1.jpg,00012\r\n", "utf-8-sig"))
    assert truth.photos[0].artwork_ids == {"00012"}
    assert truth.photos[0].kind == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("photo,kind\nphotos/1.jpg,wall\n", "no column artwork_ids"),
        ("a,b\n1,2\n", "no column photo and artwork_ids"),
        ("", "no column"),
        ("photo,artwork_ids,kind\n", "has no photos"),
        ("photo,artwork_ids,kind\nphotos/1.jpg,a,\nphotos/9.jpg,a,\n", "line 3: there is no photo .*9.jpg"),
        ("photo,artwork_ids,kind\nphotos/1.jpg,a,\nphotos/1.jpg,b,\n", "line 3: the photo photos/1.jpg was named before"),
        ("photo,artwork_ids,kind\n ,a,\n", "line 2: the photo's name is empty"),
    ],
)
def test_errors_name_the_file_the_line_and_the_way_out(folder: Path, text: str, says: str) -> None:
    with pytest.raises(GroundTruthError, match=says) as caught:
        read_ground_truth(written(folder, text))
    assert "truth.csv" in str(caught.value)


def test_a_missing_and_an_unreadable_file(folder: Path) -> None:
    with pytest.raises(GroundTruthError, match="no file .*absent.csv"):
        read_ground_truth(folder / "absent.csv")
    with pytest.raises(GroundTruthError, match="UTF-8"):
        read_ground_truth(written(folder, "photo,artwork_ids\nphotos/1.jpg,Köln\n", "latin-1"))


def test_the_hash_is_of_the_labels_and_of_the_photos(folder: Path) -> None:
    text = "photo,artwork_ids,kind\nphotos/1.jpg,a,wall\n"
    first = read_ground_truth(written(folder, text)).data_hash
    assert read_ground_truth(written(folder, text)).data_hash == first
    assert read_ground_truth(written(folder, text.replace(",a,", ",b,"))).data_hash != first
    written(folder, text)
    (folder / "photos" / "1.jpg").write_bytes(b"another picture")
    assert read_ground_truth(folder / "truth.csv").data_hash != first


def test_a_painting_listed_twice_has_one_name() -> None:
    photos = tuple(LabelledPhoto(f"{n}.jpg", Path(f"{n}.jpg"), frozenset(ids), "") for n, ids in enumerate(["ac", "b", "dx", ""]))
    truth, works = listed_twice(GroundTruth(photos, "hash"), {1: "a", 2: "b", 3: "c", 4: "d"}, ["a=b", "c=a"])
    assert [one.artwork_ids for one in truth.photos] == [{"c"}, {"c"}, {"d", "x"}, frozenset()]
    assert works == {1: "c", 2: "c", 3: "c", 4: "d"} and truth.data_hash == "hash"
    assert listed_twice(truth, works, []) == (truth, works)


@pytest.mark.parametrize("pair", ["a", "a=", "=b", "a=nobody", "a=b=c"])
def test_a_pair_that_names_no_two_works(pair: str) -> None:
    with pytest.raises(GroundTruthError, match="does not name two works"):
        listed_twice(GroundTruth((), ""), {1: "a", 2: "b"}, [pair])
