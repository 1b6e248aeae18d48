"""The recipes of the five reference systems as data, and how one is asked: its first search, then its own re-ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.engine import fusion, reranking
from app.engine.describing import final_vector
from app.engine.encoders.whitening import fit_whitening
from app.engine.index import engines, factory
from app.engine.types import Floats, Ints

CHECKED = 20  # works whose local features are matched
Inliers = Callable[[int, int], int]  # number of the photo, row of the work → inliers of a homography


@dataclass(frozen=True)
class Recipe:
    """engine: a factory string; `published`: the system's own figure, on other data; `hinders`: what is not equal."""

    system: str
    words: str
    encoder: str
    whiten: bool
    engine: str
    published: str
    hinders: str
    graph: reranking.Method | None = None  # re-ranking by the neighbours among the works
    local: Literal["", "sift", "fusion"] = ""  # re-ranking of the first works by local features


RECIPES = (
    Recipe(
        "1. Image query search engine", "ResNet with GeM and whitening, exhaustive search; "
        "a random walk over the neighbours' graph, SIFT matching",
        "resnet50-gem@512", True, "Flat", "R-Oxford and R-Paris mAP of SOLAR's paper",
        "ResNet-50 for ResNet-101, at one size; no second-order attention: its weights are in no package", "random-walk", "sift",
    ),
    Recipe(
        "2. Car image retrieval", "ResNet-50, inner products in batches, top k", "resnet50-spoc@224", False, "Flat",
        "none published", "not fine-tuned by metric learning on CompCars, which cannot be had here",
    ),
    Recipe(
        "3. Scalable image search (Web Gallery of Art)", "VGG16 class-activation maps of 64 classes, whitened, "
        "inverted file; local features of the first works verified", "vgg16-cam-64@384", True, "IVF16,Flat",
        "99.98 % precision on copies of catalogue pictures", "its class head is trained here", local="sift",
    ),
    Recipe(
        "4. Landmark retrieval", "EfficientNet's pooled maps, exhaustive search; fused with SIFT matching",
        "efficientnet-lite0-spoc@384", False, "Flat", "mAP@100 25.4 to 33.1 on Google Landmarks v2",
        "EfficientNet-Lite0 for -B0; not fine-tuned on landmarks, which cannot be had here", local="fusion",
    ),
    Recipe(
        "5. Reverse image search", "ResNet-50 of 2048 numbers, IVF100,PQ8", "resnet50-spoc@384", False, "IVF16,PQ8",
        "none published", "16 lists for 100 where there are too few works to train more",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """(photos,) row of the first work, by the first search alone and after the recipe's re-ranking."""

    alone: Ints
    reranked: Ints


def ask(recipe: Recipe, works: Floats, photos: Floats, inliers: Inliers) -> Found:
    """works (V, M, C), photos (n, M, C): raw rows of whole pictures."""
    whitening = fit_whitening(works[:, 0], works.shape[2]) if recipe.whiten else None
    base, asked = (np.stack([final_vector(row, whitening) for row in rows]) for rows in (works, photos))
    index = engines.bare(factory.parse(recipe.engine), np.ascontiguousarray(base))  # as it is: no second pass over full vectors
    scores, found = index.search(np.ascontiguousarray(asked), min(reranking.FIRST, len(base)))
    alone = found[:, 0].copy()
    best = [reordered(recipe, photo, scores[photo], found[photo], asked[photo], base, inliers) for photo in range(len(asked))]
    return Found(np.asarray(alone, np.int64), np.asarray(best, np.int64))


def reordered(
    recipe: Recipe, photo: int, scores: Floats, rows: Ints, asked: Floats, base: Floats, inliers: Inliers
) -> int:
    """The row that is first after both re-rankings. scores, rows: (k,) of the first search, −1 beyond the end."""
    there = rows >= 0
    scores, rows = scores[there], rows[there]
    if recipe.graph is not None:
        scores = reranking.rescored(recipe.graph, asked[None], base[rows])
        order = np.argsort(-scores, kind="stable")
        scores, rows = scores[order], rows[order]
    if not recipe.local or not len(rows):
        return int(rows[0]) if len(rows) else -1
    counts = np.array([inliers(photo, int(row)) for row in rows[:CHECKED]])
    if recipe.local == "sift":
        return int(rows[int(np.argmax(counts))])  # of equal counts, the first search's first
    v = fusion.load().v
    fused = [fusion.fused(float(cosine), fusion.of_inliers(n), v) for cosine, n in zip(scores, counts, strict=False)]
    return int(rows[int(np.argmax(fused))])
