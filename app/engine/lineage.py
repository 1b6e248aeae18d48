"""What a build was made by, as its manifest keeps it, and what of it the code has otherwise now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.engine import calibration
from app.engine.index.factory import parse
from app.engine.presets import SearchPreset
from app.engine.weights import STORE

LATER = {"local": None, "local_works": 50}  # settings newer than some builds: left out where they change nothing
PARTS = ("encoder_fingerprint", "build_fingerprint", "noise", "definition", "calibration")


def with_engine(preset: SearchPreset, engine: str) -> SearchPreset:
    """The preset with its vectors in another engine (a factory string); empty: in its own. Raises PresetError."""
    return replace(preset, engine=parse(engine).name) if engine else preset


def lineage(preset: SearchPreset, encoder_fingerprint: str) -> dict[str, str]:
    """Digests of all that decides what a build finds, and how it is judged: PARTS, empty where a part is not used; the engine."""
    named = {name: value for name, value in asdict(preset).items() if name != "name" and LATER.get(name, ...) != value}
    return {
        "engine_asked": preset.engine,
        "encoder_fingerprint": encoder_fingerprint,
        "build_fingerprint": preset.build_fingerprint,
        "noise": _file(STORE / "heads" / f"{preset.noise}.npz") if preset.noise else "",
        "definition": hashlib.sha256(json.dumps(named, sort_keys=True, default=str).encode()).hexdigest()[:16],
        "calibration": _file(calibration.PATH),
    }


def drift(manifest: Mapping[str, Any], present: Mapping[str, str]) -> list[str]:
    """The PARTS that the code has otherwise now than a build's manifest tells; what an older manifest does not tell is left out."""
    return [part for part in PARTS if part in manifest and manifest[part] != present[part]]


def _file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
