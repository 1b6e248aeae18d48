"""The training itself: batches of works, one photo and the picture of each, through block 5 and the head."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders.whitening import fit_whitening
from app.engine.types import Floats, Ints, Progress
from app.engine.weights import Arrays
from app.training.distillation import TrainingError
from app.training.encoder import checkpoint, losses, mining, model
from app.training.encoder.cache import Cached
from app.training.encoder.checkpoint import State
from app.training.encoder.settings import Settings


class Trainer:
    """Learns `works` by `settings` and measures on `held_out` after every epoch; `path` is the checkpoint."""

    def __init__(self, works: Sequence[Cached], held_out: Sequence[Cached], settings: Settings, path: Path) -> None:
        require_tensorflow()
        self.works, self.held_out, self.settings, self.path = works, held_out, settings, path
        self.facts: dict[str, Any] = {"settings": asdict(settings), "works": _names(works), "held out": _names(held_out)}

    def start(self, arrays: Arrays) -> State:
        """Before the first step: block 5 of `arrays`, and the catalogue's whitening of the works as the projection."""
        plain = model.start(arrays, np.zeros(1, np.float32), np.zeros((1, 1), np.float32))
        channels = plain["block5_conv3/bias"].shape[0]
        plain |= {"projection/kernel": np.eye(channels, dtype=np.float32), "projection/bias": np.zeros(channels, np.float32)}
        rows = model.describe(model.build(plain), [work.views[0] for work in self.works])["raw"]
        white = fit_whitening(rows, rows.shape[1])
        parameters = model.start(arrays, white.mean, white.projection)
        tail = model.build(parameters)
        photos = model.describe(tail, [work.views[1] for work in self.works])["final"]
        pictures = np.stack([white.apply(row[None]) for row in rows])
        state = State(self.facts, parameters, parameters, photos, pictures, best=parameters)
        state.curve.append({"epoch": 0, **self.measure(tail, state)})
        return state

    def run(self, state: State, progress: Progress | None = None) -> State:
        """From where the state is to the end; the checkpoint is written every few steps and after each epoch."""
        tail = model.build(state.parameters)
        optimizers = Optimizers(tail, self.settings, state.optimizer)
        while state.epoch < self.settings.epochs:
            if state.step == 0:
                rng = np.random.default_rng([self.settings.seed, state.epoch])
                state.plan = mining.batches(state.photos, state.pictures, self.settings.batch, self.settings.mining, rng)
            self._epoch(tail, optimizers, state, progress)
            state.parameters = model.get_parameters(tail)
            found = self.measure(tail, state)
            state.curve.append({"epoch": state.epoch + 1, "loss": float(np.mean(state.losses)), **found})
            if found["mrr"] >= max(row["mrr"] for row in state.curve):
                state.best = state.parameters
            state.epoch, state.step, state.losses = state.epoch + 1, 0, []
            self._keep(tail, optimizers, state)
        return state

    def _epoch(self, tail: Any, optimizers: Optimizers, state: State, progress: Progress | None) -> None:
        steps = len(state.plan)
        while state.step < steps:
            began = time.monotonic()
            optimizers.set_rates(state.epoch * steps + state.step, self.settings.epochs * steps)
            state.losses.append(self._step(tail, optimizers, state, state.plan[state.step]))
            state.step += 1
            state.seconds = round(state.seconds + time.monotonic() - began, 2)
            if state.step % self.settings.checkpoint_steps == 0 and state.step < steps:
                self._keep(tail, optimizers, state)
            if progress:
                progress("training", state.epoch * steps + state.step, self.settings.epochs * steps)

    def _step(self, tail: Any, optimizers: Optimizers, state: State, rows: Ints) -> float:
        import tensorflow as tf

        photo = 1 + state.epoch % self.settings.photos
        views = [self.works[row].views[photo] for row in rows] + [self.works[row].views[0] for row in rows]
        with tf.GradientTape() as tape:
            vectors = through(tail, views)
            photos, pictures = vectors[: len(rows)], vectors[len(rows) :]
            loss = losses.BY_NAME[self.settings.loss](tf.matmul(photos, pictures, transpose_b=True))
        optimizers.apply(tape.gradient(loss, tail.trainable_variables))
        state.photos[rows], state.pictures[rows] = photos.numpy(), pictures.numpy()
        value = float(loss)
        if not np.isfinite(value):
            raise TrainingError("The loss is no number any more; train again at smaller rates.")
        return value

    def measure(self, tail: Any, state: State) -> dict[str, float]:
        """Held-out photos against held-out pictures and those trained on, as last seen: recall@1, mean reciprocal rank, and
        by how much the right cosine is above the best wrong one."""
        pictures = model.describe(tail, [work.views[0] for work in self.held_out])["final"]
        photos = model.describe(tail, [view for work in self.held_out for view in work.views[1:]])["final"]
        gallery = np.concatenate([pictures, state.pictures])
        right = np.repeat(np.arange(len(pictures)), self.settings.photos)
        ranked = mining.ranks(photos, gallery, right)
        cosines = photos @ gallery.T
        own = cosines[np.arange(len(right)), right].copy()
        cosines[np.arange(len(right)), right] = -1
        return {
            "n": len(right), "recall_at_1": float(np.mean(ranked == 1)), "mrr": float(np.mean(1 / ranked)),
            "margin": float(np.mean(own - cosines.max(axis=1))), "p": float(model.get_parameters(tail)["gem/p"][0]),
        }

    def _keep(self, tail: Any, optimizers: Optimizers, state: State) -> None:
        state.parameters, state.optimizer = model.get_parameters(tail), optimizers.arrays()
        checkpoint.save(state, self.path)


