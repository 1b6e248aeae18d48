"""The VGG16 encoder: pictures → pooled descriptors, by preset."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from app.engine.encoders import eight_bit, pooling
from app.engine.encoders.backbone import EncoderPreset
from app.engine.encoders.class_head import ClassRows, ClassView, cam_features
from app.engine.encoders.domain_head import ranked, with_constant
from app.engine.encoders.pooler import Join, Pooler
from app.engine.encoders.serving import Network, exported
from app.engine.encoders.vgg16 import CAM_CONV, CLASS_HEADS, LAST, STRIDE
from app.engine.errors import PresetError
from app.engine.types import Floats, Image, Ints
from app.engine.weights import Arrays, WeightStore, arrays_digest, load_arrays, read_npz

REVISION = "1"  # raised whenever the same preset and weights would give other descriptors
Pool = Callable[[dict[str, Floats]], Floats]  # maps of a picture by layer → its rows


class Vgg16Encoder:
    """See `Encoder`. Descriptors are those of one picture alone: they do not depend on what it was batched with."""

    def __init__(self, preset: EncoderPreset, *, threads: int, store: WeightStore | None = None) -> None:
        self._store = store = store or WeightStore()
        self.preset = preset
        self.name = preset.name
        self.maps = preset.maps
        self.weights = preset.weights
        arrays = load_arrays(preset.weights, store)
        head = read_head(preset.head, store) if preset.head else {}
        self.trunk = arrays_digest(arrays)
        self.pooler = Pooler(preset, arrays, self.trunk, store)
        self.join = self.pooler.join
        self.channels = self.pooler.length(len(arrays[f"{preset.layer}/bias"]))
        preprocessing = store.entry(preset.weights).preprocessing
        self.fingerprint = _fingerprint(preset, self.trunk, head, preprocessing, self.pooler)
        self._words = head if "classes/sizes" in head else None  # a domain head: words field after field, and no convolution
        layered = {} if self._words else head
        self._class_weights = layered.get("classes/kernel")
        head_path = store.heads / f"{preset.head}.npz" if layered else None
        model_key = digest(self.trunk, arrays_digest(layered), preprocessing)
        model = exported(store.path(preset.weights), preprocessing, head_path, model_key)
        layers = tuple(dict.fromkeys((preset.layer, LAST if self._words else CAM_CONV))) if preset.head else (preset.layer,)
        ranges = eight_bit.read_ranges(eight_bit.path(store.heads, preset.weights), self.trunk)
        self._network = Network(model, layers, threads=threads, precision=preset.precision, ranges=ranges)

    def describe(self, images: Sequence[Image]) -> list[Floats]:
        """uint8 RGB pictures of any sizes → per picture (M, C) float32, rows of unit length, in the pictures' order."""
        return described(images, self.preset.sides_px, STRIDE, self._network, self.pool, self.join)

    def class_view(self, image: Image) -> ClassView | None:
        """One picture as the class head sees it; None where this encoder's layers do not lead there.

        Without an own head it takes the one that was trained on the same weights: its convolution is reckoned on the maps
        of block5_conv3, which are there already.
        """
        if self._class_weights is None and (not self.has_last or self.preset.weights not in CLASS_HEADS):
            return None
        height, width = network_size(image.shape[0], image.shape[1], self.preset.long_side_px)
        (maps,) = self._network([fit(image, height, width)])
        if self._class_weights is not None:
            return ClassView(maps[CAM_CONV], self._class_weights)
        return ClassView(cam_features(maps[LAST], self._lent_head), self._lent_head["classes/kernel"])

    @property
    def has_last(self) -> bool:
        return LAST in self._network.layers

    def last_maps(self, image: Image, long_side_px: int) -> Floats:
        """(h, w, C) of block5_conv3, which a domain head takes. Only where the encoder `has_last`."""
        height, width = network_size(image.shape[0], image.shape[1], long_side_px)
        return self._network([fit(image, height, width)])[0][LAST]

    def maps_of(self, image: Image, long_side_px: int) -> Floats:
        """(h, w, C) of block5_conv3 where the layers lead there, else of the layer that is pooled, at that long side."""
        height, width = network_size(image.shape[0], image.shape[1], long_side_px)
        return self._network([fit(image, height, width)])[0][LAST if self.has_last else self.preset.layer]

    @cached_property
    def _lent_head(self) -> Arrays:
        return read_head(CLASS_HEADS[self.preset.weights], self._store)

    def pool(self, maps: dict[str, Floats]) -> Floats:
        """Feature maps by layer → (M, C) rows of unit length."""
        features = maps[self.preset.layer]
        if self.preset.pooling == "cam":
            seen, weights, order = self._seen(maps)
            return pooling.cam_pool(features, pooling.class_activation_maps(seen, weights, order[: self.maps]))
        return self.pooler(features)

    def regions(self, images: Sequence[Image]) -> list[Floats]:
        """Per picture (R, C) rows of unit length: its regions at every size, not whitened. Only of a regional pooling."""
        layer, pooler = self.preset.layer, self.pooler
        return described(
            images, self.preset.sides_px, STRIDE, self._network, lambda maps: pooler.regions(maps[layer]), np.concatenate
        )

    @property
    def pools_by_class(self) -> bool:
        return self.preset.pooling == "cam"

    def class_rows(self, image: Image) -> ClassRows:
        """One picture pooled by every class, not by its most probable ones alone. Only where the encoder `pools_by_class`."""
        height, width = network_size(image.shape[0], image.shape[1], self.preset.long_side_px)
        (maps,) = self._network([fit(image, height, width)])
        seen, weights, order = self._seen(maps)
        every = pooling.class_activation_maps(seen, weights, np.arange(weights.shape[1]))
        return ClassRows(pooling.cam_pool(maps[self.preset.layer], every), order)

    def _seen(self, maps: dict[str, Floats]) -> tuple[Floats, Floats, Ints]:
        """What the class head sees, (h, w, K), its weights (K, classes), and the classes, the most probable one first."""
        if self._words:
            seen, weights = with_constant(maps[LAST], self._words)
            sizes = self._words["classes/sizes"].astype(np.int64)
            return seen, weights, ranked(seen.mean(axis=(0, 1)) @ weights, sizes)
        assert self._class_weights is not None  # a CAM preset always has a head
        logits = maps[CAM_CONV].mean(axis=(0, 1)) @ self._class_weights
        return maps[CAM_CONV], self._class_weights, pooling.most_probable(logits, len(logits))


