"""Names and lives of artists as catalogues write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SUFFIX = re.compile(  # what follows the family name in reading: `CRANACH, Lucas the Elder` → `Lucas Cranach the Elder`
    r"\s+((?:the (?:elder|younger)|d\. ?[äj]\.|der (?:ältere|jüngere)|de (?:oude|jonge)|il (?:vecchio|giovane)|"
    r"l'ancien|le (?:jeune|vieux)|el (?:viejo|mozo|joven)|jr\.?|sr\.?|I{1,3}|IV)(?: \([^)]*\))?)$",
    re.IGNORECASE,
)


LONGEST = 300  # characters, as many as `Artist.born_died` keeps


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a life; an unknown place is empty, an unknown year None."""

    born_year: int | None = None
    born_place: str = ""
    died_year: int | None = None
    died_place: str = ""


@lru_cache(maxsize=16384)
def reading_name(sort_name: str) -> str:
    """The name as it is read: `AACHEN, Hans von` → `Hans von Aachen`; a name without one comma only loses its capitals."""
    family, comma, given = sort_name.strip().partition(",")
    given = given.strip()
    if not comma or not given or "," in given or not family.strip():
        return _lowered(" ".join(sort_name.split()))
    suffix = ""
    if match := _SUFFIX.search(" " + given):
        suffix, given = " " + match[1], (" " + given)[: match.start()].strip()
    joint = "" if given.endswith(("'", "’")) or not given else " "
    return " ".join(f"{given}{joint}{_lowered(family.strip())}{suffix}".split())


def _lowered(name: str) -> str:
    """`CAROLUS-DURAN` → `Carolus-Duran`: words written in capitals alone; initials and numerals are left."""
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", _word, name)


def _word(match: re.Match[str]) -> str:
    word = match[0]
    if len(word) < 3 or not word.isupper() or re.fullmatch(r"[IVX]+", word):
        return word
    return re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), word)


_CIRCA = r"(?:(?:ca|c|circa|um|post|ante|before|after|about|vor|nach|verso il|vers)\b\.?\s*)?"
_AT = rf"{_CIRCA}(?P<%s>\d{{3,4}})(?:/\d{{1,4}})?(?:\s*(?:ca|c|circa)\b\.?)?"
_LIVES = [
    re.compile(  # (b. 1552, Köln, d. 1615, Praha), as the Web Gallery of Art writes
        r"\(?\s*b\.\s*(?P<born>[^,)]*)(?:,\s*(?P<born_place>.*?))?(?:,\s*d\.\s*(?P<died>[^,)]*)(?:,\s*(?P<died_place>.*?))?)?\s*\)?"
    ),
    re.compile(  # * 1471 Nürnberg; † 1528 Nürnberg
        rf"\(?\*\s*{_AT % 'born'}\s*(?:in\s+)?(?P<born_place>[^†;,]*)[;,]?\s*"
        rf"(?:†\s*{_AT % 'died'}\s*(?:in\s+)?(?P<died_place>[^;)]*))?\)?"
    ),
    re.compile(  # Parenzo 1450 ca. - Mantova post 1496
        rf"\(?(?P<born_place>[^\d,;]*?)\s*{_AT % 'born'}\s*[-–—]\s*(?P<died_place>[^\d,;]*?)\s*{_AT % 'died'}\s*\)?"
    ),
    re.compile(r"\(?(?:born|geboren|geb\.?|nato|né|née|nacido|\*)\s*(?:in\s*)?(?P<born>\d{4})\)?", re.IGNORECASE),
]


@lru_cache(maxsize=16384)
def parse_life(text: str) -> Life:
    """Years and places of birth and death; what the text does not say in a known form stays unknown. Never raises."""
    text = " ".join(text[:LONGEST].split())
    for form in _LIVES:
        if match := form.fullmatch(text):
            found = match.groupdict()
            born, died = _year(found.get("born")), _year(found.get("died"))
            if born or died:
                return Life(born, _place(found.get("born_place")), died, _place(found.get("died_place")))
    return Life()


def _year(text: str | None) -> int | None:
    match = re.search(r"\d{3,4}", text or "")
    return int(match[0]) if match else None


def _place(text: str | None) -> str:
    place = (text or "").strip(" ,;?")
    return place if place.count("(") == place.count(")") else place.strip("() ")
