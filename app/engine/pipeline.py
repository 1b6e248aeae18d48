"""The two straight lines of the engine: a photo is searched, a catalogue is indexed."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from app.engine import detection, fusion, gallery, looking, segments, tiny_images, voting
from app.engine.builds import Builds
from app.engine.calibration import Judge
from app.engine.candidates import Candidate, Checker, merge, several, with_cosines
from app.engine.describing import Describer, final_vector
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import NOISE_FLOOR, Whitening, fit_whitening, read_noise
from app.engine.errors import BuildError, CancelledError
from app.engine.gallery import Gallery
from app.engine.index import engines
from app.engine.lineage import lineage
from app.engine.local_features import LocalFeatures, orb, root_sift
from app.engine.local_order import LocalOrder, Scores, local_order
from app.engine.presets import LEARNED, SearchPreset
from app.engine.stages import Stages
from app.engine.types import BuildReport, Floats, GalleryPicture, Image, Progress, Reject, SearchResult, ShouldCancel
from app.engine.weights import STORE

if TYPE_CHECKING:
    from app.engine.matchers.learned import LearnedMatcher

GLOBAL_RANKING = 50  # works of the global stage that a result keeps, for recall@50
CROP_SIDE = 512  # pixels of a rectified picture; the encoder shrinks it further
MOST_CROPS = 4  # rectified pictures that are described beside the whole photo
ANSWERS = 10  # matches that a result lists
WHITENING_SAMPLE = 20_000  # rows; a covariance of 512 dimensions is settled long before


@dataclass
class Searcher:
    """Answers photos from one build. Not for several threads at once: callers hold a lock."""

    preset: SearchPreset
    encoder: Encoder
    gallery: Gallery
    calibration: Judge
    threads: int = 2
    files: Mapping[int, Path] = field(default_factory=dict)  # picture id → file, for presets that look at pictures again
    answers: int = ANSWERS
    ranked: int = GLOBAL_RANKING
    _pool: ThreadPoolExecutor = field(init=False)
    _find: Callable[[Image], list[list[Floats]]] = field(init=False)  # per work its quadrilaterals
    _order: LocalOrder | None = field(init=False)
    _learned: LearnedMatcher | None = field(init=False)

    def __post_init__(self) -> None:
        faiss.omp_set_num_threads(self.threads)
        self._pool = ThreadPoolExecutor(self.threads)
        if self.preset.tiny_candidates:
            _ = self.gallery.tiny_images  # made now, so that no visitor waits for it
        self._find = looking.finder(self.preset)
        self._order = local_order(self.preset, self.encoder, self.gallery, self.files)
        self._learned = self._opened_matcher() if self.preset.verify_with in LEARNED else None

    def search(
        self, image: Image, *, exclude_works: frozenset[int] = frozenset(), progress: Progress | None = None
    ) -> SearchResult:
        """Which works of the gallery does this photo show? RGB (H, W, 3) in, places in its pixels out.

        `exclude_works` are treated as if they were not in the catalogue.
        """
        stages = Stages(progress)
        allowed = self.gallery.allowed(exclude_works)
        with stages("detect"):
            photo = looking.cleaned(image)
            works = self._find(photo)
        quads = [quad for quads in works for quad in quads][:MOST_CROPS]
        with stages("encode"):
            queries = self._encode(photo, quads)
        with stages("search"):
            local = self._local(photo)
            ranking = self.gallery.by_vector(queries, self.ranked, allowed, self.preset.rerank)
            scores: Scores = []
            if self._order is not None:
                ranking, scores = self._order(photo, local["sift"], quads, ranking)
            wanted = self.preset
            voted = self.gallery.by_votes(
                local["sift"], wanted.vote_candidates, wanted.vote_nprobe, allowed, consistent=wanted.vote_geometry
            )
            tiny = self._tiny_scores(photo, quads)
            alike = self.gallery.by_tiny_images(tiny, wanted.tiny_candidates, allowed)
            candidates = merge(ranking[: wanted.global_candidates], voted, alike)
            candidates = with_cosines(candidates, self.gallery.cosines(queries, [c.position for c in candidates]), tiny)
        with stages("verify"):
            matches = several(self._check(photo, local, candidates))
        return SearchResult(
            verdict=self.calibration.verdict(matches),
            matches=matches[: self.answers],
            build=self.gallery.build_id,
            preset=self.preset.name,
            timings_ms=stages.timings_ms(),
            photo_size=(image.shape[1], image.shape[0]),
            detected=[quads[-1] for quads in works],
            global_ranking=[self._work(position) for position, _ in ranking],
            candidates=[self._work(candidate.position) for candidate in candidates],
            global_scores=scores,
        )

    def _opened_matcher(self) -> LearnedMatcher:
        from app.engine.matchers.learned import open_matcher

        return open_matcher(self.preset.verify_with, self.gallery, self.files, threads=self.threads)

    def _encode(self, photo: Image, quads: Sequence[Floats]) -> Floats:
        """(n, D): the whole photo and each rectified picture."""
        crops = [detection.rectify(photo, quad, long_side=CROP_SIDE) for quad in quads]
        raw = self.encoder.describe([photo, *crops])
        return np.stack([final_vector(rows, self.gallery.whitening) for rows in raw])

    def _tiny_scores(self, photo: Image, quads: Sequence[Floats]) -> Floats:
        """(P,) the best cosine of each picture's tiny image with a view of the photo; 0 where the preset leaves them out."""
        if not self.preset.tiny_candidates:
            return np.zeros(len(self.gallery.pictures), np.float32)
        return tiny_images.best(tiny_images.views(photo, quads), self.gallery.tiny_images)

    def _local(self, photo: Image) -> dict[str, LocalFeatures]:
        wanted = self.preset
        found = {"sift": root_sift(photo, count=wanted.photo_sift.count, long_side=wanted.photo_sift.long_side)}
        if wanted.verify_with == "orb":
            found["orb"] = orb(photo, count=wanted.photo_orb.count, long_side=wanted.photo_orb.long_side)
        return found

    def _check(self, photo: Image, local: dict[str, LocalFeatures], candidates: Sequence[Candidate]) -> list[Any]:
        checker = Checker(self.preset, self.gallery, self.calibration, photo, local.get(self.preset.verify_with))
        if self._learned is not None:  # it uses all threads for one pair
            checker = replace(checker, learned=self._learned.of_photo(photo))
            return [checker(candidate) for candidate in candidates]
        return list(self._pool.map(checker, candidates))

    def _work(self, position: int) -> int:
        return int(self.gallery.pictures["work_id"][position])


