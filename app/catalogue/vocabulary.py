"""What a record says of a work's type, school, form and period: its own fields first, then what follows from the others.

Catalogues seldom fill all four. A period follows from the date or from the maker's life, a form from the technique, a type from
the title where that names it, a school from a table of makers. What does not follow stays unknown. Pure.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.catalogue.artists import parse_life, reading_name
from app.catalogue.text import fold, words

FIELDS = ("type", "school", "form", "timeframe")
SPAN = 50  # years of a period, as the Web Gallery of Art counts: 1501-1550
FIRST_WORKS = 25  # a maker's age from which on works are counted to a period
LIFE = 60  # years taken for a life of which one end is unknown
CALLED = re.compile(r"\s+(?:detto|detta|called|known as|genannt|gen\.|dit|dite)\s+", re.IGNORECASE)
NOTHING = {"", "other", "unknown", "unbekannt", "ignoto", "inconnu", "desconocido", "onbekend", "various"}


@dataclass(frozen=True)
class MakerFacts:
    """What a table of makers says of one: empty and None where it says nothing."""

    school: str = ""
    timeframe: str = ""
    born_year: int | None = None
    died_year: int | None = None


Makers = Mapping[str, MakerFacts]  # by `maker_key`


def maker_key(name: str) -> str:
    """One key for `AACHEN, Hans von` and `Hans von Aachen`: its folded words, sorted."""
    return " ".join(sorted(words(reading_name(name)).split()))


def facts_of(name: str, table: Makers) -> MakerFacts:
    """What the table says of a maker, under the full name or under the one that follows *detto*, *called*, *genannt*."""
    for part in (name, *CALLED.split(name)):
        if facts := table.get(maker_key(part)):
            return facts
    return MakerFacts()


def described(fields: Mapping[str, Any], makers: Iterable[tuple[str, str]], table: Makers | None = None) -> dict[str, str]:
    """Field → word, of the four, where something is known. makers: (name, born_died) in the catalogue's order."""
    known = [(facts_of(name, table or {}), born_died) for name, born_died in makers]
    found = {
        "type": said(fields.get("type")) or by_words("type", str(fields.get("title") or "")),
        "school": said(fields.get("school")) or next((facts.school for facts, _ in known if facts.school), ""),
        "form": said(fields.get("form")) or by_words("form", str(fields.get("technique") or "")),
        "timeframe": said(fields.get("timeframe")) or period_of(fields, known),
    }
    return {name: word for name, word in found.items() if word}


def said(value: Any) -> str:
    """A field's own words; empty where they say nothing."""
    text = " ".join(str(value or "").split())
    return "" if fold(text) in NOTHING else text


def period_of(fields: Mapping[str, Any], makers: Iterable[tuple[MakerFacts, str]]) -> str:
    """The period by the date, else by the first maker's life, else as the table of makers has it."""
    years = [year for year in (fields.get("year_from"), fields.get("year_to")) if year is not None]
    if years and max(years) - min(years) <= SPAN:
        return period(sum(years) / len(years))
    for facts, born_died in makers:
        life = parse_life(born_died)
        born, died = life.born_year or facts.born_year, life.died_year or facts.died_year
        if born or died:
            return period(active(born, died))
        if facts.timeframe:
            return facts.timeframe
    return ""


def active(born: int | None, died: int | None) -> float:
    """The middle of the years in which somebody worked. One of the two is known."""
    last = died if died is not None else (born or 0) + LIFE
    first = (born if born is not None else last - LIFE) + FIRST_WORKS
    return (min(first, last) + last) / 2


def period(year: float) -> str:
    """The fifty years that a year lies in: 1525 → `1501-1550`. Years before Christ have none."""
    if year < 1:
        return ""
    start = int((year - 1) // SPAN) * SPAN + 1
    return f"{start}-{start + SPAN - 1}"


def by_words(field: str, text: str) -> str:
    """The first word of that field's list whose signs occur in the text; empty where none does."""
    padded = f" {words(text)} "
    return next((word for word, signs in _signs()[field] if any(sign in padded for sign in signs)), "")


@lru_cache(maxsize=1)
def _signs() -> dict[str, list[tuple[str, list[str]]]]:
    """Field → [(word, what stands for it in a padded text)]: ` venus ` whole, ` portrait` with any ending."""
    lists = tomllib.loads((Path(__file__).parent / "title_words.toml").read_text(encoding="utf-8"))
    return {
        field: [(word, [_sign(one) for one in signs.split()]) for word, signs in table.items()] for field, table in lists.items()
    }


def _sign(word: str) -> str:
    return f" {word.removesuffix('*').replace('+', ' ')}" + ("" if word.endswith("*") else " ")


def merged(rows: Iterable[tuple[str, MakerFacts]]) -> dict[str, MakerFacts]:
    """(name, facts) of several rows → one entry a maker: the commonest school and period, the first years that are given."""
    rooms: dict[str, list[MakerFacts]] = {}
    for name, facts in rows:
        if key := maker_key(name):
            rooms.setdefault(key, []).append(facts)
    return {key: _one(facts) for key, facts in rooms.items()}


def _one(facts: list[MakerFacts]) -> MakerFacts:
    born, died = ([one.born_year for one in facts if one.born_year], [one.died_year for one in facts if one.died_year])
    school, timeframe = _commonest(said(one.school) for one in facts), _commonest(said(one.timeframe) for one in facts)
    return MakerFacts(school, timeframe, next(iter(born), None), next(iter(died), None))


def _commonest(values: Iterable[str]) -> str:
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else ""
