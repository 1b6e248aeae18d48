"""Encoder presets by name. Each backbone's file has its own; a name may end in `+weights`, and in `@640`: the long side, pixels.

`@1024,724,512` describes a picture at each of these sizes, for one descriptor (`pooling.over_scales`).
"""

from __future__ import annotations

from dataclasses import replace

from app.engine.encoders.backbone import POOLINGS, EncoderPreset, Pooling, Precision, backbone
from app.engine.encoders.trained import trained_presets
from app.engine.encoders.vgg16 import CLASS_HEADS, TRAINED
from app.engine.encoders.vgg16 import OUTPUTS as LAYERS
from app.engine.errors import PresetError
from app.engine.weights import WeightStore

__all__ = [
    "CLASS_HEADS", "FAMILIES", "LAYERS", "POOLINGS", "PRESETS", "TRAINED",
    "EncoderPreset", "Pooling", "Precision", "encoder_preset",
]  # fmt: skip
LONG_SIDES_PX = range(64, 1601)
FAMILIES = {  # a backbone, the module of that name → the module that makes descriptors of its maps
    "vgg16": "vgg16_encoder",
    "resnet": "pooled_encoder",
    "efficientnet": "pooled_encoder",
}
PRESETS: dict[str, EncoderPreset] = {preset.name: preset for family in FAMILIES for preset in backbone(family).presets()}


def encoder_preset(name: str, store: WeightStore | None = None) -> EncoderPreset:
    """The preset of that name, `name+weights@long_side_px,…` included, or of what was trained here.

    Raises PresetError listing the names there are.
    """
    whole, at, sizes = name.partition("@")
    base, plus, weights = whole.partition("+")
    known = PRESETS if base in PRESETS else PRESETS | trained_presets(store)
    if base not in known:
        raise PresetError(f"There is no encoder preset {base!r}; known: {', '.join(known)}.")
    preset = known[base]
    if plus:
        if not weights:
            raise PresetError(f"{name!r}: after + comes the name of weights, see: flask weights status")
        preset = replace(preset, name=name, weights=weights)
    if not at:
        return preset
    long_side_px, *more = _sides(name, sizes)
    if more and preset.pooling == "cam":
        raise PresetError(f"{name!r}: class activation maps are pooled at one size; give one long side after @.")
    return replace(preset, name=name, long_side_px=long_side_px, more_sides_px=tuple(more))


def _sides(name: str, sizes: str) -> list[int]:
    """The numbers after @. Raises PresetError."""
    found = [int(side) for side in sizes.split(",") if side.isdecimal() and int(side) in LONG_SIDES_PX]
    if len(set(found)) < sizes.count(",") + 1:
        raise PresetError(
            f"{name!r}: after @ comes the long side in pixels, from 64 to 1600, such as @640, "
            "or several that differ, such as @1024,724,512."
        )
    return found
