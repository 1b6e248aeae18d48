"""Local whitening: a linear layer on every region of a picture, before the regions are summed.

Tolias, Sicre & Jégou, "Particular object retrieval with integral max-pooling of CNN activations", ICLR 2016: each region of R-MAC
is l2-normalised, PCA-whitened and l2-normalised again. Learned with the weights (`regions/kernel`, `regions/bias`), or fitted on
pictures by `flask train regional-whitening`. The code of Radenović et al. (TPAMI 2019) calls this one regional whitening; what it
calls local is at every place of the maps, before pooling.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from app.engine.encoders.backbone import EncoderPreset
from app.engine.errors import PresetError, WeightsError
from app.engine.types import Floats
from app.engine.weights import Arrays, WeightStore, arrays_digest, read_npz

KERNEL, BIAS = "regions/kernel", "regions/bias"


@dataclass(frozen=True)
class RegionWhitening:
    """`kernel` (C, D), `bias` (D,)."""

    kernel: Floats
    bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        """(R, C) → (R, D); the length of the rows is whatever comes out."""
        return rows @ self.kernel + self.bias

    def arrays(self) -> Arrays:
        return {KERNEL: self.kernel, BIAS: self.bias}


def whitening_path(heads: Path, preset: EncoderPreset) -> Path:
    """Where the fitted one lies: of these weights, this layer and this pooling, for every size of the picture."""
    return heads / f"regions-{preset.weights}-{preset.layer}-{preset.pooling}.npz"


def region_whitening(preset: EncoderPreset, weights: Arrays, trunk: str, store: WeightStore) -> RegionWhitening | None:
    """What the preset whitens regions by: what the weights hold, else what was fitted on them; None where it whitens none.

    trunk: sha256 of the weights' arrays. Raises PresetError where it was not fitted yet or for other weights, WeightsError where
    the file is damaged.
    """
    if not preset.local:
        return None
    if KERNEL in weights:
        return RegionWhitening(weights[KERNEL], weights[BIAS])
    path = whitening_path(store.heads, preset)
    way_out = f"run: flask train regional-whitening FOLDER… --encoder {preset.name.replace('-local', '', 1)}"
    if not path.exists():
        raise PresetError(f"{preset.name} whitens each region by {path.name}, which is not here; {way_out}")
    try:
        arrays = read_npz(path)
        found = RegionWhitening(arrays[KERNEL], arrays[BIAS])
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        whole = card["arrays_sha256"] == arrays_digest(arrays)
        fits = card["trunk_sha256"] == trunk
    except (WeightsError, OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path.name} or the card beside it cannot be read; {way_out}") from error
    if not whole:
        raise WeightsError(f"{path.name} and its card do not belong together; {way_out}")
    if not fits:
        raise PresetError(f"{path.name} was fitted on regions of other weights; {way_out}")
    return found
