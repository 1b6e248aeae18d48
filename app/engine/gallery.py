"""A build as it is searched: its indexes in memory, its local features on disk, and what was added and removed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from app.engine import reranking, segments, tiny_images, voting
from app.engine.builds import Builds, Changes
from app.engine.encoders.whitening import Whitening
from app.engine.index import VectorIndex, engines
from app.engine.local_features import LocalFeatures
from app.engine.segments import Segment
from app.engine.types import Bytes, Floats, Ints


@dataclass(frozen=True)
class Allowed:
    """Bit fields over vectors and over descriptors of what may be found, and flags over pictures; None: everything."""

    vectors: Bytes | None
    descriptors: Bytes | None
    pictures: npt.NDArray[np.bool_] | None = None


EVERYTHING = Allowed(None, None)


@dataclass
class Gallery:
    """Pictures of all segments end to end; `positions` are indices into `pictures`."""

    build_id: str
    serial: int
    pictures: npt.NDArray[np.void]
    parts: list[Segment]
    starts: Ints  # (segments + 1,) first position of each segment
    vector_owners: Ints  # (V,) position
    descriptor_owners: npt.NDArray[np.int32]  # (D,) position
    poses: Bytes  # (D, 2) angle and size of each descriptor, `voting.poses`
    removed: frozenset[int]
    whitening: Whitening | None
    vectors: VectorIndex
    voters: faiss.IndexIVF

    @property
    def works(self) -> int:
        """Number of works that can be found."""
        return len(set(self.pictures["work_id"][~self._gone].tolist()))

    def allowed(self, exclude_works: frozenset[int] = frozenset()) -> Allowed:
        """What may be found when removed pictures and these works are left out."""
        if exclude_works:
            return self._without(np.isin(self.pictures["work_id"], list(exclude_works)) | self._gone)
        return self._remaining

    @cached_property
    def _gone(self) -> npt.NDArray[np.bool_]:
        return np.isin(self.pictures["picture_id"], list(self.removed))

    @cached_property
    def _remaining(self) -> Allowed:
        """What every visitor may find; reckoned once, as it takes a tenth of a second at 29 million descriptors."""
        return self._without(self._gone) if self.removed else EVERYTHING

    def _without(self, out: npt.NDArray[np.bool_]) -> Allowed:
        return Allowed(_bits(~out[self.vector_owners]), _bits(~out[self.descriptor_owners]), ~out)

    def by_vector(
        self, queries: Floats, works: int, allowed: Allowed, rerank: reranking.Method | None = None
    ) -> list[tuple[int, float]]:
        """The best `works` works, best first: (position of the picture that was nearest, score). queries: (n, D).

        Scores are cosines, or what the method of re-ranking makes of the first rows.
        """
        rows_a_picture = -(-len(self.vector_owners) // max(len(self.pictures), 1))  # more than one of pictures with parts
        wanted = max(4 * works * rows_a_picture, reranking.FIRST if rerank else 0)
        scores, rows = self.vectors.search(queries, min(wanted, len(self.vectors)), allowed.vectors)
        there = rows.ravel() >= 0
        found, values = rows.ravel()[there], scores.ravel()[there]
        if rerank is not None and len(found):
            found = _best_rows(found, values, reranking.FIRST)
            values = reranking.rescored(rerank, queries, self._rows(found))
        return self._best_per_work(self.vector_owners[found], values, works)

    def _rows(self, rows: Ints) -> Floats:
        """(n, D) vectors by their numbers over all segments."""
        ends = np.cumsum([len(part.vectors) for part in self.parts])
        part = np.searchsorted(ends, rows, side="right")
        found = np.empty((len(rows), self.parts[0].vectors.shape[1]), np.float32)
        for number, (segment, end) in enumerate(zip(self.parts, ends, strict=True)):
            mine = part == number
            found[mine] = segment.vectors[rows[mine] - (end - len(segment.vectors))]
        return found

    def like(self, work_id: int, works: int) -> list[tuple[int, float]]:
        """Other works whose vectors are nearest to this one's, best first: (work id, cosine); none where it is not in the build."""
        gone = self._gone
        own = self.pictures["work_id"] == work_id
        positions = np.flatnonzero(own & ~gone)
        if not len(positions):
            return []
        queries = np.ascontiguousarray(np.concatenate([self._vectors_of(int(position)) for position in positions]), np.float32)
        others = Allowed(_bits(~(own | gone)[self.vector_owners]), None)
        return [(int(self.pictures["work_id"][at]), score) for at, score in self.by_vector(queries, works, others)]

    def cosines(self, queries: Floats, positions: Sequence[int]) -> dict[int, float]:
        """The best cosine of each of these pictures with one of (n, D) queries."""
        return {position: float((self._vectors_of(position) @ queries.T).max()) for position in positions}

    def _vectors_of(self, position: int) -> Floats:
        part = int(np.searchsorted(self.starts, position, side="right")) - 1
        local, owners = position - int(self.starts[part]), self.parts[part].vector_owners  # owners ascend
        return self.parts[part].vectors[np.searchsorted(owners, local) : np.searchsorted(owners, local, side="right")]

    def by_votes(
        self, photo: LocalFeatures, works: int, nprobe: int, allowed: Allowed, *, consistent: bool = True
    ) -> list[tuple[int, float]]:
        """The best `works` works by votes of local features, best first: (position, share of all votes).

        `consistent`: the order is by the votes that agree on a turn and a size, bursts damped; the share is of all votes of the
        first `voting.EVIDENCE` neighbours always.
        """
        if not len(photo) or not self.voters.ntotal:
            return []
        distances, ids = voting.nearest(self.voters, photo.descriptors, nprobe=nprobe, allowed=allowed.descriptors)
        there = np.maximum(ids, 0)
        owners = np.where(ids >= 0, self.descriptor_owners[there], -1)
        weights = voting.weights(distances, owners)
        order = np.bincount(owners[ids >= 0], weights[ids >= 0], len(self.pictures)).astype(np.float32)
        if consistent:
            away = voting.poses(photo.keypoints)[:, None].astype(np.int64) - self.poses[there]
            pictures, agreeing = voting.consistent(voting.without_bursts(weights, ids), owners, away[..., 0], away[..., 1])
            order = np.zeros_like(order)
            order[pictures] = agreeing
        positions = np.argsort(-order, kind="stable")[: 4 * works]
        positions = positions[order[positions] > 0]
        best = self._best_per_work(positions, order[positions], works)
        votes = voting.votes(distances[:, : voting.EVIDENCE], owners[:, : voting.EVIDENCE], len(self.pictures))
        total = max(float(votes.sum()), 1e-9)
        return [(position, float(votes[position]) / total) for position, _ in best]

    @cached_property
    def tiny_images(self) -> Floats:
        """(P, DIM) `tiny_images.describe` of every picture; 97 MB at 43,690 pictures, made when first asked for."""
        return np.concatenate([tiny_images.describe(part.thumbnails) for part in self.parts])

    def by_tiny_images(self, cosines: Floats, works: int, allowed: Allowed) -> list[tuple[int, float]]:
        """The best `works` works by (P,) cosines of their tiny images, best first: (position, cosine)."""
        if allowed.pictures is not None:
            cosines = np.where(allowed.pictures, cosines, -np.inf)
        positions = np.argsort(-cosines, kind="stable")[: 4 * works]
        positions = positions[np.isfinite(cosines[positions])]
        return self._best_per_work(positions, cosines[positions], works)

    def _best_per_work(self, positions: Ints, scores: Floats, works: int) -> list[tuple[int, float]]:
        best: dict[int, tuple[int, float]] = {}
        for rank in np.argsort(-scores, kind="stable"):
            best.setdefault(int(self.pictures["work_id"][positions[rank]]), (int(positions[rank]), float(scores[rank])))
        return list(best.values())[:works]

    def local(self, position: int, kind: str) -> LocalFeatures:
        """The stored local features (`sift` or `orb`) of a picture."""
        part = int(np.searchsorted(self.starts, position, side="right")) - 1
        return self.parts[part].local[kind].of(position - int(self.starts[part]))

    def thumbnail(self, position: int) -> Bytes:
        part = int(np.searchsorted(self.starts, position, side="right")) - 1
        return np.asarray(self.parts[part].thumbnails[position - int(self.starts[part])])

    def size(self, position: int) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.pictures["width"][position]), int(self.pictures["height"][position])


