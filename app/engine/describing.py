"""Pictures → what a segment holds of them, each computed once and kept in the descriptor store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from app.engine import appearance
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import Whitening
from app.engine.errors import CancelledError, ImageError
from app.engine.images import image_size, read_image
from app.engine.local_features import LocalFeatures, orb, root_sift
from app.engine.parts import parts_of
from app.engine.presets import SearchPreset
from app.engine.segments import Described
from app.engine.store import Arrays, DescriptorStore
from app.engine.types import Floats, GalleryPicture, Image, Progress, Reject, ShouldCancel

WINDOW = 16  # pictures decoded, described and stored together: what an interrupted build repeats at most
READ_SIDE = 1600  # pixels; a catalogue picture is read at no more, as everything that is computed of it needs less
REVISION = "2"  # raised whenever the same picture and preset would give other arrays


def vector_kind(fingerprint: str) -> str:
    """Under which vectors of whole pictures are stored, by the encoder's fingerprint."""
    return f"vector-{fingerprint[:32]}"


def part_kind(preset: SearchPreset, fingerprint: str) -> str:
    """Under which vectors of parts are stored."""
    return f"parts-{preset.gallery_parts}-{fingerprint[:32]}"


def local_kind(preset: SearchPreset) -> str:
    """Under which local features are stored."""
    return f"local-{REVISION}-sift-{preset.gallery_sift.kind}-orb-{preset.gallery_orb.kind}"


def stored_kinds(preset: SearchPreset, fingerprint: str) -> list[str]:
    """All that a build of the preset needs of every picture."""
    parts = [part_kind(preset, fingerprint)] if preset.gallery_parts else []
    return [vector_kind(fingerprint), local_kind(preset), *parts]


@dataclass(frozen=True)
class _Decoded:
    sha256: str
    image: Image
    size: tuple[int, int]  # full width and height; the picture may have been read smaller


