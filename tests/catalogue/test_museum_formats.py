"""The formats of single museums on small tables in their true layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.catalogue.importers import choose_importer
from app.catalogue.importers.cleveland_museum import makers_of
from app.catalogue.importers.documents import open_source
from app.catalogue.importers.picture_source import local_names
from app.catalogue.importers.records import Maker, Person, Record, Reject
from tests.catalogue import museum_tables as tables
from tests.catalogue.conftest import Import
from tests.catalogue.files import picture

LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "metropolitan_museum": tables.met,
    "museum_of_modern_art": tables.moma,
    "cleveland_museum": tables.cleveland,
    "tate": tables.tate,
    "national_gallery_of_art": tables.nga,
    "famous_paintings": tables.famous,
}


def read(path: Path) -> list[Any]:
    table = open_source(path)
    return list(choose_importer(table).rows(table))


def some(row: Any, **wanted: Any) -> None:
    """The row is a record with these fields."""
    assert isinstance(row, Record), row
    assert {name: row.fields.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("name", LAYOUTS)
def test_auto_knows_each_layout(tmp_path: Path, name: str) -> None:
    assert choose_importer(open_source(LAYOUTS[name](tmp_path))).name == name


def test_metropolitan_museum(tmp_path: Path) -> None:
    irises, print_, rejected = read(tables.met(tmp_path))
    some(
        irises,
        title="Irises",
        date_text="1890",
        year_from=1890,
        year_to=1890,
        technique="Oil on canvas",
        school="Dutch",
        form="Paintings",
        type="Painting",
        location="Metropolitan Museum of Art, New York, NY",
    )
    assert irises.source_id == "436528" and irises.fields["extra"]["Object number"] == "58.187"
    assert irises.makers == [Maker("Gogh, Vincent van", "Dutch, Zundert 1853–1890 Auvers-sur-Oise", "", 1853, 1890)]
    some(print_, title="Print", school="Netherlandish", year_from=1550, year_to=1560, timeframe="Renaissance")
    assert [(one.sort_name, one.role) for one in print_.makers] == [("Bruegel, Pieter", "After"), ("Cock, Hieronymus", "Publisher")]
    assert rejected == Reject(4, "has no id (column 'Object ID' is empty)")


def test_museum_of_modern_art(tmp_path: Path) -> None:
    house, one, rejected = read(tables.moma(tmp_path))
    some(house, title="House VI, project", year_from=1975, school="American", form="Architecture")
    assert house.makers == [Maker("Peter Eisenman", "American, born 1932", "", 1932, None), Maker("Robert Cole")]
    assert house.pictures == ["https://www.moma.org/media/abc/house.jpg?sha=1"]
    assert one.makers == [Maker("Frank Stella, Jr.", "American, 1936–2024", "", 1936, 2024)]
    assert (one.fields["year_from"], one.fields["year_to"]) == (1958, 1959)
    assert isinstance(rejected, Reject)


def test_cleveland_museum(tmp_path: Path) -> None:
    portrait, rejected = read(tables.cleveland(tmp_path))
    some(portrait, title="Nathaniel Hurd", date_text="c. 1765", year_from=1760, year_to=1770, description="A silversmith, at ease.")
    assert portrait.makers == [
        Maker("John Singleton Copley", "American, 1738–1815"),
        Maker("A. Nobody", "German; active Rome", "framer"),
        Maker("Unknown"),
    ]
    assert local_names(portrait.pictures[0]) == ["1915.534/1915.534_web.jpg", "1915.534_web.jpg"]
    assert isinstance(rejected, Reject) and makers_of("") == []


def test_tate_joins_its_artists(tmp_path: Path) -> None:
    figure, preaching, cut = read(tables.tate(tmp_path))
    some(figure, title="A Figure Bowing", date_text="date not known", year_from=None, dimensions="support: 394 x 419 mm")
    assert figure.makers == [Maker("Blake, Robert", "(b. 1762, London, United Kingdom, d. 1787, London, United Kingdom)")]
    assert preaching.makers[0].role == "after" and preaching.fields["year_from"] == 1785
    assert isinstance(cut, Reject) and "is cut" in cut.reason


def test_tate_without_the_table_of_artists_says_so(app: Flask, tmp_path: Path, load: Import) -> None:
    report = load(tables.tate(tmp_path / "tate", artists=False), dry_run=True)
    assert report.counts["added"] == 2
    assert report.tables == [{"name": "artist_data.csv", "found": False, "rows": 0, "rejected": 0}]
    assert report.notes == ["artist_data.csv was not found beside the file: what it holds is left out."]


def test_national_gallery_of_art_joins_three_tables(tmp_path: Path) -> None:
    ginevra, nobodys = read(tables.nga(tmp_path))
    some(ginevra, title="Ginevra", year_from=1474, year_to=1478, school="Italian", form="painting", timeframe="1401 to 1500")
    assert ginevra.makers == [
        Maker("Leonardo da Vinci", "Florentine, 1452 - 1519", "", 1452, 1519),
        Maker("Anonymous", "", "Follower of"),
    ]
    assert ginevra.pictures == [f"https://api.nga.gov/iiif/{one}/full/!1600,1600/0/default.jpg" for one in ("u1", "u2")]
    assert local_names(ginevra.pictures[0]) == ["u1.jpg"]
    assert (nobodys.makers, nobodys.pictures) == ([], [])


def test_famous_paintings_join_artists_museums_and_subjects(app: Flask, tmp_path: Path, load: Import) -> None:
    first, second, _again = read(tables.famous(tmp_path))
    some(first, location="The Museum, New York, USA", school="French", type="Musics, Portraits", extra={"Style": "Impressionism"})
    assert first.makers == [Maker("Pierre-Auguste Renoir", "1841–1919", "", 1841, 1919)]  # the hyphen is lost in its parts
    assert second.makers == [Maker("Ensor, James", "1860–?", "", 1860, None)]
    report = load(tables.famous(tmp_path), dry_run=True)
    assert report.rejects == [{"line": 4, "reason": "repeats the id '1' of line 2"}]


def test_a_row_of_a_joined_table_that_cannot_be_read_is_a_reject(app: Flask, tmp_path: Path, load: Import) -> None:
    file = tables.famous(tmp_path)
    with (tmp_path / "subject.csv").open("a", encoding="utf-8") as subjects:
        subjects.write("7,a,b,c\n2,Masks\n")
    report = load(file, dry_run=True)
    assert {"line": 4, "reason": "subject.csv: has 4 fields, the header 2"} in report.rejects
    assert report.tables[2] == {"name": "subject.csv", "found": True, "rows": 4, "rejected": 1}


@pytest.mark.parametrize(("layout", "file", "people"), [(tables.tate, "artist_data.csv", 3), (tables.nga, "constituents.csv", 3)])
def test_a_table_of_artists_alone(
    app: Flask, tmp_path: Path, load: Import, layout: Callable[[Path], Path], file: str, people: int
) -> None:
    layout(tmp_path)
    rows = read(tmp_path / file)
    assert len(rows) == people and all(isinstance(row, Person) for row in rows)
    report = load(tmp_path / file)
    assert (report.format, report.counts["added"]) == ("artists", people)
    assert load(tmp_path / file).counts["unchanged"] == people


def test_a_picture_is_found_by_the_works_id_in_a_folder_given_for_it(app: Flask, tmp_path: Path, load: Import) -> None:
    file = tables.met(tmp_path / "met")
    picture(tmp_path / "scans" / "436528.JPG")
    assert load(file, dry_run=True, images=tmp_path / "scans").counts["pictures_added"] == 1
    assert load(file, dry_run=True).counts["pictures_added"] == 0


def test_a_picture_named_by_address_is_found_below_the_folder(app: Flask, tmp_path: Path, load: Import) -> None:
    file = tables.nga(tmp_path / "nga")
    picture(tmp_path / "nga" / "u1.jpg")
    counts = load(file).counts
    assert (counts["pictures_added"], counts["pictures_missing"]) == (1, 1)
