"""From a layer's maps to a descriptor: pooling, then what was learned for it. The same for every backbone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.engine.encoders import pooling
from app.engine.encoders.backbone import EncoderPreset
from app.engine.encoders.regional import region_whitening
from app.engine.errors import PresetError
from app.engine.types import Floats
from app.engine.weights import Arrays, WeightStore, arrays_digest

Join = Callable[[Sequence[Floats]], Floats]  # rows of a picture at each size → its descriptor


class Pooler:
    """What follows the network in a preset that pools without classes.

    `told`: what the fingerprint has to hold of it beside weights and preset; empty where nothing was learned.
    """

    def __init__(self, preset: EncoderPreset, weights: Arrays, trunk: str, store: WeightStore) -> None:
        """trunk: sha256 of the weights' arrays. Raises PresetError or WeightsError where what was learned is not here."""
        self._pooling = preset.pooling
        self._p = float(weights["gem/p"][0]) if "gem/p" in weights else 3.0
        self._local = region_whitening(preset, weights, trunk, store)
        self._projection = projection_of(weights, preset)
        plain_gem = preset.pooling == "gem" and not preset.projection
        self._join_p = self._p if plain_gem else 1.0
        local = ("local", arrays_digest(self._local.arrays())) if self._local else ()
        self.told = (*(("projection",) if preset.projection else ()), *local)

    def __call__(self, features: Floats) -> Floats:
        """(H, W, C) → (1, D) of unit length."""
        if self._local is None:
            rows = pooling.unit_rows(pooling.by_name(self._pooling, p=self._p)(features)[None])
        else:
            rows = pooling.over_regions(self.regions(features), self._local)[None]
        if self._projection is None:
            return rows
        kernel, bias = self._projection
        return pooling.unit_rows(rows @ kernel + bias)

    def regions(self, features: Floats) -> Floats:
        """(H, W, C) → (R, C), rows of unit length, not whitened. Only of a regional pooling."""
        return pooling.region_rows(features, pooling.of_region(self._pooling, p=self._p))

    def join(self, rows: Sequence[Floats]) -> Floats:
        """(1, D) rows at each of the preset's sizes → (1, D): by the exponent of GeM, and by the mean after any other last step."""
        return pooling.over_scales(np.stack(rows), p=self._join_p)

    def length(self, channels: int) -> int:
        """D, of maps with so many channels."""
        if self._projection is not None:
            return len(self._projection[1])
        return channels if self._local is None else len(self._local.bias)


def projection_of(arrays: Arrays, preset: EncoderPreset) -> tuple[Floats, Floats] | None:
    """(C, D) and (D,) of the projection learned with the weights, where the preset applies it. Raises PresetError without one."""
    if not preset.projection:
        return None
    if "projection/kernel" not in arrays:
        raise PresetError(f"The weights {preset.weights} have no projection, which {preset.name} needs; run: flask train encoder")
    return arrays["projection/kernel"], arrays["projection/bias"]
