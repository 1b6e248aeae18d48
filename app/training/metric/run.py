"""A whole run of `flask train encoder` on labelled pictures: data sets → training → a file in half precision with its card."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.engine.errors import ImageError
from app.engine.images import read_image
from app.engine.types import Progress
from app.engine.weights import WeightStore, arrays_digest
from app.training.datasets.types import LabelledPicture, TrainingSet
from app.training.distillation import TrainingError
from app.training.encoder import checkpoint, export
from app.training.encoder.checkpoint import State
from app.training.encoder.epochs import best_epoch, require_tensorflow
from app.training.experiments import Experiment, Labelled, experiment, weights_of
from app.training.head_run import revision
from app.training.metric import model
from app.training.metric.loop import LabelledTrainer
from app.training.metric.model import Start


@dataclass(frozen=True)
class LabelledRun:
    """What a run learns from, where it keeps its checkpoint, and where the encoder goes: without `out` into the store."""

    sets: Sequence[TrainingSet]
    experiment: Experiment
    scratch: Path
    out: Path | None = None
    resume: bool = False
    blend: float = 1.0  # share of what was learned

    @property
    def settings(self) -> Labelled:
        assert isinstance(self.experiment.settings, Labelled)
        return self.experiment.settings


def run_labelled(
    run: LabelledRun, store: WeightStore | None = None, progress: Progress | None = None
) -> tuple[Path, dict[str, Any]]:
    """Train and export. Returns the encoder's file and its card. Raises TrainingError or WeightsError."""
    require_tensorflow()
    store = store or WeightStore()
    settings = run.settings
    found = joined(run.sets)
    weights = starting_weights(settings, store)
    start = model.begin(weights, store, settings)
    found = readable(found, progress)
    out = run.out or store.path(weights_of(settings.weights, run.experiment.name))
    run.scratch.mkdir(parents=True, exist_ok=True)
    path = run.scratch / f"checkpoint-{out.stem}.npz"
    checkpoint.discard_drafts(path)
    facts = {"data_sha256": digest(found), "weights": weights, "weights_sha256": arrays_digest(start.arrays)}
    trainer = LabelledTrainer(found, start, settings, path, facts)
    state = checkpoint.load(path, trainer.facts) if run.resume else None
    state = trainer.run(state or trainer.start(), progress)
    arrays = export.merged(model.served(start, export.blended(state.first, state.best, run.blend)), {})
    return out, export.save(arrays, card(run, found, trainer, start, state, store) | {"data_sha256": facts["data_sha256"]}, out)


def starting_weights(settings: Labelled, store: WeightStore) -> str:
    """Raises TrainingError where the experiment that it goes on from was not run."""
    if not settings.after:
        return settings.weights
    name = weights_of(settings.weights, settings.after)
    if not store.path(name).exists():
        raise TrainingError(f"{name} is not here yet; run first: flask train encoder --experiment {settings.after} …")
    return name


def joined(sets: Sequence[TrainingSet]) -> TrainingSet:
    """Several sets as one; labels of different sets are different. Raises TrainingError where there is none."""
    if not sets:
        raise TrainingError("This experiment learns from pictures with labels; say where they are, as in --data folder:pictures")
    if len(sets) == 1:
        return sets[0]
    pictures: list[LabelledPicture] = []
    pairs: list[tuple[int, int]] = []
    for number, one in enumerate(sets, 1):
        pairs += [(query + len(pictures), positive + len(pictures)) for query, positive in one.pairs]
        pictures += [replace(picture, label=f"{number} {picture.label}") for picture in one.pictures]
    if pairs and not all(one.pairs for one in sets):
        raise TrainingError("A set that lists its pairs cannot be learned together with one that has labels alone.")
    notes = tuple(note for one in sets for note in one.notes)
    return TrainingSet(" + ".join(one.name for one in sets), tuple(pictures), tuple(pairs), notes)


def readable(found: TrainingSet, progress: Progress | None = None) -> TrainingSet:
    """Without the pictures that cannot be read; each is decoded once, so that no training ends on one after hours."""
    there: list[bool] = []
    with ThreadPoolExecutor(2) as readers:
        for good in readers.map(_opens, [one.path for one in found.pictures]):
            there.append(good)
            if progress and (len(there) % 20 == 0 or len(there) == len(found.pictures)):
                progress("features", len(there), len(found.pictures))
    if all(there):
        return found
    place = {old: new for new, old in enumerate(position for position, good in enumerate(there) if good)}
    pairs = tuple((place[query], place[positive]) for query, positive in found.pairs if query in place and positive in place)
    note = f"{there.count(False)} of {len(there)} pictures cannot be read: left out"
    return replace(found, pictures=tuple(found.pictures[old] for old in place), pairs=pairs, notes=(*found.notes, note))


def _opens(path: Path) -> bool:
    try:
        read_image(path, max_side=64)
    except ImageError:
        return False
    return True


def digest(found: TrainingSet) -> str:
    """sha256 over part, label, name and size of every file, in any order of the files; and over the pairs."""
    names = [f"{one.part} {one.label} {one.path.name} {one.path.stat().st_size}" for one in found.pictures]
    pairs = sorted(f"{names[query]} {names[positive]}" for query, positive in found.pairs)
    return hashlib.sha256("\n".join([*sorted(names), *pairs]).encode()).hexdigest()


def card(
    run: LabelledRun, found: TrainingSet, trainer: LabelledTrainer, start: Start, state: State, store: WeightStore
) -> dict[str, Any]:
    """What made the file, and what serving needs to know of it (engine/encoders/trained.py)."""
    settings, entry = run.settings, store.entry(str(trainer.facts["weights"]))
    return {
        "task": run.experiment.about, "experiment": run.experiment.name, "start": entry.name,
        "family": entry.family,
        "serves": {
            "family": start.preset.family, "layer": start.backbone.LAST, "pooling": "gem", "long_side_px": settings.long_side_px,
            "projection": bool(settings.projection), "whitening_dim": settings.projection or start.preset.whitening_dim,
        },
        "preprocessing": entry.preprocessing, "licence": entry.licence, "about": f"{entry.name}, trained: {run.experiment.about}",
        "data": found.name, "notes": list(found.notes),
        "pictures": {
            "training": len(trainer.paths), "held_out": trainer.held_out.asking, "labels": trainer.classes,
            "sought_in": len(trainer.held_out.paths),
        },
        "settings": asdict(settings), "chance_recall_at_1": trainer.held_out.chance(), "curve": state.curve,
        "best_epoch": best_epoch(state.curve, trainer.key), "training_seconds": state.seconds, "revision": revision(),
        "blend": run.blend, "command": command(run),
    }


def command(run: LabelledRun) -> str:
    """What makes the same again: the experiment, and the settings that are not its own."""
    own, used = asdict(experiment(run.experiment.name).settings), asdict(run.settings)
    words = [f"flask train encoder --experiment {run.experiment.name} --data …"]
    for name in [name for name in used if used[name] != own[name] and used[name] is not None]:
        option, value = name.replace("_", "-"), used[name]
        words.append(f"--{option} {value}" if not isinstance(value, bool) else f"--{option}" if value else f"--no-{option}")
    return " ".join([*words, *([f"--blend {run.blend:g}"] if run.blend != 1 else [])])
