"""Where imports meet the search: works of an import that look like some of the catalogue, and the index kept in step.

Commands and tasks call these; all need an application context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import services
from app.catalogue.import_models import ImportChange
from app.catalogue.importers import Change, ImportReport
from app.catalogue.models import Artwork, Collection
from app.engine.errors import BuildError, EngineError, NoIndexError
from app.extensions import db

INDEXED_AT_ONCE = 200  # pictures; describing more takes minutes, and a re-index is what makes the index whole again
COMPARED_MOST = 1000  # pictures of one import that are searched for; each takes about a second
LIKES_SHOWN = 3
Progress = Callable[[str, int, int], None]


def sync_index(artwork_pks: Sequence[int]) -> dict[str, Any]:
    """Take into the published build what these works have now, and out of it what they have no more.

    `state`: `none` (nothing is published), `done`, `later` (too many new pictures), or `busy` (a re-index is running):
    the answers are right all the same, since works that are gone or hidden are never shown.
    """
    from app.engine.pipeline import indexed_pictures

    wanted = set(artwork_pks)
    try:
        with services.build_lock():
            shelf = services.builds()
            build_id = shelf.current()
            indexed = indexed_pictures(shelf, build_id)
            here = {picture.picture_id for picture in services.gallery_pictures() if picture.work_id in wanted}
            gone = frozenset(picture for picture, work in indexed.items() if work in wanted and picture not in here)
            if gone:
                shelf.change(build_id, removed=gone)
        new = here - indexed.keys()
        if len(new) > INDEXED_AT_ONCE:
            return {"state": "later", "removed": len(gone), "waiting": len(new)}
        added = services.add_works(list(wanted)) if new else {"added": 0, "rejects": []}
    except NoIndexError as error:
        return {"state": "none", "reason": str(error)}
    except BuildError as error:
        return {"state": "busy", "reason": str(error)}
    return {"state": "done", "removed": len(gone), "added": added["added"]}


def find_likes(report: ImportReport, progress: Progress | None = None) -> None:
    """Search the catalogue for every new work that has a picture; what it looks like goes into `likes` of its change."""
    new = [change for change in report.changes if change.kind == "added" and change.file is not None]
    own = {change.artwork_id for change in new} if not report.dry_run else set()
    compared = new[:COMPARED_MOST]
    for count, change in enumerate(compared):
        if progress:
            progress("comparing", count, len(compared))
        try:
            change.likes = _likes(change, own)
        except NoIndexError:
            report.notes.append("Nothing is indexed yet, so no work was compared with the collection by its picture.")
            return
        except EngineError as error:
            report.notes.append(f"The picture of {change.source_id} could not be compared: {error}")
    if len(new) > len(compared):
        few, all_ = f"{len(compared):,}", f"{len(new):,}"
        report.notes.append(f"Of {all_} new works with pictures the first {few} were compared with the collection.")
    if progress:
        progress("comparing", len(compared), len(compared))


def _likes(change: Change, own: set[int | None]) -> list[dict[str, Any]]:
    """Works that the picture is verified to show. A photo of an answer may show several; the best are kept."""
    assert change.file is not None
    answer = services.search_photo(Path(change.file))
    found = [match for match in answer.result.matches if match.verified and match.work_id not in own]
    names = _names([match.work_id for match in found])
    return [
        {"artwork_id": match.work_id, "probability": round(float(match.probability), 3), **names[match.work_id]}
        for match in found[:LIKES_SHOWN]
        if match.work_id in names
    ]


def _names(pks: Sequence[int]) -> dict[int, dict[str, str]]:
    columns = (Artwork.id, Artwork.source_id, Artwork.title, Collection.name)
    rows = db.session.execute(select(*columns).join(Artwork.collection).where(Artwork.id.in_(pks)))
    return {pk: {"source_id": source, "title": title, "collection": name} for pk, source, title, name in rows}


def works_of(run_id: int) -> list[int]:
    """Works that the import added, showed again, or whose pictures it changed: those that the index has to know of."""
    columns = (ImportChange.artwork_id, ImportChange.kind, ImportChange.after)
    rows = db.session.execute(select(*columns).where(ImportChange.run_id == run_id, ImportChange.kind != "unchanged"))
    return [pk for pk, kind, after in rows if pk is not None and (kind == "added" or "pictures" in after or "hidden" in after)]
