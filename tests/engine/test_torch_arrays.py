"""PyTorch's files read without PyTorch: what is in them, and what is refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engine.torch_arrays import Tensor, _array, state_dict
from tests.torch_files import torch_file

ARRAYS = {
    "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "turned": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),  # strides of its own
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("around", [None, {"epoch": 3, "meta": {"mean": [0.5], "best": np.float64(2)}}])
def test_tensors_come_by_name(legacy: bool, around: dict[str, Any] | None) -> None:
    found = state_dict(torch_file(ARRAYS, legacy=legacy, around=around))
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_that_was_cut_is_refused(legacy: bool) -> None:
    with pytest.raises(ValueError):
        state_dict(torch_file(ARRAYS, legacy=legacy)[:-40])


class Malice:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def test_a_file_that_runs_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("net/data.pkl", pickle.dumps({"x": Malice(tmp_path / "trace")}, protocol=2))
    with pytest.raises(ValueError, match="mkdir, which is no tensor"):
        state_dict(packed.getvalue())
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor("0", "<f4", 0, (2, 4), (4, 1)),  # longer than its six numbers
        Tensor("0", "<f4", 3, (4,), (1,)),
        Tensor("0", "<f4", 0, (10**9,), (0,)),  # one number told a thousand million times
        Tensor("0", "<f4", 5, (3,), (-2,)),
    ],
)
def test_no_tensor_reaches_beyond_its_numbers(tensor: Tensor) -> None:
    with pytest.raises(ValueError, match="beyond its numbers"):
        _array(tensor, np.arange(6, dtype="<f4").tobytes())
