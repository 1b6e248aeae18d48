"""Descriptors that were computed once: (kind, sha256 of the picture file) → arrays, in one SQLite file.

`kind` carries every parameter (`sift-700@560-0.02`, an encoder's fingerprint), so that two settings never overwrite each other.
A row is written whole or not at all, which makes an interrupted build resume where it was.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[np.generic]]


class DescriptorStore:
    """A store in one file; made when missing. Every call opens its own connection, so that threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS descriptors"
                " (kind TEXT, sha256 TEXT, arrays BLOB NOT NULL, PRIMARY KEY (kind, sha256)) WITHOUT ROWID"
            )
            # What is there is asked for often; the table's own tree has the arrays between the keys
            connection.execute("CREATE INDEX IF NOT EXISTS descriptors_known ON descriptors (kind, sha256)")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)

    def known(self, kind: str) -> set[str]:
        """The hashes stored for a kind."""
        with closing(self._connect()) as connection:
            return {row[0] for row in connection.execute("SELECT sha256 FROM descriptors WHERE kind = ?", (kind,))}

    def bytes_each(self, kind: str, sample: int = 64) -> float | None:
        """Bytes that a picture takes in this kind, by the first few; None where none is stored."""
        query = "SELECT avg(size) FROM (SELECT length(arrays) AS size FROM descriptors WHERE kind = ? LIMIT ?)"
        with closing(self._connect()) as connection:
            (found,) = connection.execute(query, (kind, sample)).fetchone()
        return None if found is None else float(found)

    def get(self, kind: str, sha256: str) -> dict[str, npt.NDArray[Any]]:
        """The arrays of one picture. Raises KeyError where they are not stored."""
        with closing(self._connect()) as connection:
            row = connection.execute("SELECT arrays FROM descriptors WHERE kind = ? AND sha256 = ?", (kind, sha256)).fetchone()
        if row is None:
            raise KeyError(f"{kind} of {sha256}")
        with np.load(io.BytesIO(row[0]), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    def put(self, kind: str, rows: Iterable[tuple[str, Arrays]]) -> None:
        """Store the arrays of several pictures in one transaction."""
        with closing(self._connect()) as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO descriptors VALUES (?, ?, ?)", [(kind, sha, _packed(arrays)) for sha, arrays in rows]
            )


def _packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{name: np.ascontiguousarray(array) for name, array in arrays.items()})  # type: ignore[arg-type]
    return buffer.getvalue()
