"""Presets of encoders that were trained here: the card beside the weights says how they serve (training/metric/run.py)."""

from __future__ import annotations

import json

from app.engine.encoders.backbone import EncoderPreset
from app.engine.weights import WeightStore


def trained_presets(store: WeightStore | None = None) -> dict[str, EncoderPreset]:
    """By name, which is that of the weights. Cards that say nothing of it, or that cannot be read, are left out."""
    found: dict[str, EncoderPreset] = {}
    for card in sorted((store or WeightStore()).weights.glob("*-trained-*.json")):
        try:
            found[card.stem] = EncoderPreset(card.stem, weights=card.stem, **json.loads(card.read_text(encoding="utf-8"))["serves"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found
