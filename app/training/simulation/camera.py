"""Where the camera stands, and what lens and sensor do to the picture it takes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.types import Floats, Image

Matrix = npt.NDArray[np.float64]


def translation(x: float, y: float) -> Matrix:
    """(3, 3) matrix that moves points by (x, y)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def scaling(sx: float, sy: float) -> Matrix:
    """(3, 3) matrix that scales points about the origin."""
    return np.diag([sx, sy, 1.0]).astype(np.float64)


def project(matrix: Matrix, points: npt.ArrayLike) -> Matrix:
    """Apply a homography (3, 3) to points (n, 2)."""
    flat = np.asarray(points, np.float64)
    mapped = np.concatenate([flat, np.ones((len(flat), 1))], axis=1) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def view(yaw: float, pitch: float, roll: float, distance: float) -> Matrix:
    """Homography of a plane seen by a pinhole camera that looks at the plane's origin.

    yaw, pitch, roll: degrees; distance: of the camera, in the plane's pixels, also its focal length, so that the scale
    at the origin is 1. H = K [r1 r2 t] (Hartley & Zisserman, Multiple View Geometry, 2nd ed., eq. 8.1 ff.).
    """
    rotation = rodrigues((0, 0, roll)) @ rodrigues((pitch, 0, 0)) @ rodrigues((0, yaw, 0))
    pose = np.stack([rotation[:, 0], rotation[:, 1], [0, 0, distance]], axis=1)
    return np.asarray(np.diag([distance, distance, 1.0]) @ pose / distance)


def rodrigues(degrees: tuple[float, float, float]) -> Matrix:
    """Rotation matrix (3, 3) of a rotation vector in degrees."""
    return np.asarray(cv2.Rodrigues(np.radians(np.array(degrees, np.float64)))[0], np.float64)


def fit(matrix: Matrix, corners: Matrix, size: tuple[int, int], fill: float, shift: tuple[float, float]) -> Matrix:
    """`matrix` followed by the similarity that makes the bounding box of `corners` span `fill` of the photo (width, height).

    shift: -1…1, where in the free space the box stands, (0, 0) in the middle.
    """
    points = project(matrix, corners)
    low, high = points.min(axis=0), points.max(axis=0)
    photo = np.array(size, np.float64)
    scale = float((fill * photo / (high - low)).min())
    free = np.abs(photo - scale * (high - low)) / 2
    target = photo / 2 + free * np.array(shift)
    middle = scale * (low + high) / 2
    return translation(*(target - middle)) @ scaling(scale, scale) @ matrix


def blur(image: Floats, sigma: float, length: float, angle: float) -> Floats:
    """Defocus (Gaussian, standard deviation in pixels) and a straight smear of `length` pixels at `angle` degrees."""
    if sigma > 0.2:
        image = cv2.GaussianBlur(image, (0, 0), sigma)  # type: ignore[assignment]
    if length >= 2:
        image = cv2.filter2D(image, -1, smear(length, angle))  # type: ignore[assignment]
    return image


def smear(length: float, angle: float) -> Floats:
    """Kernel (k, k) of a straight motion, summing to 1."""
    side = int(length) | 1
    kernel = np.zeros((side, side), np.float32)
    middle = side / 2 - 0.5
    step = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * (side - 1) / 2
    ends = [tuple(int(round(16 * v)) for v in (middle + sign * step)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, shift=4)
    return np.asarray(kernel / kernel.sum(), np.float32)


def vignette(size: tuple[int, int], strength: float) -> Floats:
    """(H, W, 1) light that reaches the sensor: 1 in the middle, `1 - strength` in the corners (nearly cos⁴)."""
    width, height = size
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return np.asarray((1 - strength * ((x * x + y * y) / 2) ** 1.4)[..., None], np.float32)


def moire(size: tuple[int, int], rng: np.random.Generator, depth: float) -> Floats:
    """(H, W, 3) factors about 1: a screen's coloured stripes, nearly as fine as the sensor's pixels, beat in curved bands.

    The stripes are evaluated at the pixels' centres; that they alias there *is* the moiré.
    """
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width - 0.5, y / height - 0.5
    bulge = 1 + rng.uniform(-0.02, 0.02) * (u * u + v * v)  # of the lens, which bends the bands
    angle, pitch = np.radians(rng.uniform(-6, 6)), rng.uniform(0.94, 1.06)
    across = (np.cos(angle) * x + np.sin(angle) * y) * bulge / pitch
    down = (np.cos(angle) * y - np.sin(angle) * x) * bulge / pitch
    stripes = np.cos(2 * np.pi * (across[..., None] + np.arange(3, dtype=np.float32) / 3))
    lines = np.cos(2 * np.pi * down)[..., None]
    return np.asarray(1 + depth * (0.65 * stripes + 0.35 * lines), np.float32)


def sensor(image: Floats, rng: np.random.Generator, sigma: float, impulses: float) -> Floats:
    """Noise: (H, W, 3) in 0…255; mostly of brightness, stronger in the dark, and a share of dead and hot pixels."""
    if sigma > 0:
        height, width = image.shape[:2]
        grain = rng.standard_normal((height, width, 1), np.float32) * 0.8
        colour = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32)
        colour = cv2.resize(colour, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        image = image + (grain + 0.6 * colour) * sigma * (1.15 - image.mean(axis=2, keepdims=True) / 510)
    if impulses > 0:
        hits = rng.random(image.shape[:2], np.float32)
        image = np.where(hits[..., None] < impulses / 2, 0, np.where(hits[..., None] > 1 - impulses / 2, 255, image))
    return np.asarray(image, np.float32)


def compress(image: Floats, quality: int) -> Image:
    """What is left of a float RGB image in 0…255 after a JPEG of that quality."""
    rounded = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", rounded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: Image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])  # BGR → RGB
