"""The class head that speaks the catalogue's words: which types, schools, forms and periods a picture's maps speak for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine.encoders.class_head import ClassView
from app.engine.errors import WeightsError
from app.engine.types import Floats, Ints
from app.engine.weights import Arrays, arrays_digest, read_npz

PREFIX = "domain-"  # and the name of the weights that the head was trained on


@dataclass(frozen=True)
class DomainHead:
    """`words`: field → its words. `trusted`: the fields in which it beats the commonest word on works of makers that it never saw.

    `trunk`: sha256 of the weights that it was trained on, with pictures of `long_side_px`. For `arrays` see `read_domain_head`.
    """

    words: Mapping[str, tuple[str, ...]]
    arrays: Arrays
    trunk: str
    long_side_px: int
    trusted: tuple[str, ...]

    def number(self, field: str, word: str) -> int | None:
        """Which class a word of a field is; None where the head does not know it."""
        before = 0
        for name, words in self.words.items():
            if name == field:
                return before + words.index(word) if word in words else None
            before += len(words)
        return None

    def seen(self, features: Floats) -> DomainView:
        """(h, w, C) maps of block5_conv3 → the picture as this head sees it."""
        return DomainView(*with_constant(features, self.arrays), self.words)


@dataclass(frozen=True)
class DomainView(ClassView):
    """A class view whose classes are words, field after field."""

    words: Mapping[str, tuple[str, ...]]

    def said(self) -> dict[str, list[tuple[str, float]]]:
        """Field → its words with their probabilities (which sum to 1 within a field), the most probable first."""
        logits = self.features.mean(axis=(0, 1)) @ self.weights
        found: dict[str, list[tuple[str, float]]] = {}
        at = 0
        for field, words in self.words.items():
            odds = probabilities(logits[at : at + len(words)])
            found[field] = [(words[i], float(odds[i])) for i in np.argsort(-odds, kind="stable")]
            at += len(words)
        return found


def with_constant(features: Floats, head: Arrays) -> tuple[Floats, Floats]:
    """(h, w, C) maps and a head without a convolution → (h, w, C + 1), (C + 1, classes): the bias as a channel of ones.

    So a class's map averages to its logit, and is 0 where a place says no more than an average picture does.
    """
    ones = np.ones((*features.shape[:2], 1), np.float32)
    weights = np.concatenate([head["classes/kernel"], head["classes/bias"][None]])
    return np.concatenate([features, ones], axis=2), np.asarray(weights, np.float32)


def probabilities(logits: Floats) -> Floats:
    """(n,) → (n,), softmax."""
    odds = np.exp(logits - logits.max())
    return np.asarray(odds / odds.sum(), np.float32)


def ranked(logits: Floats, sizes: Ints) -> Ints:
    """(classes,) logits, field after field of `sizes` words → the classes in falling order of probability within their field."""
    ends = np.cumsum(sizes)
    odds = np.concatenate([probabilities(logits[end - size : end]) for size, end in zip(sizes, ends, strict=True)])
    return np.argsort(-odds, kind="stable").astype(np.int64)


def read_domain_head(path: Path) -> DomainHead | None:
    """The head and its run card beside it (`.json`); None where there is none. Raises WeightsError where they do not fit.

    arrays: `classes/kernel` (C, classes), `classes/bias` (classes,), `classes/sizes` (fields,), the number of words of each.
    """
    if not path.exists():
        return None
    arrays = read_npz(path)
    try:
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        words = {field: tuple(found) for field, found in card["vocabulary"].items()}
        fits = card["arrays_sha256"] == arrays_digest(arrays) and sum(map(len, words.values())) == arrays["classes/bias"].shape[0]
        head = DomainHead(words, arrays, card["trunk_sha256"], int(card["long_side_px"]), tuple(card["trusted"]))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise WeightsError(f"{path.stem}.json is no run card of a domain head; run: flask train domain-head") from error
    if not fits:
        raise WeightsError(f"{path.name} and its card do not belong together; run: flask train domain-head")
    return head
