"""Exact search by inner product: the reference, and good up to about 10⁵ rows."""

from __future__ import annotations

from pathlib import Path

import faiss

from app.engine.types import Bytes, Floats, Ints


class ExactIndex:
    name = "Flat"
    lists, effort = 0, 0

    def __init__(self, dim: int, index: faiss.IndexFlatIP | None = None) -> None:
        self.index = index or faiss.IndexFlatIP(dim)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def add(self, vectors: Floats) -> None:
        self.index.add(vectors)

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        parameters = None if allowed is None else faiss.SearchParameters(sel=faiss.IDSelectorBitmap(allowed))
        return self.index.search(queries, k, params=parameters)  # type: ignore[no-any-return]

    def write(self, path: Path) -> None:
        faiss.write_index(self.index, str(path))


def read(path: Path) -> ExactIndex:
    index = faiss.read_index(str(path))
    return ExactIndex(index.d, index)
