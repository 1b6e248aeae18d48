"""A trained encoder as it ships: kernels and projection in half precision, all else as it is, its card beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.builds import write_json
from app.engine.types import Floats
from app.engine.weights import Arrays, arrays_digest, write_npz

MOST_BYTES = 32_000_000


def merged(trunk: Mapping[str, Floats], parameters: Mapping[str, Floats]) -> Arrays:
    """The trunk with its block 5 replaced and what is new added, rounded as it is stored."""
    return {name: stored(value).astype(np.float32) for name, value in {**trunk, **parameters}.items()}


def stored(value: Floats) -> npt.NDArray[np.float16] | Floats:
    """Kernels in half precision: rounded, the smallest to 0, which changes no descriptor noticeably. Biases and statistics of batch
    normalisation, a thousandth of the bytes, as they are: a variance may lie beyond 65,504, where half precision ends."""
    return value.astype(np.float16) if value.ndim > 1 else value.astype(np.float32)


def blended(start: Mapping[str, Floats], trained: Mapping[str, Floats], share: float) -> Arrays:
    """Between the weights before training (share 0) and after (1): often better on photos unlike those trained on.

    Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
    """
    return {name: np.asarray((1 - share) * start[name] + share * trained[name], np.float32) for name in trained}


def save(arrays: Arrays, card: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Write `path` (.npz) and the card beside it (.json). Returns the card with the file's digest and size."""
    write_npz(path, {name: stored(value) for name, value in arrays.items()})
    full = {"name": path.stem, "arrays_sha256": arrays_digest(arrays), "bytes": path.stat().st_size, **card}
    write_json(path.with_suffix(".json"), full)
    return full


def chart(curve: list[dict[str, float]], key: str, *, width: int = 40) -> list[str]:
    """One line an epoch: its number, the figure and a bar between the curve's least and greatest."""
    values = {int(row["epoch"]): row[key] for row in curve if key in row}
    if not values:
        return []
    low, high = min(values.values()), max(values.values())
    return [
        f"{epoch:>5}  {value:8.4f}  " + "█" * (1 + round((width - 1) * (value - low) / max(high - low, 1e-12)))
        for epoch, value in values.items()
    ]
