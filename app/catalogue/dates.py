"""Approximate dates of catalogues as a range of years: `1574-88` → (1574, 1588). Pure; what the text does not say is not guessed.

A century is 1401-1500, as catalogues count; `early`, `mid` and `late` are its thirds. `c. 1427` stays 1427, because how wide
a *circa* is no catalogue says. `before 1500` is (None, 1500), `after 1633` (1633, None). Years before Christ are negative.
"""

from __future__ import annotations

import re
from functools import lru_cache

from app.catalogue.text import fold

Years = tuple[int | None, int | None]
Span = tuple[int, int]
UNKNOWN: Years = (None, None)
LONGEST = 200  # characters, as many as `Artwork.date_text` keeps; longer text is no date, and would be slow to look through

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_BEFORE = (
    r"(?:not after|no later than|not later than|before|by|until|till|ante|vor|bis|spatestens|prima del|entro il|"
    r"avant|antes de|voor|tot|bef\.?)"
)
_AFTER = (
    r"(?:not before|no earlier than|not earlier than|soon after|shortly after|after|since|from|post|nach|ab|seit|dopo il|"
    r"dopo|apres|despues de|desde|na|aft\.?)"
)
_CIRCA = (
    r"\b(?:circa|about|around|approximately|approx\.?|probably|possibly|perhaps|wohl|gegen|um|verso il|verso|vers|hacia|"
    r"rond|omstreeks|cca|ca|c)\b\.?\s*"
)
_CENTURY_WORD = r"(?:century|centuries|cent\.?|c\.|jahrhunderts?|jhdt?\.?|jh\.?|secolo|sec\.?|siecle|s\.|siglo|eeuw)"
_NUMBER = r"(?:\d{1,2}(?:\s?(?:st|nd|rd|th|er|eme|e|de|ste|\.))?|[ivxl]+(?:e|eme)?)"
_PARTS: list[tuple[str, tuple[float, float]]] = [  # the share of a century or decade that a word means
    (r"(?:first|1st|1\.?|prima|premiere|1re|1ere|erste|primera|eerste)\s+(?:half|halfte|meta|moitie|mitad|helft)", (0, 1 / 2)),
    (
        r"(?:second|2nd|2\.?|seconda|seconde|deuxieme|2e|zweite|segunda|tweede)\s+(?:half|halfte|meta|moitie|mitad|helft)",
        (1 / 2, 1),
    ),
    (r"(?:first|1st|1\.?|primo|premier|erstes|1er)\s+(?:quarter|quarto|quart|viertel)", (0, 1 / 4)),
    (r"(?:second|2nd|2\.?|secondo|deuxieme|2e|zweites)\s+(?:quarter|quarto|quart|viertel)", (1 / 4, 1 / 2)),
    (r"(?:third|3rd|3\.?|terzo|troisieme|3e|drittes)\s+(?:quarter|quarto|quart|viertel)", (1 / 2, 3 / 4)),
    (r"(?:fourth|last|4th|4\.?|ultimo|quatrieme|dernier|4e|letztes)\s+(?:quarter|quarto|quart|viertel)", (3 / 4, 1)),
    (r"(?:first|1st|1\.?|primo|premier|erstes)\s+(?:third|terzo|tiers|drittel)", (0, 1 / 3)),
    (r"(?:second|2nd|middle|2\.?|secondo|deuxieme|zweites|mittleres)\s+(?:third|terzo|tiers|drittel)", (1 / 3, 2 / 3)),
    (r"(?:third|3rd|last|3\.?|ultimo|troisieme|dernier|letztes)\s+(?:third|terzo|tiers|drittel)", (2 / 3, 1)),
    (r"(?:early|beginning(?: of)?|start of|anfang|fruhes|inizio|inizi|debut|principios|comienzos|begin|vroege?)", (0, 1 / 3)),
    (r"(?:mid(?:dle)?(?: of)?|mitte|meta|milieu|mediados|midden)", (1 / 3, 2 / 3)),
    (r"(?:late|end(?: of)?|ende|spates|fine|fin|finales|eind|late|tardo)", (2 / 3, 1)),
]
# `copy of a 9th c. original`, `reprinted 1930`: not when the work was made
_OTHER_DATES = r"\b(?:cop(?:y|ies) (?:of|after)|(?:later )?(?:restored|reprinted|recast|remade|rebuilt|repainted|retouched))\b.*"
_DONE = (
    r"^(?:signed|dated|inscribed|made|executed|painted|begun|completed|finished|published|datiert|datato)\b"
    r"(?:(?: and)? dated)?(?: in)?\s*"
)
_MONTH = (
    r"(?:\b\d{1,2}(?:st|nd|rd|th)?\s+)?\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|spring|summer|autumn|winter)\b\.?(?:\s+\d{1,2}(?=,))?,?"
)
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
]  # fmt: skip
_LINKS = r"\s+(?:the|of|of the|del|dell'|degli|du|des|de|van de|van het|d')?\s*"


