"""Candidates from local features: an inverted file over every RootSIFT descriptor of the catalogue.

Each feature of the photo votes for the pictures that own its nearest descriptors, by how much nearer they are than the background:
McCann & Lowe, "Local Naive Bayes Nearest Neighbor for image classification", CVPR 2012, algorithm 2. Departure: a vote weighs
(d_b − d)/d_b instead of d_b² − d², so that a feature in a crowded part of the space counts as much as one in an empty part.

Weak geometry: of what a picture got, only the votes count that agree on how the photo is turned and scaled against it (Jégou,
Douze, Schmid, "Hamming embedding and weak geometric consistency", ECCV 2008, section 4). Bursts: canvas, a screen's grid or an
ornament put a hundred like features into one photo, which all have the same nearest descriptor somewhere; m votes for it weigh √m
(Jégou et al., "On the burstiness of visual elements", CVPR 2009, section 4.2, with photo and picture changed over).

A descriptor is kept as 32 codes of 4 bits, compared in processor registers (Jégou et al., "Product quantization for nearest
neighbor search", PAMI 2011; André et al., "Quicker ADC", PAMI 2021): 24 bytes with its number instead of 136, and faster than
exact bytes. docs/votes.md has what was measured against exact bytes, binary signatures and shorter codes, and other weights.
"""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from app.engine.types import Bytes, Floats, Ints

CODES = "PQ32x4fs"
EXACT = "SQ8_direct"  # every byte as it is: the slow reference
CODE_BOOK = 16
TURNS, ZOOMS, ZOOM_STEP = 16, 16, 0.5  # bins of 22.5° and of half an octave
NEIGHBOURS = 12  # the last one is the background. At 43,690 works 5, 8, 12 put .976, .988, .996 of the right works into 20
EVIDENCE = 8  # of them: by which the share of votes is reckoned that the calibration knows