def load(preset: EncoderPreset, *, threads: int) -> Vgg16Encoder:
    return Vgg16Encoder(preset, threads=threads)


def _fingerprint(preset: EncoderPreset, trunk: str, head: Arrays, preprocessing: str, pooler: Pooler) -> str:
    """Of the descriptors: hex sha256 over weights, head, preprocessing, parameters and what was learned for the pooling."""
    key = digest(trunk, arrays_digest(head), preprocessing)
    shape = (preset.layer, preset.pooling, preset.maps, preset.long_side_px, STRIDE, REVISION)
    return digest(key, *shape, *pooler.told, *preset.more_sides_px)


def fingerprint_of(preset: EncoderPreset, store: WeightStore | None = None) -> str:
    """The fingerprint that the encoder of this preset has, from its files alone. Raises PresetError, WeightsError."""
    store = store or WeightStore()
    head = read_head(preset.head, store) if preset.head else {}
    arrays = load_arrays(preset.weights, store)
    trunk = arrays_digest(arrays)
    return _fingerprint(preset, trunk, head, store.entry(preset.weights).preprocessing, Pooler(preset, arrays, trunk, store))


def described(
    images: Sequence[Image], sides_px: Sequence[int], stride: int, network: Network, pool: Pool, join: Join
) -> list[Floats]:
    """Pool the network's maps of each picture at each size and join them, in the pictures' order."""
    sized = [_at_one_size(images, side, stride, network, pool) for side in sides_px]
    return [join(rows) for rows in zip(*sized, strict=True)]


def _at_one_size(images: Sequence[Image], long_side_px: int, stride: int, network: Network, pool: Pool) -> list[Floats]:
    """Pictures that the network sees at one height and width go through together."""
    answers: dict[int, Floats] = {}
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, image in enumerate(images):
        height, width = image.shape[:2]
        groups[network_size(height, width, long_side_px, stride)].append(index)
    for (height, width), indices in groups.items():
        sized = [fit(images[index], height, width) for index in indices]
        for index, maps in zip(indices, network(sized), strict=True):
            answers[index] = pool(maps)
    return [answers[index] for index in range(len(images))]


def network_size(height: int, width: int, long_side_px: int, stride: int = STRIDE) -> tuple[int, int]:
    """(height, width) that the network sees: the long side as given, both sides whole multiples of the stride.

    So pictures of nearly one shape share a batch and no border is lost to the pooling layers; sides change by less than
    half a cell. Small pictures are enlarged: the network's receptive field is in pixels.
    """
    scale = long_side_px / max(height, width)
    return cells(height * scale, stride) * stride, cells(width * scale, stride) * stride


def cells(side_px: float, stride: int = STRIDE) -> int:
    """Cells of the last maps along a side, at least two."""
    return max(2, round(side_px / stride))


def fit(image: Image, height: int, width: int) -> Image:
    """Resize without keeping the aspect: by area when it shrinks, bicubic when it grows."""
    import cv2

    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    sized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(sized, np.uint8)


def read_head(name: str, store: WeightStore) -> Arrays:
    """A class head's arrays. Raises PresetError where it was not trained yet, WeightsError where it is damaged."""
    path = store.heads / f"{name}.npz"
    if not path.exists():
        raise PresetError(f"The class head {path.name} is not here; run: flask train cam-head")
    return read_npz(path)


def digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
