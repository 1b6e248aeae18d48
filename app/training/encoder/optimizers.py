"""Optimisers: one for each group of parameters, as each has its own rate; and how the rates go through the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from app.engine.types import Floats
from app.training.encoder import model

Optimiser = Literal["adam", "sgd"]
Decay = Literal["cosine", "exponential", "none"]
MOMENTUM = 0.9  # of "sgd"


@dataclass(frozen=True)
class Group:
    """The parameters whose names begin with one of `prefixes`, at a rate of `peak`; "" takes what no other group has."""

    prefixes: tuple[str, ...]
    peak: float
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """How rates go: up over the first steps, then down.

    cosine: a half wave to 0 at the last step. exponential: `factor` times after each epoch, as Radenović et al. and SOLAR have it.
    """

    decay: Decay = "cosine"
    factor: float = 0.99
    warm_up: int = 0

    def share(self, step: int, steps: int, epochs: int) -> float:
        """Of the peak, at a step from 0 of all `steps` in all `epochs`."""
        up = min(1.0, (step + 1) / max(self.warm_up, 1))
        if self.decay == "cosine":
            return up * float(0.5 * (1 + np.cos(np.pi * step / max(steps, 1))))
        if self.decay == "exponential":
            return up * float(self.factor ** (step * epochs // max(steps, 1)))
        return up


class Optimizers:
    """One for each group; `kept` is their state where a run goes on."""

    def __init__(
        self, network: Any, groups: Sequence[Group], kind: Optimiser, schedule: Schedule, kept: Sequence[Floats] = ()
    ) -> None:
        names = [name for name, _ in model.names_of(network)]
        self.variables, self.schedule = [variable for _, variable in model.names_of(network)], schedule
        members = [_members(names, group, groups) for group in groups]
        self._used = [(group, rows, _made(kind, group)) for group, rows in zip(groups, members, strict=True) if rows]
        for _, rows, optimizer in self._used:
            optimizer.build([self.variables[row] for row in rows])
        for variable, value in zip(self._state(), kept, strict=bool(kept)):
            variable.assign(value)

    def _state(self) -> list[Any]:
        return [variable for _, _, optimizer in self._used for variable in optimizer.variables]

    def arrays(self) -> list[Floats]:
        return [np.asarray(variable) for variable in self._state()]

    def set_rates(self, step: int, steps: int, epochs: int) -> None:
        share = self.schedule.share(step, steps, epochs)
        for group, _, optimizer in self._used:
            optimizer.learning_rate = group.peak * share

    def apply(self, gradients: Sequence[Any]) -> None:
        """Gradients of the variables in their order."""
        for _, rows, optimizer in self._used:
            optimizer.apply([gradients[row] for row in rows], [self.variables[row] for row in rows])


def _members(names: Sequence[str], group: Group, groups: Sequence[Group]) -> list[int]:
    others = tuple(prefix for one in groups for prefix in one.prefixes if prefix and one is not group)
    return [row for row, name in enumerate(names) if name.startswith(group.prefixes) and not name.startswith(others)]


def _made(kind: Optimiser, group: Group) -> Any:
    import keras

    shared = {"clipnorm": 1.0, "weight_decay": group.weight_decay or None}
    if kind == "sgd":
        return keras.optimizers.SGD(group.peak, momentum=MOMENTUM, **shared)
    return keras.optimizers.Adam(group.peak, **shared)
