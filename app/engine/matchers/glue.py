"""LightGlue's pairs of two pictures' features (Lindenberger, Sarlin, Pollefeys, ICCV 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.engine.matchers import features, networks
from app.engine.matchers.features import Found
from app.engine.types import Floats, Ints

LEAST = 0.1  # probability of a pair, the authors' own


def compiled_glue(arrays: Mapping[str, Any], *, heads: int, threads: int = 2) -> Any:
    """The matcher of a checkpoint's arrays, ready to be asked; one call at a time."""
    return features.compiled(networks.lightglue(renamed(arrays), heads=heads), threads=threads)


def renamed(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """LightGlue's arrays under one naming; checkpoints differ in the order of words."""
    names = {}
    for name, value in arrays.items():
        parts = name.removeprefix("matcher.").split(".")
        if parts[0] in ("self_attn", "cross_attn"):
            parts = ["transformers", parts[1], parts[0], *parts[2:]]
        if parts[0] in ("transformers", "log_assignment", "posenc", "input_proj"):
            names[".".join(parts)] = value
    return names


def glued_pairs(matcher: Any, photo: Found, reference: Found, *, least: float = LEAST) -> tuple[Ints, Ints]:
    """Rows of photo and reference that are each other's likeliest, with a probability above `least`: two (k,) int64 arrays."""
    inputs = (centred(photo), centred(reference), photo.descriptors, reference.descriptors)
    scores = features.infer(matcher, *(np.ascontiguousarray(x) for x in inputs))[0]
    best, back = scores.argmax(axis=1), scores.argmax(axis=0)
    rows = np.arange(len(best))
    kept = np.flatnonzero((back[best] == rows) & (scores[rows, best] > np.log(least)))
    return kept, best[kept]


def centred(found: Found) -> Floats:
    """(n, 2) places in −1…1 of the longer side, from the picture's centre."""
    size = np.array(found.size, np.float32)
    return np.asarray((found.points + 0.5 - size / 2) / (size.max() / 2), np.float32)
