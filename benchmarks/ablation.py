"""What each part of a search brings: the same photos, asked with one part more or less in each row. JSON.

    python benchmarks/ablation.py PHOTOS.csv --cache DIR [--half report|choose|all] [--rows NAME …] [--out FILE]

Takes the published build of the instance that PINAKES_INSTANCE names, and for `parts` the newest build of that preset
(`flask index build --preset parts --no-publish`; the row is left out without one). What a photo looks like to the network and
to SIFT, and the evidence of every pair of photo and picture, are kept in DIR, so that only the first run takes long. `--half`
takes the photos by a hash of their names: what is chosen on the one half is reported on the other. As in `flask evaluate
photos`, every photo is asked again with its works left out. Without verification there is no verdict: a photo's score is then
its cosine or its share of the votes, and the figures that need a verdict are left out.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine import calibration, fusion, reranking, tiny_images  # noqa: E402
from app.engine import gallery as galleries  # noqa: E402
from app.engine.calibration import Judge  # noqa: E402
from app.engine.candidates import merge, several, with_cosines  # noqa: E402
from app.engine.describing import final_vector  # noqa: E402
from app.engine.encoders import Encoder  # noqa: E402
from app.engine.fusion import Fusion  # noqa: E402
from app.engine.gallery import Gallery  # noqa: E402
from app.engine.index import inverted_file  # noqa: E402
from app.engine.index.exact import ExactIndex  # noqa: E402
from app.engine.pipeline import GLOBAL_RANKING  # noqa: E402
from app.engine.presets import SearchPreset, search_preset  # noqa: E402
from app.engine.types import Floats, Ints, Match, SearchResult  # noqa: E402
from app.evaluation.figures import summary  # noqa: E402
from app.evaluation.ground_truth import GroundTruth, read_ground_truth  # noqa: E402
from app.evaluation.photos import evaluate_photos  # noqa: E402
from app.evaluation.run_card import revision, run_card, write_json  # noqa: E402
from benchmarks.proofs import Proofs, judged  # noqa: E402
from benchmarks.seen import Eyes, Seen, read  # noqa: E402

Vectors = Literal["whitened", "raw", "parts"]
Ranking = list[tuple[int, float]]
COUNTED = Fusion(v=0.0, identified_at=0.5, possible_at=0.25)  # a plain count: 15 inliers are accepted, 5 are possible
NEEDS_VERDICT = ("set_f1", "false_accept_rate", "missed_rate", "calibration_error")


@dataclass(frozen=True)
class Row:
    """One way to search. The fields' defaults are the default preset."""

    name: str
    words: str
    rectified: bool = True
    vectors: Vectors = "whitened"
    median: bool = True
    rerank: reranking.Method | None = None
    global_candidates: int = SearchPreset.global_candidates
    vote_candidates: int = SearchPreset.vote_candidates
    tiny_candidates: int = SearchPreset.tiny_candidates  # 0: tiny images are no evidence either
    geometry: bool = True
    verify: bool = True
    looks: bool = True
    judge: Judge | None = None  # None: the calibration


ALONE: dict[str, Any] = {"vote_candidates": 0, "tiny_candidates": 0, "verify": False, "median": False}
ROWS = (
    Row("global", "global vector of the whole photo, not whitened", rectified=False, vectors="raw", **ALONE),
    Row("+rectified", "+ rectified pictures as queries of their own", vectors="raw", **ALONE),
    Row("+whitening", "+ whitening", **ALONE),
    Row("+median", "+ median on noisy photos", **{**ALONE, "median": True}),
    Row("votes", "votes of local features alone", global_candidates=0, tiny_candidates=0, verify=False, geometry=False),
    Row("+geometry", "votes that agree on a turn and a size, bursts damped", global_candidates=0, tiny_candidates=0, verify=False),
    Row("tiny-images", "tiny images of what the outlines enclose, alone", global_candidates=0, vote_candidates=0, verify=False),
    Row("+verification", "both, verified, by a plain count of inliers (15)", tiny_candidates=0, looks=False, judge=COUNTED),
    Row("+calibration", "+ looks inside, calibrated", tiny_candidates=0),
    Row("default", "+ tiny images: the default"),
    Row("no-looks", "default, but a frame's inliers count", looks=False),
    Row("no-median", "default without the median", median=False),
    Row("no-rectified", "default without rectified pictures", rectified=False),
    Row("no-whitening", "default without whitening", vectors="raw"),
    Row("no-global", "default without the global vector's candidates", global_candidates=0),
    Row("no-votes", "default without the votes' candidates", vote_candidates=0),
    Row("no-geometry", "default with plain votes", geometry=False),
    Row("average-expansion", "default + average query expansion", rerank="average-expansion"),
    Row("alpha-expansion", "default + α-query expansion", rerank="alpha-expansion"),
    Row("diffusion", "default + diffusion", rerank="diffusion"),
    Row("random-walk", "default + random walk", rerank="random-walk"),
    Row("refinement", "default + refinement", rerank="refinement"),
    Row("fusion", "default, scores fused instead of calibrated", judge=fusion.load()),
    Row("parts", "default + vectors of five parts", vectors="parts"),
)


