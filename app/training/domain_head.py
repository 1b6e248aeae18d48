"""A class head that speaks the catalogue's words: linear classifiers of type, school, form and period on averaged maps.

One softmax a field, all on the same averaged maps of block5_conv3 (Zhou et al., CVPR 2016: exact class activation maps without a
further convolution). Each is convex and is solved by L-BFGS, so that a head needs no TensorFlow and comes out the same every time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from app.engine.types import Floats, Ints, Progress
from app.evaluation.bootstrap import interval, photo_weights
from app.training.distillation import TrainingError
from app.training.domain_features import Example

UNKNOWN = -1


@dataclass(frozen=True)
class DomainSettings:
    """`least`: works that a word needs. `balance`: a rare word weighs (n / its works)^balance, 1: all words alike.

    `penalties`: of the weights' squares; the one with the best log loss on held-out works is taken, for each field by itself.
    """

    least: int = 8
    balance: float = 0.5
    folds: int = 5
    penalties: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    steps: int = 100
    seed: int = 1


@dataclass(frozen=True)
class Linear:
    """(C, words) kernel and (words,) bias on averaged maps as they are; `curve` is the loss by step of the solver."""

    kernel: Floats
    bias: Floats
    curve: tuple[float, ...] = ()

    def log_probabilities(self, rows: Floats) -> Floats:
        return np.asarray(log_softmax(rows @ self.kernel + self.bias, axis=1), np.float32)


def vocabulary(examples: Sequence[Example], fields: Sequence[str], least: int) -> dict[str, list[str]]:
    """Field → the words that at least `least` works have, the commonest first. Fields with less than two are left out."""
    found: dict[str, list[str]] = {}
    for field in fields:
        counted = Counter(example.words[field] for example in examples if field in example.words)
        words = [word for word, works in sorted(counted.items(), key=lambda item: (-item[1], item[0])) if works >= least]
        if len(words) > 1:
            found[field] = words
    return found


def targets(examples: Sequence[Example], field: str, words: Sequence[str]) -> Ints:
    """(n,): the number of each work's word; UNKNOWN where it has none, or a rare one."""
    number = {word: index for index, word in enumerate(words)}
    return np.array([number.get(example.words.get(field, ""), UNKNOWN) for example in examples], np.int64)


def fit(averages: Floats, wanted: Ints, words: int, penalty: float, settings: DomainSettings) -> Linear:
    """(n, C) averaged maps, (n,) words → the classifier. Channels are brought to mean 0 and deviation 1, then back."""
    mean, deviation = averages.mean(axis=0, dtype=np.float64), averages.std(axis=0, dtype=np.float64) + 1e-6
    rows = (averages - mean) / deviation
    weights = (len(wanted) / np.maximum(np.bincount(wanted, minlength=words), 1))[wanted] ** settings.balance
    weights /= weights.sum()
    one_hot = np.eye(words)[wanted]
    curve: list[float] = []

    def loss(flat: Floats) -> tuple[float, Floats]:
        kernel, bias = flat[: -words].reshape(-1, words), flat[-words:]
        log_p = log_softmax(rows @ kernel + bias, axis=1)
        value = -float(weights @ (one_hot * log_p).sum(axis=1)) + penalty / 2 * float(np.sum(kernel**2))
        slope = (np.exp(log_p) - one_hot) * weights[:, None]
        return value, np.concatenate([(rows.T @ slope + penalty * kernel).ravel(), slope.sum(axis=0)])

    start = np.zeros((rows.shape[1] + 1) * words)
    done = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": settings.steps},
                    callback=lambda intermediate_result: curve.append(float(intermediate_result.fun)))
    kernel = done.x[:-words].reshape(-1, words) / deviation[:, None]
    return Linear(kernel.astype(np.float32), (done.x[-words:] - mean @ kernel).astype(np.float32), tuple(curve))


def folds(groups: Sequence[str], count: int, seed: int) -> Ints:
    """(n,): which fold each work is held out in; works of one group together, folds nearly of one size."""
    order = np.random.default_rng(seed).permutation(sorted(set(groups)))
    sizes, size = Counter(groups), np.zeros(count, np.int64)
    fold: dict[str, int] = {}
    for group in sorted(order, key=lambda one: -sizes[one]):  # a stable sort: by chance among groups of one size
        fold[group] = int(np.argmin(size))
        size[fold[group]] += sizes[group]
    return np.array([fold[group] for group in groups], np.int64)


