"""A whole run of `flask train cam-head`: pictures → crops → lesson → head, stored with its card."""

from __future__ import annotations

import math
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.engine.encoders.presets import EncoderPreset
from app.engine.encoders.serving import Network, exported, run_module
from app.engine.types import Progress
from app.engine.weights import WeightStore, arrays_digest, load_arrays
from app.training import cam_head, distillation
from app.training.distillation_teacher import TEACHER

TRUNK = EncoderPreset.weights  # the weights that the presets are built on


@dataclass(frozen=True)
class HeadRun:
    """Where a run takes its pictures from, how many crops, and where it keeps what it prepared."""

    folders: Sequence[Path]
    crops: int
    scratch: Path
    settings: cam_head.HeadSettings
    threads: int = 2


def networks(store: WeightStore, threads: int) -> tuple[Network, Network]:
    """(trunk, teacher), both exported to OpenVINO where they were not yet. Raises WeightsError."""
    trunk_key = arrays_digest(load_arrays(TRUNK, store))
    trunk = exported(store.path(TRUNK), store.entry(TRUNK).preprocessing, None, f"trunk-{trunk_key}")
    teacher = store.weights / "openvino" / f"{TEACHER}-{arrays_digest(load_arrays(TEACHER, store))[:16]}.xml"
    if not teacher.exists():
        run_module("app.training.distillation_teacher", [str(store.path(TEACHER)), str(teacher)], teacher)
    return Network(trunk, ["block5_conv3"], threads=threads), Network(teacher, ["logits"], threads=threads)


def prepare(run: HeadRun, store: WeightStore, progress: Progress | None = None) -> tuple[distillation.Lesson, dict[str, Any]]:
    """The lesson, from the scratch folder or made; and what the card says of its data."""
    pictures = distillation.sources(run.folders)
    per_picture = math.ceil(run.crops / len(pictures))
    key = distillation.LessonKey(store.entry(TRUNK).arrays_sha256, store.entry(TEACHER).arrays_sha256, run.settings.seed)
    lesson = distillation.prepare(pictures, per_picture, key, run.scratch, networks(store, run.threads), progress)
    return lesson, {
        "data_sha256": distillation.sources_digest(pictures), "trunk": TRUNK, "teacher": TEACHER,
        "crops_per_picture": per_picture, "held_out_pictures": sum(one.held_out for one in pictures),
    }


def run_head(run: HeadRun, store: WeightStore | None = None, progress: Progress | None = None) -> tuple[Path, dict[str, Any]]:
    """Prepare, train, measure, store. Returns the head's file and its card. Raises TrainingError or WeightsError."""
    store = store or WeightStore()
    lesson, facts = prepare(run, store, progress)
    head, card = cam_head.train(lesson, run.settings, progress)
    card = {"task": "class head for VGG16-CAM, distilled", **facts, **card, "agreement_held_out": cam_head.measured(lesson, head)}
    card["command"] = f"flask train cam-head … --crops {run.crops} --seed {run.settings.seed}"
    card["revision"] = revision()
    return cam_head.save(head, card, store.heads), card


def revision() -> str:
    """The code's revision, or "" outside a repository."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def default_scratch() -> Path:
    return Path(tempfile.gettempdir()) / "pinakes-cam-head"
