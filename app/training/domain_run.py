"""A whole run of `flask train domain-head`: works → averaged maps → head, stored with its run card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders import eight_bit
from app.engine.encoders.domain_head import PREFIX
from app.engine.encoders.presets import EncoderPreset
from app.engine.encoders.serving import Network, exported
from app.engine.types import Progress
from app.engine.weights import WeightStore, arrays_digest, load_arrays
from app.training import domain_features, domain_head
from app.training.cam_head import rounded, save
from app.training.distillation import TrainingError
from app.training.domain_features import LONG_SIDE_PX
from app.training.head_run import revision

TRUNK = EncoderPreset.weights


@dataclass(frozen=True)
class DomainRun:
    """What a run learns from, where it keeps what it prepared, and where the head goes."""

    examples: Sequence[domain_features.Example]
    fields: Sequence[str]
    scratch: Path
    folder: Path
    settings: domain_head.DomainSettings
    threads: int = 2


def trunk_network(store: WeightStore, threads: int) -> tuple[Network, str]:
    """The trunk as it serves, and the sha256 of its arrays. Raises WeightsError."""
    key = arrays_digest(load_arrays(TRUNK, store))
    model = exported(store.path(TRUNK), store.entry(TRUNK).preprocessing, None, f"trunk-{key}")
    ranges = eight_bit.read_ranges(eight_bit.path(store.heads, TRUNK), key)
    return Network(model, ["block5_conv3"], threads=threads, ranges=ranges), key


def trusted(field: dict[str, Any]) -> bool:
    """Whether a field is more than the makers' hands: surely better than the commonest word on works of unseen makers."""
    return bool(field["makers_held_out_whole"]["low"] > field["always_the_commonest"]["value"])


def run_domain(run: DomainRun, store: WeightStore | None = None, progress: Progress | None = None) -> tuple[Path, dict[str, Any]]:
    """Prepare, train, measure, store. Returns the head's file and its card. Raises TrainingError or WeightsError."""
    trunk, key = trunk_network(store or WeightStore(), run.threads)
    told = [example for example in run.examples if example.words]
    if not told:
        raise TrainingError(f"No work says anything of {', '.join(run.fields)}; give another catalogue, or --makers for schools.")
    averages, kept, digests = domain_features.prepare(told, trunk, run.scratch / key[:16], progress)
    examples = [told[number] for number in kept]
    if not examples:
        raise TrainingError("None of the works' pictures can be read; look at the catalogue's file column.")
    arrays, card = domain_head.learn(averages, examples, run.fields, run.settings, progress)
    stored = rounded(dict(arrays)) | {"classes/sizes": np.array([len(one["words"]) for one in card["fields"].values()], np.float32)}
    card = {
        "task": "class head of the catalogue's words", "trunk": TRUNK, "trunk_sha256": key, "long_side_px": LONG_SIDE_PX,
        "vocabulary": {field: list(found["words"]) for field, found in card["fields"].items()},
        "trusted": [field for field, found in card["fields"].items() if trusted(found)],
        "works": len(examples), "data_sha256": domain_features.digest_of(examples, digests), **card, "revision": revision(),
    }
    return save(stored, card, run.folder, PREFIX + TRUNK), card
