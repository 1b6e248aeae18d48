"""Experiments: how encoders are trained, one small file each; data, not code. A new one is a file and a name in `MODULES`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import import_module
from typing import Any

from app.training.distillation import TrainingError
from app.training.encoder.losses import CLASSIFICATION
from app.training.encoder.settings import Settings as Visitors
from app.training.experiments.settings import Experiment, Labelled

__all__ = ["BY_NAME", "Experiment", "Labelled", "changed", "experiment", "weights_of"]

MODULES = ("visitors", "gem", "solar", "cars", "landmarks", "classes")
BY_NAME: dict[str, Experiment] = {
    one.name: one for module in MODULES for one in import_module(f"{__name__}.{module}").EXPERIMENTS
}


def experiment(name: str) -> Experiment:
    """Raises TrainingError listing the names there are."""
    if name not in BY_NAME:
        raise TrainingError(f"There is no experiment {name!r}; known: {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def changed(one: Experiment, chosen: Mapping[str, Any]) -> Experiment:
    """The experiment with the settings that were chosen; None is not chosen. Another loss comes with its own margin.

    Raises TrainingError where it has no such setting, or where they do not go together.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    known = {field.name for field in fields(one.settings)}
    if unknown := [name for name in given if name not in known]:
        raise TrainingError(f"The experiment {one.name} has no --{unknown[0].replace('_', '-')}; leave it out.")
    if "loss" in given:
        given = {"margin": None, **given}
    found = replace(one.settings, **given)
    if trouble := at_odds(found):
        raise TrainingError(f"The experiment {one.name}: {trouble}.")
    return replace(one, settings=found)


def at_odds(settings: Visitors | Labelled) -> str:
    """Which settings do not go together; "" where all do."""
    classes = settings.loss in CLASSIFICATION
    if settings.margin is not None and settings.loss in ("infonce", "cross-entropy"):
        return f"the loss {settings.loss} has no --margin; leave it out"
    if isinstance(settings, Labelled):
        if classes and settings.second_order:
            return f"--second-order goes with a loss of pairs, not with {settings.loss}"
        if settings.mining == "all-pairs" and not classes and settings.per_label > settings.batch:
            return f"{settings.per_label} pictures of a label (--per-label) do not fit into a batch of {settings.batch}"
    elif classes or settings.mining not in ("hard", "random"):
        return "its pictures have no labels; --loss cross-entropy, --loss arcface-centres and --mining all-pairs need them"
    elif settings.batch < 2:
        return "a batch needs two works to tell apart; give a larger --batch"
    return ""


def weights_of(weights: str, name: str) -> str:
    """What an experiment on these weights is called: of resnet50-imagenet and gem, resnet50-trained-gem."""
    base = weights.partition("-trained-")[0]
    return f"{base.removesuffix('-imagenet')}-trained-{name}"
