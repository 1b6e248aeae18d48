"""What both ways to train an encoder share: epochs of steps, a measure after each, the best one kept, a checkpoint."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from app.engine.types import Ints, Progress
from app.engine.weights import Arrays
from app.training.distillation import TrainingError
from app.training.encoder import checkpoint, model
from app.training.encoder.checkpoint import State
from app.training.encoder.optimizers import Optimizers


class Course(Protocol):
    """What the epochs need to know of the settings."""

    @property
    def epochs(self) -> int: ...

    @property
    def checkpoint_steps(self) -> int: ...


class Epochs(ABC):
    """`path`: the checkpoint; `facts`: what a run must share with the one that it goes on from; `key`: which figure is to rise."""

    key: ClassVar[str]

    def __init__(self, settings: Course, path: Path, facts: dict[str, Any]) -> None:
        require_tensorflow()
        self.course, self.path, self.facts = settings, path, facts

    @abstractmethod
    def build(self, parameters: Arrays) -> Any:
        """The Keras model; what is trainable in it is learned."""

    @abstractmethod
    def optimizers(self, network: Any, state: State) -> Optimizers:
        """With what was kept of them."""

    @abstractmethod
    def plan(self, network: Any, state: State) -> Ints:
        """The batches of the epoch that begins, one a row."""

    @abstractmethod
    def loss(self, network: Any, state: State, batch: Ints) -> Any:
        """The loss of a batch as a tensor, reckoned under a tape."""

    @abstractmethod
    def measure(self, network: Any, state: State) -> dict[str, float]:
        """Figures on what was held out."""

    def run(self, state: State, progress: Progress | None = None) -> State:
        """From where the state is to the end; the checkpoint is written every few steps and after each epoch."""
        network = self.build(state.parameters)
        optimizers = self.optimizers(network, state)
        while state.epoch < self.course.epochs:
            if state.step == 0:
                state.plan = self.plan(network, state)
            self._epoch(network, optimizers, state, progress)
            state.parameters = model.get_parameters(network)
            found = self.measure(network, state)
            state.curve.append({"epoch": state.epoch + 1, "loss": float(np.mean(state.losses)), **found})
            if found[self.key] >= max(row[self.key] for row in state.curve):
                state.best = state.parameters
            state.epoch, state.step, state.losses = state.epoch + 1, 0, []
            self._keep(network, optimizers, state)
        return state

    def _epoch(self, network: Any, optimizers: Optimizers, state: State, progress: Progress | None) -> None:
        epochs, steps = self.course.epochs, len(state.plan)
        while state.step < steps:
            began = time.monotonic()
            optimizers.set_rates(state.epoch * steps + state.step, epochs * steps, epochs)
            state.losses.append(self._step(network, optimizers, state))
            state.step += 1
            state.seconds = round(state.seconds + time.monotonic() - began, 2)
            if state.step % self.course.checkpoint_steps == 0 and state.step < steps:
                self._keep(network, optimizers, state)
            if progress:
                progress("training", state.epoch * steps + state.step, epochs * steps)

    def _step(self, network: Any, optimizers: Optimizers, state: State) -> float:
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:  # nothing is kept of frozen layers
            tape.watch([variable.value for variable in optimizers.variables])
            loss = self.loss(network, state, state.plan[state.step])
        optimizers.apply(tape.gradient(loss, [variable.value for variable in optimizers.variables]))
        value = float(loss)
        if not np.isfinite(value):
            raise TrainingError("The loss is no number any more; train again at smaller rates.")
        return value

    def _keep(self, network: Any, optimizers: Optimizers, state: State) -> None:
        state.parameters, state.optimizer = model.get_parameters(network), optimizers.arrays()
        checkpoint.save(state, self.path)


def best_epoch(curve: list[dict[str, float]], key: str) -> int:
    """The last of the epochs with the best figure; 0: before training."""
    return int(max(curve, key=lambda row: (row[key], row["epoch"]))["epoch"])


def require_tensorflow() -> None:
    """Raises TrainingError without it."""
    import sqlite3  # noqa: F401  first: TensorFlow's own SQLite has no full text and would be taken for Python's

    try:
        import tensorflow  # noqa: F401
    except ImportError as error:
        raise TrainingError("Training needs TensorFlow; run: pip install --require-hashes -r requirements-dev.txt") from error
