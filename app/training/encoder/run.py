"""A whole run of `flask train encoder`: pictures → photos → kept maps → training → a file in half precision with its card."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.engine.encoders import eight_bit
from app.engine.encoders.presets import EncoderPreset
from app.engine.encoders.serving import Network, exported
from app.engine.types import Progress
from app.engine.weights import WeightStore, arrays_digest, load_arrays
from app.training.distillation import TrainingError, sources, sources_digest
from app.training.encoder import cache, checkpoint, data, export
from app.training.encoder.cache import Cached, CacheKey, Lower
from app.training.encoder.epochs import best_epoch, require_tensorflow
from app.training.encoder.loop import Trainer
from app.training.encoder.settings import Settings
from app.training.head_run import revision

TRUNK = EncoderPreset.weights  # what the training starts from
NAME = "vgg16-pinakes"


@dataclass(frozen=True)
class EncoderRun:
    """Where a run takes its pictures from, where it keeps what it prepared, and where the encoder goes."""

    folders: Sequence[Path]
    settings: Settings
    scratch: Path
    out: Path
    resume: bool = False
    blend: float = 1.0  # share of what was learned
    threads: int = 2


def lower_network(store: WeightStore, threads: int, layers: Sequence[str] = ("block4_conv3",)) -> tuple[Lower, str]:
    """The network's `layers` as they serve, in 8 bits where they do, and the sha256 of its weights. Raises WeightsError."""
    key = arrays_digest(load_arrays(TRUNK, store))
    model = exported(store.path(TRUNK), store.entry(TRUNK).preprocessing, None, f"trunk-{key}")
    ranges = eight_bit.read_ranges(eight_bit.path(store.heads, TRUNK), key)
    return Network(model, layers, threads=threads, ranges=ranges), key


def prepare(run: EncoderRun, store: WeightStore, progress: Progress | None = None) -> tuple[list[Cached], dict[str, Any]]:
    """Every readable picture with its photos, kept in the scratch folder; and what the card says of the data."""
    pictures = sources(run.folders)
    lower, trunk = lower_network(store, run.threads)
    key = CacheKey(trunk, run.settings.seed, run.settings.long_side_px)
    works = cache.prepare(pictures, run.settings.photos, key, run.scratch, lower, progress)
    trained_on = sum(not work.source.held_out for work in works)
    if trained_on < run.settings.batch or trained_on == len(works):
        raise TrainingError(
            f"{trained_on} pictures to train on and {len(works) - trained_on} held out are too few for batches of "
            f"{run.settings.batch}; give more pictures or a smaller --batch."
        )
    facts = {
        "data_sha256": sources_digest([work.source for work in works]), "trunk": TRUNK,
        "pictures": {"training": trained_on, "held_out": len(works) - trained_on}, "simulation_revision": data.REVISION,
    }
    return works, facts


def run_encoder(run: EncoderRun, store: WeightStore | None = None, progress: Progress | None = None) -> tuple[Path, dict[str, Any]]:
    """Prepare, train, export. Returns the encoder's file and its card. Raises TrainingError or WeightsError."""
    require_tensorflow()
    store = store or WeightStore()
    works, facts = prepare(run, store, progress)
    trunk = load_arrays(TRUNK, store)
    path = run.scratch / "checkpoint.npz"
    checkpoint.discard_drafts(path)
    trainer = Trainer(
        [work for work in works if not work.source.held_out], [work for work in works if work.source.held_out], run.settings, path
    )
    state = checkpoint.load(path, trainer.facts) if run.resume else None
    state = trainer.run(state or trainer.start(trunk), progress)
    card = {
        "task": "photo-to-picture matching on simulated visitors' photos", **facts, "settings": asdict(run.settings),
        "curve": state.curve, "best_epoch": best_epoch(state.curve, Trainer.key), "blend": run.blend,
        "training_seconds": state.seconds, "revision": revision(),
        "command": f"flask train encoder … --loss {run.settings.loss} --mining {run.settings.mining} "
        f"--epochs {run.settings.epochs} --photos {run.settings.photos} --batch {run.settings.batch} --rate {run.settings.rate:g} "
        f"--seed {run.settings.seed} --blend {run.blend:g}",
    }
    return run.out, export.save(export.merged(trunk, export.blended(state.first, state.best, run.blend)), card, run.out)


def default_scratch() -> Path:
    return Path(tempfile.gettempdir()) / "pinakes-encoder"


def default_out() -> Path:
    return WeightStore().path(NAME)
