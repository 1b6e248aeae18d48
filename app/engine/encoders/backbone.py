"""What a backbone is: a module of this package, named as its family, see `Backbone`; and what a preset of it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Literal, Protocol, cast

from app.engine.types import Floats

Pooling = Literal["cam", "crow", "gem", "mac", "rgem", "rmac", "spoc"]
Precision = Literal["auto", "f32", "bf16", "int8"]
POOLINGS: tuple[Pooling, ...] = ("crow", "gem", "mac", "rgem", "rmac", "spoc")
REGIONAL: tuple[Pooling, ...] = ("rgem", "rmac")  # which pool by regions, and so can whiten each


@dataclass(frozen=True)
class EncoderPreset:
    """What makes a descriptor. `maps`: the number of classes for CAM, else 1. `whitening_dim`: the suggested dimension.

    `precision` "auto" is 8 bits where the weights have their ranges, else bfloat16 where the processor has it, else float32; they
    agree to a cosine of 0.999, so it is no part of the fingerprint. `projection`: the weights hold a learned whitening, which is
    applied after pooling; the catalogue's own may follow. `local`: every region is whitened before their sum (`regional.py`).
    `more_sides_px`: sizes beside `long_side_px` at which a picture is described too, for one descriptor of them all; heat maps are
    of `long_side_px`.
    """

    name: str
    layer: str
    pooling: Pooling
    maps: int = 1
    weights: str = "vgg16-imagenet"
    head: str = ""
    long_side_px: int = 512
    precision: Precision = "auto"
    whitening_dim: int = 512
    projection: bool = False
    local: bool = False
    family: str = "vgg16"  # the backbone: a file of this package
    more_sides_px: tuple[int, ...] = ()

    @property
    def sides_px(self) -> tuple[int, ...]:
        """Long sides of a picture as the network sees it."""
        return (self.long_side_px, *self.more_sides_px)

    def named(self, name: str, **changes: Any) -> EncoderPreset:
        """The same under another name, with these changes."""
        return replace(self, name=name, **changes)


class Backbone(Protocol):
    """A network that serving exports and training fine-tunes; `python -m` of its module exports it (see vgg16.py).

    `STRIDE`: pixels to one cell of the last maps, whose layer is `LAST`; sides are whole multiples of it.
    """

    STRIDE: int
    LAST: str

    def presets(self) -> list[EncoderPreset]:
        """Its encoder presets."""

    def folded(self, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        """Stored arrays → those of `build_model`, batch normalisation folded; arrays that are so already stay as they are."""

    def build_model(self, arrays: Mapping[str, Floats], preprocessing: str) -> Any:
        """Keras model, on any backend: float32 RGB 0…255 (N, H, W, 3) → maps by layer, `LAST` among them. Folds by itself."""

    def get_arrays(self, model: Any) -> dict[str, Floats]:
        """The inverse: what a trained model is stored as."""


def backbone(family: str) -> Backbone:
    """The module of a family. Loads no Keras until it builds a model."""
    return cast(Backbone, import_module(f"app.engine.encoders.{family}"))