class Optimizers:
    """One Adam for the convolutions, one for the projection, one for the exponent: each has its own rate."""

    def __init__(self, tail: Any, settings: Settings, kept: Sequence[Floats]) -> None:
        import keras

        self.settings, self.variables = settings, tail.trainable_variables
        names = [name for name, _ in model.names_of(tail)]
        self.groups = [[i for i, name in enumerate(names) if name.startswith(prefix)] for prefix in ("block5", "projection", "gem")]
        self.peaks = (settings.rate, settings.head_rate, 10 * settings.head_rate)
        self.adams = [keras.optimizers.Adam(peak, clipnorm=1.0) for peak in self.peaks]
        for adam, group in zip(self.adams, self.groups, strict=True):
            adam.build([self.variables[i] for i in group])
        for variable, value in zip(self._state(), kept, strict=bool(kept)):
            variable.assign(value)

    def _state(self) -> list[Any]:
        return [variable for adam in self.adams for variable in adam.variables]

    def arrays(self) -> list[Floats]:
        return [np.asarray(variable) for variable in self._state()]

    def set_rates(self, step: int, steps: int) -> None:
        """Rise over the first steps, then fall as a half cosine to 0."""
        share = min(1.0, (step + 1) / max(self.settings.warm_up, 1)) * 0.5 * (1 + np.cos(np.pi * step / max(steps, 1)))
        for adam, peak in zip(self.adams, self.peaks, strict=True):
            adam.learning_rate = peak * share

    def apply(self, gradients: Sequence[Any]) -> None:
        for adam, group in zip(self.adams, self.groups, strict=True):
            adam.apply([gradients[i] for i in group], [self.variables[i] for i in group])


def through(tail: Any, views: Sequence[Path]) -> Any:
    """(n, D) tensor of the views in their order; maps of one shape go through together, so nothing is padded."""
    import tensorflow as tf

    order: list[int] = []
    rows: list[Any] = []
    for indices, batch in model.batches_of_one_shape(views, most=16):
        order += indices
        rows.append(tail(batch, training=True)["final"])
    return tf.gather(tf.concat(rows, axis=0), np.argsort(order))


def require_tensorflow() -> None:
    """Raises TrainingError without it."""
    try:
        import tensorflow  # noqa: F401
    except ImportError as error:
        raise TrainingError("Training needs TensorFlow; run: pip install --require-hashes -r requirements-dev.txt") from error


def _names(works: Sequence[Cached]) -> list[str]:
    return [work.source.sha256[:16] for work in works]
