"""A picture → learned local features: points in its own pixels and unit descriptors, the strongest at a given size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from app.engine.images import resize
from app.engine.matchers import networks
from app.engine.types import Floats, Image, Ints

SUPPRESSED = 5  # pixels a side: of the strongest response in it one feature is made (as in all three papers' own code)
SOFT = 0.1  # temperature of ALIKED's place within its pixel's neighbours
XFEAT_LEAST = 0.05  # corner probability


@dataclass(frozen=True)
class Found:
    """`points`: (n, 2) float32 x, y in full-size pixels; `descriptors`: (n, D) float32 of unit length."""

    points: Floats
    descriptors: Floats
    size: tuple[int, int]  # width, height

    def __len__(self) -> int:
        return len(self.points)

    def first(self, count: int) -> Found:
        """The strongest so many."""
        return Found(self.points[:count], self.descriptors[:count], self.size)


def compiled(model: Any, *, precision: str = "f32", threads: int = 2) -> Any:
    """An OpenVINO graph, ready to be asked; one call at a time."""
    import openvino as ov

    hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    return ov.Core().compile_model(model, "CPU", hints).create_infer_request()


def infer(request: Any, *inputs: Floats) -> list[Floats]:
    """Outputs as views of the request's buffers: good until the next call."""
    return list(request.infer(list(inputs), share_inputs=True, share_outputs=True).values())


def maxima(scores: Floats, least: float, count: int, border: int = 2) -> Ints:
    """(k, 2) x, y of the strongest local maxima of (H, W) scores above `least`, strongest first."""
    top = cv2.dilate(scores, np.ones((SUPPRESSED, SUPPRESSED), np.uint8))
    peaks = (scores == top) & (scores > least)
    peaks[:border] = peaks[-border:] = False
    peaks[:, :border] = peaks[:, -border:] = False
    y, x = np.nonzero(peaks)
    order = np.argsort(-scores[y, x], kind="stable")[:count]
    return np.column_stack([x[order], y[order]])


def sampled(maps: Floats, points: Floats) -> Floats:
    """(C, H, W) at (n, 2) x, y between its pixels, bilinear → (n, C); outside is nothing."""
    height, width = maps.shape[1:]
    floor = np.floor(points).astype(np.int64)
    part = (points - floor).astype(np.float32)
    total = np.zeros((len(points), maps.shape[0]), np.float32)
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = floor[:, 0] + dx, floor[:, 1] + dy
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            weight = (part[:, 0] if dx else 1 - part[:, 0]) * (part[:, 1] if dy else 1 - part[:, 1]) * inside
            total += maps[:, np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].T * weight[:, None]
    return total


def unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def _padded(image: Image, multiple: int) -> Floats:
    """(1, 3, H, W) in 0…1, the last row and column repeated to whole multiples."""
    height, width = image.shape[:2]
    more = cv2.copyMakeBorder(image, 0, -height % multiple, 0, -width % multiple, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(more.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def _full_size(points: Any, small: Image, image: Image) -> Floats:
    """Places in a smaller picture → in the full one; pixel centres lie at halves."""
    factor = image.shape[1] / small.shape[1]
    return np.asarray((np.asarray(points, np.float32) + 0.5) * factor - 0.5, np.float32)


Extractor = Callable[[Image, int, int], Found]


def disk(arrays: Mapping[str, Any], precision: str = "f32", *, threads: int = 2) -> Extractor:
    request = compiled(networks.disk(arrays), precision=precision, threads=threads)

    def extract(image: Image, count: int, long_side: int) -> Found:
        small = resize(image, long_side)
        maps = infer(request, _padded(small, 16))[0][0, :, : small.shape[0], : small.shape[1]]
        points = maxima(maps[128], 0.0, count)
        rows = maps[:128, points[:, 1], points[:, 0]].T
        return Found(_full_size(points, small, image), unit(rows), (image.shape[1], image.shape[0]))

    return extract


def xfeat(arrays: Mapping[str, Any], precision: str = "f32", *, threads: int = 2) -> Extractor:
    request = compiled(networks.xfeat(arrays), precision=precision, threads=threads)

    def extract(image: Image, count: int, long_side: int) -> Found:
        small = resize(image, long_side)
        width, height = (max(32, side // 32 * 32) for side in (small.shape[1], small.shape[0]))
        grey = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).mean(axis=2, dtype=np.float32)
        maps, corners, reliable = (out[0] for out in infer(request, grey[None, None]))
        fine = corners[:64].reshape(8, 8, height // 8, width // 8).transpose(2, 0, 3, 1).reshape(height, width)
        points = maxima(np.ascontiguousarray(fine), XFEAT_LEAST, 10 * count)
        coarse = ((points + 0.5) / 8 - 0.5).astype(np.float32)
        trust = fine[points[:, 1], points[:, 0]] * sampled(reliable, coarse)[:, 0]
        best = np.argsort(-trust, kind="stable")[:count]
        rows = sampled(maps, coarse[best])  # its authors: bicubic
        scale = np.array([image.shape[1] / width, image.shape[0] / height], np.float32)
        return Found(((points[best] + 0.5) * scale - 0.5).astype(np.float32), unit(rows), (image.shape[1], image.shape[0]))

    return extract


def aliked(arrays: Mapping[str, Any], precision: str = "f32", *, threads: int = 2) -> Extractor:
    request = compiled(networks.aliked(arrays), precision=precision, threads=threads)

    def extract(image: Image, count: int, long_side: int) -> Found:
        small = resize(image, long_side)
        outs = infer(request, _padded(small, 32))
        maps, scores = outs[0][0, :, : small.shape[0], : small.shape[1]], outs[1][0, 0, : small.shape[0], : small.shape[1]]
        peaks = maxima(np.ascontiguousarray(scores), 0.0, count, border=3)
        points = peaks + _within_pixel(scores, peaks)
        return Found(_full_size(points, small, image), _deformed(maps, points, arrays), (image.shape[1], image.shape[0]))

    return extract


def _around(peaks: Ints, radius: int) -> tuple[Ints, Ints]:
    """Rows and columns (n, side²) of the squares about (n, 2) x, y."""
    steps = np.arange(-radius, radius + 1)
    dy, dx = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    return peaks[:, 1, None] + dy, peaks[:, 0, None] + dx


def _within_pixel(scores: Floats, peaks: Ints) -> Floats:
    """(n, 2) mean place of the 5 × 5 scores about each peak, weighted by their soft maximum."""
    rows, columns = _around(peaks, 2)
    values = scores[rows, columns]
    weights = np.exp((values - values.max(axis=1, keepdims=True)) / SOFT)
    weights /= weights.sum(axis=1, keepdims=True)
    x, y = ((weights * (places - peaks[:, axis, None])).sum(axis=1) for axis, places in ((0, columns), (1, rows)))
    return np.column_stack([x, y]).astype(np.float32)


def _selu(x: Floats) -> Floats:
    return np.asarray(1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))), np.float32)


def _deformed(maps: Floats, points: Floats, arrays: Mapping[str, Any]) -> Floats:
    """ALIKED's sparse deformable descriptor head: features sampled where each point's surroundings say (its section III.C)."""
    height, width = maps.shape[1:]
    channels, limit = len(maps), max(height, width) / 4
    whole = np.clip(points.astype(np.int64), 1, [width - 2, height - 2])
    rows, columns = _around(whole, 1)
    patches = maps[:, rows, columns].transpose(1, 0, 2).reshape(len(points), -1)
    weights = arrays["desc_head.offset_conv.0.weight"].reshape(-1, channels * 9)
    first = _selu(patches @ weights.T + arrays["desc_head.offset_conv.0.bias"])
    kernel = arrays["desc_head.offset_conv.2.weight"][:, :, 0, 0]
    offsets = np.clip(first @ kernel.T + arrays["desc_head.offset_conv.2.bias"], -limit, limit)
    places = points[:, None] + offsets.reshape(len(points), 2, -1).transpose(0, 2, 1)
    features = sampled(maps, places.reshape(-1, 2).astype(np.float32))
    features = _selu(features @ arrays["desc_head.sf_conv.weight"][:, :, 0, 0].T).reshape(len(points), -1)
    return unit(features @ arrays["desc_head.agg_weights"].reshape(-1, channels))
