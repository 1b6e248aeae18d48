"""Two builds on the same photos: figures with their differences, and every photo that the two answer otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import services
from app.catalogue import queries
from app.catalogue.models import now
from app.engine.errors import BuildError, CancelledError
from app.engine.presets import search_preset
from app.engine.types import Image, Progress, SearchResult, ShouldCancel
from app.evaluation import paired
from app.evaluation.ground_truth import GroundTruth
from app.evaluation.photos import Search, evaluate_in_turn
from app.evaluation.queries import Query
from app.extensions import db
from app.usage.index_models import BuildComparison

CHANGED_KEPT = 500  # photos that a comparison lists
Result = dict[str, Any]


def compare_builds(
    before: str, after: str, truth: GroundTruth, *, limit_unknown: int | None = None,
    progress: Progress | None = None, should_cancel: ShouldCancel | None = None,
) -> Result:
    """Ask both builds every photo, in turn. JSON: `figures` (see `evaluation.paired`), `changed`, counts, the two builds.

    Raises BuildError (a build is missing, or the two are one), CancelledError, GroundTruthError (an empty catalogue), WeightsError.
    """
    if before == after:
        raise BuildError(f"A build is not compared with itself ({before}); name two.")
    works = services.source_ids()
    searches = [_search(build, should_cancel) for build in (before, after)]
    old, new = evaluate_in_turn(searches, truth, works, limit_unknown=limit_unknown, progress=progress)
    pairs = paired.changed(old.queries, new.queries)
    asked = [query for query in old.queries if not query.made_unknown]
    return {
        "before": {"build": before, "preset": old.preset}, "after": {"build": after, "preset": new.preset},
        "n_photos": len(asked), "n_unknown": sum(not query.known for query in asked),
        "n_made_unknown": len(old.queries) - len(asked), "n_works": len(works), "data_hash": truth.data_hash,
        "unlisted_ids": old.unlisted, "unreadable": [truth.photos[query.photo].name for query in asked if query.error],
        "figures": paired.compared(old.queries, new.queries),
        "n_changed": len(pairs),
        "n_better": len({old.photo for old, _, sign in pairs if sign > 0}),
        "n_worse": len({old.photo for old, _, sign in pairs if sign < 0}),
        "changed": [_told(one, other, sign, truth) for one, other, sign in pairs[:CHANGED_KEPT]],
    }  # fmt: skip


def _search(build: str, should_cancel: ShouldCancel | None) -> Search:
    from app.engine import calibration
    from app.engine.pipeline import open_searcher

    shelf, settings = services.builds(), services.settings()
    shelf.check(build)
    preset = search_preset(shelf.manifest(build)["preset"])
    network, files = services.encoder(preset.encoder), services.picture_files(preset)
    found = open_searcher(shelf, build, preset, network, calibration.load(), threads=settings.threads, files=files)

    def search(path: Path, exclude: frozenset[int]) -> SearchResult:
        if should_cancel is not None and should_cancel():
            raise CancelledError("Cancelled; neither build was changed.")
        photo: Image = services.read_photo(path)
        return found.search(photo, exclude_works=exclude)

    return search


def _told(before: Query, after: Query, sign: int, truth: GroundTruth) -> Result:
    photo = truth.photos[before.photo]
    return {
        "photo": photo.name, "number": before.photo, "kind": photo.kind, "artwork_ids": sorted(photo.artwork_ids),
        "made_unknown": before.made_unknown, "better": sign, "before": _answer(before), "after": _answer(after),
    }  # fmt: skip


def _answer(query: Query) -> Result:
    return {
        "verdict": query.verdict, "best": query.best, "correct": query.correct, "probability": round(query.confidence, 4),
        "verified": sorted(query.verified),
    }  # fmt: skip


def run(comparison: BuildComparison, truth: GroundTruth, progress: Progress, should_cancel: ShouldCancel) -> Result:
    """Compare what the row names and keep the result in it. Commits."""
    result = compare_builds(comparison.before, comparison.after, truth, progress=progress, should_cancel=should_cancel)
    comparison.result, comparison.finished_at = result, now()
    db.session.commit()
    return result


def works_shown(result: Mapping[str, Any]) -> dict[str, Any]:
    """Source id → a work of the catalogue, for every work that the changed photos show or were answered by."""
    ids = {name for row in result.get("changed", []) for name in (*row["artwork_ids"], row["before"]["best"], row["after"]["best"])}
    pks = queries.pks_by_source_id({name for name in ids if name})
    works = queries.artworks_by_pk([found[0] for found in pks.values()])
    return {name: works[found[0]] for name, found in pks.items() if found[0] in works}
