"""Approximate dates → ranges of years."""

from __future__ import annotations

import pytest

from app.catalogue.dates import parse_years

FORMS: dict[str, tuple[int | None, int | None]] = {
    "1427": (1427, 1427),
    "c. 1427": (1427, 1427),
    "c.1427": (1427, 1427),
    "ca. 1420": (1420, 1420),
    "?c.1785": (1785, 1785),
    "1330 ca.": (1330, 1330),
    "um 1500": (1500, 1500),
    "vers 1650": (1650, 1650),
    "[1520]": (1520, 1520),
    "1500 (?)": (1500, 1500),
    "1574-88": (1574, 1588),
    "1425–28": (1425, 1428),
    "1503-06": (1503, 1506),
    "1790-9": (1790, 1799),
    "1499-03": (1499, 1503),
    "1890/95": (1890, 1895),
    "c.1795-1805": (1795, 1805),
    "c. 1495-c. 1510": (1495, 1510),
    "1495 or 1496": (1495, 1496),
    "between 1500 and 1510": (1500, 1510),
    "zwischen 1500 und 1510": (1500, 1510),
    "dal 1576 al 1593": (1576, 1593),
    "1498-1500 and 1503": (1498, 1503),
    "1525-1530, 1540": (1525, 1530),
    "1812, published 1813": (1812, 1812),
    "before 1500": (None, 1500),
    "by 1500": (None, 1500),
    "vor 1500": (None, 1500),
    "after 1633": (1633, None),
    "post 1620": (1620, None),
    "after c. 1500": (1500, None),
    "1620s": (1620, 1629),
    "late 1620s": (1627, 1629),
    "1480s-1490s": (1480, 1499),
    "1870er Jahre": (1870, 1879),
    "15th century": (1401, 1500),
    "end of 15th c.": (1468, 1500),
    "early 17th century": (1601, 1633),
    "mid-15th century": (1434, 1467),
    "2nd half of 15th century": (1451, 1500),
    "Second half of the 17th century": (1651, 1700),
    "third quarter of the 15th century": (1451, 1475),
    "late 15th-early 16th century": (1468, 1533),
    "16th-17th century": (1501, 1700),
    "11th century copy of 9th c. original": (1001, 1100),
    "XVI secolo": (1501, 1600),
    "sec. XVI": (1501, 1600),
    "fine XVI secolo": (1568, 1600),
    "prima metà del XV secolo": (1401, 1450),
    "XIV-XV secolo": (1301, 1500),
    "16. Jahrhundert": (1501, 1600),
    "Anfang 17. Jh.": (1601, 1633),
    "XVIe siècle": (1501, 1600),
    "siglo XVI": (1501, 1600),
    "16e eeuw": (1501, 1600),
    "50 BC": (-50, -50),
    "27-20 BC": (-27, -20),
    "3rd century BC": (-300, -201),
    "2nd century AD": (101, 200),
    "12 May 1889": (1889, 1889),
    "1889-05-12": (1889, 1889),
    "12.05.1889": (1889, 1889),
    "signed and dated 1654": (1654, 1654),
    "": (None, None),
    "-": (None, None),
    "n.d.": (None, None),
    "unknown": (None, None),
    "Song copy of 12th c. original": (None, None),
    "inv. 17, 3 parts": (None, None),
    "1470-80s": (1470, 1489),
    "1655-60s": (1655, 1669),
    "1890-1900s": (1890, 1909),
    "1500-1600s": (1500, 1699),
    "c. 970-80": (970, 980),
    "1503-05 and 1513-16": (1503, 1516),
    "1788/c.1830-5": (1788, 1835),
    "12th-13th c.": (1101, 1300),
    "1st-2nd century AD": (1, 200),
    "late nineteenth century": (1868, 1900),
    "1304-06 (restored 1880)": (1304, 1306),
    "1919 (cast 1950)": (1919, 1919),
    "Kangxi period, 1662-1722": (1662, 1722),
    "made 1889-90": (1889, 1890),
    "dated 1510 and 1512": (1510, 1512),
    "July 1888 - May 1889": (1888, 1889),
    "May 12, 1889": (1889, 1889),
    "années 1620": (1620, 1629),
    "1500 in 3-4 parts": (None, None),
}


@pytest.mark.parametrize(("text", "years"), FORMS.items())
def test_every_form(text: str, years: tuple[int | None, int | None]) -> None:
    assert parse_years(text) == years


NONSENSE = ["1700-1600", "20th century-1990 BC", "99999", "1-2-3-4", "0", "19th/", "((((", "1600-", "XXXXVIIII secolo", "９"]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_never_gives_years_out_of_order(text: str) -> None:
    first, last = parse_years(text)
    assert first is None or last is None or first <= last


def test_a_text_that_is_no_date_costs_no_time() -> None:
    assert parse_years("(" * 4_000_000 + "1500") == (None, None)
    assert parse_years("1-" * 99) == (None, None)