@lru_cache(maxsize=16384)
def parse_years(text: str) -> Years:
    """The years that a catalogue's date means, (None, None) where it says none. An open end is None. Never raises."""
    if len(text) > LONGEST:
        return UNKNOWN
    cleaned = _clean(text)
    for piece in [cleaned, *re.split(r"\s*[,;]\s*", cleaned)]:
        years = _piece(piece)
        if years != UNKNOWN:
            return years
    return UNKNOWN


def _clean(text: str) -> str:
    text = re.sub(r"[‐-―−~]", "-", fold(text))
    text = re.sub(_OTHER_DATES, "", text)
    outside = re.sub(r"\([^)]*\)|\[[^]]*\]", " ", text)
    text = outside if re.search(r"\d", outside) else text  # `1919 (cast 1950)`, but `(1520)`
    text = re.sub(r"[\[\](){}?\"*]", " ", text)
    text = re.sub(r"\b(\d{4})-(?:0?[1-9]|1[0-2])-(?:[0-2]?\d|3[01])\b", r"\1", text)  # 1889-05-12
    text = re.sub(r"\b(?:[0-3]?\d)[./](?:[0-3]?\d)[./](\d{4})\b", r"\1", text)  # 12.05.1889
    text = re.sub(_MONTH, "", text)
    text = re.sub(rf"\b({'|'.join(_ORDINALS)})(?= centur)", lambda word: f"{_ORDINALS.index(word[1]) + 1}th", text)
    text = re.sub(_DONE, "", " ".join(text.split()))
    return text.strip(" .,;:")


def _piece(text: str) -> Years:
    """Years of one date without further dates after a comma."""
    if match := re.match(rf"{_BEFORE}\s+(.+)", text):
        return (None, span[1]) if (span := _point(_bare(match[1]))) else UNKNOWN
    ranged = _range(text)
    if ranged:
        return ranged
    if match := re.match(rf"{_AFTER}\s+(.+)", text):
        return (span[0], None) if (span := _point(_bare(match[1]))) else UNKNOWN
    bare = _bare(text)
    return _point(bare) or _mentioned(bare)


def _bare(text: str) -> str:
    """Without *circa* and without the words that only say what was done in that year."""
    text = re.sub(rf"(?<!\d){_CIRCA}(?=\S)", "", text)
    text = re.sub(r"(?<=\d)\s+(?:ca|c|circa|or later|or earlier|and later|onwards?)\.?$", "", text)
    return text.strip()


def _range(text: str) -> Span | None:
    text = re.sub(r"^(?:between|from|zwischen|von|tra il|tra|fra il|dal|entre|de|du|tussen|van)\s+", "", text)
    for separator in (r"\s*-\s*", r"\s*/\s*", r"\s+(?:and|to|or|until|und|bis|oder|e il|e|al|o|et|au|ou|a|y|en|tot|of)\s+"):
        halves = re.split(separator, text)
        if len(halves) == 2 and (found := _ends(_bare(halves[0]), _bare(halves[1]))):
            return found
    return None


