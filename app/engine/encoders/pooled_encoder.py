"""The encoder of ResNets and EfficientNets: pictures → pooled descriptors of the last maps, by preset.

Where the weights have their own class head (`predictions`: global average pooling, then one linear layer) its class activation maps
are exact (Zhou et al., CVPR 2016): nothing has to be trained for heat maps and CAM pooling.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.engine.encoders import pooling
from app.engine.encoders.backbone import EncoderPreset, backbone
from app.engine.encoders.class_head import ClassRows, ClassView
from app.engine.encoders.domain_head import with_constant
from app.engine.encoders.pooler import Pooler
from app.engine.encoders.serving import Network, exported
from app.engine.encoders.vgg16_encoder import described, digest, fit, network_size
from app.engine.errors import PresetError
from app.engine.types import Floats, Image
from app.engine.weights import Arrays, WeightStore, arrays_digest, load_arrays

REVISION = "1"  # raised whenever the same preset and weights would give other descriptors


class PooledEncoder:
    """See `Encoder`. Descriptors are those of one picture alone."""

    has_last = False

    def __init__(self, preset: EncoderPreset, *, threads: int, store: WeightStore | None = None) -> None:
        store = store or WeightStore()
        self.preset = preset
        self.name, self.maps, self.weights = preset.name, preset.maps, preset.weights
        arrays = load_arrays(preset.weights, store)
        self.trunk = arrays_digest(arrays)
        self._head = _head(arrays)
        if preset.pooling == "cam" and self._head is None:
            raise PresetError(f"The weights {preset.weights} have no class head, which {preset.name} needs.")
        self.pooler = Pooler(preset, arrays, self.trunk, store)
        self.join = self.pooler.join
        self._stride = backbone(preset.family).STRIDE
        preprocessing = store.entry(preset.weights).preprocessing
        self.fingerprint = _fingerprint(preset, self.trunk, preprocessing, self.pooler)
        key = digest(self.trunk, preprocessing)
        path = exported(store.path(preset.weights), preprocessing, None, key, by=preset.family)
        self._network = Network(path, [preset.layer], threads=threads, precision=preset.precision)
        self.channels = self.pooler.length(self._network.channels[preset.layer])

    def describe(self, images: Sequence[Image]) -> list[Floats]:
        """uint8 RGB pictures of any sizes → per picture (M, C) float32, rows of unit length, in the pictures' order."""
        return described(images, self.preset.sides_px, self._stride, self._network, self.pool, self.join)

    def pool(self, maps: dict[str, Floats]) -> Floats:
        """Feature maps by layer → (M, C) rows of unit length."""
        features = maps[self.preset.layer]
        if self.preset.pooling == "cam":
            view = self._view(features)
            classes, _ = view.best(self.maps)
            return pooling.cam_pool(features, pooling.class_activation_maps(view.features, view.weights, classes))
        return self.pooler(features)

    def regions(self, images: Sequence[Image]) -> list[Floats]:
        """Per picture (R, C) rows of unit length: its regions at every size, not whitened. Only of a regional pooling."""
        layer, pooler = self.preset.layer, self.pooler
        return described(
            images, self.preset.sides_px, self._stride, self._network, lambda maps: pooler.regions(maps[layer]), np.concatenate
        )

    def class_view(self, image: Image) -> ClassView | None:
        """One picture as the weights' own class head sees it; None where they have none."""
        if self._head is None:
            return None
        height, width = network_size(image.shape[0], image.shape[1], self.preset.long_side_px, self._stride)
        (maps,) = self._network([fit(image, height, width)])
        return self._view(maps[self.preset.layer])

    @property
    def pools_by_class(self) -> bool:
        return self.preset.pooling == "cam"

    def class_rows(self, image: Image) -> ClassRows:
        """One picture pooled by every class. Only where the encoder `pools_by_class`."""
        height, width = network_size(image.shape[0], image.shape[1], self.preset.long_side_px, self._stride)
        (maps,) = self._network([fit(image, height, width)])
        view = self._view(maps[self.preset.layer])
        order, _ = view.best(view.weights.shape[1])
        every = pooling.class_activation_maps(view.features, view.weights, np.arange(len(order)))
        return ClassRows(pooling.cam_pool(maps[self.preset.layer], every), order)

    def _view(self, features: Floats) -> ClassView:
        assert self._head is not None  # asked for only where there is one
        return ClassView(*with_constant(features, self._head))

    def last_maps(self, image: Image, long_side_px: int) -> Floats:
        raise NotImplementedError("Only VGG16 has a block5_conv3; ask `has_last` first.")

    def maps_of(self, image: Image, long_side_px: int) -> Floats:
        """(h, w, C) the maps that are pooled, of the picture at that long side."""
        height, width = network_size(image.shape[0], image.shape[1], long_side_px, self._stride)
        return self._network([fit(image, height, width)])[0][self.preset.layer]


def _head(arrays: Arrays) -> Arrays | None:
    if "predictions/kernel" not in arrays:
        return None
    return {"classes/kernel": arrays["predictions/kernel"], "classes/bias": arrays["predictions/bias"]}


def load(preset: EncoderPreset, *, threads: int) -> PooledEncoder:
    return PooledEncoder(preset, threads=threads)


def fingerprint_of(preset: EncoderPreset, store: WeightStore | None = None) -> str:
    """The fingerprint of an encoder without its network. Raises PresetError, WeightsError."""
    store = store or WeightStore()
    arrays = load_arrays(preset.weights, store)
    trunk = arrays_digest(arrays)
    return _fingerprint(preset, trunk, store.entry(preset.weights).preprocessing, Pooler(preset, arrays, trunk, store))


def _fingerprint(preset: EncoderPreset, trunk: str, preprocessing: str, pooler: Pooler) -> str:
    stride = backbone(preset.family).STRIDE
    more = (*((preset.maps,) if preset.pooling == "cam" else ()), *pooler.told)
    shape = (preset.layer, preset.pooling, preset.long_side_px, stride, REVISION)
    return digest(trunk, preprocessing, *shape, *more, *preset.more_sides_px)
