"""Training on pictures with labels: tuples with mined negatives, all pairs of a batch, or classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders.whitening import fit_whitening
from app.engine.types import Floats, Ints
from app.training.datasets.types import TrainingSet
from app.training.distillation import TrainingError
from app.training.encoder import losses, mining
from app.training.encoder.checkpoint import State
from app.training.encoder.epochs import Epochs
from app.training.encoder.model import describe, get_parameters, through
from app.training.encoder.optimizers import Group, Optimizers, Schedule
from app.training.experiments import Labelled
from app.training.metric import measures, model
from app.training.metric.model import Start
from app.training.metric.pictures import Sight

WHITENING_PICTURES = 5000  # so many at most does a projection begin with


class LabelledTrainer(Epochs):
    """Learns the training part of a set by `settings` and measures on its validation part; `path` is the checkpoint."""

    key = "map"

    def __init__(self, found: TrainingSet, start: Start, settings: Labelled, path: Path, facts: dict[str, Any]) -> None:
        super().__init__(settings, path, {"settings": asdict(settings), **facts})
        self.settings, self.begin = settings, start
        self.sight = Sight(settings.long_side_px, start.backbone.STRIDE, settings.least_area, settings.mirror)
        self.paths, self.labels, self.pairs = _part(found)
        self.classes = len(set(self.labels.tolist()))
        self.held_out = measures.held_out(found, settings.pool, settings.seed)
        if settings.epochs:
            self._check()

    def _check(self) -> None:
        """Raises TrainingError where no epoch could be made of the pictures."""
        s = self.settings
        tuples = s.loss not in losses.CLASSIFICATION and s.mining != "all-pairs"
        if tuples and self.classes <= s.negatives:
            raise TrainingError(
                f"{self.classes} labels cannot give {s.negatives} negatives of other labels; give --negatives {self.classes - 1}"
            )
        if not len(self._rows(np.random.default_rng(0), lambda pairs: np.zeros((len(pairs), s.negatives), np.int64))):
            raise TrainingError(
                f"{len(self.labels)} pictures of {self.classes} labels do not fill a batch of {s.batch}; give a smaller --batch."
            )

    def start(self) -> State:
        """Before the first step: what is learned, of the arrays that it begins with, and of heads that are new."""
        new = self._new_heads()
        network = model.build(self.begin, new, self.settings)
        parameters = get_parameters(network)
        state = State(self.facts, parameters, parameters, best=parameters)
        state.curve.append({"epoch": 0, **self.measure(network, state)})
        return state

    def _new_heads(self) -> dict[str, Floats]:
        """A projection that begins as a whitening of the training pictures; classes at zero; centres where the classes are."""
        heads: dict[str, Floats] = {}
        s = self.settings
        if s.projection and "projection/bias" not in self.begin.arrays:
            some = np.random.default_rng(s.seed).permutation(len(self.paths))[:WHITENING_PICTURES]
            raw = describe(self.build({}), self.sight.whole([self.paths[row] for row in some]))["raw"]
            if (most := min(raw.shape)) < s.projection:
                raise TrainingError(f"{len(raw)} pictures and {raw.shape[1]} channels give a projection to {most} at most.")
            white = fit_whitening(raw, s.projection)
            heads |= {"projection/kernel": white.projection, "projection/bias": np.asarray(-white.mean @ white.projection)}
        if s.loss == "cross-entropy":
            channels = self.build({}).output["raw"].shape[1]
            heads |= {"classes/kernel": np.zeros((channels, self.classes), np.float32)}
            heads |= {"classes/bias": np.zeros(self.classes, np.float32)}
        if s.loss == "arcface-centres":
            rows = describe(self.build(heads), self.sight.whole(self.paths))["final"]
            heads["centres/kernel"] = np.stack([rows[self.labels == label].mean(axis=0) for label in range(self.classes)], axis=1)
        return heads

    def build(self, parameters: dict[str, Floats]) -> Any:
        return model.build(self.begin, parameters, self.settings)

    def optimizers(self, network: Any, state: State) -> Optimizers:
        s = self.settings
        groups = (
            Group(("projection", "classes", "centres"), s.head_rate, s.weight_decay), Group(("gem",), s.p_rate),
            Group(("",), s.rate, s.weight_decay),
        )
        return Optimizers(network, groups, s.optimiser, Schedule(s.decay, s.decay_factor, s.warm_up), state.optimizer)

    def plan(self, network: Any, state: State) -> Ints:
        """(steps, batch) pictures; of tuples (steps, batch, 2 + negatives), the negatives mined by the present network."""
        rng = np.random.default_rng([self.settings.seed, state.epoch])
        return self._rows(rng, lambda pairs: self._negatives(network, pairs, rng))

    def _rows(self, rng: np.random.Generator, negatives: Any) -> Ints:
        s, count = self.settings, len(self.labels)
        if s.loss in losses.CLASSIFICATION:
            return mining.in_batches(np.asarray(rng.permutation(count), np.int64), s.batch)
        if s.mining == "all-pairs":
            return mining.label_batches(self.labels, s.batch, s.per_label, rng)
        pairs = mining.positive_pairs(self.labels, self.pairs, s.queries, rng)
        return mining.in_batches(np.concatenate([pairs, negatives(pairs)], axis=1), s.batch)

    def _negatives(self, network: Any, pairs: Ints, rng: np.random.Generator) -> Ints:
        s = self.settings
        pool = np.sort(rng.permutation(len(self.labels))[: s.pool])
        if len(set(self.labels[pool].tolist())) <= s.negatives:
            raise TrainingError(f"A pool of {s.pool} pictures has too few labels for {s.negatives} negatives; give a larger one.")
        if s.mining == "random":
            closeness = rng.random((len(pairs), len(pool)), np.float32)
        else:
            needed, back = np.unique(np.concatenate([pairs[:, 0], pool]), return_inverse=True)
            rows = describe(network, self.sight.whole([self.paths[row] for row in needed]))["final"][back]
            closeness = rows[: len(pairs)] @ rows[len(pairs) :].T
        return pool[mining.hard_negatives(closeness, self.labels[pairs[:, 0]], self.labels[pool], s.negatives)]

    def loss(self, network: Any, state: State, batch: Ints) -> Any:
        import tensorflow as tf

        s, rows = self.settings, batch.ravel()
        seen = self.sight.varied([self.paths[row] for row in rows], (s.seed, state.epoch, state.step))
        if s.loss in losses.CLASSIFICATION:
            return self._class_loss(through(network, seen, "scores"), self.labels[rows])
        vectors = through(network, seen)
        masks = losses.all_pairs(self.labels[rows].tolist()) if batch.ndim == 1 else losses.tuples(len(batch), s.negatives)
        return losses.chosen(s.loss, s.margin, s.second_order)(tf.matmul(vectors, vectors, transpose_b=True), *masks)

    def _class_loss(self, scores: Any, labels: Ints) -> Any:
        right = np.eye(self.classes, dtype=np.float32)[labels]
        if self.settings.loss == "cross-entropy":
            return losses.cross_entropy(scores, right, smoothing=self.settings.smoothing)
        return losses.chosen("arcface", self.settings.margin)(scores, right, 1 - right)

    def measure(self, network: Any, state: State) -> dict[str, float]:
        """Held-out pictures ask: recall@1 and the mean average precision over pictures of the same label."""
        rows = describe(network, self.sight.whole(self.held_out.paths))["final"]
        return {**self.held_out.figures(rows), "p": float(get_parameters(network)["gem/p"][0])}


def _part(found: TrainingSet) -> tuple[list[Path], Ints, list[tuple[int, int]]]:
    """(paths, labels as numbers, listed pairs) of the training part."""
    place = {position: row for row, position in enumerate(p for p, one in enumerate(found.pictures) if one.part == "train")}
    pictures = [found.pictures[position] for position in place]
    pairs = [(place[query], place[positive]) for query, positive in found.pairs if query in place and positive in place]
    return [one.path for one in pictures], numbered([one.label for one in pictures]), pairs


def numbered(labels: Sequence[str]) -> Ints:
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)
