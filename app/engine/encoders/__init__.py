"""Encoders: pictures → descriptors. One file per backbone; pooling and whitening are pure functions beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from app.engine.encoders.class_head import ClassRows, ClassView
from app.engine.encoders.presets import FAMILIES, PRESETS, EncoderPreset, encoder_preset
from app.engine.encoders.regional import whitening_path
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore

__all__ = ["PRESETS", "Encoder", "EncoderPreset", "encoder_preset", "fingerprint_of", "load_encoder"]


class Encoder(Protocol):
    """What makes descriptors.

    `fingerprint`: hex sha256 over weights, head, preprocessing and parameters; only descriptors of one fingerprint compare.
    `maps`: M, rows per picture (the classes of CAM, else 1). `channels`: C. `weights` and
    `trunk`: their name and their arrays' sha256, by which heads that were trained on them are known.
    """

    name: str
    fingerprint: str
    maps: int
    channels: int
    weights: str
    trunk: str

    @property
    def has_last(self) -> bool:
        """Whether the layers lead to block5_conv3."""

    def describe(self, images: Sequence[Image]) -> list[Floats]:
        """uint8 RGB (H, W, 3) pictures of any sizes → per picture, in order, (M, C) float32, rows of unit length."""

    def regions(self, images: Sequence[Image]) -> list[Floats]:
        """Per picture (R, C) float32, rows of unit length: its regions at every size, before any whitening. Of regional pooling."""

    def class_view(self, image: Image) -> ClassView | None:
        """One picture as a class head sees it, for heat maps; None where the encoder knows no classes."""

    @property
    def pools_by_class(self) -> bool:
        """Whether its rows are those of a class head's most probable classes."""

    def class_rows(self, image: Image) -> ClassRows:
        """One picture pooled by every class, not by its most probable ones alone. Only where the encoder `pools_by_class`."""

    def last_maps(self, image: Image, long_side_px: int) -> Floats:
        """(h, w, C) maps of block5_conv3, which a domain head takes. Only where the encoder `has_last`."""

    def maps_of(self, image: Image, long_side_px: int) -> Floats:
        """(h, w, C) the deepest maps that this encoder has, of the picture at that long side: what its patches are made of."""


def load_encoder(name: str, *, threads: int) -> Encoder:
    """The encoder of a preset name such as `vgg16-gem-block5_conv3` or `vgg16-cam-64@640`, ready to describe.

    Raises PresetError (unknown name, head not trained) or WeightsError (weights not fetched, damaged). The first load
    of given weights exports them for OpenVINO, which takes some seconds.
    """
    preset = encoder_preset(name)
    encoder: Encoder = _made_by(preset).load(preset, threads=threads)
    return encoder


def _made_by(preset: EncoderPreset) -> Any:
    """The module that makes descriptors of this preset's backbone."""
    return import_module(f"{__name__}.{FAMILIES[preset.family]}")


def fingerprint_of(name: str) -> str:
    """The fingerprint of `load_encoder(name)`, without the network. Raises PresetError, WeightsError."""
    preset, store = encoder_preset(name), WeightStore()
    head = [store.heads / f"{preset.head}.npz"] if preset.head else []
    local = [whitening_path(store.heads, preset)] if preset.local else []
    files = (store.folder / "weights.toml", store.path(preset.weights), *head, *local)
    return _fingerprint(preset, tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files))


@lru_cache(maxsize=32)
def _fingerprint(preset: EncoderPreset, _changed_ns: tuple[int, ...]) -> str:
    """Reckoned once for each state of its files: it takes their hashes."""
    found: str = _made_by(preset).fingerprint_of(preset)
    return found
