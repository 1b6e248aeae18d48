"""The trained encoder that ships is the one its card speaks of, and small enough to ship."""

from __future__ import annotations

import json

import numpy as np

from app.engine.weights import WeightStore, arrays_digest, load_arrays
from app.training.encoder.export import MOST_BYTES

STORE = WeightStore()
NAME = "vgg16-pinakes"


def test_the_file_is_that_of_its_card() -> None:
    path = STORE.path(NAME)
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert path.stat().st_size == card["bytes"] <= MOST_BYTES
    assert arrays_digest(load_arrays(NAME, STORE)) == card["arrays_sha256"]
    best = max(card["curve"], key=lambda row: row["mrr"])
    assert best["epoch"] == card["best_epoch"] and best["recall_at_1"] > card["curve"][0]["recall_at_1"]


def test_it_is_a_whole_network_in_half_precision_with_what_was_learned() -> None:
    with np.load(STORE.path(NAME), allow_pickle=False) as arrays:
        assert {str(arrays[name].dtype) for name in arrays.files} == {"float16"}
        assert {"block1_conv1/kernel", "block5_conv3/bias", "gem/p", "projection/kernel", "projection/bias"} <= set(arrays.files)
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