def list_count(descriptors: int) -> int:
    """Number of lists for that many descriptors: about √n, at least 39 training rows a list (FAISS' own minimum)."""
    return int(np.clip(2 ** np.round(np.log2(max(descriptors, 1) ** 0.5)), 1, max(1, descriptors // 39)))


def train(descriptors: Bytes, *, codes: str = CODES, seed: int = 0, sample_per_list: int = 64) -> faiss.IndexIVF:
    """An empty inverted file for (n, 128) uint8 RootSIFT, L2 distance. codes: how FAISS keeps a descriptor, CODES or EXACT."""
    lists = list_count(len(descriptors))
    index = faiss.index_factory(descriptors.shape[1], f"IVF{lists},{codes}", faiss.METRIC_L2)
    # Not of differences from a centroid: a byte holds no negative ones, and one table of distances then serves all lists.
    index.by_residual = False
    index.cp.seed = seed
    index.cp.min_points_per_centroid = 1
    if hasattr(index, "pq"):
        index.pq.cp.min_points_per_centroid = 1  # a catalogue of one picture is small, and no reason for a warning
    wanted = min(len(descriptors), lists * sample_per_list)
    rows = np.random.default_rng(seed).choice(len(descriptors), wanted, replace=False)
    index.train(_enough(descriptors[np.sort(rows)]).astype(np.float32))
    return index


def _enough(sample: Bytes) -> Bytes:
    """The sample, repeated where it is smaller than a code book of 4 bits; of pictures without texture, one grey row repeated."""
    if len(sample) >= CODE_BOOK:
        return sample
    return np.resize(sample, (CODE_BOOK, 128)) if len(sample) else np.zeros((CODE_BOOK, 128), np.uint8)


def add(index: faiss.IndexIVF, descriptors: Bytes, *, window: int = 100_000) -> None:
    """Append (n, 128) uint8 descriptors; their ids go on from the last."""
    for start in range(0, len(descriptors), window):
        index.add(descriptors[start : start + window].astype(np.float32))


def write(index: faiss.IndexIVF, path: Path) -> None:
    faiss.write_index(index, str(path))


def read(path: Path) -> faiss.IndexIVF:
    return faiss.read_index(str(path))


def nearest(
    index: faiss.IndexIVF, queries: Bytes, *, nprobe: int, allowed: Bytes | None = None
) -> tuple[Floats, Ints]:
    """Distances (n, 12) float32, not squared, and descriptor ids (n, 12) int64; −1 where the lists held fewer.

    `allowed`: bit field (⌈N/8⌉,) uint8 over descriptor ids, little-endian; None: all.
    """
    selector = None if allowed is None else faiss.IDSelectorBitmap(allowed)
    parameters = faiss.SearchParametersIVF(nprobe=min(nprobe, index.nlist), sel=selector)
    squared, ids = index.search(queries.astype(np.float32), NEIGHBOURS, params=parameters)
    return np.sqrt(np.maximum(squared, 0)), ids


def votes(distances: Floats, owners: Ints, pictures: int) -> Floats:
    """Votes per picture, (pictures,) float32: the sums of `weights`. Arguments as there."""
    there = owners >= 0
    return np.bincount(owners[there], weights(distances, owners)[there], pictures).astype(np.float32)


def weights(distances: Floats, owners: Ints) -> Floats:
    """(n, k) float32: what each neighbour of each feature adds to its picture.

    distances: (n, k) ascending; owners: (n, k) int64 picture of each neighbour, −1 for none. The last neighbour that is there is
    the background. A feature votes once per picture: for its nearest descriptor there.
    """
    there = owners >= 0
    background = np.where(there, distances, 0).max(axis=1, keepdims=True)
    weight = np.where(there, (background - distances) / np.maximum(background, 1e-6), 0).astype(np.float32)
    weight[_repeated(owners)] = 0
    return weight


def without_bursts(weight: Floats, ids: Ints) -> Floats:
    """The weights, so that m votes for one descriptor weigh √m together. ids: (n, k) numbers of the descriptors."""
    _, inverse, counts = np.unique(np.where(weight > 0, ids, -1).ravel(), return_inverse=True, return_counts=True)
    return np.asarray(weight / np.sqrt(counts[inverse]).reshape(weight.shape), np.float32)


def poses(keypoints: Floats) -> Bytes:
    """(n, 4) x, y, size, angle° → (n, 2) uint8: angle in 256 steps around, size in sixteenths of an octave."""
    angle = np.rint(keypoints[:, 3] * (256 / 360)).astype(np.int64) % 256
    size = np.clip(np.rint(16 * np.log2(np.maximum(keypoints[:, 2], 1.0))), 0, 255)
    return np.column_stack([angle, size]).astype(np.uint8)


def consistent(weight: Floats, owners: Ints, turns: Ints, zooms: Ints) -> tuple[Ints, Floats]:
    """Pictures that got votes, and what those votes come to that agree on one turn and on one change of size.

    weight, owners: (n, k); turns, zooms: (n, k) pose of the photo's feature less the neighbour's, in steps of `poses`. A
    picture's score is the smaller of its fullest bin of turns (22.5° wide) and of sizes (half an octave). A vote goes to the
    two bins that it lies between, by how near it is to each, so that no border divides what belongs together.
    """
    there = (owners >= 0) & (weight > 0)
    pictures, rows = np.unique(owners[there], return_inverse=True)
    around = _fullest(rows, (turns[there] % 256) / (256 / TURNS), weight[there], TURNS, len(pictures))
    octaves = np.clip(zooms[there] / (16 * ZOOM_STEP) + ZOOMS / 2, 0, ZOOMS - 2)
    return pictures, np.minimum(around, _fullest(rows, octaves, weight[there], ZOOMS, len(pictures)))


def _fullest(rows: Ints, places: npt.NDArray[np.float64], weight: Floats, bins: int, count: int) -> Floats:
    """(count,) fullest bin of each row. places: (m,) in bins; beyond the last comes the first again."""
    lower = np.floor(places).astype(np.int64)
    share = places - lower
    table = np.bincount(rows * bins + lower, weight * (1 - share), count * bins)
    table += np.bincount(rows * bins + (lower + 1) % bins, weight * share, count * bins)
    return np.asarray(table.reshape(count, bins).max(axis=1, initial=0), np.float32)


def _repeated(owners: Ints) -> npt.NDArray[np.bool_]:
    """(n, k) bool: the same owner stands further left in the row."""
    same = owners[:, :, None] == owners[:, None, :]  # (n, k, k): does neighbour j have the owner of neighbour i?
    return np.asarray(np.tril(same, -1).any(axis=2), np.bool_)
