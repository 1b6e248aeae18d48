"""Where an import finds its pictures: below one folder, by name; by address where it may fetch; or called after the work."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from app.catalogue import pictures
from app.picture_files import is_picture

Fetch = Callable[[str], Path]  # the address of a picture → where it lies after it was fetched; raises PictureError
# The end of an address of IIIF's Image API: region, size, turn, quality
_IMAGE_API = re.compile(
    r"/(?P<id>[^/]+)/(?:full|square|[\d.,]+|pct:[^/]+)/[^/]+/!?[\d.]+/(?:default|color|gray|bitonal|native)\.\w+$"
)


@dataclass(frozen=True)
class PictureSource:
    """`images` is the folder, `given` whether somebody named it; nothing is written to `pictures_dir` in a dry run."""

    images: Path
    pictures_dir: Path
    write: bool
    given: bool = False
    fetch: Fetch | None = None

    def located(self, name: str) -> Path | None:
        """The picture's file, None if there is none. Raises PictureError for a path that leads outside, or a failed fetch."""
        if not name.startswith(("http://", "https://")):
            return pictures.find(self.images, name)
        for local in local_names(name):
            if found := pictures.find(self.images, local):
                return found
        return self.fetch(name) if self.fetch else None

    def called_after(self, source_id: str) -> list[str]:
        """The picture of a work that names none: the one with the work's id as its name, in a folder given for it."""
        name = self._stems.get(source_id) if self.given else None
        return [name] if name else []

    @cached_property
    def _stems(self) -> dict[str, str]:
        names = sorted(path.name for path in self.images.iterdir() if is_picture(path))
        return {PurePosixPath(name).stem: name for name in reversed(names)}


def local_names(address: str) -> list[str]:
    """What a picture of the web may be called below the folder: its whole path, or its last part.

    At the Image API every picture ends in `default.jpg`, so there it is the picture's id.
    """
    path = unquote(urlsplit(address).path).lstrip("/")
    if match := _IMAGE_API.search(f"/{path}"):
        return [f"{match['id']}.jpg"]
    name = PurePosixPath(path).name
    return list(dict.fromkeys(one for one in (path, name) if one and ".." not in PurePosixPath(one).parts))
