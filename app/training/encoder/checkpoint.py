"""All that a run needs to go on after it was stopped, in one file that is replaced whole."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.types import Floats, Ints
from app.engine.weights import Arrays, write_npz
from app.training.distillation import TrainingError

ARRAYS = ("plan", "photos", "pictures")


@dataclass
class State:
    """Where a run is. `plan`: the epoch's batches; `photos`, `pictures`: (works, D) descriptors as they were last seen, if kept."""

    facts: dict[str, Any]  # settings and data: what a run must share with the one that it goes on from
    first: Arrays  # the parameters before training
    parameters: Arrays
    best: Arrays
    photos: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    pictures: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    optimizer: list[Floats] = field(default_factory=list)
    plan: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    epoch: int = 0
    step: int = 0  # of the epoch: the next batch
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)  # of the epoch so far
    curve: list[dict[str, float]] = field(default_factory=list)


def discard_drafts(path: Path) -> None:
    """Remove what runs that were killed while they wrote left beside the checkpoint, 100 MB each."""
    for draft in path.parent.glob(f"{path.name}*.tmp"):
        draft.unlink()


def save(state: State, path: Path) -> None:
    told = {name: getattr(state, name) for name in ("facts", "epoch", "step", "seconds", "losses", "curve")}
    arrays: dict[str, Any] = {"told": np.array(json.dumps(told)), **{name: getattr(state, name) for name in ARRAYS}}
    arrays |= {f"first {name}": value for name, value in state.first.items()}
    arrays |= {f"parameter {name}": value for name, value in state.parameters.items()}
    arrays |= {f"best {name}": value for name, value in state.best.items()}
    arrays |= {f"optimizer {number:03}": value for number, value in enumerate(state.optimizer)}
    write_npz(path, arrays)


def load(path: Path, facts: dict[str, Any]) -> State | None:
    """The run that was stopped; None where there is none. Raises TrainingError where it was another run, or is damaged."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        told = json.loads(str(kept["told"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path} is damaged ({error}); delete it, or train without --resume.") from error
    if differing := sorted(name for name in facts if told["facts"].get(name) != facts[name]):
        raise TrainingError(
            f"The run in {path} was started with other {', '.join(differing)}; give the same, or train without --resume."
        )
    return State(
        **told, **{name: kept[name] for name in ARRAYS}, first=_group(kept, "first "),
        parameters=_group(kept, "parameter "), best=_group(kept, "best "), optimizer=list(_group(kept, "optimizer ").values()),
    )


def _group(kept: dict[str, Any], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): kept[name] for name in sorted(kept) if name.startswith(prefix)}
