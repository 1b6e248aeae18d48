"""Pictures as they were decoded last, so that the tiles of one view share one decoding. Bounded; for all threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from app.engine.images import read_image
from app.engine.types import Image

KEEP_MB = 256  # of decoded pixels: one picture of 85 megapixels, or a dozen of the usual size
MAX_MEGAPIXELS = 300
REDUCTIONS = (8, 4, 2, 1)  # libjpeg decodes at these at a fraction of the cost
Key = tuple[str, int]  # (hash of the file, reduction)


def reduction(scale: float) -> int:
    """The strongest of `REDUCTIONS` that still has a pixel for every one of an image at `scale` of the picture."""
    return next((step for step in REDUCTIONS if scale * step <= 1), 1)


def read_reduced(source: Path, long_side: int, step: int) -> Image:
    """uint8 RGB, upright, 1/step of the size. Raises ImageError."""
    return read_image(source, max_megapixels=MAX_MEGAPIXELS, max_side=-(-long_side // step))


class Decoded:
    """The latest pictures by key, at most `keep_mb` of them. One that is larger by itself is made each time."""

    def __init__(self, keep_mb: float = KEEP_MB) -> None:
        self._limit = int(keep_mb * 1024 * 1024)
        self._kept: OrderedDict[Key, Image] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Key, threading.Lock] = {}

    def get(self, key: Key, make: Callable[[], Image]) -> Image:
        """The picture of that key, made if it is not kept; threads that ask for the same one wait for one decoding."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            found = self._touch(key)
            if found is None:
                found = make()
                self._keep(key, found)
        return found

    def _touch(self, key: Key) -> Image | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Key, image: Image) -> None:
        if image.nbytes > self._limit:
            return
        with self._lock:
            self._kept[key] = image
            while self.bytes > self._limit:
                gone, _image = self._kept.popitem(last=False)
                self._making.pop(gone, None)

    @property
    def bytes(self) -> int:
        """Bytes of pixels that are kept."""
        return sum(image.nbytes for image in self._kept.values())
