"""Losses over the cosines of a batch: photos × pictures, where photo i shows picture i and none other.

Each takes (n, n) cosines of unit vectors and gives one number; a squared distance is 2 − 2 · cosine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def infonce(cosines: Any, *, temperature: float = 0.05) -> Any:
    """Cross-entropy of the right picture among all of the batch, and of the right photo; the mean of both.

    van den Oord, Li & Vinyals, "Representation learning with contrastive predictive coding", 2018; both ways as in
    Radford et al., "Learning transferable visual models from natural language supervision", ICML 2021.
    """
    import keras

    def one_way(logits: Any) -> Any:
        return -keras.ops.mean(keras.ops.diagonal(keras.ops.log_softmax(logits, axis=1)))

    logits = cosines / temperature
    return 0.5 * (one_way(logits) + one_way(keras.ops.transpose(logits)))


def arcface(cosines: Any, *, margin: float = 0.2, temperature: float = 0.05) -> Any:
    """The same with `margin` radians added to the angle of the right pair, so that being first is not enough.

    Deng, Guo, Xue & Zafeiriou, "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019; the pictures of
    the batch stand for the classes' centres. Beyond π − margin the cosine falls on by margin · sin(margin), as in their code.
    """
    import keras

    right = keras.ops.clip(keras.ops.diagonal(cosines), -1 + 1e-6, 1 - 1e-6)
    turned = keras.ops.cos(keras.ops.arccos(right) + margin)
    limit = keras.ops.cos(keras.ops.convert_to_tensor(3.141592653589793 - margin))
    safe = keras.ops.where(right > limit, turned, right - margin * keras.ops.sin(keras.ops.convert_to_tensor(margin)))
    eye = keras.ops.eye(cosines.shape[0])
    return infonce(cosines * (1 - eye) + keras.ops.diag(safe) * eye, temperature=temperature)


def triplet(cosines: Any, *, margin: float = 0.1) -> Any:
    """Mean over photos of max(0, margin + d²(right) − d²(nearest wrong picture)).

    Schroff, Kalenichenko & Philbin, "FaceNet: a unified embedding for face recognition and clustering", CVPR 2015, with the
    hardest wrong picture of the batch, as Hermans, Beyer & Leibe, "In defense of the triplet loss", 2017.
    """
    import keras

    squared = 2 - 2 * cosines
    right = keras.ops.diagonal(squared)
    wrong = keras.ops.min(squared + 8.0 * keras.ops.eye(cosines.shape[0]), axis=1)  # 4 is the most that there is
    return keras.ops.mean(keras.ops.maximum(margin + right - wrong, 0.0))


def contrastive(cosines: Any, *, margin: float = 0.85) -> Any:
    """½ d² of right pairs and ½ max(0, margin − d)² of wrong ones, summed over a photo's pairs, mean over photos.

    Hadsell, Chopra & LeCun, CVPR 2006, as in Radenović, Tolias & Chum, TPAMI 2019, eq. 4; their margin for VGG is 0.75,
    for whitened vectors, which lie farther apart, 0.85.
    """
    import keras

    squared = keras.ops.maximum(2 - 2 * cosines, 1e-6)  # the root has no slope at 0
    eye = keras.ops.eye(cosines.shape[0])
    wrong = keras.ops.square(keras.ops.maximum(margin - keras.ops.sqrt(squared), 0.0))
    return 0.5 * keras.ops.mean(keras.ops.sum(squared * eye + wrong * (1 - eye), axis=1))


BY_NAME: dict[str, Callable[[Any], Any]] = {"infonce": infonce, "arcface": arcface, "triplet": triplet, "contrastive": contrastive}
