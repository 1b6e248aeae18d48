"""Train the picture detector on simulated gallery walls (app/engine/picture_detector.py says what it is for).

A small U-shaped network (Ronneberger, Fischer & Brox, "U-Net", MICCAI 2015) whose halves are joined by sums instead of stacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.engine.images import read_image
from app.engine.picture_detector import GRAIN, SIDE, squared
from app.engine.types import Bytes, Floats
from app.training.simulation import KINDS, Conditions, SimulatedPhoto, simulate

Progress = Callable[[str, int, int], None]
PHOTO_SIDE = (420.0, 560.0)  # pixels; the network sees less, and small photos are drawn quickly
WIDTHS = (16, 32, 64, 96, 96)  # channels at 1/2, 1/4, … of SIDE
MAP = SIDE // GRAIN


@dataclass(frozen=True)
class DetectorSettings:
    """`photos` are drawn once and seen `epochs` times, mirrored at random."""

    photos: int = 4000
    epochs: int = 8
    batch: int = 16
    rate: float = 2e-3
    seed: int = 1
    held_out: float = 0.05  # share of the photos


def conditions() -> list[Conditions]:
    """What walls are drawn under: every kind with a wall, two or three works, and phones held any way."""
    walls = [KINDS[kind] for kind in KINDS if kind not in ("clean", "cropped")]
    turned = Conditions(roll=(-180, 180), fill=(0.5, 0.75))
    many = replace(KINDS["two works"], roll=(-8, 8))
    return [replace(one, long_side=PHOTO_SIDE) for one in (*walls, turned, many, many)]


def draw_photo(files: Sequence[Path], number: int, seed: int) -> SimulatedPhoto:
    """One photo of one to three of the pictures; the same for the same seed and number."""
    rng, kinds = np.random.default_rng((seed, number)), conditions()
    kind = kinds[number % len(kinds)]
    works = int(rng.integers(2, 4)) if kind.fill == KINDS["two works"].fill else 1
    chosen = rng.choice(len(files), works, replace=False)
    return simulate([read_image(files[int(i)], max_side=640) for i in chosen], rng, kind)


def lesson(photo: SimulatedPhoto) -> tuple[Bytes, Bytes]:
    """What the network sees, (SIDE, SIDE, 3) uint8, and what it should say, (MAP, MAP, 2) uint8, 255 for certain."""
    square, _ = squared(photo.image)
    scale = SIDE / max(photo.image.shape[:2])
    maps = np.zeros((2, SIDE, SIDE), np.uint8)
    for hung in photo.hanging:
        for channel, corners in zip(maps, hung, strict=True):
            cv2.fillConvexPoly(channel, np.rint((corners + 0.5) * scale - 0.5).astype(np.int32), 255)
    height, width = (round(side * scale) for side in photo.image.shape[:2])
    maps[:, height:], maps[:, :, width:] = 0, 0
    small = [cv2.resize(one, (MAP, MAP), interpolation=cv2.INTER_AREA) for one in maps]
    return square, np.asarray(np.stack(small, axis=-1), np.uint8)


def draw_lessons(files: Sequence[Path], settings: DetectorSettings, progress: Progress | None = None) -> tuple[Bytes, Bytes]:
    """(n, SIDE, SIDE, 3) and (n, MAP, MAP, 2) uint8."""
    seen = np.zeros((settings.photos, SIDE, SIDE, 3), np.uint8)
    wanted = np.zeros((settings.photos, MAP, MAP, 2), np.uint8)
    for number in range(settings.photos):
        seen[number], wanted[number] = lesson(draw_photo(files, number, settings.seed))
        if progress is not None:
            progress("photos", number + 1, settings.photos)
    return seen, wanted


def build_detector() -> Any:
    """Keras model: float32 RGB 0…255 (N, SIDE, SIDE, 3) → (N, MAP, MAP, 2) logits."""
    import keras

    def convolve(x: Any, channels: int, *, stride: int = 1, size: int = 3) -> Any:
        return keras.layers.Conv2D(channels, size, strides=stride, padding="same", activation="relu")(x)

    picture = keras.Input((SIDE, SIDE, 3), name="picture")
    x = keras.layers.Rescaling(1 / 128, -1.0)(picture)
    levels = []
    for level, channels in enumerate(WIDTHS):
        x = convolve(x, channels, stride=2)
        if level:
            x = convolve(x, channels)
        levels.append(x)
    for channels, beside in zip(WIDTHS[-2:0:-1], levels[-2:0:-1], strict=True):
        x = keras.layers.UpSampling2D(2)(convolve(x, channels, size=1))
        x = convolve(keras.layers.Add()([x, beside]), channels)
    return keras.Model(picture, keras.layers.Conv2D(2, 3, padding="same", name="maps")(x), name="pictures")


def fit(seen: Bytes, wanted: Bytes, settings: DetectorSettings, progress: Progress | None = None) -> tuple[Any, dict[str, Any]]:
    """The trained network and its curves: loss, and the share of held-out map values on the right side of ½."""
    import keras

    keras.utils.set_random_seed(settings.seed)
    held = max(1, round(settings.held_out * len(seen)))
    rng = np.random.default_rng(settings.seed)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.order = rng.permutation(len(seen) - held) + held

        def __len__(self) -> int:
            return len(self.order) // settings.batch

        def __getitem__(self, index: int) -> tuple[Floats, Floats]:
            rows = self.order[index * settings.batch : (index + 1) * settings.batch]
            return mirrored(seen[rows], wanted[rows], rng)

        def on_epoch_end(self) -> None:
            rng.shuffle(self.order)

    batches = Batches()
    model = build_detector()
    schedule = keras.optimizers.schedules.CosineDecay(settings.rate, settings.epochs * len(batches))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=loss, metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)])
    check = seen[:held].astype(np.float32), np.rint(wanted[:held] / 255).astype(np.float32)
    told = [_Told(settings.epochs, progress)] if progress is not None else []
    history = model.fit(batches, epochs=settings.epochs, validation_data=check, verbose=0, callbacks=[c.callback() for c in told])
    return model, {name: [round(float(value), 4) for value in values] for name, values in history.history.items()}


@dataclass(frozen=True)
class _Told:
    """Tells each epoch's end."""

    epochs: int
    progress: Progress

    def callback(self) -> Any:
        import keras

        return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: self.progress("training", epoch + 1, self.epochs))


def mirrored(seen: Bytes, wanted: Bytes, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A batch as float32, photos mirrored left to right half the time, the maps with them; maps 0…1."""
    flip = rng.random(len(seen)) < 0.5
    pictures, maps = seen.copy(), wanted.copy()
    pictures[flip], maps[flip] = pictures[flip, :, ::-1], maps[flip, :, ::-1]
    return pictures.astype(np.float32), np.asarray(maps / 255, np.float32)