def load(builds: Builds, build_id: str) -> Gallery:
    """Open a build with its changes. Raises BuildError where it is missing or of another format."""
    manifest, changes = builds.manifest(build_id), builds.changes(build_id)
    folder = builds.folder / build_id
    parts = [segments.read(folder / "segments" / name) for name in ("base", *changes.segments)]
    vectors = engines.read(folder, manifest["engine"], manifest["nprobe"], parts[0].vectors, at=builds.address(build_id))
    voters = voting.read(folder / "votes.faiss")
    for part in parts[1:]:
        vectors.add(np.ascontiguousarray(part.vectors))
        voting.add(voters, part.local["sift"].descriptors)
    whitening = Whitening.load(folder / "whitening.npz") if manifest["whitened"] else None
    return _joined(build_id, changes, parts, whitening, vectors, voters)


def _joined(
    build_id: str, changes: Changes, parts: list[Segment], whitening: Whitening | None,
    vectors: VectorIndex, voters: faiss.IndexIVF,
) -> Gallery:
    starts = np.cumsum([0] + [len(part) for part in parts])
    owners = [part.vector_owners + start for part, start in zip(parts, starts, strict=False)]
    voting_owners = [
        np.repeat(np.arange(len(part), dtype=np.int32) + np.int32(start), np.diff(part.local["sift"].offsets))
        for part, start in zip(parts, starts, strict=False)
    ]
    return Gallery(
        build_id, changes.serial, np.concatenate([part.pictures for part in parts]), parts, starts,
        np.concatenate(owners), np.concatenate(voting_owners), _poses(parts), changes.removed, whitening, vectors, voters,
    )


def _poses(parts: Sequence[Segment], window: int = 1_000_000) -> Bytes:
    """Of every descriptor of all segments; keypoints are mapped from disk and read in windows."""
    keypoints = [part.local["sift"].keypoints for part in parts]
    blocks = [voting.poses(rows[start : start + window]) for rows in keypoints for start in range(0, len(rows), window)]
    return np.concatenate(blocks) if blocks else np.zeros((0, 2), np.uint8)


def folder_size(folder: Path) -> int:
    """Bytes of a build on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _best_rows(rows: Ints, scores: Floats, count: int) -> Ints:
    """The `count` rows of best score, best first; a row that several queries found comes once."""
    ordered = rows[np.argsort(-scores, kind="stable")]
    return ordered[np.sort(np.unique(ordered, return_index=True)[1])][:count]


def _bits(flags: npt.NDArray[np.bool_]) -> Bytes:
    return np.packbits(flags, bitorder="little")
