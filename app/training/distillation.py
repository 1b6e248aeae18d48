"""What the class head learns from: crops of unlabelled pictures, the frozen trunk's maps and the teacher's logits.

Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network", NIPS workshop 2014.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app import picture_files
from app.engine.encoders.vgg16_encoder import fit
from app.engine.errors import EngineError, ImageError
from app.engine.images import read_image, sha256_of
from app.engine.types import Floats, Image, Ints, Progress

CROP_PX = 224  # what the teacher was trained on; 14 × 14 cells of block 5
AREA = (0.2, 1.0)  # share of the picture that a crop takes; with ASPECT as in torchvision's RandomResizedCrop, less extreme
ASPECT = (3 / 4, 4 / 3)
READ_PX = 800
HELD_OUT_SHARE = 0.1

Halves = npt.NDArray[np.float16]
# uint8 pictures of one size → per picture its arrays by name; trunk ("block5_conv3") and teacher ("logits")
Network = Callable[[Sequence[Image]], list[dict[str, Floats]]]
Networks = tuple[Network, Network]


class TrainingError(EngineError):
    """Training cannot start or go on; the message says why and the way out."""


@dataclass(frozen=True)
class Source:
    """One picture to take crops from; `held_out` pictures are never trained on, only measured on."""

    path: Path
    sha256: str
    held_out: bool


def sources(folders: Sequence[Path]) -> list[Source]:
    """Every picture under the folders, once by content, in order of its sha256. Raises TrainingError where there is none."""
    found: dict[str, Source] = {}
    for folder in folders:
        if not folder.is_dir():
            raise TrainingError(f"{folder} is no folder; give folders of pictures.")
        for path in picture_files.among(folder.rglob("*")):
            digest = sha256_of(path)
            found.setdefault(digest, Source(path, digest, int(digest[:8], 16) / 2**32 < HELD_OUT_SHARE))
    if sum(not one.held_out for one in found.values()) < 2 or not any(one.held_out for one in found.values()):
        raise TrainingError(f"{', '.join(map(str, folders))}: {len(found)} pictures are too few to train and to measure on.")
    return [found[digest] for digest in sorted(found)]


def sources_digest(pictures: Sequence[Source]) -> str:
    return hashlib.sha256("\n".join(one.sha256 for one in pictures).encode()).hexdigest()


def random_crop(image: Image, generator: np.random.Generator) -> Image:
    """uint8 RGB → uint8 RGB (224, 224, 3): a random part, resized, mirrored half of the time."""
    height, width = image.shape[:2]
    area = generator.uniform(*AREA) * height * width
    aspect = float(np.exp(generator.uniform(*np.log(ASPECT))))
    wide = min(width, max(1, round(float(np.sqrt(area * aspect)))))
    high = min(height, max(1, round(float(np.sqrt(area / aspect)))))
    top, left = generator.integers(0, height - high + 1), generator.integers(0, width - wide + 1)
    crop = fit(np.ascontiguousarray(image[top : top + high, left : left + wide]), CROP_PX, CROP_PX)
    return np.ascontiguousarray(crop[:, ::-1]) if generator.random() < 0.5 else crop


def crops(picture: Source, count: int, seed: int) -> list[Image]:
    """The first `count` crops of a picture: the same for the same seed, whatever the count. Raises ImageError."""
    generator = np.random.default_rng([seed, int(picture.sha256[:12], 16)])
    image = read_image(picture.path, max_side=READ_PX)
    return [random_crop(image, generator) for _ in range(count)]


@dataclass(frozen=True)
class Lesson:
    """`features` (n, 14, 14, 512) float16, `logits` (n, 1000) float32 of the teacher, `held_out` (n,) bool."""

    features: Halves
    logits: Floats
    held_out: npt.NDArray[np.bool_]
    pictures: int

    def rows(self, held_out: bool) -> Ints:
        return np.flatnonzero(self.held_out == held_out).astype(np.int64)


@dataclass(frozen=True)
class LessonKey:
    """What the prepared maps depend on; each key has its own folder. `trunk`, `teacher`: sha256 of their arrays."""

    trunk: str
    teacher: str
    seed: int

    def folder(self, scratch: Path) -> Path:
        return scratch / hashlib.sha256(f"{self.trunk} {self.teacher} {self.seed}".encode()).hexdigest()[:16]


def prepare(
    pictures: Sequence[Source], per_picture: int, key: LessonKey, scratch: Path, networks: Networks,
    progress: Progress | None = None,
) -> Lesson:
    """Run trunk and teacher over `per_picture` crops of every picture. Unreadable pictures are left out.

    One file a picture is kept in `scratch`: a run that was stopped, or one for more crops, goes on where it was.
    """
    folder = key.folder(scratch)
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[tuple[Halves, Floats]] = []
    held_out: list[bool] = []
    for number, picture in enumerate(pictures, 1):
        try:
            features, logits = one_picture(picture, per_picture, key.seed, folder / f"{picture.sha256}.npz", networks)
        except ImageError:
            continue
        parts.append((features, logits))
        held_out += [picture.held_out] * per_picture
        if progress:
            progress("features", number, len(pictures))
    features, logits = (np.concatenate(side) for side in zip(*parts, strict=True))
    return Lesson(features, logits, np.array(held_out), len(parts))


def one_picture(
    picture: Source, count: int, seed: int, path: Path, networks: Networks
) -> tuple[Halves, Floats]:
    """(count, 14, 14, C) maps and (count, classes) logits, from `path` as far as they are there; what was missing is added."""
    kept = read_part(path)
    have = 0 if kept is None else len(kept[0])
    if kept is not None and have >= count:
        return kept[0][:count], kept[1][:count]
    trunk, teacher = networks
    images = crops(picture, count, seed)[have:]
    features = np.stack([maps["block5_conv3"].astype(np.float16) for maps in trunk(images)])
    logits = np.stack([answer["logits"] for answer in teacher(images)])
    if kept is not None:
        features, logits = np.concatenate([kept[0], features]), np.concatenate([kept[1], logits])
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        np.savez(file, features=features, logits=logits)
    draft.replace(path)
    return features, logits


def read_part(path: Path) -> tuple[Halves, Floats] | None:
    """What was prepared of one picture before; None where nothing was, or where the file was cut."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["features"], file["logits"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
