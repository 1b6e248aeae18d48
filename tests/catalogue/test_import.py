"""`run_import` on real files into a real database: idempotent, field by field, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers import default_collection
from app.catalogue.models import Artist, Artwork, Collection, ImportRun, Picture
from app.catalogue.queries import browse, catalogue_revision
from app.extensions import db
from tests.catalogue.conftest import Import
from tests.catalogue.files import WGA_HEADER, delimited, picture, wga_row, write

HEADER = ["id", "file", "title", "artist", "date", "school"]
ROWS = [
    ["1", "works/1.jpg", "The Kiss", "Munch, Edvard", "1897", "Norwegian"],
    ["2", "works/2.jpg", "Élégie", "Käthe Müller; Munch, Edvard", "c. 1900", "German"],
    ["3", "", "Untitled", "", "", ""],
]


def museum(folder: Path, rows: list[list[str]] = ROWS, header: list[str] = HEADER) -> Path:
    picture(folder / "works" / "1.jpg", colour="red")
    picture(folder / "works" / "2.jpg", colour="blue")
    return write(folder / "catalogue.csv", delimited([header, *rows]))


def work(source_id: str) -> Artwork:
    db.session.expire_all()
    return db.session.scalars(select(Artwork).where(Artwork.source_id == source_id)).one()


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def counts(**given: int) -> dict[str, int]:
    names = ("added", "updated", "unchanged", "rejected", "pictures_added", "pictures_missing")
    return {**dict.fromkeys(names, 0), **given}


def test_works_artists_and_pictures_are_there(both: Flask, tmp_path: Path, load: Import) -> None:
    report = load(museum(tmp_path / "museum"))
    assert (report.collection, report.format, report.rejects) == ("museum", "general_csv", [])
    assert report.counts == counts(added=3, pictures_added=2)
    second = work("2")
    assert [artist.name for artist in second.artists] == ["Käthe Müller", "Edvard Munch"]
    assert (second.title, second.date_text, second.year_from, second.year_to) == ("Élégie", "c. 1900", 1900, 1900)
    assert second.search_text.startswith("elegie kathe muller edvard munch german")
    assert (tmp_path / "instance" / "pictures" / second.pictures[0].path).is_file()
    assert (count(Artist), work("3").artists) == (2, [])


def test_a_second_import_changes_nothing(both: Flask, tmp_path: Path, load: Import) -> None:
    file = museum(tmp_path / "museum")
    load(file)
    before = catalogue_revision()
    assert load(file).counts == counts(unchanged=3)
    assert catalogue_revision() == before


def test_only_the_fields_that_differ_are_written(both: Flask, tmp_path: Path, load: Import) -> None:
    load(museum(tmp_path / "museum"))
    before, revision = work("1").updated_at, catalogue_revision()
    changed = [["1", "The Kiss II", ""], ["2", "Élégie", "German"]]
    report = load(museum(tmp_path / "museum", changed, ["id", "title", "school"]))
    assert report.counts == counts(updated=1, unchanged=1)
    first = work("1")
    assert (first.title, first.school, first.date_text, first.artist_text) == ("The Kiss II", "", "1897", "Edvard Munch")
    assert first.search_text == "the kiss ii edvard munch 1897 1"
    assert len(first.pictures) == 1 and first.updated_at > before and catalogue_revision() != revision


def test_an_artist_that_no_work_credits_any_more_is_gone(both: Flask, tmp_path: Path, load: Import) -> None:
    load(museum(tmp_path / "museum"))
    rows = [ROWS[0], ["2", "works/2.jpg", "Élégie", "Munch, Edvard; New, Anna", "c. 1900", "German"]]
    assert load(museum(tmp_path / "museum", rows)).counts == counts(updated=1, unchanged=1)
    assert [artist.name for artist in work("2").artists] == ["Edvard Munch", "Anna New"]
    assert set(db.session.scalars(select(Artist.name))) == {"Edvard Munch", "Anna New"}
    assert "muller" not in work("2").search_text


def test_a_dry_run_counts_the_same_and_writes_nothing(both: Flask, tmp_path: Path, load: Import) -> None:
    file = museum(tmp_path / "museum", [*ROWS, ["", "", "no id", "", "", ""]])
    dry = load(file, dry_run=True)
    assert dry.run_id is None and not (tmp_path / "instance" / "pictures").exists()
    assert [count(model) for model in (Artwork, Artist, Picture, Collection, ImportRun)] == [0] * 5
    real = load(file)
    assert (real.counts, real.rejects) == (dry.counts, dry.rejects)


def test_every_reject_has_its_line_and_reason_and_the_run_is_kept(both: Flask, tmp_path: Path, load: Import) -> None:
    text = delimited([HEADER, *ROWS]) + ',,x,,,\n1,,"The Kiss",,,\n2,,Another,,,\n4,a\n5,,"' + "y" * 10 + f'",,,{"s" * 300}\n6,,cut'
    file = write(tmp_path / "museum" / "works.csv", text)
    report = load(file)
    assert report.rejects == [
        {"line": 5, "reason": "has no id (column 'id' is empty)"},
        {"line": 6, "reason": "repeats the id '1' of line 2"},
        {"line": 7, "reason": "repeats the id '2' of line 3 with another title"},
        {"line": 8, "reason": "has 2 fields, the header 6"},
        {"line": 9, "reason": "has 300 characters in school, at most 200 are kept"},
        {"line": 10, "reason": "is cut: the file ends after 3 of 6 fields"},
    ]
    assert report.counts == counts(added=3, rejected=6, pictures_missing=2)
    run = db.session.get(ImportRun, report.run_id)
    assert run is not None and run.collection is not None
    assert (run.file_name, run.format, run.collection.name, run.counts, run.rejects) == (
        "works.csv", "general_csv", "works", report.counts, report.rejects,
    )  # fmt: skip


def test_rows_that_repeat_an_id_with_another_file_add_pictures(both: Flask, tmp_path: Path, load: Import) -> None:
    picture(tmp_path / "museum" / "works" / "3.jpg", colour="green")
    rows = [ROWS[0], ["1", "works/2.jpg|works/3.jpg", "", "", "", ""]]
    file = museum(tmp_path / "museum", rows)
    assert load(file).counts == counts(added=1, pictures_added=3)
    assert [one.source_name for one in work("1").pictures] == ["works/1.jpg", "works/2.jpg", "works/3.jpg"]
    assert load(file).counts == counts(unchanged=1)


def test_pictures_come_later_and_change(both: Flask, tmp_path: Path, load: Import) -> None:
    file = museum(tmp_path / "museum")
    (tmp_path / "museum" / "works" / "1.jpg").unlink()
    assert load(file).counts == counts(added=3, pictures_added=1, pictures_missing=1)
    picture(tmp_path / "museum" / "works" / "1.jpg", (50, 60))
    picture(tmp_path / "museum" / "works" / "2.jpg", (70, 80))
    revision = catalogue_revision()
    assert load(file).counts == counts(updated=2, unchanged=1, pictures_added=2)
    assert [(one.width, one.position) for number in "12" for one in work(number).pictures] == [(50, 0), (70, 0)]
    assert catalogue_revision() != revision


def test_a_bad_picture_is_a_reject_and_its_work_is_imported(both: Flask, tmp_path: Path, load: Import) -> None:
    rows = [["1", "works/1.jpg", "a", "", "", ""], ["2", "../secret.jpg", "b", "", "", ""], ["3", "works/2.jpg", "c", "", "", ""]]
    file = museum(tmp_path / "museum", rows)
    picture(tmp_path / "secret.jpg")
    (tmp_path / "museum" / "works" / "1.jpg").write_bytes(b"broken")
    report = load(file)
    assert report.counts == counts(added=3, rejected=2, pictures_added=1)
    assert report.rejects == [
        {"line": 2, "reason": "the picture 'works/1.jpg' cannot be read as a picture"},
        {"line": 3, "reason": "the picture '../secret.jpg' lies outside the images folder"},
    ]


def test_one_picture_of_two_works_is_stored_once(both: Flask, tmp_path: Path, load: Import) -> None:
    rows = [["1", "works/1.jpg", "a", "", "", ""], ["2", "works/1.jpg", "b", "", "", ""]]
    assert load(museum(tmp_path / "museum", rows)).counts == counts(added=2, pictures_added=2)
    assert len([path for path in (tmp_path / "instance" / "pictures").rglob("*") if path.is_file()]) == 1


def test_a_crash_leaves_the_database_as_it_was_and_the_import_can_be_run_again(both: Flask, tmp_path: Path, load: Import) -> None:
    rows = [[str(number), "", f"title {number}", f"artist {number}", "", ""] for number in range(2500)]
    file = museum(tmp_path / "museum", rows)

    def crash(stage: str, done: int, total: int) -> None:
        if stage == "storing" and done > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(file, progress=crash)
    assert [count(model) for model in (Artwork, Artist, Collection, ImportRun)] == [0] * 4
    assert load(file).counts == counts(added=2500)


def test_the_same_id_in_two_collections_is_two_works(both: Flask, tmp_path: Path, load: Import) -> None:
    file = museum(tmp_path / "museum")
    load(file, collection="one")
    assert load(file, collection="two").counts == counts(added=3, pictures_added=2)
    assert (count(Artwork), count(Artist)) == (6, 2)


def test_the_web_gallery_of_art_with_pictures(both: Flask, tmp_path: Path, load: Import) -> None:
    folder = tmp_path / "wga"
    rows = [wga_row(), wga_row(page="a/aachen/bacchus", TITLE="Bacchus"), wga_row(SCHOOL="Other")]
    file = write(folder / "catalog.csv", delimited([WGA_HEADER, *rows], ";", "\r\n"), "cp1252")
    picture(folder / "art" / "a" / "aachen" / "adonis.jpg")
    report = load(file)
    assert report.counts == counts(added=2, rejected=1, pictures_added=1, pictures_missing=1)
    assert report.rejects == [{"line": 4, "reason": "repeats the id 'a/aachen/adonis' of line 2"}]
    artist = work("a/aachen/adonis").artists[0]
    assert (artist.name, artist.sort_name, artist.born_year, artist.born_place, artist.died_place) == (
        "Hans von Aachen", "AACHEN, Hans von", 1552, "Köln", "Praha",
    )  # fmt: skip
    assert browse(text="köln").total == 0 and browse(text="VENUS Aachen").total == 1


def test_progress_ends_at_its_total(both: Flask, tmp_path: Path, load: Import) -> None:
    seen: dict[str, tuple[int, int]] = {}
    load(museum(tmp_path / "museum"), progress=lambda stage, done, total: seen.update({stage: (done, total)}))
    assert seen == {"reading": (3, 3), "storing": (3, 3)}


def test_an_unknown_file_is_named_with_what_was_expected(app: Flask, tmp_path: Path, load: Import) -> None:
    with pytest.raises(CatalogueFileError, match=r"a\.csv: the header is 'foo, bar'; expected is an id .* of these: web_gallery"):
        load(write(tmp_path / "a.csv", "foo,bar\n1,2\n"))
    with pytest.raises(CatalogueFileError, match="'xml' is no catalogue format; known are auto, web_gallery_of_art, .*general_csv"):
        load(museum(tmp_path / "museum"), format="xml")
    with pytest.raises(CatalogueFileError, match="expected is the Web Gallery"):
        load(museum(tmp_path / "museum"), format="web_gallery_of_art")
    with pytest.raises(CatalogueFileError, match="no such folder"):
        load(museum(tmp_path / "museum"), images=tmp_path / "none")
    assert count(ImportRun) == 0


@pytest.mark.parametrize(
    ("file", "name"), [("wga/catalog.csv", "catalog"), ("museum/catalogue.csv", "museum"), ("a/my works.csv", "my works")]
)
def test_default_name_of_a_collection(tmp_path: Path, file: str, name: str) -> None:
    assert default_collection(tmp_path / file) == name
