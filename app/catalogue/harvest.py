"""Documents and pictures of an import that lie on the web: each is fetched once, guarded, and kept until the import is done.

What was fetched before a crash is there for the next try.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from app.catalogue.errors import CatalogueFileError, PictureError
from app.fetching import FetchError, Limits, Network, fetch

DOCUMENTS = Limits(max_mb=100, total_s=60, document=True)
PICTURES = Limits(max_mb=100, total_s=60)


@dataclass(frozen=True)
class Harvest:
    """A folder of what was fetched, by the sha256 of its address."""

    folder: Path
    network: Network | None = None

    def document(self, address: str) -> Path:
        """Where the document lies. Raises CatalogueFileError."""
        try:
            return self._kept(address, DOCUMENTS)
        except FetchError as error:
            raise CatalogueFileError(f"{address} cannot be fetched: {error}") from error

    def picture(self, address: str) -> Path:
        """Where the picture lies. Raises PictureError."""
        try:
            return self._kept(address, PICTURES)
        except FetchError as error:
            raise PictureError(f"the picture {address!r} cannot be fetched: {error}") from error

    def _kept(self, address: str, limits: Limits) -> Path:
        name = hashlib.sha256(address.encode()).hexdigest()
        path = self.folder / name[:2] / (name + (".json" if limits.document else ""))
        if not path.exists():
            found = fetch(address, limits, self.network)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{name}.{os.getpid()}.tmp")
            draft.write_bytes(found.data)
            draft.replace(path)
        return path
