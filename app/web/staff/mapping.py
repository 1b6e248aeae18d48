"""What each column of a catalogue file means: guesses to look over, and the first rows as they would be stored."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from app.accounts import audit
from app.accounts.access import require
from app.catalogue.artists import reading_name
from app.catalogue.errors import CatalogueFileError
from app.catalogue.import_models import ImportMapping
from app.catalogue.importers import saved_mapping
from app.catalogue.importers.general_csv import MAPPED, GeneralCsv, guessed, trouble_with
from app.catalogue.importers.reading import Table
from app.catalogue.importers.records import Record, Reject
from app.extensions import db
from app.language import gettext as _
from app.retelling import retold
from app.sentences import N_
from app.usage.pruning import imports_folder
from app.web.staff import bp, import_drafts, settings
from app.web.staff.import_drafts import Draft
from app.web.staff.indexing import start_job

ROWS_SHOWN = 5
EXAMPLES_SHOWN = 3
FIELDS = {
    "source_id": N_("Number (the id)"),
    "title": N_("Title"),
    "artist": N_("Artist"),
    "born_died": N_("Artist’s dates"),
    "born_year": N_("Artist’s year of birth"),
    "died_year": N_("Artist’s year of death"),
    "date_text": N_("Date"),
    "year": N_("Year"),
    "year_from": N_("Year, from"),
    "year_to": N_("Year, to"),
    "technique": N_("Technique"),
    "dimensions": N_("Dimensions"),
    "height": N_("Height"),
    "width": N_("Width"),
    "depth": N_("Depth"),
    "units": N_("Unit of the dimensions"),
    "location": N_("Location"),
    "school": N_("School"),
    "form": N_("Form"),
    "type": N_("Type"),
    "timeframe": N_("Period"),
    "description": N_("Description"),
    "url": N_("Web page"),
    "file": N_("Picture file"),
    "extra": N_("Keep beside the record"),
}
assert set(FIELDS) == set(MAPPED)
SHOWN = ("title", "date_text", "technique", "dimensions", "location", "school", "form", "type", "timeframe", "description", "url")


@bp.route("/imports/drafts/<draft_id>", methods=["GET", "POST"])
@require("curator")
def mapping(draft_id: str) -> Any:
    """The columns with what they mean; a POST shows the preview anew, or tries the import."""
    draft = import_drafts.load(imports_folder(settings()), draft_id)
    if draft is None:
        abort(404)
    try:
        table = draft.table()
    except CatalogueFileError as error:
        flash(retold(str(error)), "error")
        return redirect(url_for("admin.imports"), 303)
    chosen = said(table) if request.method == "POST" else suggested(draft, table)
    trouble = trouble_with(table.header, chosen)
    if request.method == "POST" and request.form.get("do") == "try" and not trouble:
        return tried(draft, chosen)
    preview = [] if trouble else list(islice(GeneralCsv(chosen).rows(table), ROWS_SHOWN))
    return render_template(
        "admin/mapping.html",
        draft=draft,
        columns=columns(table, chosen),
        fields=FIELDS,
        shown=[name for name in SHOWN if any(isinstance(row, Record) and row.fields.get(name) for row in preview)],
        preview=[seen(row) for row in preview],
        trouble=retold(trouble),
        rows=table.lines - 1,
    ), 422 if trouble and request.method == "POST" else 200


def tried(draft: Draft, chosen: dict[str, str]) -> Any:
    """Save the mapping for the collection, and start the dry run."""
    save_mapping(draft.goes_to(), chosen)
    draft.mapping = chosen
    folder = imports_folder(settings())
    import_drafts.save(folder, draft)
    job = start_job("import", draft.arguments(folder), "catalogue.try", draft.name)
    return redirect(url_for("admin.job", job_id=job.id), 303)


def save_mapping(collection: str, chosen: dict[str, str]) -> None:
    """Keep what was said for the next file of the collection; committed with the job."""
    known = db.session.scalar(select(ImportMapping).where(ImportMapping.collection == collection))
    if known is None:
        known = ImportMapping(collection=collection[:200])
        db.session.add(known)
    if known.columns != chosen:
        audit.record("catalogue.mapping", known.collection, before=known.columns or {}, after=chosen)
    known.columns = chosen


def suggested(draft: Draft, table: Table) -> dict[str, str]:
    """What was said last, here or for the collection; else what the names suggest."""
    if draft.mapping and not trouble_with(table.header, draft.mapping):
        return draft.mapping
    return saved_mapping(draft.goes_to(), table) or guessed(table.header, table.sample)


def said(table: Table) -> dict[str, str]:
    """What the form says; columns have no names in it, because a name may stand twice."""
    return {name: request.form.get(f"column-{index}", "") for index, name in reversed(list(enumerate(table.header))) if name}


def columns(table: Table, chosen: dict[str, str]) -> list[dict[str, Any]]:
    """Each column with its first few values that differ."""
    found = []
    for index, name in enumerate(table.header):
        values = dict.fromkeys(" ".join(row[index].split())[:80] for row in table.sample if index < len(row))
        examples = [value for value in values if value][:EXAMPLES_SHOWN]
        if name:
            found.append({"index": index, "name": name, "examples": examples, "field": chosen.get(name, "")})
    return found


def seen(row: Any) -> dict[str, Any]:
    """A row as it would be stored."""
    if isinstance(row, Reject):
        return {"line": row.line, "reason": row.reason}
    ends = ["…" if year is None else str(year) for year in (row.fields.get("year_from"), row.fields.get("year_to"))]
    years = "" if ends == ["…", "…"] else "–".join(dict.fromkeys(ends))
    artists = [" ".join(filter(None, (reading_name(one.sort_name), f"({one.born_died.strip('()')})" if one.born_died else "")))
               for one in row.makers or []]  # fmt: skip
    extra = [f"{name}: {value}" for name, value in (row.fields.get("extra") or {}).items()]
    return {"line": row.line, "id": row.source_id, "artists": artists, "years": years, "fields": row.fields,
            "pictures": row.pictures, "extra": extra}  # fmt: skip


def mapping_word(name: str) -> str:
    """A field in words, as the report names what has changed."""
    words = {**FIELDS, "artists": N_("Artist"), "pictures": N_("Pictures"), "extra": N_("Beside the record"),
             "hidden": N_("Hidden from visitors")}  # fmt: skip
    return _(words[name]) if name in words else name


bp.app_template_filter("field_word")(mapping_word)
