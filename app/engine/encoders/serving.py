"""The exported network in OpenVINO: made once per weights and head, pruned to the layers that are asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders.backbone import Precision
from app.engine.encoders.eight_bit import Ranges, quantise
from app.engine.encoders.vgg16 import CONVOLUTIONS
from app.engine.errors import WeightsError
from app.engine.types import Floats, Image

GRAPH = 2  # raised whenever the export gives another graph, so that an older one is not taken for it
MAX_BATCH = 4  # two cores gain nothing from more, and memory grows with it


def exported(weights: Path, preprocessing: str, head: Path | None, key: str, *, by: str = "vgg16") -> Path:
    """The `.xml` of the exported model, made first where it is not there yet (some seconds) by the module `by` of this package.

    Raises WeightsError where the export fails.
    """
    target = weights.parent / "openvino" / f"{weights.stem}-{key[:16]}-{GRAPH}.xml"
    if not target.exists():
        arguments = [str(weights), preprocessing, str(head or "-"), str(target)]
        run_module(f"app.engine.encoders.{by}", arguments, target)
    return target


def run_module(module: str, arguments: list[str], target: Path) -> None:
    """Export in a process of its own, so that Keras is never loaded into this one. Raises WeightsError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "KERAS_BACKEND": "openvino"}
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not target.exists():
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise WeightsError(f"{target.stem} could not be exported to OpenVINO: {reason}")


def supports(kind: str) -> bool:
    """Whether OpenVINO's CPU plug-in reckons in "BF16" or "INT8" on this processor."""
    import openvino as ov

    return kind in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def chosen(precision: Precision, ranges: Ranges | None) -> Precision:
    """The quickest that this processor and these weights allow, where the preset leaves it open."""
    if precision != "auto":
        return precision
    if ranges is not None and supports("INT8"):
        return "int8"
    return "bf16" if supports("BF16") else "f32"


class Network:
    """A network on the CPU: RGB pictures of one size → feature maps by layer name. One call at a time."""

    def __init__(
        self, model: Path, layers: Sequence[str], *, threads: int, precision: Precision = "auto", ranges: Ranges | None = None
    ) -> None:
        """`ranges` of the layers' values allow 8 bits. Raises WeightsError when these are asked for without."""
        import openvino as ov

        core = ov.Core()
        graph = core.read_model(model)
        outputs = [graph.output(layer) for layer in layers]
        pruned = ov.Model([output.get_node().input_value(0) for output in outputs], graph.get_parameters(), "pruned")
        self.precision = chosen(precision, ranges)
        if self.precision == "int8":
            if ranges is None:
                raise WeightsError("8 bits need the ranges of the layers' values; run: flask train ranges")
            quantise(pruned, CONVOLUTIONS, ranges)
        hints: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "f32" if self.precision == "f32" or not supports("BF16") else "bf16",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
        }
        self.layers = tuple(layers)
        self.channels = {layer: output.get_partial_shape()[3].get_length() for layer, output in zip(layers, outputs, strict=True)}
        self._request = core.compile_model(pruned, "CPU", hints).create_infer_request()
        self._lock = threading.Lock()

    def __call__(self, pictures: Sequence[Image]) -> list[dict[str, Floats]]:
        """uint8 RGB pictures of one size → per picture the layers' maps, (h, w, C) float32."""
        maps: list[dict[str, Floats]] = []
        for start in range(0, len(pictures), MAX_BATCH):
            batch = np.stack(pictures[start : start + MAX_BATCH]).astype(np.float32)
            with self._lock:
                results = self._request.infer([batch])
                arrays = [np.array(results[index], np.float32) for index in range(len(self.layers))]  # the buffers are reused
            maps += [dict(zip(self.layers, rows, strict=True)) for rows in zip(*arrays, strict=True)]
        return maps
