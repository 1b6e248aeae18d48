"""Feature maps → one vector: pure functions on arrays, one per method, each with its source.

Feature maps are `(H, W, C)` float32 after the ReLU (≥ 0). Vectors have unit length only where a docstring says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from app.engine.types import Floats, Ints

EPSILON = 1e-12


def unit_rows(rows: Floats) -> Floats:
    """(..., D) → the same with unit l2 length along the last axis; zero rows stay zero."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, EPSILON), np.float32)


def mac(features: Floats) -> Floats:
    """(H, W, C) → (C,): the maximum of each channel.

    Tolias, Sicre & Jégou, "Particular object retrieval with integral max-pooling of CNN activations", ICLR 2016, eq. 1.
    """
    return np.asarray(features.max(axis=(0, 1)), np.float32)


def spoc(features: Floats, *, centre_prior: bool = False) -> Floats:
    """(H, W, C) → (C,): the sum of each channel, with the Gaussian centre prior if asked for.

    Babenko & Lempitsky, "Aggregating deep convolutional features for image retrieval", ICCV 2015: SPoC.
    """
    if not centre_prior:
        return np.asarray(features.sum(axis=(0, 1)), np.float32)
    return np.asarray(np.einsum("hw,hwc->c", centre_weights(*features.shape[:2]), features), np.float32)


def centre_weights(height: int, width: int) -> Floats:
    """(H, W): exp(−((y − H/2)² + (x − W/2)²) / 2σ²), where 3σ is the distance from the centre to the closest border.

    Babenko & Lempitsky 2015, "centering prior", with cells counted from 1 as there.
    """
    sigma = max(min(height, width) / 2 / 3, EPSILON)
    y, x = np.mgrid[1 : height + 1, 1 : width + 1]
    squared = (y - height / 2) ** 2 + (x - width / 2) ** 2
    return np.asarray(np.exp(-squared / (2 * sigma**2)), np.float32)


def gem(features: Floats, *, p: float = 3.0) -> Floats:
    """(H, W, C) → (C,): the generalised mean ((1/HW) Σ x^p)^(1/p); p = 1 is the average, p → ∞ the maximum.

    Radenović, Tolias & Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019, eq. 3. p = 3 is
    the start value there; values below 1e-6 are lifted to it, as in the authors' code.
    """
    clipped = np.maximum(features, 1e-6)
    return np.asarray(np.mean(clipped**p, axis=(0, 1)) ** (1 / p), np.float32)


def crow_channel_weights(features: Floats) -> Floats:
    """(H, W, C) → (C,): log(Σ_n Q_n / Q_k), Q_k the share of places where channel k responds; 0 where it never does.

    Kalantidis, Mellina & Osindero, "Cross-dimensional weighting for aggregated deep convolutional features", ECCVW
    2016: log((Kε + Σ_n Q_n) / (ε + Q_k)), here with ε = 0 as in their code and in Jimenez et al. 2017.
    """
    share = np.asarray(np.mean(features > 0, axis=(0, 1)), np.float64)
    weights = np.zeros(share.shape)
    alive = share > 0
    weights[alive] = np.log(share.sum() / share[alive])
    return weights.astype(np.float32)


def crow_spatial_weights(features: Floats) -> Floats:
    """(H, W, C) → (H, W): √(S / ‖S‖₂) of the sum over channels S.

    Kalantidis et al. 2016: (S / (Σ S^a)^(1/a))^(1/b) with a = b = 2, the values that they found best.
    """
    total = features.sum(axis=2, dtype=np.float64)
    return np.asarray(np.sqrt(total / max(float(np.linalg.norm(total)), EPSILON)), np.float32)


def crow(features: Floats) -> Floats:
    """(H, W, C) → (C,): the sum weighted by place and by channel. Kalantidis et al. 2016."""
    pooled = np.einsum("hw,hwc->c", crow_spatial_weights(features), features)
    return np.asarray(pooled * crow_channel_weights(features), np.float32)


def rmac(features: Floats, *, levels: int = 3) -> Floats:
    """(H, W, C) → (C,), unit length: the sum of the l2-normalised maxima of square regions on `levels` scales.

    Tolias et al. 2016, R-MAC: at scale l regions of side 2·min(W, H)/(l + 1), laid evenly with about 40 % overlap. There each
    region is whitened as well: `over_regions`. Departure: the whole map is no region of its own, which some codes add.
    """
    return over_regions(region_rows(features, mac, levels=levels))


def rgem(features: Floats, *, p: float = 3.0, levels: int = 3) -> Floats:
    """(H, W, C) → (C,), unit length: as `rmac`, with the generalised mean of each region in place of its maximum.

    As the regional pooling over GeM in the code of Radenović, Tolias & Chum (TPAMI 2019), but for the whole map.
    """
    return over_regions(region_rows(features, partial(gem, p=p), levels=levels))


def region_rows(features: Floats, pool: Callable[[Floats], Floats], *, levels: int = 3) -> Floats:
    """(H, W, C) → (R, C), rows of unit length: each region of R-MAC pooled by itself."""
    regions = rmac_regions(*features.shape[:2], levels=levels)
    return unit_rows(np.stack([pool(features[top : top + side, left : left + side]) for top, left, side in regions]))


