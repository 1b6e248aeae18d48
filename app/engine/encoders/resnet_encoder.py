"""The ResNet encoder: pictures → pooled descriptors, by preset. It has no class head of its own: no heat maps."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.encoders import pooling
from app.engine.encoders.class_head import ClassView
from app.engine.encoders.presets import EncoderPreset
from app.engine.encoders.serving import Network, exported
from app.engine.encoders.vgg16_encoder import described, digest
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore, arrays_digest, load_arrays

STRIDE = 32  # pixels to one cell of the last maps
REVISION = "1"  # raised whenever the same preset and weights would give other descriptors


class ResnetEncoder:
    """See `Encoder`. Descriptors are those of one picture alone."""

    has_last = False

    def __init__(self, preset: EncoderPreset, *, threads: int, store: WeightStore | None = None) -> None:
        store = store or WeightStore()
        self.preset = preset
        self.name, self.maps, self.weights = preset.name, preset.maps, preset.weights
        arrays = load_arrays(preset.weights, store)
        self.trunk = arrays_digest(arrays)
        preprocessing = store.entry(preset.weights).preprocessing
        self.fingerprint = _fingerprint(preset, self.trunk, preprocessing)
        path = exported(store.path(preset.weights), preprocessing, None, digest(self.trunk, preprocessing), by="resnet")
        self._network = Network(path, [preset.layer], threads=threads, precision=preset.precision)
        stage = preset.layer.removesuffix("_out")
        self.channels = int(arrays[f"{stage}_block1_3_conv/kernel"].shape[3])

    def describe(self, images: Sequence[Image]) -> list[Floats]:
        """uint8 RGB pictures of any sizes → per picture (1, C) float32 of unit length, in the pictures' order."""
        return described(images, self.preset.long_side_px, STRIDE, self._network, self.pool)

    def pool(self, maps: dict[str, Floats]) -> Floats:
        """Feature maps by layer → (1, C) of unit length."""
        return pooling.unit_rows(pooling.by_name(self.preset.pooling)(maps[self.preset.layer])[None])

    def class_view(self, image: Image) -> ClassView | None:
        return None

    def last_maps(self, image: Image, long_side_px: int) -> Floats:
        raise NotImplementedError("A ResNet has no block5_conv3; ask `has_last` first.")


def fingerprint_of(preset: EncoderPreset, store: WeightStore | None = None) -> str:
    """The fingerprint of an encoder without its network. Raises WeightsError."""
    store = store or WeightStore()
    trunk = arrays_digest(load_arrays(preset.weights, store))
    return _fingerprint(preset, trunk, store.entry(preset.weights).preprocessing)


def _fingerprint(preset: EncoderPreset, trunk: str, preprocessing: str) -> str:
    return digest(trunk, preprocessing, preset.layer, preset.pooling, preset.long_side_px, STRIDE, REVISION)
