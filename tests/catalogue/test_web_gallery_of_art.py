"""The Web Gallery of Art's catalog.csv in the layouts in which it circulates."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.catalogue.importers import choose_importer
from app.catalogue.importers.reading import open_table
from app.catalogue.importers.records import Maker, Record, Reject
from app.catalogue.importers.web_gallery_of_art import split_technique
from tests.catalogue.files import WGA_HEADER, delimited, wga_row, write


def rows(path: Path) -> list[Record | Reject]:
    table = open_table(path)
    importer = choose_importer(table)
    assert importer.name == "web_gallery_of_art"
    return list(importer.rows(table))


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_both_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    path = write(tmp_path / "catalog.csv", delimited([WGA_HEADER, wga_row()], separator, "\r\n"), encoding)
    assert rows(path) == [
        Record(
            2,
            "a/aachen/adonis",
            {
                "title": "Venus and Adonis", "date_text": "1574-88", "year_from": 1574, "year_to": 1588,
                "technique": "Oil on copper", "dimensions": "21 x 17 cm", "location": "Kunsthistorisches Museum, Vienna",
                "school": "German", "form": "painting", "type": "mythological", "timeframe": "1551-1600", "url": "https://www.wga.hu/html/a/aachen/adonis.html",
            },
            [Maker("AACHEN, Hans von", "(b. 1552, Köln, d. 1615, Praha)")],
            ["art/a/aachen/adonis.jpg"],
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "source_id"),
    [
        ("http://www.wga.hu/html/a/aachen/adonis.html", "a/aachen/adonis"),
        ("https://www.wga.hu/html_m/a/aachen/adonis.html", None),
        ("https://www.wga.hu/html/zzzarchi/13c/6/01a_1251.html", "zzzarchi/13c/6/01a_1251"),
        ("https://www.wga.hu/html/b/botticel/5allegor/30birth.html", "b/botticel/5allegor/30birth"),
        ("", None),
        ("adonis", None),
    ],
)
def test_the_id_is_the_page(tmp_path: Path, url: str, source_id: str | None) -> None:
    pages = [wga_row(page="b/page"), wga_row(page="b/other"), wga_row(URL=url)]
    found = rows(write(tmp_path / "catalog.csv", delimited([WGA_HEADER, *pages], ";")))[-1]
    if source_id is None:
        assert isinstance(found, Reject) and found.line == 4 and "has no id" in found.reason
    else:
        assert isinstance(found, Record) and found.source_id == source_id


def test_a_row_without_author_has_no_makers(tmp_path: Path) -> None:
    found = rows(write(tmp_path / "catalog.csv", delimited([WGA_HEADER, wga_row(AUTHOR="", DATE="-")], ";")))[0]
    assert isinstance(found, Record) and found.makers == [] and found.fields["year_from"] is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Oil on panel, 56 x 47 cm", ("Oil on panel", "56 x 47 cm")),
        ("Tempera on wood, diameter 84 cm", ("Tempera on wood", "diameter 84 cm")),
        ("Marble, height 175 cm", ("Marble", "height 175 cm")),
        ("Oil on canvas, 56,5 x 47 cm (each)", ("Oil on canvas", "56,5 x 47 cm (each)")),
        ("Fresco", ("Fresco", "")),
        ("Photo", ("Photo", "")),
        ("", ("", "")),
    ],
)
def test_dimensions_behind_the_technique(text: str, parts: tuple[str, str]) -> None:
    assert split_technique(text) == parts
