"""Losses over the cosines of a batch, and over the scores of its classes.

The first take (n, m) cosines of unit vectors and two masks of the same shape: `right`, 1 where two rows belong together, and
`wrong`, 1 where they do not; what is 0 in both is left alone. A row with right pairs is an anchor. Each gives one number. A
squared distance is 2 − 2 · cosine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from app.engine.types import Floats

Loss = Callable[..., Any]  # (cosines, right, wrong) → one number; most take a `margin`
FAR = 1e9


def infonce(cosines: Any, right: Any, wrong: Any, *, temperature: float = 0.05) -> Any:
    """Cross-entropy of each right pair among itself and the anchor's wrong pairs; mean over right pairs.

    van den Oord, Li & Vinyals, "Representation learning with contrastive predictive coding", 2018.
    """
    import keras

    logits = cosines / temperature
    others = keras.ops.logsumexp(keras.ops.where(wrong > 0, logits, -FAR), axis=1, keepdims=True)
    return over(right, keras.ops.softplus(others - logits))


def arcface(cosines: Any, right: Any, wrong: Any, *, margin: float = 0.2, temperature: float = 0.05) -> Any:
    """The same with `margin` radians added to the angle of right pairs, so that being first is not enough.

    Deng, Guo, Xue & Zafeiriou, "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019; the other pictures of
    the batch stand for the classes' centres. Beyond π − margin the cosine falls on by margin · sin(margin), as in their code.
    """
    import keras

    safe = keras.ops.clip(cosines, -1 + 1e-6, 1 - 1e-6)
    turned = keras.ops.cos(keras.ops.arccos(safe) + margin)
    beyond = safe - float(margin * np.sin(margin))
    later = keras.ops.where(safe > float(np.cos(np.pi - margin)), turned, beyond)
    return infonce(keras.ops.where(right > 0, later, cosines), right, wrong, temperature=temperature)


def triplet(cosines: Any, right: Any, wrong: Any, *, margin: float = 0.1) -> Any:
    """Mean over right pairs of max(0, margin + d²(right) − d²(the anchor's nearest wrong row)).

    Schroff, Kalenichenko & Philbin, "FaceNet: a unified embedding for face recognition and clustering", CVPR 2015, with the
    hardest wrong row of the batch, as Hermans, Beyer & Leibe, "In defense of the triplet loss", 2017.
    """
    import keras

    squared = 2 - 2 * cosines
    nearest = keras.ops.min(squared + 1e3 * (1 - wrong), axis=1, keepdims=True)
    return over(right, keras.ops.maximum(margin + squared - nearest, 0.0))


def triplets(cosines: Any, right: Any, wrong: Any, *, margin: float = 0.1) -> Any:
    """The same summed over all wrong rows of the anchor, as Ng, Balntas, Tian & Mikolajczyk, "SOLAR", ECCV 2020, train."""
    import keras

    squared = 2 - 2 * cosines
    each = keras.ops.maximum(margin + squared[:, :, None] - squared[:, None, :], 0.0) * wrong[:, None, :]
    return over(right, keras.ops.sum(each, axis=2))


def contrastive(cosines: Any, right: Any, wrong: Any, *, margin: float = 0.85) -> Any:
    """½ d² of right pairs and ½ max(0, margin − d)² of wrong ones, summed over an anchor's pairs, mean over anchors.

    Hadsell, Chopra & LeCun, CVPR 2006, as in Radenović, Tolias & Chum, TPAMI 2019, eq. 4; their margin for VGG is 0.75,
    for whitened vectors, which lie farther apart, 0.85.
    """
    import keras

    squared = keras.ops.maximum(2 - 2 * cosines, 1e-6)  # the root has no slope at 0
    apart = keras.ops.square(keras.ops.maximum(margin - keras.ops.sqrt(squared), 0.0))
    anchors = keras.ops.max(keras.ops.convert_to_tensor(right), axis=1, keepdims=True)
    return 0.5 * keras.ops.sum(squared * right + apart * wrong * anchors) / keras.ops.maximum(keras.ops.sum(anchors), 1.0)


def second_order(cosines: Any, right: Any, wrong: Any) -> Any:
    """How differently the two rows of a right pair lie to the anchor's wrong rows; (n, n) cosines.

    √Σ_n (d²(a, n) − d²(p, n))² over the wrong rows n of anchor a, mean over right pairs (a, p). Tian, Yu, Fan, Wu, Heijnen &
    Balntas, "SOSNet: second order similarity regularization for local descriptor learning", CVPR 2019, with the squared
    distances and the tuple's negatives of SOLAR, eq. 6 and 7; there the root is over a batch, which holds one tuple.
    """
    import keras

    squared = 2 - 2 * cosines
    differences = (squared[:, None, :] - squared[None, :, :]) * wrong[:, None, :]
    return over(right, keras.ops.sqrt(keras.ops.sum(keras.ops.square(differences), axis=2) + 1e-12))


def cross_entropy(logits: Any, labels: Any, *, smoothing: float = 0.0) -> Any:
    """(n, classes) scores, (n, classes) with a 1 a row → mean cross-entropy, `smoothing` of each 1 spread over all classes.

    Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016, section 7.
    """
    import keras

    wanted = (1 - smoothing) * labels + smoothing / labels.shape[1]
    return -keras.ops.mean(keras.ops.sum(wanted * keras.ops.log_softmax(logits, axis=1), axis=1))


def over(right: Any, values: Any) -> Any:
    """The mean of the values at the right pairs."""
    import keras

    return keras.ops.sum(keras.ops.where(right > 0, values, 0.0)) / keras.ops.maximum(keras.ops.sum(right), 1.0)


def facing(count: int) -> tuple[Floats, Floats]:
    """(right, wrong) of `count` photos followed by the picture of each: photos meet pictures only, both ways."""
    eye, none = np.eye(count, dtype=np.float32), np.zeros((count, count), np.float32)
    return np.block([[none, eye], [eye, none]]), np.block([[none, 1 - eye], [1 - eye, none]])


def tuples(count: int, negatives: int) -> tuple[Floats, Floats]:
    """(right, wrong) of `count` tuples, each a query, its positive and its negatives: queries meet their own tuple only."""
    size = 2 + negatives
    right, wrong = np.zeros((2, count * size, count * size), np.float32)
    for query in range(0, count * size, size):
        right[query, query + 1] = 1
        wrong[query, query + 2 : query + size] = 1
    return right, wrong


def all_pairs(labels: Sequence[str]) -> tuple[Floats, Floats]:
    """(right, wrong): every two rows of one label, and every two of different ones."""
    names = np.asarray(labels)
    same = names[:, None] == names[None, :]
    return (same & ~np.eye(len(names), dtype=bool)).astype(np.float32), (~same).astype(np.float32)


BY_NAME: dict[str, Loss] = {
    "infonce": infonce, "arcface": arcface, "triplet": triplet, "triplets": triplets, "contrastive": contrastive,
}  # fmt: skip
CLASSIFICATION = ("cross-entropy", "arcface-centres")  # of scores: a class for each label that is learned


def chosen(name: str, margin: float | None = None, second_order_weight: float = 0.0) -> Loss:
    """A loss of pairs by its name, with a margin of one's own, plus so much of the second-order term."""
    first: Loss = BY_NAME[name] if margin is None else partial(BY_NAME[name], margin=margin)
    if not second_order_weight:
        return first
    return lambda cosines, right, wrong: first(cosines, right, wrong) + second_order_weight * second_order(cosines, right, wrong)
