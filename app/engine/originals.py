"""The catalogue's picture files, for what a build does not keep of them: read when asked for, what was made of them is kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from app.engine.errors import ImageError, PresetError
from app.engine.gallery import Gallery
from app.engine.images import read_image
from app.engine.types import Image

Made = TypeVar("Made")


class Originals(Generic[Made]):
    """What `make` makes of catalogue pictures by their gallery position, the last `kept` of them in memory. One call at a time."""

    def __init__(
        self, gallery: Gallery, files: Mapping[int, Path], make: Callable[[Image], Made], *, side_px: int, kept: int = 256
    ) -> None:
        """`files`: picture id → file. Raises PresetError where there are none."""
        if not files:
            raise PresetError("This preset looks at the catalogue's pictures again, and none of their files are known here.")
        self._gallery, self._files, self._make, self._side_px, self._kept = gallery, files, make, side_px, kept
        self._made: OrderedDict[int, Made | None] = OrderedDict()

    def __call__(self, position: int) -> Made | None:
        """None where the file is gone or cannot be read."""
        if position not in self._made:
            self._made[position] = self._fresh(position)
            if len(self._made) > self._kept:
                self._made.popitem(last=False)
        self._made.move_to_end(position)
        return self._made[position]

    def _fresh(self, position: int) -> Made | None:
        file = self._files.get(int(self._gallery.pictures["picture_id"][position]))
        try:
            return None if file is None else self._make(read_image(file, max_side=self._side_px))
        except (ImageError, OSError):
            return None