def _ends(first: str, last: str) -> Span | None:
    """The span from one point to the other; `1574`, `88` and `16th`, `17th century` complete each other."""
    if (
        re.fullmatch(r"\d{3,4}s?", first)
        and (short := re.fullmatch(r"(\d{1,3})(s?)", last))
        and len(short[1]) < len(first.rstrip("s"))
    ):
        start, end = _shortened(first.rstrip("s"), short[1])
        return start, end + (9 if short[2] else 0)
    unit = re.search(rf"(?:\s*{_CENTURY_WORD}|\s+c)?\s*(?:b\.?\s?c\.?(?:e\.?)?|a\.?d\.?)?$", last)
    begin = (_point(f"{first} {unit[0].strip()}") if unit and unit[0] else None) or _range(first) or _point(first)
    finish = _point(last) or _range(last)
    if not begin or not finish or begin[0] > finish[1]:
        return None
    if last.endswith("00s") and finish[0] - begin[0] <= 30:  # `1890-1900s`: the decade, not the century
        return begin[0], finish[0] + 9
    return begin[0], finish[1]


def _shortened(first: str, last: str) -> Span:
    """`1574`, `88` → 1574-1588; `1499`, `03` → 1499-1503; an end that makes no sense is left out."""
    start, size = int(first), 10 ** len(last)
    end = start - start % size + int(last)
    if end < start and len(last) == 2:
        end += size
    return (start, end) if start <= end <= start + 60 else (start, start)


def _point(text: str) -> Span | None:
    """A year, decade or century (or part of one) that is the whole text."""
    for pattern, (low, high) in _PARTS:
        if match := re.match(rf"{pattern}(?:-|{_LINKS})(?=\S)", text):
            whole = _whole(text[match.end() :])
            return _share(whole, low, high) if whole else None
    return _whole(text)


def _share(whole: Span, low: float, high: float) -> Span:
    years = whole[1] - whole[0] + 1
    return whole[0] + round(low * years), whole[0] + round(high * years) - 1


def _whole(text: str) -> Span | None:
    before_christ = re.search(r"\s*(?:b\.?\s?c\.?(?:e\.?)?|v\. ?chr\.?|a\. ?c\.?|av\. j\.-?c\.?)$", text)
    if before_christ:
        span = _whole(text[: before_christ.start()] + " ad")
        return (-span[1], -span[0]) if span else None
    text = re.sub(r"^a\.?d\.?\s*|\s*(?:a\.?d\.?|c\.?e\.?|n\. ?chr\.?|d\. ?c\.?)$", "", text)
    return _decade(text) or _century(text) or _year(text)


def _year(text: str) -> Span | None:
    return (int(text), int(text)) if re.fullmatch(r"\d{2,4}", text) and int(text) else None


def _decade(text: str) -> Span | None:
    match = re.fullmatch(r"(?:the\s+)?(\d{2,3}0)(?:'?s|er(?: jahre)?)|(?:annees|anni|anos|jaren)\s+(\d{3}0)", text)
    year = int(match[1] or match[2]) if match else 0
    return (year, year + (99 if year % 100 == 0 else 9)) if year else None


def _century(text: str) -> Span | None:
    match = re.fullmatch(rf"(?:the\s+)?({_NUMBER})\s*(?:{_CENTURY_WORD}|c)|{_CENTURY_WORD}\s*({_NUMBER})", text)
    number = _number(match[1] or match[2]) if match else 0
    return (number * 100 - 99, number * 100) if 0 < number <= 21 else None


def _number(text: str) -> int:
    if match := re.match(r"\d+", text):
        return int(match[0])
    values = [_ROMAN[letter] for letter in re.sub(r"e(?:me)?$", "", text)]
    return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True))


def _mentioned(text: str) -> Years:
    """The one year or range in a phrase such as `Kangxi period, 1662-1722`; nothing if other numbers stand beside it."""
    found = re.findall(r"(?<!\d)\d{4}(?:\s*[-/]\s*\d{1,4})?(?!\d)", text)
    if len(set(found)) != 1 or re.search(r"\d{3}|\d\s*[-/]|[-/]\s*\d", text.replace(found[0], "")):
        return UNKNOWN
    span = _range(found[0]) or _year(found[0])
    return span if span and span[1] <= 2100 else UNKNOWN
