"""Every system asked every protocol on the small sets, in one run, and each again with what it learned there."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders import Encoder
from app.engine.errors import PresetError
from app.evaluation.bootstrap import Doubles, interval, photo_weights
from app.evaluation.protocols import Task, protocol, run
from app.evaluation.protocols.features import Features
from app.evaluation.protocols.task import Measure
from app.evaluation.protocols.verifying import Proofs
from benchmarks.small_sets.systems import FIGURES, LEARNINGS, PRODUCT, Learning, System, systems, trained

Load = Callable[[str], Encoder]
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Bench:
    """The sets of one catalogue. Descriptors are kept in `features`; pairs of pictures are matched once for all systems."""

    sets: dict[str, Path]
    load: Load
    features: Path
    v: float

    def __post_init__(self) -> None:
        self.proofs: Proofs = run.proofs_of()
        self.tasks: dict[str, Task] = {}

    def task(self, name: str) -> Task:
        if name not in self.tasks:
            self.tasks[name] = protocol(name).read(self.sets[name])
        return self.tasks[name]

    def measures(self, system: System, name: str) -> dict[str, Measure]:
        """The figures of a protocol under their names without the search, which the system says. Raises PresetError."""
        task, encoder = self.task(name), self.load(system.encoder)
        kept = Features(self.features, encoder)
        ranked = run.rank(task, encoder, whiten=system.whiten, search=system.search, features=kept, proofs=self.proofs)
        return dict(task.judge(ranked.rankings, ranked.scores))


def figure(one: Measure, queries: int) -> Any:
    return interval(one.statistic, photo_weights(np.arange(queries)), one.n)


def ahead(ours: Measure, theirs: Measure, queries: int) -> Any:
    """By how much one is above the other, over the same resamples of the queries."""

    def difference(weights: Doubles) -> Doubles:
        return np.asarray(ours.statistic(weights) - theirs.statistic(weights))

    return interval(difference, photo_weights(np.arange(queries)), ours.n)


def compare(bench: Bench, told: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """A row for each figure: how many ask and are asked, every system's value, and how far it is behind this product's."""
    rows = []
    for name in dict.fromkeys(FIGURES.values()):
        found = {one.name: tried(bench, one, name, told) for one in systems(bench.v)}
        rows += [_row(bench.task(name), wanted, found, systems(bench.v)) for wanted, at in FIGURES.items() if at == name]
    return rows


def tried(bench: Bench, system: System, name: str, told: Callable[[str], None]) -> dict[str, Measure] | None:
    """The figures, or None where the set is too small for the system's index, with the reason told."""
    try:
        found = bench.measures(system, name)
    except PresetError as error:
        told(f"{name}: {system.name}: {error}")
        return None
    told(f"{name}: {system.name}")
    return found


def _row(task: Task, wanted: str, found: dict[str, dict[str, Measure] | None], everyone: Sequence[System]) -> dict[str, Any]:
    queries, ours = len(task.queries), found[PRODUCT]
    assert ours is not None
    values: dict[str, Any] = {}
    for one in everyone:
        theirs = found[one.name]
        if theirs is not None:
            values[one.name] = {
                "figure": wanted + one.search.suffix, "own": one.own.get(task.name), "value": figure(theirs[wanted], queries),
                "behind": ahead(ours[wanted], theirs[wanted], queries),
            }  # fmt: skip
    return {"figure": wanted, "protocol": task.name, "queries": queries, "database": len(task.database), "systems": values}


def learn(bench: Bench, scratch: Path, told: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """What each experiment brings to its system's recipe on its own protocol: with the weights before, and with those after."""
    rows = []
    for one in LEARNINGS:
        data = f"{one.data}:{bench.sets[one.data]}"
        train(one, data, scratch)
        system = next(system for system in systems(bench.v) if system.name.startswith(one.system))
        name = next(figure_name for figure_name, protocol_name in FIGURES.items() if protocol_name == one.protocol)
        before = replace(system, encoder=f"{pooled(one.weights)}@{one.size}", whiten=one.whiten)
        after = replace(system, encoder=f"{one.result}@{one.size}", whiten=one.whiten)
        queries = len(bench.task(one.protocol).queries)
        old, new = (bench.measures(which, one.protocol)[name] for which in (before, after))
        rows.append(
            {
                "system": system.name, "name": one.name, "command": command(one, one.data), "figure": name, "queries": queries,
                "before": figure(old, queries), "after": figure(new, queries), "gain": ahead(new, old, queries),
            }
        )  # fmt: skip
        told(f"{one.name}: {rows[-1]}")
    return rows


def pooled(weights: str) -> str:
    """The encoder with the same generalised mean on the weights as they come."""
    return f"{weights.removesuffix('-imagenet')}-gem"


def command(one: Learning, data: str) -> str:
    """As a user would train it; `--out` keeps it apart from a user's own experiments."""
    weights = trained(one.weights, one.after) if one.after else one.weights
    options = f"--weights {weights} --long-side-px {one.size} {one.options}"
    return f"flask train encoder --experiment {one.experiment} --data {data} {options} --resume"


def train(one: Learning, data: str, scratch: Path) -> None:
    """Run the command in a process of its own, as TensorFlow keeps its memory. Raises PresetError with what it said."""
    out = ROOT / "models_store" / "weights" / f"{one.result}.npz"
    words = shlex.split(command(one, shlex.quote(data)))[1:] + ["--out", str(out), "--scratch", str(scratch / one.name)]
    done = subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise PresetError(f"{one.name} could not be trained: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