@dataclass(frozen=True)
class Describer:
    """Describes pictures by a preset; raw vectors and local features are stored apart, so that presets share them."""

    preset: SearchPreset
    encoder: Encoder
    store: DescriptorStore
    threads: int = 2

    @property
    def vector_kind(self) -> str:
        return vector_kind(self.encoder.fingerprint)

    @property
    def part_kind(self) -> str:
        return part_kind(self.preset, self.encoder.fingerprint)

    @property
    def local_kind(self) -> str:
        return local_kind(self.preset)

    def ensure(
        self, pictures: Sequence[GalleryPicture], *, progress: Progress | None = None, should_cancel: ShouldCancel | None = None
    ) -> list[Reject]:
        """Compute and store what is missing; unreadable pictures come back as rejects. Raises CancelledError between windows."""
        known = {kind: self.store.known(kind) for kind in self._kinds()}
        missing = [picture for picture in pictures if not all(picture.sha256 in hashes for hashes in known.values())]
        rejects: list[Reject] = []
        done = len(pictures) - len(missing)
        if progress is not None:
            progress("describe", done, len(pictures))
        with ThreadPoolExecutor(self.threads) as pool:
            for window in _windows(missing):
                if should_cancel is not None and should_cancel():
                    raise CancelledError("Cancelled; what was described so far is kept for the next build.")
                rejects += self._describe_window(window, pool, known)
                done += len(window)
                if progress is not None:
                    progress("describe", done, len(pictures))
        return rejects

    def _describe_window(
        self, window: Sequence[GalleryPicture], pool: ThreadPoolExecutor, known: Mapping[str, set[str]]
    ) -> list[Reject]:
        rejects: list[Reject] = []
        good: list[_Decoded] = []
        for picture, outcome in zip(window, pool.map(_read, window), strict=True):
            if isinstance(outcome, str):
                rejects.append(Reject(picture.picture_id, outcome))
            else:
                good.append(_Decoded(picture.sha256, *outcome))
        for kind, describe in self._kinds().items():  # what another preset has stored already is not computed again
            missing = [one for one in good if one.sha256 not in known[kind]]
            if missing:
                self.store.put(kind, zip([one.sha256 for one in missing], describe(missing, pool), strict=True))
        return rejects

    def _kinds(self) -> dict[str, Callable[[Sequence[_Decoded], ThreadPoolExecutor], Iterable[Arrays]]]:
        """What is stored of a picture by this preset, and how it is computed of several."""
        kinds: dict[str, Callable[[Sequence[_Decoded], ThreadPoolExecutor], Iterable[Arrays]]]
        kinds = {self.vector_kind: self._wholes, self.local_kind: self._locals}
        if self.preset.gallery_parts:
            kinds[self.part_kind] = self._parts
        return kinds

    def _wholes(self, pictures: Sequence[_Decoded], pool: ThreadPoolExecutor) -> Iterable[Arrays]:
        vectors = self.encoder.describe([one.image for one in pictures])
        return ({"raw": v.astype(np.float16)} for v in vectors)

    def _parts(self, pictures: Sequence[_Decoded], pool: ThreadPoolExecutor) -> Iterable[Arrays]:
        count = self.preset.gallery_parts
        vectors = self.encoder.describe([part for one in pictures for part in parts_of(one.image, count)])
        stacked = (np.stack(vectors[start : start + count]) for start in range(0, len(vectors), count))
        return ({"raw": rows.astype(np.float16)} for rows in stacked)  # (parts, M, C)

    def _locals(self, pictures: Sequence[_Decoded], pool: ThreadPoolExecutor) -> Iterable[Arrays]:
        return pool.map(self._local, [one.image for one in pictures], [one.size for one in pictures])

    def _local(self, image: Image, size: tuple[int, int]) -> Arrays:
        sift = root_sift(image, count=self.preset.gallery_sift.count, long_side=self.preset.gallery_sift.long_side)
        binary = orb(image, count=self.preset.gallery_orb.count, long_side=self.preset.gallery_orb.long_side)
        factor = size[0] / image.shape[1]  # the picture was read smaller; places are kept in its full pixels
        return {
            "sift_keypoints": scaled(sift.keypoints, factor), "sift_descriptors": sift.descriptors,
            "orb_keypoints": scaled(binary.keypoints, factor), "orb_descriptors": binary.descriptors,
            "thumbnail": appearance.thumbnail(image),
            "size": np.array(size, np.int64),
        }

    def raw_vectors(self, picture: GalleryPicture) -> Floats:
        """(M, C) float32 of the whole picture, as the encoder gave them."""
        return self.store.get(self.vector_kind, picture.sha256)["raw"].astype(np.float32)

    def vectors(self, picture: GalleryPicture, whitening: Whitening | None) -> Floats:
        """(1 + parts, D) unit rows: the whole picture first."""
        raw = [self.raw_vectors(picture)]
        if self.preset.gallery_parts:
            raw += list(self.store.get(self.part_kind, picture.sha256)["raw"].astype(np.float32))
        return np.stack([final_vector(rows, whitening) for rows in raw])

    def described(self, picture: GalleryPicture, whitening: Whitening | None) -> Described:
        """All that a segment holds of a stored picture."""
        arrays = self.store.get(self.local_kind, picture.sha256)
        width, height = arrays["size"].tolist()
        local = {kind: LocalFeatures(arrays[f"{kind}_keypoints"], arrays[f"{kind}_descriptors"]) for kind in ("sift", "orb")}
        vectors = self.vectors(picture, whitening)
        return Described(picture.picture_id, picture.work_id, (width, height), vectors, arrays["thumbnail"], local)


def final_vector(raw: Floats, whitening: Whitening | None) -> Floats:
    """(M, C) raw rows → (D,) unit vector: whitened and summed over M, or only summed."""
    if whitening is not None:
        return whitening.apply(raw)
    total = raw.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)


def scaled(keypoints: Floats, factor: float) -> Floats:
    """(n, 4) x, y, size, angle in pixels of a picture `factor` times larger; pixel centres lie at halves."""
    larger = keypoints.copy()
    larger[:, :2] = (keypoints[:, :2] + 0.5) * factor - 0.5
    larger[:, 2] *= factor
    return larger


def _windows(pictures: Sequence[GalleryPicture]) -> Iterator[Sequence[GalleryPicture]]:
    for start in range(0, len(pictures), WINDOW):
        yield pictures[start : start + WINDOW]


def _read(picture: GalleryPicture) -> tuple[Image, tuple[int, int]] | str:
    """The picture and its full (width, height), or why it cannot be read."""
    if not picture.path.is_file():
        return f"{picture.path.name} is missing from the pictures folder."
    try:
        return read_image(picture.path, max_side=READ_SIDE), image_size(picture.path)
    except ImageError as error:
        return str(error)
