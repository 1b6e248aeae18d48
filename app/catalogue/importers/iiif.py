"""IIIF manifests and collections, Presentation API 2 and 3: one manifest, one work; a collection is walked to its manifests.

Manifests that a collection only names are read from beside the file, or fetched where the import may fetch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from app.catalogue.errors import CatalogueError
from app.catalogue.importers.aliases import SPELLINGS, normal
from app.catalogue.importers.cells import dated, people
from app.catalogue.importers.documents import Document
from app.catalogue.importers.iiif_parts import canvases, pairs, picture_of, plain, text_of
from app.catalogue.importers.reading import Table
from app.catalogue.importers.records import Record, Reject

MOST_MANIFESTS = 50_000
DEEPEST = 8  # collections within collections
_TEXTS = ("technique", "dimensions", "location", "school", "form", "type", "timeframe", "description")
_LIMITS = {"school": 200, "form": 200, "type": 200, "timeframe": 100, "date_text": 200}


class Iiif:
    """The manifest's own address is the work's id, without the host: that may move."""

    name = "iiif"
    expected = "a IIIF manifest or collection (JSON, Presentation API 2 or 3)"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        values = dict(zip(header, sample[0], strict=False)) if sample else {}
        context = values.get("@context", "")
        return 1.0 if "iiif.io/api/presentation" in context or values.get("@type", "").startswith("sc:") else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        assert isinstance(table, Document)
        for number, found in enumerate(_manifests(table, table.data, set(), 0), 1):
            if number > MOST_MANIFESTS:
                yield Reject(number, f"is beyond the {MOST_MANIFESTS:,} manifests that are taken at once")
                return
            yield _record(number, found) if isinstance(found, dict) else Reject(number, found)


def _manifests(document: Document, data: dict[str, Any], seen: set[str], depth: int) -> Iterator[dict[str, Any] | str]:
    """Every manifest below, in order; a sentence for one that cannot be had."""
    kind = str(data.get("type") or data.get("@type") or "").removeprefix("sc:")
    address = str(data.get("id") or data.get("@id") or "")
    if kind == "Manifest":
        yield data
        return
    if kind != "Collection":
        yield f"{address or 'a part of the collection'} is a {kind or 'document without a type'}, neither manifest nor collection"
        return
    if depth >= DEEPEST:
        yield f"the collection {address} lies more than {DEEPEST} collections deep"
        return
    for member in _members(data):
        where = str(member.get("id") or member.get("@id") or "")
        if where in seen:
            continue  # listed twice, or a collection that holds itself
        seen.add(where)
        try:
            whole = member if _is_whole(member) else document.load(where)
        except CatalogueError as error:
            yield str(error)
            continue
        yield from _manifests(document, whole, seen, depth + 1)


def _members(data: dict[str, Any]) -> list[dict[str, Any]]:
    """What a collection lists: `items` in 3; `members`, or `manifests` and `collections`, in 2."""
    listed = data.get("items") or data.get("members") or [*(data.get("collections") or []), *(data.get("manifests") or [])]
    members = [{"@id": one} if isinstance(one, str) else one for one in listed if isinstance(one, (str, dict))]
    return [one for one in members if one.get("id") or one.get("@id")]


def _is_whole(member: dict[str, Any]) -> bool:
    return any(member.get(name) for name in ("items", "sequences", "members", "manifests", "collections"))


def _record(number: int, manifest: dict[str, Any]) -> Record | Reject:
    address = str(manifest.get("id") or manifest.get("@id") or "")
    source_id = id_of(address)
    if not source_id:
        return Reject(number, "the manifest has no id")
    known, extra = _described(manifest)
    fields: dict[str, Any] = {"title": text_of(manifest.get("label")), **dated(known.pop("date_text", ""))}
    fields |= {name: known[name][: _LIMITS.get(name)] for name in _TEXTS if known.get(name)}
    fields["description"] = fields.get("description") or plain(text_of(manifest.get("summary") or manifest.get("description")))
    fields["url"] = _page(manifest) or address
    fields["extra"] = extra
    makers = people(known.get("artist", "").split("; "), [known.get("born_died", "")], [], [], [])
    pictures = [found for canvas in canvases(manifest) if (found := picture_of(canvas))]
    return Record(number, source_id, fields, makers if "artist" in known else None, list(dict.fromkeys(pictures)))


def _described(manifest: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The pairs of label and value: those whose label means a field of the catalogue, and the others."""
    known: dict[str, str] = {}
    extra: dict[str, str] = {}
    for label, value in pairs(manifest):
        field = SPELLINGS.get(normal(label), "")
        field = "date_text" if field == "year" else field
        if field in ("artist", "born_died", "date_text", *_TEXTS) and field not in known:
            known[field] = value
        elif label and value:
            extra[label] = value
    return known, extra


def _page(manifest: dict[str, Any]) -> str:
    """The museum's own page of the work: `homepage` in 3, `related` in 2."""
    found = manifest.get("homepage") or manifest.get("related") or []
    first = found[0] if isinstance(found, list) and found else found
    if isinstance(first, dict):
        first = first.get("id") or first.get("@id")
    return first if isinstance(first, str) and first.startswith(("http://", "https://")) else ""


def id_of(address: str) -> str:
    """`https://iiif.gallery.org/objects/17/manifest.json` → `objects/17`: what tells it from the others there."""
    parts = urlsplit(address)
    path = parts.path.strip("/") or parts.netloc
    for ending in ("/manifest.json", "/manifest", "/info.json", ".json"):
        path = path.removesuffix(ending)
    return (path + (f"?{parts.query}" if parts.query else ""))[-200:]
