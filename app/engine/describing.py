"""Pictures → what a segment holds of them, each computed once and kept in the descriptor store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from app.engine import appearance
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import Whitening
from app.engine.errors import CancelledError, ImageError
from app.engine.images import image_size, read_image
from app.engine.local_features import LocalFeatures, orb, root_sift
from app.engine.presets import SearchPreset
from app.engine.segments import Described
from app.engine.store import Arrays, DescriptorStore
from app.engine.types import Floats, GalleryPicture, Image, Progress, Reject, ShouldCancel

WINDOW = 16  # pictures decoded, described and stored together: what an interrupted build repeats at most
READ_SIDE = 1600  # pixels; a catalogue picture is read at no more, as everything that is computed of it needs less
REVISION = "2"  # raised whenever the same picture and preset would give other arrays


@dataclass(frozen=True)
class Describer:
    """Describes pictures by a preset; raw vectors and local features are stored apart, so that presets share them."""

    preset: SearchPreset
    encoder: Encoder
    store: DescriptorStore
    threads: int = 2

    @property
    def vector_kind(self) -> str:
        return f"vector-{self.encoder.fingerprint[:32]}"

    @property
    def local_kind(self) -> str:
        return f"local-{REVISION}-sift-{self.preset.gallery_sift.kind}-orb-{self.preset.gallery_orb.kind}"

    def ensure(
        self, pictures: Sequence[GalleryPicture], *, progress: Progress | None = None, should_cancel: ShouldCancel | None = None
    ) -> list[Reject]:
        """Compute and store what is missing; unreadable pictures come back as rejects. Raises CancelledError between windows."""
        known = self.store.known(self.vector_kind) & self.store.known(self.local_kind)
        missing = [picture for picture in pictures if picture.sha256 not in known]
        rejects: list[Reject] = []
        done = len(pictures) - len(missing)
        if progress is not None:
            progress("describe", done, len(pictures))
        with ThreadPoolExecutor(self.threads) as pool:
            for window in _windows(missing):
                if should_cancel is not None and should_cancel():
                    raise CancelledError("Cancelled; what was described so far is kept for the next build.")
                rejects += self._describe_window(window, pool)
                done += len(window)
                if progress is not None:
                    progress("describe", done, len(pictures))
        return rejects

    def _describe_window(self, window: Sequence[GalleryPicture], pool: ThreadPoolExecutor) -> list[Reject]:
        rejects: list[Reject] = []
        good: list[GalleryPicture] = []
        images: list[Image] = []
        sizes: list[tuple[int, int]] = []
        for picture, outcome in zip(window, pool.map(_read, window), strict=True):
            if isinstance(outcome, str):
                rejects.append(Reject(picture.picture_id, outcome))
            else:
                good.append(picture)
                images.append(outcome[0])
                sizes.append(outcome[1])
        if good:
            vectors = self.encoder.describe(images)
            hashes = [picture.sha256 for picture in good]
            self.store.put(self.vector_kind, zip(hashes, ({"raw": v.astype(np.float16)} for v in vectors), strict=True))
            self.store.put(self.local_kind, zip(hashes, pool.map(self._local, images, sizes), strict=True))
        return rejects

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
        """(M, C) float32 as the encoder gave them."""
        return self.store.get(self.vector_kind, picture.sha256)["raw"].astype(np.float32)

    def described(self, picture: GalleryPicture, whitening: Whitening | None) -> Described:
        """All that a segment holds of a stored picture."""
        arrays = self.store.get(self.local_kind, picture.sha256)
        width, height = arrays["size"].tolist()
        local = {kind: LocalFeatures(arrays[f"{kind}_keypoints"], arrays[f"{kind}_descriptors"]) for kind in ("sift", "orb")}
        vector = final_vector(self.raw_vectors(picture), whitening)
        return Described(picture.picture_id, picture.work_id, (width, height), vector[None], arrays["thumbnail"], local)


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