def over_regions(rows: Floats, whiten: Callable[[Floats], Floats] | None = None) -> Floats:
    """(R, C) regions of unit length → (D,) of unit length: each whitened, where asked for, and of unit length again; their sum."""
    return unit_rows((rows if whiten is None else unit_rows(whiten(rows))).sum(axis=0))


def rmac_regions(height: int, width: int, *, levels: int = 3) -> list[tuple[int, int, int]]:
    """(top, left, side) of every region: of 1 to 6 steps along the long side, those whose overlap is nearest to 0.4."""
    short = min(height, width)
    extra = _extra_regions(height, width)
    regions: list[tuple[int, int, int]] = []
    for level in range(1, levels + 1):
        side = max(int(2 * short / (level + 1)), 1)
        down = level + (extra if height > width else 0)
        across = level + (extra if width > height else 0)
        regions += [(top, left, side) for top in _starts(height, side, down) for left in _starts(width, side, across)]
    return regions


def _extra_regions(height: int, width: int) -> int:
    """How many more regions the long side gets at the first scale: the overlap of neighbours is nearest to 0.4."""
    if height == width:
        return 0
    short, long = sorted((height, width))
    overlaps = [1 - (long - short) / (steps * short) for steps in range(1, 7)]
    return 1 + int(np.argmin([abs(overlap - 0.4) for overlap in overlaps]))


def _starts(length: int, side: int, count: int) -> list[int]:
    if count == 1:
        return [0]
    return [math.floor(index * (length - side) / (count - 1)) for index in range(count)]


def class_activation_maps(features: Floats, weights: Floats, classes: Ints) -> Floats:
    """(H, W, K) maps before the average pooling, (K, classes) weights → (N, H, W), each scaled to [0, 1].

    CAM_c = Σ_k conv_k · w_k,c: Zhou et al., "Learning deep features for discriminative localization", CVPR 2016, eq. 2;
    Jimenez et al. 2017. Scaled to [0, 1] as in the authors' code: divided by the map's maximum, negative values 0. A map
    without any positive value is all zero.
    """
    maps = np.einsum("hwk,kn->nhw", features, weights[:, classes], optimize=True)
    highest = maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(np.maximum(maps, 0) / np.maximum(highest, EPSILON), np.float32)


def most_probable(logits: Floats, count: int) -> Ints:
    """(classes,) → (count,): the classes in falling order of probability; ties by class number."""
    return np.argsort(-logits, kind="stable")[:count].astype(np.int64)


def resize_maps(maps: Floats, height: int, width: int) -> Floats:
    """(N, h, w) → (N, height, width), bilinear with pixel centres at half (as `align_corners=False`)."""
    if maps.shape[1:] == (height, width):
        return maps
    import cv2

    return np.stack([cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR) for one in maps])


def cam_pool(features: Floats, maps: Floats) -> Floats:
    """(H, W, C) features, (N, h, w) class maps in [0, 1] → (N, C), rows unit length (zero where a map is zero).

    f_k = CW_k · Σ_ij χ_ij^(k) CAM_ij^(c), then l2: Jimenez, Alvarez & Giró-i-Nieto, "Class-weighted convolutional
    features for visual instance search", BMVC 2017, with the CroW channel weights CW.
    The maps are resized to the features' size where they differ.
    """
    sized = resize_maps(maps, *features.shape[:2])
    pooled = np.einsum("nhw,hwc->nc", sized, features, optimize=True)
    return unit_rows(np.asarray(pooled * crow_channel_weights(features), np.float32))


def over_scales(rows: Floats, *, p: float = 1.0) -> Floats:
    """(S, M, C) rows of one picture at S sizes, each of unit length → (M, C) of unit length: their generalised mean.

    Radenović, Tolias & Chum, TPAMI 2019, "Multi-scale representation": p is that of the network's own pooling (there at 1, 1/√2 and
    1/2 of the size). SOLAR (Ng et al., ECCV 2020) takes the mean, p = 1 (at √2, 1 and 1/√2). Departure: each size is made of the
    picture itself, not of another size. One size stays as it is.
    """
    if len(rows) == 1:
        return np.asarray(rows[0], np.float32)
    return unit_rows(np.asarray(np.mean(rows**p, axis=0) ** (1 / p), np.float32))


def by_name(name: str, *, p: float = 3.0) -> Callable[[Floats], Floats]:
    """The function (H, W, C) → (C,) of a preset's `pooling`; p: of "gem" and "rgem". Raises KeyError at another name."""
    functions: dict[str, Callable[[Floats], Floats]]
    functions = {"crow": crow, "gem": partial(gem, p=p), "mac": mac, "rgem": partial(rgem, p=p), "rmac": rmac, "spoc": spoc}
    return functions[name]


def of_region(name: str, *, p: float = 3.0) -> Callable[[Floats], Floats]:
    """What the regional pooling "rgem" or "rmac" pools each region by. Raises KeyError at another name."""
    functions: dict[str, Callable[[Floats], Floats]] = {"rgem": partial(gem, p=p), "rmac": mac}
    return functions[name]