@dataclass
class Bench:
    """A build, and what was kept of the photos."""

    preset: SearchPreset
    galleries: dict[str, Gallery]  # by Vectors
    calibration: Judge
    eyes: Eyes
    proofs: Proofs
    _voted: dict[tuple[str, frozenset[int], bool], Ranking] = field(default_factory=dict)

    def search(self, row: Row, path: Path, exclude: frozenset[int]) -> SearchResult:
        """As `Searcher.search`, from what was kept."""
        shelf = self.galleries[row.vectors]
        seen = self.eyes.see(path, median=row.median)
        allowed = shelf.allowed(exclude)
        queries = self._queries(row, seen, shelf)
        ranking = shelf.by_vector(queries, GLOBAL_RANKING, allowed, row.rerank)
        voted = self._votes(seen, exclude, row.geometry) if row.vote_candidates else []
        tiny = tiny_images.best(seen.tiny, shelf.tiny_images)
        alike = shelf.by_tiny_images(tiny, GLOBAL_RANKING, allowed)
        found = merge(ranking[: row.global_candidates], voted[: row.vote_candidates], alike[: row.tiny_candidates])
        first = ranking if row.global_candidates else voted if row.vote_candidates else alike  # that the row starts with
        judge = row.judge or self.calibration
        if row.verify:
            cosines = shelf.cosines(queries, [one.position for one in found])
            found = with_cosines(found, cosines, tiny if row.tiny_candidates else np.zeros_like(tiny))
            proofs = self.proofs.of(seen, partial(read, path, median=row.median), [one.position for one in found])
            names = [self._names(one.position) for one in found]
            matches = several(
                [judged(one, proofs[one.position], *name, judge, row.looks) for one, name in zip(found, names, strict=True)]
            )
        else:
            matches = [self._unverified(position, score) for position, score in first]
        works = [self._names(position)[0] for position, _ in first]
        return SearchResult(
            judge.verdict(matches) if row.verify else "uncertain", matches, shelf.build_id, row.name, {}, seen.size,
            global_ranking=works, candidates=[self._names(one.position)[0] for one in found],
        )

    def _queries(self, row: Row, seen: Seen, shelf: Gallery) -> Floats:
        raw = [seen.whole, *(seen.crops if row.rectified else ())]
        return np.stack([final_vector(rows, shelf.whitening) for rows in raw])

    def _votes(self, seen: Seen, exclude: frozenset[int], geometry: bool) -> Ranking:
        key = (seen.photo, exclude, geometry)
        if key not in self._voted:
            shelf = self.galleries["whitened"]
            self._voted[key] = shelf.by_votes(
                seen.local, GLOBAL_RANKING, self.preset.vote_nprobe, shelf.allowed(exclude), consistent=geometry
            )
        return self._voted[key]

    def _names(self, position: int) -> tuple[int, int]:
        picture = self.galleries["whitened"].pictures[position]
        return int(picture["work_id"]), int(picture["picture_id"])

    def _unverified(self, position: int, score: float) -> Match:
        work, picture = self._names(position)
        return Match(work, picture, max(score, 0.0), score, 0.0, 0, False)


def with_vectors(shelf: Gallery, vectors: Floats, owners: Ints, whitened: bool) -> Gallery:
    """The same gallery of one segment with other vectors, searched exactly."""
    index = ExactIndex(vectors.shape[1])
    index.add(vectors)
    return replace(
        shelf, vectors=cast(inverted_file.InvertedFile, index), vector_owners=owners,
        parts=[replace(shelf.parts[0], vectors=vectors, vector_owners=owners)], whitening=shelf.whitening if whitened else None,
    )


def half_of(truth: GroundTruth, half: str) -> GroundTruth:
    """The photos of one half, by the last bit of the SHA-256 of their names; `all`: every photo."""
    wanted = {"choose": (0,), "report": (1,), "all": (0, 1)}[half]
    photos = tuple(photo for photo in truth.photos if hashlib.sha256(photo.name.encode()).digest()[-1] % 2 in wanted)
    return replace(truth, photos=photos)


