"""Encoder presets: data, not code. A name may end in `@640`: the long side in pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from app.engine.errors import PresetError

Pooling = Literal["cam", "crow", "gem", "mac", "rmac", "spoc"]
Precision = Literal["auto", "f32", "bf16", "int8"]
LAYERS = ("block4_conv3", "block5_conv1", "block5_conv3")
LONG_SIDES_PX = range(64, 1601)


@dataclass(frozen=True)
class EncoderPreset:
    """What makes a descriptor. `maps`: the number of classes for CAM, else 1. `whitening_dim`: the suggested dimension.

    `precision` "auto" is 8 bits where the weights have their ranges, else bfloat16 where the processor has it, else float32; they
    agree to a cosine of 0.999, so it is no part of the fingerprint. `projection`: the weights hold a learned whitening, which is
    applied after pooling; the catalogue's own may follow.
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
    family: str = "vgg16"  # the backbone: a file of this package


def _cam(maps: int, layer: str = "block5_conv1") -> EncoderPreset:
    name = f"vgg16-cam-{maps}" + ("" if layer == "block5_conv1" else f"-{layer}")
    return EncoderPreset(name, layer, "cam", maps=maps, head=CLASS_HEADS["vgg16-imagenet"])


def _words(maps: int, layer: str) -> EncoderPreset:
    name = f"vgg16-cam-domain-{maps}" + ("" if layer == "block5_conv1" else f"-{layer}")
    return EncoderPreset(name, layer, "cam", maps=maps, head="domain-vgg16-imagenet")


def _resnets() -> list[EncoderPreset]:
    """The last maps of ResNet-50 and -101, 2048 channels."""
    return [
        EncoderPreset(f"{name}-{pooling}", "conv5_out", pooling, weights=f"{name}-imagenet", whitening_dim=2048, family="resnet")
        for name in ("resnet50", "resnet101") for pooling in POOLINGS
    ]  # fmt: skip


CLASS_HEADS = {"vgg16-imagenet": "cam-vgg16-imagenet"}  # weights → the class head that was trained on them
TRAINED = "vgg16-pinakes"  # what `flask train encoder` writes
POOLINGS: tuple[Pooling, ...] = ("crow", "gem", "mac", "rmac", "spoc")
PRESETS: dict[str, EncoderPreset] = {
    preset.name: preset
    for preset in (
        *(_cam(maps) for maps in (1, 8, 32, 64)),
        *(_words(maps, layer) for maps in (1, 8) for layer in ("block5_conv1", "block5_conv3")),
        *(EncoderPreset(f"vgg16-{pooling}-{layer}", layer, pooling) for pooling in POOLINGS for layer in LAYERS),
        EncoderPreset(f"{TRAINED}-gem", "block5_conv3", "gem", weights=TRAINED, long_side_px=384),
        EncoderPreset(f"{TRAINED}-projected", "block5_conv3", "gem", weights=TRAINED, long_side_px=384, projection=True),
        *_resnets(),
    )
}


def encoder_preset(name: str) -> EncoderPreset:
    """The preset of that name, `name@long_side_px` included. Raises PresetError listing the names there are."""
    base, at, side = name.partition("@")
    if base not in PRESETS:
        raise PresetError(f"There is no encoder preset {base!r}; known: {', '.join(PRESETS)}.")
    preset = PRESETS[base]
    if not at:
        return preset
    if not side.isdecimal() or int(side) not in LONG_SIDES_PX:
        raise PresetError(f"{name!r}: the long side after @ is a number of pixels from 64 to 1600, such as {base}@640.")
    return replace(preset, name=name, long_side_px=int(side))
