"""Ask every photo of a ground truth, and the known ones again with their own works left out; then the figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.errors import ImageError
from app.engine.types import Progress, SearchResult
from app.evaluation.figures import summary
from app.evaluation.ground_truth import GroundTruth, GroundTruthError, LabelledPhoto
from app.evaluation.queries import Query, answered, rank_of

Search = Callable[[Path, frozenset[int]], SearchResult]  # (photo, primary keys of works to leave out); decodes the photo


@dataclass(frozen=True)
class Evaluation:
    """Every query with its answer, and what they came from. unlisted: ids of the ground truth that no collection has."""

    queries: list[Query]
    photos: tuple[LabelledPhoto, ...]
    unlisted: list[str]
    n_works: int
    build: str
    preset: str
    data_hash: str


@dataclass(frozen=True)
class _Question:
    photo: int
    labelled: LabelledPhoto
    relevant: frozenset[str]
    exclude: frozenset[int]


def evaluate_photos(
    search: Search,
    truth: GroundTruth,
    works: Mapping[int, str],
    *,
    limit_unknown: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Search all photos, then up to `limit_unknown` of the known ones with their own works left out (None: all, 0: none).

    works: primary key → source id of every work that can be found. One search before the first is not measured, so that
    latencies are those of a warm model. A photo that cannot be decoded counts as answered "not_in_catalogue".
    Raises GroundTruthError if the catalogue is empty.
    """
    return evaluate_in_turn([search], truth, works, limit_unknown=limit_unknown, progress=progress)[0]


def evaluate_in_turn(
    searches: Sequence[Search],
    truth: GroundTruth,
    works: Mapping[int, str],
    *,
    limit_unknown: int | None = None,
    progress: Progress | None = None,
) -> list[Evaluation]:
    """Ask several searches the same questions, one question after another, each time in another order, so that the machine is
    as busy for the one as for the others. One evaluation a search, whose queries stand in the same order; see `evaluate_photos`.
    """
    if not works:
        raise GroundTruthError("The catalogue has no works; import a collection and build its index first.")
    listed = frozenset(works.values())
    questions = list(_questions(truth, listed, works, limit_unknown))
    first = [_warm_up(search, questions) for search in searches]
    queries: list[list[Query]] = [[] for _ in searches]
    for done, question in enumerate(questions, 1):
        for turn in range(len(searches)):
            place = (turn + done) % len(searches)
            queries[place].append(_ask(searches[place], question, works))
        if progress:
            progress("photos", done, len(questions))
    unlisted = sorted(frozenset().union(*(photo.artwork_ids for photo in truth.photos)) - listed)
    named = [(one.build, one.preset) if one else ("", "") for one in first]
    return [
        Evaluation(asked, truth.photos, unlisted, len(works), build, preset, truth.data_hash)
        for asked, (build, preset) in zip(queries, named, strict=True)
    ]


def report(evaluation: Evaluation, revision: str) -> dict[str, Any]:
    """The JSON contract of `flask evaluate photos --json` (docs/evaluation.md)."""
    queries = evaluation.queries
    asked = [query for query in queries if not query.made_unknown]
    kinds = sorted({query.kind for query in queries if query.kind})
    latency = np.percentile([query.latency_ms for query in asked], [50, 95])
    return {
        "n_photos": len(asked),
        "n_works": evaluation.n_works,
        "n_unknown": sum(not query.known for query in asked),
        "n_made_unknown": len(queries) - len(asked),
        **summary(queries),
        "by_kind": {kind: _of_kind([query for query in queries if query.kind == kind]) for kind in kinds},
        "latency_ms": {"p50": round(float(latency[0]), 1), "p95": round(float(latency[1]), 1)},
        "preset": evaluation.preset,
        "build": evaluation.build,
        "revision": revision,
        "data_hash": evaluation.data_hash,
        "unlisted_ids": evaluation.unlisted,
        "unreadable": [evaluation.photos[query.photo].name for query in asked if query.error],
    }


def _of_kind(queries: list[Query]) -> dict[str, Any]:
    return {"n_photos": sum(not query.made_unknown for query in queries), **summary(queries)}


def details(evaluation: Evaluation) -> list[dict[str, Any]]:
    """One row per query, to study failures by: what the photo shows, what was answered, where the right work stood."""
    return [
        {
            "photo": evaluation.photos[query.photo].name,
            "kind": query.kind,
            "artwork_ids": sorted(evaluation.photos[query.photo].artwork_ids),
            "made_unknown": query.made_unknown,
            "verdict": query.verdict,
            "best": query.best,
            "correct": query.correct,
            "probability": round(query.confidence, 4),
            "inliers": query.inliers,
            "verified": sorted(query.verified),
            "global_rank": rank_of(query.relevant, query.ranking),
            "candidate_rank": rank_of(query.relevant, query.candidates),
            "latency_ms": round(query.latency_ms, 1),
            "error": query.error,
        }
        for query in evaluation.queries
    ]


def _questions(
    truth: GroundTruth, listed: frozenset[str], works: Mapping[int, str], limit_unknown: int | None
) -> Iterator[_Question]:
    known = []
    for index, photo in enumerate(truth.photos):
        question = _Question(index, photo, photo.artwork_ids & listed, frozenset())
        yield question
        if question.relevant:
            known.append(question)
    for question in _spread(known, limit_unknown):
        own = frozenset(key for key, source in works.items() if source in question.relevant)
        yield replace(question, exclude=own)


def _spread(questions: list[_Question], limit: int | None) -> list[_Question]:
    """`limit` of them, evenly over the file, so that every kind has its part and the choice is always the same."""
    if limit is None or limit >= len(questions):
        return questions
    return [questions[i * len(questions) // limit] for i in range(limit)]


def _warm_up(search: Search, questions: list[_Question]) -> SearchResult | None:
    """The first photo that can be read, asked once before anything is measured."""
    for question in questions:
        try:
            return search(question.labelled.path, frozenset())
        except ImageError:
            continue
    return None


def _ask(search: Search, question: _Question, works: Mapping[int, str]) -> Query:
    made_unknown = bool(question.exclude)
    relevant = frozenset[str]() if made_unknown else question.relevant
    kind = question.labelled.kind
    start = time.perf_counter()
    try:
        result = search(question.labelled.path, question.exclude)
    except ImageError as error:
        spent = 1000 * (time.perf_counter() - start)
        nothing = frozenset[str]()
        return Query(
            question.photo, kind, relevant, made_unknown, "not_in_catalogue", None, 0.0, 0, nothing, (), (), spent, str(error)
        )
    spent = 1000 * (time.perf_counter() - start)
    return answered(
        result, works, photo=question.photo, kind=kind, relevant=relevant, made_unknown=made_unknown, latency_ms=spent
    )
