"""Text as it is searched: lower case, accents folded, one space between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "’": "'", "‘": "'"}
)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case without accents: `Købke, Café` → `kobke, cafe`. Runs of white space become one space."""
    lowered = text.casefold().translate(_LETTERS)
    if not lowered.isascii():
        parts = unicodedata.normalize("NFKD", lowered)
        lowered = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(lowered.split())


def folded_words(text: str) -> list[str]:
    """The words of a visitor's question, folded; punctuation between words is dropped."""
    return re.findall(r"[\w'.-]*\w", fold(text))


def search_text(parts: Iterable[str]) -> str:
    """What `Artwork.search_text` holds: all parts folded, each once."""
    return " ".join(dict.fromkeys(fold(part) for part in parts if part))
