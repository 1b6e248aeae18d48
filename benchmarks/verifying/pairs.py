"""Which pairs of photo and work verifiers are compared on: each photo's right works, and the wrong ones that look likeliest now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.engine import looking, tiny_images
from app.engine.candidates import Candidate, Checker, merge, with_cosines
from app.engine.gallery import EVERYTHING
from app.engine.pipeline import GLOBAL_RANKING, MOST_CROPS, Searcher
from app.engine.types import Image

WRONG = 10  # candidates a photo


@dataclass(frozen=True)
class Pair:
    """A gallery position, whether it is right, and what the present pipeline makes of it."""

    position: int
    right: bool
    cosine: float
    votes: float
    inliers: int
    probability: float


@dataclass(frozen=True)
class Asked:
    """One photo: its pairs, and what the global descriptor alone would answer with its works in the catalogue and without."""

    photo: str
    kind: str
    pairs: tuple[Pair, ...]
    first_right: bool  # is the nearest vector one of a right work?
    first_cosine: float
    first_wrong_cosine: float  # of the nearest vector of any other work

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def of_json(row: Mapping[str, Any]) -> Asked:
    pairs = (Pair(**{name: pair[name] for name in Pair.__dataclass_fields__}) for pair in row["pairs"])
    return Asked(**{**row, "pairs": tuple(pairs)})


def ask(searcher: Searcher, image: Image, right_works: frozenset[int], *, photo: str, kind: str) -> Asked:
    """Candidates as `Searcher.search` finds them with the photo's works left out, and the right works whether proposed or not."""
    gallery, preset = searcher.gallery, searcher.preset
    clean = looking.cleaned(image)
    quads = [quad for quads in searcher._find(clean) for quad in quads][:MOST_CROPS]
    queries = searcher._encode(clean, quads)
    local = searcher._local(clean)
    work = gallery.pictures["work_id"]
    ranking = gallery.by_vector(queries, GLOBAL_RANKING, EVERYTHING)
    voted = gallery.by_votes(local["sift"], GLOBAL_RANKING, preset.vote_nprobe, EVERYTHING)
    wrong_ranking = [row for row in ranking if int(work[row[0]]) not in right_works]
    wrong_voted = [row for row in voted if int(work[row[0]]) not in right_works]
    wrong = merge(wrong_ranking[: preset.global_candidates], wrong_voted[: preset.vote_candidates])
    right = [position for position in range(len(work)) if int(work[position]) in right_works]
    votes = dict(voted)
    candidates = [*wrong, *(Candidate(position, 0.0, votes.get(position, 0.0)) for position in right)]
    tiny = tiny_images.best(tiny_images.views(clean, quads), gallery.tiny_images)
    candidates = with_cosines(candidates, gallery.cosines(queries, [c.position for c in candidates]), tiny)
    checker = Checker(preset, gallery, searcher.calibration, clean, local.get(preset.verify_with))
    pairs = [_pair(checker, candidate, candidate.position in right) for candidate in candidates]
    first = ranking[0]
    return Asked(
        photo, kind, tuple(_kept(pairs)), int(work[first[0]]) in right_works, first[1], wrong_ranking[0][1],
    )


def _pair(checker: Checker, candidate: Candidate, right: bool) -> Pair:
    match = checker(candidate)
    return Pair(candidate.position, right, candidate.global_score, candidate.votes, match.inliers, match.probability)


def _kept(pairs: Sequence[Pair]) -> list[Pair]:
    wrong = sorted((pair for pair in pairs if not pair.right), key=lambda pair: pair.probability, reverse=True)
    return [*(pair for pair in pairs if pair.right), *wrong[:WRONG]]
