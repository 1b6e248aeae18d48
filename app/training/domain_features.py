"""What the domain head learns from: each work's picture as the averaged maps of the frozen trunk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine.encoders.vgg16_encoder import fit, network_size
from app.engine.errors import ImageError
from app.engine.images import read_image, sha256_of
from app.engine.types import Floats, Image, Ints, Progress

LONG_SIDE_PX = 224  # what the trunk was trained on; 14 cells along the long side, and a fifth of the time that 512 px take
READ_PX = 400

# uint8 pictures of one size → per picture its maps by layer, block5_conv3 among them
Trunk = Callable[[Sequence[Image]], list[dict[str, Floats]]]


@dataclass(frozen=True)
class Example:
    """One work to learn from. `words`: field → what the catalogue says, only where it says something. `maker` may be empty."""

    path: Path
    words: Mapping[str, str]
    maker: str = ""


def averaged(path: Path, trunk: Trunk) -> Floats:
    """(C,): the averaged maps of a picture. Raises ImageError."""
    image = read_image(path, max_side=READ_PX)
    (maps,) = trunk([fit(image, *network_size(image.shape[0], image.shape[1], LONG_SIDE_PX))])
    return np.asarray(maps["block5_conv3"].mean(axis=(0, 1)), np.float32)


def prepare(
    examples: Sequence[Example], trunk: Trunk, scratch: Path, progress: Progress | None = None
) -> tuple[Floats, Ints, list[str]]:
    """(n, C) averaged maps, which examples they are of, and their pictures' sha256. Unreadable pictures are left out.

    One small file a picture is kept in `scratch`, so that a run that was stopped goes on where it was.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    rows: list[Floats] = []
    kept: list[int] = []
    digests: list[str] = []
    for number, example in enumerate(examples):
        try:
            digest = sha256_of(example.path)
            rows.append(_kept(scratch / f"{digest}-{LONG_SIDE_PX}.npy", example.path, trunk))
        except (ImageError, OSError):
            continue
        kept.append(number)
        digests.append(digest)
        if progress:
            progress("features", number + 1, len(examples))
    return np.stack(rows) if rows else np.zeros((0, 1), np.float32), np.array(kept, np.int64), digests


def _kept(path: Path, picture: Path, trunk: Trunk) -> Floats:
    """From the file where it is whole, else made and kept."""
    try:
        return np.asarray(np.load(path, allow_pickle=False), np.float32)
    except (OSError, ValueError, EOFError):
        made = averaged(picture, trunk)
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        np.save(file, made)
    draft.replace(path)
    return made


def digest_of(examples: Sequence[Example], digests: Sequence[str]) -> str:
    """sha256 over every picture with its words: the same data, the same hash."""
    lines = [f"{digest} {sorted(example.words.items())}" for example, digest in zip(examples, digests, strict=True)]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
