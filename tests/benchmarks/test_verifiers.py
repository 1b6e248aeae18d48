"""Parts of the comparison of verifiers: checkpoints are data, figures are as worked by hand, networks keep their symmetries."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from app.engine import torch_arrays
from app.engine.matchers import features, networks
from app.engine.verification import Rules, verify
from benchmarks.verifying.figures import area_under_curve, asked_twice, common, evidence, figures
from benchmarks.verifying.guided import near_pairs, second_round


def checkpoint(arrays: dict[str, np.ndarray]) -> bytes:
    """The zip layout: opcodes written out, as PyTorch's pickler would."""
    out = io.BytesIO()
    out.write(b"\x80\x02}(")
    for key, (name, array) in enumerate(arrays.items()):
        storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n" + _text(str(key)) + _text("cpu") + _number(array.size) + b"tQ"
        steps = [step // array.itemsize for step in array.strides]
        parts = storage + _number(0) + _tuple(array.shape) + _tuple(steps) + b"\x89" + b"ccollections\nOrderedDict\n)R"
        out.write(_text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + parts + b"tR")
    out.write(b"u.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("net/data.pkl", out.getvalue())
        for key, array in enumerate(arrays.values()):
            file.writestr(f"net/data/{key}", np.ascontiguousarray(array, "<f4").tobytes())
    return packed.getvalue()


def _text(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def _number(value: int) -> bytes:
    return b"J" + value.to_bytes(4, "little")


def _tuple(values: Any) -> bytes:
    return b"(" + b"".join(_number(int(value)) for value in values) + b"t"


def test_a_checkpoint_is_read_as_arrays() -> None:
    arrays = {"kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "bias": np.ones(3, np.float32)}
    read = torch_arrays.read(checkpoint(arrays))
    assert list(read) == ["kernel", "bias"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)


@pytest.mark.parametrize("evil", [OrderedDict, print, np.float64])
def test_a_checkpoint_that_asks_for_more_is_refused(evil: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("net/data.pkl", pickle.dumps({"x": evil}, protocol=2))
    if evil is OrderedDict:
        assert torch_arrays.read(packed.getvalue()) == {"x": OrderedDict}
    else:
        with pytest.raises(ValueError, match="no tensor"):
            torch_arrays.read(packed.getvalue())


def row(position: int, right: bool, inliers: int, agreement: float = 0.9) -> dict[str, Any]:
    return {"position": position, "right": right, "inliers": inliers, "agreement": agreement}


def test_figures_by_hand() -> None:
    photos = {
        "a": [row(1, True, 30), row(2, False, 4)],
        "b": [row(3, True, 5), row(4, False, 6), row(5, False, 90, agreement=-0.2)],  # ninety on a frame: another picture
    }
    found = figures(photos)
    assert (found["right"], found["wrong"], found["most_wrong"], found["median_right"]) == (2, 3, 6.0, 17.5)
    assert found["auc"] == round((3 + 2) / 6, 4)
    assert found["above_all_wrong"] == 0.5
    assert asked_twice(photos, evidence) == [(30, True, True), (4, False, False), (6, False, True), (6, False, False)]
    assert found["gap_of_inliers"] == 0.5  # of two known queries the first alone is answered rightly, before all others


def test_what_is_tied_counts_half() -> None:
    assert area_under_curve([3, 3], [3, 1]) == 0.75


def test_only_common_pairs_are_compared() -> None:
    one = {"a": [row(1, True, 9), row(2, False, 0)], "b": [row(3, True, 9)]}
    other = {"a": [row(1, True, 7), row(4, False, 0)]}
    assert common({"one": one, "other": other}) == {"one": {"a": [row(1, True, 9)]}, "other": {"a": [row(1, True, 7)]}}


def test_guided_matching_finds_what_the_ratio_test_lost() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 800, (60, 2)).astype(np.float32)
    similarity = np.full((60, 60), 0.5, np.float32)
    np.fill_diagonal(similarity, 0.85)
    first = verify(points, points, (np.arange(12), np.arange(12)), (800, 800), (800, 800), Rules())
    assert first.inliers == 12
    again = second_round(first, similarity, points, points, (800, 800), (800, 800), Rules(), radius_px=8, least=0.8)
    assert again.inliers > 50
    rows, columns = near_pairs(similarity, points, points + 100, 8.0, 0.8)
    assert not len(rows) and not len(columns)


def test_local_maxima_are_the_strongest_of_their_neighbourhood() -> None:
    scores = np.zeros((20, 30), np.float32)
    scores[5, 6], scores[6, 7], scores[12, 20], scores[0, 0] = 0.9, 0.8, 0.5, 1.0
    np.testing.assert_array_equal(features.maxima(scores, 0.1, 10), [[6, 5], [20, 12]])


def test_maps_are_sampled_between_their_pixels() -> None:
    maps = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    found = features.sampled(maps, np.array([[1.5, 0.5], [3, 2], [9, 9]], np.float32))
    np.testing.assert_allclose(found[:, 0], [(1 + 2 + 5 + 6) / 4, 11, 0])


def lightglue_arrays(wide: int, layers: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"posenc.Wr": (wide // 4, 2)}
    for layer in range(layers):
        for block, parts in (("self_attn", {"Wqkv": 3, "out_proj": 1}), ("cross_attn", {"to_qk": 1, "to_v": 1, "to_out": 1})):
            name = f"transformers.{layer}.{block}"
            shapes |= {f"{name}.{part}": (times * wide, wide) for part, times in parts.items()}
            shapes |= {f"{name}.ffn.0": (2 * wide, 2 * wide), f"{name}.ffn.3": (wide, 2 * wide)}
            shapes |= {f"{name}.ffn.1": (2 * wide,)}
        shapes |= {f"log_assignment.{layer}.final_proj": (wide, wide), f"log_assignment.{layer}.matchability": (1, wide)}
    arrays = {f"{name}.weight": rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    with_bias = {name: shape for name, shape in shapes.items() if "posenc" not in name}
    return arrays | {f"{name}.bias": rng.normal(0, 0.1, shape[0]).astype(np.float32) for name, shape in with_bias.items()}


def test_lightglue_says_the_same_of_two_pictures_in_either_order() -> None:
    request = features.compiled(networks.lightglue(lightglue_arrays(8, 2), heads=2))
    rng = np.random.default_rng(1)
    points = [rng.uniform(-1, 1, (count, 2)).astype(np.float32) for count in (5, 7)]
    descriptors = [rng.normal(size=(count, 8)).astype(np.float32) for count in (5, 7)]
    forth = features.infer(request, *points, *descriptors)[0].copy()
    back = features.infer(request, *points[::-1], *descriptors[::-1])[0].copy()
    assert forth.shape == (5, 7) and (forth < 0).all()
    np.testing.assert_allclose(forth, back.T, atol=1e-4)
