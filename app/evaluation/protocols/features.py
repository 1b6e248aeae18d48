"""Descriptors of a data set's pictures, described once and kept, so that a second run, by any other search, only ranks.

By the encoder's fingerprint, the picture file's sha256, and the part or change that is asked with: a folder serves every encoder
and every data set, and an interrupted run goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from app.engine.encoders import Encoder
from app.engine.images import sha256_of
from app.engine.store import DescriptorStore
from app.engine.types import Floats
from app.evaluation.protocols.task import Item

FILE = "features.sqlite"
REVISION = "1"  # raised whenever the same picture would be read, cut or changed otherwise


class Features:
    """The features in a folder, which is made where it is missing, of one encoder."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.folder, self._store = folder, DescriptorStore(folder / FILE)
        self._kind = f"protocol-{REVISION}-{encoder.fingerprint[:32]}"
        self._known = self._store.known(self._kind)
        self.reused, self.made = 0, 0

    def keys(self, items: Sequence[Item]) -> list[str]:
        """Under what each is kept; empty where its file cannot be read."""
        return [_key(item) for item in items]

    def of(self, keys: Sequence[str]) -> list[Floats | None]:
        """(M, C) float32 rows of each, None where they are not kept."""
        rows = [self._store.get(self._kind, key)["raw"] if key in self._known else None for key in keys]
        self.reused += sum(one is not None for one in rows)
        return rows

    def keep(self, rows: Iterable[tuple[str, Floats]]) -> None:
        """In one transaction, in full precision: figures are the same with and without."""
        new = {key: {"raw": np.asarray(one, np.float32)} for key, one in rows if key}
        self._store.put(self._kind, new.items())
        self._known |= set(new)
        self.made += len(new)


def _key(item: Item) -> str:
    try:
        whole = sha256_of(item.path)
    except OSError:
        return ""
    if item.box is None and item.change is None:
        return whole
    change = getattr(item.change, "__name__", "")
    return hashlib.sha256(f"{whole} {item.box} {change}".encode()).hexdigest()
