"""The general CSV: columns by their names in six languages, ids, dates, dimensions, makers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.catalogue.importers import choose_importer
from app.catalogue.importers.aliases import ALIASES, SPELLINGS, columns_of, normal
from app.catalogue.importers.general_csv import GeneralCsv
from app.catalogue.importers.reading import open_table
from app.catalogue.importers.records import Maker, Record, Reject
from tests.catalogue.files import delimited, write


def records(tmp_path: Path, header: list[str], *rows: list[str]) -> list[Record | Reject]:
    table = open_table(write(tmp_path / "a.csv", delimited([header, *rows])))
    assert choose_importer(table).name == "general_csv"
    return list(GeneralCsv().rows(table))


def record(tmp_path: Path, **columns: str) -> Record:
    found = records(tmp_path, list(columns), list(columns.values()))[0]
    assert isinstance(found, Record)
    return found


HEADERS = {
    "English": ["Inventory No.", "File name", "Title", "Artist", "Date", "Medium", "Dimensions", "Current location"],
    "German": ["Inventarnummer", "Bilddatei", "Titel", "Künstler", "Datierung", "Technik", "Maße", "Standort"],
    "Italian": ["Numero inventario", "Immagine", "Titolo", "Autore", "Datazione", "Tecnica", "Dimensioni", "Collocazione"],
    "French": ["N° inventaire", "Fichier", "Titre", "Artiste", "Date de création", "Matériaux", "Mesures", "Localisation"],
    "Spanish": ["Número de inventario", "Archivo", "Título", "Autor", "Fecha", "Técnica", "Medidas", "Ubicación"],
    "Dutch": ["Inventarisnummer", "Bestand", "Titel", "Kunstenaar", "Datering", "Techniek", "Afmetingen", "Verblijfplaats"],
}


@pytest.mark.parametrize("language", HEADERS)
def test_headers_of_six_languages(tmp_path: Path, language: str) -> None:
    row = ["A 1", "a.jpg", "T", "X", "c. 1500", "oil", "3 x 4 cm", "Rome"]
    found = records(tmp_path, HEADERS[language], row)
    fields = {"title": "T", "technique": "oil", "location": "Rome", "date_text": "c. 1500", "year_from": 1500, "year_to": 1500}
    assert found == [Record(2, "A 1", {**fields, "dimensions": "3 x 4 cm"}, [Maker("X")], ["a.jpg"])]


def test_no_spelling_means_two_fields() -> None:
    spelt = [(normal(name), field) for field, names in ALIASES.items() for name in names.split()]
    assert dict(spelt) == {name: SPELLINGS[name] for name, _field in spelt}


def test_of_several_columns_the_surest_wins_and_the_others_are_kept(tmp_path: Path) -> None:
    found = record(tmp_path, id="7", accession_number="X.7", name="Short", title="Long", room="4", empty="")
    assert (found.source_id, found.fields["title"]) == ("7", "Long")
    assert found.fields["extra"] == {"accession_number": "X.7", "name": "Short", "room": "4"}
    assert columns_of(["Nr", "ID"])["source_id"] == [1, 0]


def test_an_id_column_that_tells_nothing_apart_is_not_taken(tmp_path: Path) -> None:
    found = records(tmp_path, ["id", "number", "title"], ["0", "Goya001", "a"], ["0", "Goya002", "b"])
    assert [one.source_id for one in found if isinstance(one, Record)] == ["Goya001", "Goya002"]


def test_a_row_without_id_is_a_reject(tmp_path: Path) -> None:
    found = records(tmp_path, ["id", "title"], ["1", "a"], ["", "b"], ["", ""])
    assert found[1:] == [Reject(3, "has no id (column 'id' is empty)"), Reject(4, "is empty")]


@pytest.mark.parametrize(
    ("columns", "date"),
    [
        ({"date": "1574-88"}, ("1574-88", 1574, 1588)),
        ({"year": "1885"}, ("1885", 1885, 1885)),
        ({"dateText": "?", "year": "1885"}, ("?", 1885, 1885)),
        ({"displaydate": "c. 1500", "beginyear": "1495", "endyear": "1505"}, ("c. 1500", 1495, 1505)),
        ({"begin_year": "1495", "end_year": "1505"}, ("1495-1505", 1495, 1505)),
        ({"begin_year": "1505", "end_year": "1495"}, ("1505-1495", 1495, 1505)),
        ({"begin_year": "1495.0", "end_year": ""}, ("1495.0", 1495, None)),
        ({"date": ""}, ("", None, None)),
    ],
)
def test_dates_as_text_and_as_years(tmp_path: Path, columns: dict[str, str], date: tuple[Any, ...]) -> None:
    fields = record(tmp_path, id="1", title="t", **columns).fields
    assert (fields["date_text"], fields["year_from"], fields["year_to"]) == date


def test_dimensions_are_joined_only_where_they_are_apart(tmp_path: Path) -> None:
    apart = record(tmp_path, id="1", title="t", height="40", width="30.5", depth="", units="cm")
    assert apart.fields["dimensions"] == "40 × 30.5 cm"
    whole = record(tmp_path, id="1", title="t", dimensions="40 x 30 cm", height="40", width="30")
    assert (whole.fields["dimensions"], whole.fields["extra"]) == ("40 x 30 cm", {"height": "40", "width": "30"})


def test_makers_with_their_lives(tmp_path: Path) -> None:
    one = record(tmp_path, id="1", title="t", artist="Blake, Robert", born_died="1762–1787")
    assert one.makers == [Maker("Blake, Robert", "1762–1787")]
    two = record(tmp_path, id="1", title="t", artist="Rubens; Jan  Brueghel|Rubens")
    assert two.makers == [Maker("Rubens"), Maker("Jan Brueghel")]
    years = record(tmp_path, id="1", title="t", artist="X", yearOfBirth="1600", yearOfDeath="")
    assert years.makers == [Maker("X", born_year=1600)]


def test_a_file_says_nothing_of_fields_that_it_has_no_column_for(tmp_path: Path) -> None:
    found = record(tmp_path, id="1", title="t")
    assert (found.fields, found.makers, found.pictures) == ({"title": "t"}, None, [])


def test_several_pictures_in_one_field(tmp_path: Path) -> None:
    assert record(tmp_path, id="1", file="a.jpg| b.jpg;c.jpg|").pictures == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize(
    "header",
    [
        ["id", "name", "gender", "dates", "yearOfBirth"],  # artists
        ["museum_id", "name", "address", "city"],
        ["work_id", "subject"],
        ["photo", "artwork_ids", "kind"],
    ],
)
def test_tables_of_other_things_are_not_taken_for_works(header: list[str]) -> None:
    assert GeneralCsv().sniff(header, []) == 0.0