def measure(bench: Bench, row: Row, truth: GroundTruth, works: dict[int, str]) -> dict[str, Any]:
    """The figures of one row."""
    start = time.perf_counter()
    evaluation = evaluate_photos(lambda path, exclude: bench.search(row, path, exclude), truth, works)
    figures = summary(evaluation.queries)
    if not row.verify:
        figures = {name: figure for name, figure in figures.items() if name not in NEEDS_VERDICT}
    return {"row": row.name, "words": row.words, **figures, "seconds": round(time.perf_counter() - start, 1)}


def open_bench(cache: Path) -> tuple[Bench, dict[int, str]]:
    """Over the published build; needs an application context. Additions since the build are left out."""
    from app import services

    shelf = services.builds()
    build_id = shelf.current()
    preset = search_preset(shelf.manifest(build_id)["preset"])
    encoder = services.encoder(preset.encoder)
    base = galleries.load(shelf, build_id)
    if len(base.parts) > 1 or base.removed:
        raise SystemExit("The published build was changed since; run `flask index build` first.")
    variants = _variants(base, preset, encoder)
    figures = calibration.load()
    bench = Bench(
        preset, variants, figures, Eyes(encoder, preset, cache / "photos"), Proofs(preset, base, figures, cache / "pairs")
    )
    return bench, services.source_ids()


def _variants(base: Gallery, preset: SearchPreset, encoder: Encoder) -> dict[str, Gallery]:
    from app import services

    describer = services.indexer(preset).describer
    hashes = {picture.picture_id: picture for picture in services.gallery_pictures()}
    raw = np.stack([final_vector(describer.raw_vectors(hashes[int(pk)]), None) for pk in base.pictures["picture_id"]])
    owners = np.arange(len(base.pictures))
    found = {"whitened": with_vectors(base, base.parts[0].vectors, owners, True), "raw": with_vectors(base, raw, owners, False)}
    shelf = services.builds()
    wanted = replace(preset, gallery_parts=search_preset("parts").gallery_parts).build_fingerprint
    fitting = [one for one in shelf.names() if shelf.manifest(one).get("build_fingerprint") == wanted]
    if fitting:
        parts = galleries.load(shelf, fitting[-1])
        if np.array_equal(parts.pictures, base.pictures):
            found["parts"] = with_vectors(base, np.asarray(parts.parts[0].vectors), np.asarray(parts.vector_owners), True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--half", choices=("report", "choose", "all"), default="report")
    parser.add_argument("--rows", nargs="*", help="names of rows; default: all")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    truth = half_of(read_ground_truth(options.photos), options.half)
    with create_app().app_context():
        bench, works = open_bench(options.cache)
    rows = [row for row in ROWS if row.vectors in bench.galleries and (not options.rows or row.name in options.rows)]
    measured = [_told(measure(bench, row, truth, works)) for row in rows]
    result = {
        "photos": len(truth.photos), "half": options.half, "works": bench.galleries["whitened"].works,
        "build": bench.galleries["whitened"].build_id, "preset": bench.preset.name, "encoder": bench.eyes.encoder.name,
        "revision": revision(ROOT, "unknown"), "data_hash": truth.data_hash, "rows": measured,
    }
    print(table(measured))
    if options.out:
        write_json(options.out, run_card(result, f"benchmarks/ablation.py {options.photos.name} --half {options.half}"))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows in Markdown, values alone; a figure that a row does not have is a dash."""
    heads = ("recall@1", "recall@50", *FIGURES)
    lines = ["| row | what | " + " | ".join(f"`{head}`" for head in heads) + " |", "|---|---|" + "---|" * len(heads)]
    for row in rows:
        figures = (row["recall_at"]["1"], row["recall_at"]["50"], *(row.get(name) for name in FIGURES))
        values = " | ".join("–" if figure is None else f"{figure['value']:.3f}" for figure in figures)
        lines.append(f"| `{row['row']}` | {row['words']} | {values} |")
    return "\n".join(lines)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    shown = {"recall@1": row["recall_at"]["1"], "recall@50": row["recall_at"]["50"], **{k: row[k] for k in FIGURES if k in row}}
    values = (f"{name} {figure['value']:.3f}" for name, figure in shown.items())
    print(f"{row['row']:18}", *values, f"{row['seconds']} s", file=sys.stderr, flush=True)
    return row


FIGURES: Sequence[str] = ("candidate_recall", "top1", "set_f1", "gap", "false_accept_rate", "missed_rate")

if __name__ == "__main__":
    main()