def held_out(averages: Floats, wanted: Ints, words: int, fold: Ints, penalty: float, settings: DomainSettings) -> Floats:
    """(n, words) log probabilities of every work by a classifier that never saw the work."""
    found = np.zeros((len(wanted), words), np.float32)
    for number in np.unique(fold):
        seen = fold != number
        found[~seen] = fit(averages[seen], wanted[seen], words, penalty, settings).log_probabilities(averages[~seen])
    return found


def figures(log_p: Floats, wanted: Ints) -> dict[str, Any]:
    """How well (n, words) log probabilities name the words: accuracy with its interval, the mean over words, log loss in nats."""
    right = log_p.argmax(axis=1) == wanted
    by_word = [float(right[wanted == word].mean()) for word in np.unique(wanted)]
    return {
        "accuracy": share(right), "mean_over_words": float(np.mean(by_word)),
        "log_loss": float(-log_p[np.arange(len(wanted)), wanted].mean()),
    }


def share(right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """The share of (n,) right answers with its 95 % bootstrap interval over works."""
    hits = right.astype(np.float64)
    return dict(interval(lambda weights: weights @ hits / weights.sum(axis=1), photo_weights(np.arange(len(hits))), len(hits)))


def by_chance(wanted: Ints, fold: Ints) -> dict[str, Any]:
    """Accuracy of always saying the word that is commonest among the works that are not held out."""
    right = np.zeros(len(wanted), bool)
    for number in np.unique(fold):
        right[fold == number] = wanted[fold == number] == np.bincount(wanted[fold != number]).argmax()
    return share(right)


def learn_field(
    averages: Floats, wanted: Ints, words: Sequence[str], makers: Sequence[str], settings: DomainSettings
) -> tuple[Linear, dict[str, Any]]:
    """One field: the penalty by held-out works, the figures, and the classifier of all works → (classifier, card)."""
    known = np.flatnonzero(wanted != UNKNOWN)
    averages, wanted = averages[known], wanted[known]
    fold = folds([str(number) for number in known], settings.folds, settings.seed)
    tried = {
        penalty: held_out(averages, wanted, len(words), fold, penalty, settings) for penalty in settings.penalties
    }
    sweep = [{"penalty": penalty, **figures(log_p, wanted)} for penalty, log_p in tried.items()]
    best = min(sweep, key=lambda row: row["log_loss"])
    apart = folds([makers[number] or f"nobody {number}" for number in known.tolist()], settings.folds, settings.seed)
    strangers = held_out(averages, wanted, len(words), apart, best["penalty"], settings)
    learned = fit(averages, wanted, len(words), best["penalty"], settings)
    return learned, {
        "works": len(known), "words": {word: int(np.sum(wanted == number)) for number, word in enumerate(words)},
        "penalty": best["penalty"], "held_out": {key: best[key] for key in ("accuracy", "mean_over_words", "log_loss")},
        "always_the_commonest": by_chance(wanted, fold), "makers_held_out_whole": figures(strangers, wanted)["accuracy"],
        "sweep": [{"penalty": row["penalty"], "accuracy": round(row["accuracy"]["value"], 4), "log_loss": round(row["log_loss"], 4)}
                  for row in sweep],
        "curve": [round(value, 5) for value in learned.curve[:: max(1, len(learned.curve) // 20)]],
    }


def learn(
    averages: Floats, examples: Sequence[Example], fields: Sequence[str], settings: DomainSettings, progress: Progress | None = None
) -> tuple[Mapping[str, Floats], dict[str, Any]]:
    """All fields → (arrays, card). Arrays: `classes/kernel` (C, words of all fields), `classes/bias`. Raises TrainingError."""
    started = time.time()
    words = vocabulary(examples, fields, settings.least)
    if not words:
        raise TrainingError(
            f"No field of {', '.join(fields)} has two words with {settings.least} works each; give more works, or --least."
        )
    parts: list[Linear] = []
    cards: dict[str, Any] = {}
    for number, (field, names) in enumerate(words.items(), 1):
        part, cards[field] = learn_field(
            averages, targets(examples, field, names), names, [example.maker for example in examples], settings
        )
        parts.append(part)
        if progress:
            progress("training", number, len(words))
    arrays = {
        "classes/kernel": np.concatenate([part.kernel for part in parts], axis=1),
        "classes/bias": np.concatenate([part.bias for part in parts]),
    }
    return arrays, {"settings": asdict(settings), "fields": cards, "seconds": round(time.time() - started, 1)}