def _stop_if(should_cancel: ShouldCancel) -> None:
    if should_cancel():
        raise CancelledError("Cancelled; the index that was serving goes on serving.")


@dataclass
class Indexer:
    """Makes builds of one preset, and changes them."""

    describer: Describer
    builds: Builds

    def build(
        self, pictures: Sequence[GalleryPicture], *, catalogue_revision: str = "", publish: bool = True,
        progress: Progress | None = None, should_cancel: ShouldCancel | None = None,
    ) -> BuildReport:
        """Describe → whiten → train and add → check → publish. On any error or cancel the old index goes on serving.

        Raises BuildError when no picture can be indexed, CancelledError when asked to stop. Callers hold the build lock.
        """
        started = time.monotonic()
        tell = progress or (lambda stage, done, total: None)
        self.builds.discard_drafts()
        rejects = self.describer.ensure(pictures, progress=tell, should_cancel=should_cancel)
        good = _without(pictures, rejects)
        if not good:
            raise BuildError("There is no readable picture to index; import works with pictures first.")
        preset = self.describer.preset
        build_id, draft = self.builds.new_draft(preset.name)
        try:
            manifest = self._write(draft, good, tell, should_cancel or (lambda: False))
            seconds = time.monotonic() - started
            report = _report(build_id, preset.name, good, manifest, seconds, rejects)
            made = {"catalogue_revision": catalogue_revision, "seconds": round(seconds, 2), "rejects": len(rejects)}
            self.builds.accept(build_id, {"preset": preset.name, **manifest, **made})
        except BaseException:
            self.builds.discard(build_id)
            raise
        if publish:
            tell("publish", 0, 1)
            self.builds.publish(build_id)
            tell("publish", 1, 1)
        return report

    def _write(self, draft: Path, good: Sequence[GalleryPicture], tell: Progress, should_cancel: ShouldCancel) -> dict[str, Any]:
        """Fill a draft; returns what its manifest says."""
        whitening = self._whitening(good) if self.describer.preset.whiten else None
        if whitening is not None:
            whitening.save(draft / "whitening.npz")
        (draft / "segments").mkdir()
        segments.write(draft / "segments" / "base", len(good), self._teller(good, whitening, tell, should_cancel))
        base = segments.read(draft / "segments" / "base")
        tell("train", 0, 1)
        _stop_if(should_cancel)
        name, at = self.describer.preset.engine, self.builds.address(draft.name.removeprefix("."))
        index, recall = engines.build(name, np.ascontiguousarray(base.vectors), at=at)
        _stop_if(should_cancel)
        index.write(draft / engines.file_of(index.name))
        descriptors = base.local["sift"].descriptors
        voters = voting.train(descriptors, codes=self.describer.preset.vote_codes)
        voting.add(voters, descriptors)
        voting.write(voters, draft / "votes.faiss")
        tell("check", 0, 1)
        _check_counts(base, len(good), len(index), voters)
        _stop_if(should_cancel)  # the last time: what follows is the manifest and the publishing
        return {
            "encoder": self.describer.encoder.name,
            **lineage(self.describer.preset, self.describer.encoder.fingerprint),
            "whitened": whitening is not None,
            "works": len({picture.work_id for picture in good}), "pictures": len(good), "vectors": len(index),
            "dim": int(base.vectors.shape[1]), "local_features": len(descriptors),
            "engine": index.name, "lists": index.lists, "nprobe": index.effort, "recall_at_10": recall,
        }

    def _whitening(self, good: Sequence[GalleryPicture]) -> Whitening:
        """Fitted on one row a picture (Jimenez et al.: the most probable class), on a seeded sample of a large catalogue."""
        chosen = np.random.default_rng(0).choice(len(good), min(len(good), WHITENING_SAMPLE), replace=False)
        rows = np.stack([self.describer.raw_vectors(good[i])[0] for i in np.sort(chosen)])
        if not self.describer.preset.noise:
            return fit_whitening(rows, rows.shape[1])
        noise = read_noise(STORE / "heads" / f"{self.describer.preset.noise}.npz", self.describer.encoder.fingerprint)
        return fit_whitening(rows, rows.shape[1], floor=NOISE_FLOOR, noise=noise)

    def _teller(
        self, good: Sequence[GalleryPicture], whitening: Whitening | None, tell: Progress, should_cancel: ShouldCancel
    ) -> Callable[[int], segments.Described]:
        asked = itertools.count()  # each picture is asked for twice: for its sizes, then for its arrays

        def describe(position: int) -> segments.Described:
            turn = next(asked)
            if turn % 128 == 0:
                tell("write", min(turn // 2, len(good)), len(good))
                _stop_if(should_cancel)
            return self.describer.described(good[position], whitening)

        return describe

    def add(self, pictures: Sequence[GalleryPicture]) -> list[Reject]:
        """Make pictures searchable in the published build without a rebuild. Callers hold the build lock."""
        rejects = self.describer.ensure(pictures)
        good = _without(pictures, rejects)
        if not good:
            return rejects
        build_id = self.builds.current()
        self._same_encoder(build_id)
        folder = self.builds.folder / build_id
        name = f"{self.builds.changes(build_id).serial + 1:06d}"
        shutil.rmtree(folder / "segments" / name, ignore_errors=True)  # of an addition that crashed before it counted
        whitening = Whitening.load(folder / "whitening.npz") if self.builds.manifest(build_id)["whitened"] else None
        segments.write(folder / "segments" / name, len(good), lambda i: self.describer.described(good[i], whitening))
        self.builds.change(build_id, segment=name)
        return rejects

    def _same_encoder(self, build_id: str) -> None:
        if self.builds.manifest(build_id)["encoder_fingerprint"] != self.describer.encoder.fingerprint:
            raise BuildError(f"Build {build_id} was made with another encoder or other weights; run `flask index build`.")


def open_searcher(
    builds: Builds, build_id: str, preset: SearchPreset, encoder: Encoder, calibration: Judge, *, threads: int = 2,
    files: Mapping[int, Path] | None = None,
) -> Searcher:
    """A searcher over a build; `files`: picture id → file, where the preset `looks_again`.

    Raises BuildError when the build was made with another encoder or other weights, and what the preset's parts raise.
    """
    manifest = builds.manifest(build_id)
    if manifest["encoder_fingerprint"] != encoder.fingerprint:
        raise BuildError(f"Build {build_id} was made with other weights than {encoder.name} has now; run `flask index build`.")
    judge = fusion.load() if preset.fusion else calibration
    return Searcher(preset, encoder, gallery.load(builds, build_id), judge, threads, files or {})


def scaled_to(result: SearchResult, size: tuple[int, int]) -> SearchResult:
    """The same answer in pixels of the full photo (width, height), when a smaller one was searched."""
    factor = size[0] / result.photo_size[0]
    shift = (factor - 1) / 2  # pixel centres lie at halves: x → (x + ½)·factor − ½
    stretch = np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1]])

    def larger(points: Floats) -> Floats:
        return (points * factor + shift).astype(np.float32)

    matches = [
        replace(
            match, region=None if match.region is None else larger(match.region),
            homography=None if match.homography is None else stretch @ match.homography, photo_points=larger(match.photo_points),
        )
        for match in result.matches
    ]
    return replace(result, matches=matches, photo_size=size, detected=[larger(quad) for quad in result.detected])


