"""Names and lives as catalogues write them."""

from __future__ import annotations

import pytest

from app.catalogue.artists import Life, parse_life, reading_name
from app.catalogue.text import fold, search_text, terms, words


@pytest.mark.parametrize(
    ("sort_name", "name"),
    [
        ("AACHEN, Hans von", "Hans von Aachen"),
        ("DÜRER, Albrecht", "Albrecht Dürer"),
        ("CAROLUS-DURAN", "Carolus-Duran"),
        ("LEONARDO da Vinci", "Leonardo da Vinci"),
        ("CRANACH, Lucas the Elder", "Lucas Cranach the Elder"),
        ("BRUEGEL, Pieter the Elder", "Pieter Bruegel the Elder"),
        ("ABBATE, Niccolò dell'", "Niccolò dell'Abbate"),
        ("O'KEEFFE, Georgia", "Georgia O'Keeffe"),
        ("MASTER, Italian Unknown", "Italian Unknown Master"),
        ("Blake, Robert", "Robert Blake"),
        ("Edvard Munch", "Edvard Munch"),
        ("Evans, Thomas M., Mrs.", "Evans, Thomas M., Mrs."),
        ("", ""),
        (",", ","),
    ],
)
def test_reading_name(sort_name: str, name: str) -> None:
    assert reading_name(sort_name) == name


@pytest.mark.parametrize(
    ("text", "life"),
    [
        ("(b. 1552, Köln, d. 1615, Praha)", Life(1552, "Köln", 1615, "Praha")),
        ("(b. ca. 1420, Firenze, d. 1492, Sansepolcro)", Life(1420, "Firenze", 1492, "Sansepolcro")),
        ("(b. 1606, Leiden, Holland, d. 1669, Amsterdam)", Life(1606, "Leiden, Holland", 1669, "Amsterdam")),
        ("(b. before 1490, ?, d. 1540, Roma)", Life(1490, "", 1540, "Roma")),
        ("(active 1430-1450 in Siena)", Life()),
        ("Reggio Emilia 1599 - Padova 1654", Life(1599, "Reggio Emilia", 1654, "Padova")),
        ("Parenzo 1450 ca. - Mantova ? post 1496", Life(1450, "Parenzo", 1496, "Mantova")),
        ("Tramuschio (Mirandola) 1487 ca. - Ferrara 1542", Life(1487, "Tramuschio (Mirandola)", 1542, "Ferrara")),
        ("Ferrara notizie dal 1576 al 1593", Life()),
        ("* 1471 Nürnberg; † 1528 Nürnberg", Life(1471, "Nürnberg", 1528, "Nürnberg")),
        ("1852–1911", Life(1852, "", 1911, "")),
        ("born 1930", Life(1930)),
        ("", Life()),
    ],
)
def test_parse_life(text: str, life: Life) -> None:
    assert parse_life(text) == life


def test_fold_reaches_letters_that_unicode_does_not_decompose() -> None:
    assert fold("  Købke,  ŁÓDŹ\tStraße Œuvre Cézanne ") == "kobke, lodz strasse oeuvre cezanne"


def test_words_are_letters_and_digits_alone() -> None:
    assert words("Dürer's «Self-portrait», 1500! _a_") == "durer s self portrait 1500 a"
    assert words("% ' \" * \0 ( ) :") == ""


def test_signs_without_spaces_between_them_are_words_that_follow_one_another() -> None:
    assert terms("清明上河圖 Scroll") == [("清", "明", "上", "河", "圖"), ("scroll",)]
    assert words("北宋 張擇端12") == "北 宋 張 擇 端 12"


def test_search_text_names_each_part_once() -> None:
    assert search_text(["Élégie", "", "elegie", "Öl"]) == "elegie ol"
