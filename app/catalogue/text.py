"""Text as it is searched and sorted: words in lower case, accents folded, one space between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "’": "'", "‘": "'"}
)
_RUN = re.compile(r"[^\W_]+")  # letters and digits of any script
# Chinese and Japanese put no space between words: each sign is a word, and several in a row are looked for in a row.
_SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECE = re.compile(f"[{_SIGNS}]|[^{_SIGNS}]+")
Term = tuple[str, ...]  # pieces that follow one another


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case without accents: `Købke, Café` → `kobke, cafe`. Runs of white space become one space."""
    lowered = text.casefold().translate(_LETTERS)
    if not lowered.isascii():
        parts = unicodedata.normalize("NFKD", lowered)
        lowered = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(lowered.split())


def terms(text: str) -> list[Term]:
    """What a visitor's question asks for, folded, without punctuation: `Dürer's 山水` → [("durer",), ("s",), ("山", "水")]."""
    return [tuple(_PIECE.findall(run)) for run in _RUN.findall(fold(text))]


def words(text: str) -> str:
    """The same as one text: `Dürer's 山水` → `durer s 山 水`. It holds nothing that a database's own parser could take apart."""
    return " ".join(piece for term in terms(text) for piece in term)


def search_text(parts: Iterable[str]) -> str:
    """What `Artwork.search_text` holds: the words of all parts, each part once."""
    return " ".join(part for part in dict.fromkeys(words(part) for part in parts if part) if part)