def _without(pictures: Sequence[GalleryPicture], rejects: Sequence[Reject]) -> list[GalleryPicture]:
    bad = {reject.picture_id for reject in rejects}
    return [picture for picture in pictures if picture.picture_id not in bad]


def _check_counts(base: segments.Segment, pictures: int, vectors: int, voters: faiss.IndexIVF) -> None:
    wanted = (pictures, len(base.vectors), int(base.local["sift"].offsets[-1]))
    found = (len(base), vectors, int(voters.ntotal))
    if wanted != found or not np.isfinite(base.vectors).all():
        raise BuildError(f"The build is inconsistent: pictures, vectors and local features are {found}, not {wanted}.")


def _report(
    build_id: str, preset: str, good: Sequence[GalleryPicture], manifest: dict[str, Any], seconds: float, rejects: list[Reject]
) -> BuildReport:
    return BuildReport(
        build_id, preset, manifest["works"], len(good), manifest["vectors"], manifest["local_features"],
        manifest["recall_at_10"], manifest["nprobe"], seconds, rejects,
    )


def indexed_pictures(builds: Builds, build_id: str) -> dict[int, int]:
    """picture id → work id of what a build finds, additions counted in and removals out."""
    changes = builds.changes(build_id)
    folder = builds.folder / build_id / "segments"
    rows = np.concatenate([np.load(folder / name / "pictures.npy") for name in ("base", *changes.segments)])
    return {int(p): int(w) for p, w in zip(rows["picture_id"], rows["work_id"], strict=True) if int(p) not in changes.removed}
