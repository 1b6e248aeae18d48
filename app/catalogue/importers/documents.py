"""A JSON file as importers see it: its top-level names are the header, their values the one row of the sample."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers.reading import Row, Table, open_table
from app.catalogue.importers.records import Reject

DOCUMENT_MAX_MB = 200
Load = Callable[[str], Path]  # the address of a document → where it lies after it was fetched


def _nowhere(address: str) -> Path:
    raise CatalogueFileError(f"the manifest {address} does not lie beside the file; let the import fetch, or give its address")


@dataclass(frozen=True)
class Document(Table):
    """A JSON document; others that it names are looked for beside it, then asked of `fetch`."""

    data: dict[str, Any] = field(default_factory=dict)
    fetch: Load = _nowhere

    def load(self, address: str) -> dict[str, Any]:
        """The document at that address. Raises CatalogueFileError."""
        beside = self.path.parent / (Path(unquote(urlsplit(address).path)).name or "collection.json")
        if beside != self.path and beside.is_file():
            found = read_json(beside)
            if address in (found.get("id"), found.get("@id")):
                return found
        return read_json(self.fetch(address))

    def rows(self) -> Iterator[Row | Reject]:
        """None: a document has no rows; importers walk through `data`."""
        return iter(())


def open_source(path: Path, fetch: Load | None = None) -> Table:
    """The file as a table, or as a document where it begins like JSON. Raises CatalogueFileError."""
    if not path.is_file() or not _begins_like_json(path):
        return open_table(path)
    data = read_json(path)
    header, values = list(data), [str(value)[:2000] for value in data.values()]
    members = data.get("items") or data.get("members") or data.get("manifests") or []
    lines = 1 + (len(members) if isinstance(members, list) else 1)
    return Document(path, "utf-8", "", header, [values], lines, data=data, fetch=fetch or _nowhere)


def _begins_like_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises CatalogueFileError where the file is none, or is too large to be read at once."""
    if path.stat().st_size > DOCUMENT_MAX_MB << 20:
        raise CatalogueFileError(f"{path.name}: the document is larger than {DOCUMENT_MAX_MB} MB; split the collection.")
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise CatalogueFileError(f"{path.name}: this begins like JSON but cannot be read ({error}).") from error
    if not isinstance(found, dict):
        raise CatalogueFileError(f"{path.name}: this is JSON but no object; a IIIF manifest or collection is one.")
    return found
