"""What records say of type, school, form and period, by themselves and through their other fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from app.catalogue.described import from_file, makers_from
from app.catalogue.errors import CatalogueFileError
from app.catalogue.vocabulary import MakerFacts, by_words, described, maker_key, period

MAKERS = {
    maker_key("TINTORETTO"): MakerFacts("Italian", "1551-1600"),
    maker_key("Hals, Frans"): MakerFacts("Dutch", "", 1582, 1666),
}


def test_a_records_own_fields_come_first() -> None:
    fields = {"type": "interior", "school": " Dutch ", "form": "Other", "timeframe": "1601-1650", "title": "Portrait of a man"}
    assert described(fields, []) == {"type": "interior", "school": "Dutch", "timeframe": "1601-1650"}


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Ritratto d’uomo", "portrait"), ("Selbstbildnis mit Palette", "portrait"), ("Nature morte au lapin", "still-life"),
        ("Madonna with the Long Neck", "religious"), ("Mont Sainte-Victoire", "landscape"), ("Venus and Mars", "mythological"),
        ("Piazza San Marco", "cityscape"), ("Untitled", ""), ("Marsh at dusk", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_type_follows_from_the_title_where_that_names_it(title: str, word: str) -> None:
    assert by_words("type", title) == word


def test_a_form_follows_from_the_technique() -> None:
    assert [by_words("form", text) for text in ("Oil on canvas", "Farbholzschnitt", "Woodcut", "Mosaic", "Mixed media")] == [
        "painting", "", "print", "mosaic", "",
    ]  # fmt: skip


def test_a_period_follows_from_the_date_else_from_the_life_else_from_the_table() -> None:
    assert described({"year_from": 1888, "year_to": 1888}, [("Hals, Frans", "")], MAKERS)["timeframe"] == "1851-1900"
    assert described({}, [("Somebody", "Anversa 1597 - Firenze 1681")])["timeframe"] == "1651-1700"
    assert described({}, [("Frans Hals", "")], MAKERS) == {"school": "Dutch", "timeframe": "1601-1650"}
    assert described({"year_from": 1400, "year_to": 1600}, []) == {}  # no date to speak of
    assert [period(year) for year in (1500, 1501, 1550, -40)] == ["1451-1500", "1501-1550", "1501-1550", ""]


def test_a_maker_is_known_by_the_name_that_people_say() -> None:
    assert described({}, [("Robusti Jacopo detto Tintoretto", "")], MAKERS) == {"school": "Italian", "timeframe": "1551-1600"}


def test_a_file_gives_works_with_their_pictures_and_words(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg")
    rows = ["artwork_id,file,title,artist,date", "1,a.jpg,Still life with eggs,Frans Hals,1630", "2,gone.jpg,A river,,1900"]
    (tmp_path / "works.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "makers.csv").write_text("full_name,nationality,birth,death\nFrans Hals,Dutch,1582,1666\n", encoding="utf-8")
    (work,) = from_file(tmp_path / "works.csv", makers=makers_from([tmp_path / "makers.csv"]))
    assert work.picture == tmp_path / "a.jpg" and work.maker == "frans hals"
    assert work.words == {"type": "still-life", "school": "Dutch", "timeframe": "1601-1650"}
    assert from_file(tmp_path / "works.csv", ["type"])[0].words == {"type": "still-life"}


def test_files_that_do_not_help_are_said(tmp_path: Path) -> None:
    (tmp_path / "works.csv").write_text("artwork_id,file,title\n1,gone.jpg,A river\n2,lost.jpg,A lake\n", encoding="utf-8")
    with pytest.raises(CatalogueFileError, match="no row of it has a picture"):
        from_file(tmp_path / "works.csv")
    with pytest.raises(CatalogueFileError, match="no table of makers"):
        makers_from([tmp_path / "works.csv"])
