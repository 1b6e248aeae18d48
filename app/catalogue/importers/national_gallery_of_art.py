"""The National Gallery of Art's tables (github.com/NationalGalleryOfArt/opendata): `objects.csv`, and beside it
`objects_constituents.csv`, `constituents.csv` and `published_images.csv`.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.catalogue.importers.cells import Cells, cells_of, dated, extra_of, has_columns, names_of, no_id, year
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject
from app.catalogue.importers.sides import Side, read_side, rejects_of

_NEEDED = ("objectid", "accessionnum", "title", "displaydate", "attribution", "classification", "departmentabbr")
_EXTRA = {
    "accessionnum": "Accession number", "creditline": "Credit line", "attribution": "Attribution", "series": "Series",
    "portfolio": "Portfolio", "inscription": "Inscription", "provenancetext": "Provenance", "wikidataid": "Wikidata",
}  # fmt: skip
_PAGE = "https://www.nga.gov/artworks/"
_SIDE = "!1600,1600"  # as IIIF's Image API writes it: at most so many pixels wide and high


class NationalGalleryOfArt:
    """One row of `objects`, one work; its artists by `objects_constituents`, its pictures by `published_images`."""

    name = "national_gallery_of_art"
    expected = "the National Gallery of Art's objects.csv, objectid,accessioned,accessionnum,… (beside constituents.csv and others)"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _NEEDED) else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        columns = ("objectid", "constituentid", "displayorder", "roletype", "prefix", "suffix")
        credits = read_side(table, "objects_constituents.csv", "objectid", columns)
        people = read_side(table, "constituents.csv", "constituentid")
        pictures = read_side(table, "published_images.csv", "depictstmsobjectid", ("iiifurl", "viewtype", "sequence"))
        yield from rejects_of(table.sides)
        names = names_of(table.header)
        for row in table.rows():
            yield _record(row, cells_of(row, names), credits, people, pictures) if isinstance(row, Row) else row


def _record(row: Row, cells: Cells, credits: Side, people: Side, pictures: Side) -> Record | Reject:
    source_id = cells["objectid"]
    if not source_id:
        return no_id(row, "objectid")
    makers = _makers(source_id, credits, people)
    fields = {
        "title": cells["title"],
        **dated(cells["displaydate"], cells.get("beginyear", ""), cells.get("endyear", "")),
        "technique": cells.get("medium", ""),
        "dimensions": cells.get("dimensions", ""),
        "location": "National Gallery of Art, Washington",
        "school": _nationality(source_id, credits, people),
        "form": cells.get("visualbrowserclassification", "") or cells["classification"],
        "type": cells.get("subclassification", ""),
        "timeframe": cells.get("visualbrowsertimespan", ""),
        "url": _PAGE + source_id,
        "extra": extra_of(cells, _EXTRA),
    }
    if not makers and cells["attribution"] and not credits.found:
        makers = [Maker(cells.get("attributioninverted", "") or cells["attribution"])]
    return Record(row.line, source_id, fields, makers, _pictures(pictures.all(source_id)))


def _artists(source_id: str, credits: Side) -> list[Cells]:
    """The object's artists in the order of display; donors and former owners stand in the same table."""
    found = [one for one in credits.all(source_id) if one["roletype"].lower() == "artist"]
    return sorted(found, key=lambda one: int(one["displayorder"]) if one["displayorder"].isdigit() else 999)


def _makers(source_id: str, credits: Side, people: Side) -> list[Maker]:
    found: dict[str, Maker] = {}
    for one in _artists(source_id, credits):
        person = people.one(one["constituentid"])
        if person:
            found.setdefault(one["constituentid"], maker(person, " ".join(filter(None, (one["prefix"], one["suffix"])))))
    return list(found.values())


def _nationality(source_id: str, credits: Side, people: Side) -> str:
    known = (people.one(one["constituentid"]).get("nationality", "") for one in _artists(source_id, credits))
    return next((one for one in known if one), "")


def maker(person: Cells, role: str = "") -> Maker:
    """A row of `constituents.csv`."""
    name = person["preferreddisplayname"] or person.get("forwarddisplayname", "")
    life = person.get("displaydate", "")
    life = "" if life in (name, "Anonymous") else life
    return Maker(name, life, role[:100], year(person.get("beginyear", "")), year(person.get("endyear", "")))


def _pictures(found: list[Cells]) -> list[str]:
    """Addresses at IIIF's Image API, the primary view first."""
    order = sorted(found, key=lambda one: (one["viewtype"] != "primary", one["sequence"]))
    return [f"{one['iiifurl'].rstrip('/')}/full/{_SIDE}/0/default.jpg" for one in order if one["iiifurl"]]
