"""Copies of catalogue pictures under stated degradations: does the copy find its original? The test of system 3, with its terms."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from app import picture_files
from app.engine.images import encode_jpeg, read_image
from app.engine.types import Floats, Image, Ints
from app.evaluation.protocols.ranking import hit_at, places
from app.evaluation.protocols.task import Change, Item, Measures, ProtocolError, Task, marks_of, over_queries

LAYOUT = "pictures, at any depth"
SOURCE = "any catalogue's pictures, such as the Web Gallery of Art's"


def same(image: Image) -> Image:
    return image


def quarter_size(image: Image) -> Image:
    """A quarter of the width and height, by area."""
    height, width = image.shape[:2]
    return np.asarray(cv2.resize(image, (max(16, width // 4), max(16, height // 4)), interpolation=cv2.INTER_AREA), np.uint8)


def jpeg_20(image: Image) -> Image:
    """Saved as JPEG at quality 20."""
    return read_image(encode_jpeg(image, 20), min_side=1)


def cropped(image: Image) -> Image:
    """The middle four fifths of both sides."""
    height, width = image.shape[:2]
    return np.ascontiguousarray(image[height // 10 : height - height // 10, width // 10 : width - width // 10])


def turned(image: Image) -> Image:
    """Turned by 10° about the middle, mirrored on beyond the border."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 10, 1.0)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def blurred(image: Image) -> Image:
    """Gaussian blur of 1 % of the long side."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(image.shape[:2]) / 100), np.uint8)


def darkened(image: Image) -> Image:
    """Half as bright."""
    return np.asarray(image // 2, np.uint8)


def noisy(image: Image) -> Image:
    """Gaussian noise of 20 grey levels, the same every time."""
    noise = np.random.default_rng(0).normal(0, 20, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


CHANGES: dict[str, Change] = {
    change.__name__: change for change in (same, quarter_size, jpeg_20, cropped, turned, blurred, darkened, noisy)
}


def read(folder: Path) -> Task:
    """Raises ProtocolError where there is no picture."""
    found = picture_files.among(folder.rglob("*"))
    if not found:
        raise ProtocolError(f"copies: there is no picture below {folder}; the folder must hold {LAYOUT}.")
    database = [Item(str(path.relative_to(folder)), path) for path in found]
    queries = [Item(f"{name}: {item.name}", item.path, change=change) for name, change in CHANGES.items() for item in database]
    right = [frozenset({query % len(database)}) for query in range(len(queries))]
    return Task("copies", database, queries, partial(judge, right, len(database)), marks_of(right), depth=10)


def judge(right: list[frozenset[int]], pictures: int, rankings: Ints, scores: Floats) -> Measures:
    """precision@1 over all degradations and for each: queries come in blocks of `pictures`."""
    def one(query: int, ranking: Ints, block: int | None = None) -> float:
        if block is not None and query // pictures != block:
            return float("nan")
        return hit_at(places(ranking, right[query]), 1, 1)

    by_change = {f"precision@1_copies_{name}": partial(one, block=block) for block, name in enumerate(CHANGES)}
    return {"precision@1_copies": over_queries(one, rankings), **{k: over_queries(f, rankings) for k, f in by_change.items()}}
