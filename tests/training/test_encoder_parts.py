"""The parts of encoder training against slow, obvious reckonings; nothing is trained here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine.encoders.pooling import gem, unit_rows
from app.engine.encoders.whitening import fit_whitening
from app.engine.types import Floats
from app.training.encoder import cache, data, export, lettering, mining, whitening
from tests.engine.encoders.conftest import picture

RNG = np.random.default_rng(5)


def pairs(count: int, size: int, seed: int = 1) -> tuple[Floats, Floats]:
    """(photos, pictures) of unit length, row by row of the same work, never quite the same."""
    rng = np.random.default_rng(seed)
    pictures = rng.normal(size=(count, size))
    return unit_rows(np.float32(pictures + 0.8 * rng.normal(size=(count, size)))), unit_rows(np.float32(pictures))


def test_every_work_stands_in_one_batch() -> None:
    photos, pictures = pairs(23, 6)
    for kind in ("hard", "random"):
        found = mining.batches(photos, pictures, 5, kind, np.random.default_rng(1))
        assert found.shape == (4, 5)
        assert len(set(found.ravel().tolist())) == 20


def test_hard_batches_hold_what_is_taken_for_one_another() -> None:
    angles = np.radians([0, 90, 180, 270, 4, 94, 184, 274])  # work i and work i + 4 are nearly the same
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    order = mining.grouped(rows @ rows.T, np.arange(8), 2)
    assert [set(pair) for pair in order.reshape(4, 2).tolist()] == [{0, 4}, {1, 5}, {2, 6}, {3, 7}]


def test_ranks_count_ties_against_the_right_one() -> None:
    pictures = unit_rows(np.float32([[1, 0], [0, 1], [1, 0], [1, 1]]))
    photos = unit_rows(np.float32([[1, 0], [0, 1]]))
    assert mining.ranks(photos, pictures, np.array([0, 3])).tolist() == [2, 2]


def test_learned_whitening_makes_the_noise_within_pairs_even() -> None:
    photos, pictures = pairs(400, 8)
    found = whitening.discriminative(photos, pictures, 8)
    noise = whitening.within(np.float32(photos @ found.projection), np.float32(pictures @ found.projection))
    np.testing.assert_allclose(noise, np.eye(8), atol=1e-3)
    spread = np.var((pictures - found.mean) @ found.projection, axis=0)
    assert np.all(np.diff(spread) <= 1e-6)  # the first direction tells most works apart
    assert whitening.discriminative(photos, pictures, 3).dim == 3


def test_learned_whitening_puts_a_noisy_direction_down() -> None:
    rng = np.random.default_rng(2)
    pictures = rng.normal(size=(300, 6))
    noise = np.zeros((300, 6))
    noise[:, 0] = 3 * rng.normal(size=300)  # light, say: it tells nothing of the work
    photos, pictures = unit_rows(np.float32(pictures + noise + 0.1 * rng.normal(size=(300, 6)))), unit_rows(np.float32(pictures))

    def right(white: whitening.Whitening | None) -> float:
        left, asked = ((np.stack([white.apply(r[None]) for r in rows]) if white else rows) for rows in (pictures, photos))
        return float(np.mean(mining.ranks(asked, left, np.arange(300)) == 1))

    assert right(whitening.discriminative(photos, pictures, 6)) > right(fit_whitening(pictures, 6)) + 0.1
    assert right(whitening.mixed(photos, pictures, pictures, 6, share=0.8, floor=0.0)) > right(fit_whitening(pictures, 6)) + 0.1


def test_no_share_of_pairs_is_the_catalogues_own_whitening() -> None:
    photos, pictures = pairs(60, 7)
    ours, theirs = whitening.mixed(photos, pictures, pictures, 7, share=0, floor=0.1), fit_whitening(pictures, 7, floor=0.1)
    left, right = (np.stack([white.apply(row[None]) for row in photos]) for white in (ours, theirs))
    np.testing.assert_allclose(left @ left.T, right @ right.T, atol=1e-4)


def test_shrinkage_goes_to_even_noise() -> None:
    covariance = np.diag([4.0, 1.0, 1.0])
    np.testing.assert_allclose(whitening.shrunk(covariance, 1.0), 2 * np.eye(3))
    np.testing.assert_allclose(whitening.inverse_root(covariance), np.diag([0.5, 1, 1]))


def test_photos_are_the_same_for_the_same_generator_and_show_the_picture() -> None:
    image = picture(3, 300, 240)
    many = [data.photo(image, np.random.default_rng([7, number])) for number in range(6)]
    np.testing.assert_array_equal(many[2], data.photo(image, np.random.default_rng([7, 2])))
    assert len({photo.shape for photo in many}) > 1  # whole photos and rectified pictures
    assert all(photo.dtype == np.uint8 and min(photo.shape[:2]) >= 32 for photo in many)


def test_a_caption_changes_a_part_of_the_photo() -> None:
    image = picture(4, 200, 320)
    lettered = lettering.caption(image, np.random.default_rng(1))
    np.testing.assert_array_equal(lettered, lettering.caption(image, np.random.default_rng(1)))
    changed = np.any(lettered != image, axis=2).mean()
    assert 0.002 < changed < 0.5
    assert image.shape == lettered.shape
    narrow = lettering.caption(picture(5, 40, 32), np.random.default_rng(2))  # a strip has room for a word too
    assert narrow.shape == (40, 32, 3)


def test_pooled_maps_are_the_maxima_of_squares() -> None:
    maps = RNG.random((5, 6, 3)).astype(np.float32)
    found = cache.pooled(maps)
    assert found.shape == (2, 3, 3)
    assert found[1, 2, 0] == np.float16(maps[2:4, 4:6, 0].max())


def test_the_tail_is_block_five_pooled_and_projected(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from app.training.encoder import model

    rng = np.random.default_rng(1)
    arrays = {f"{layer}/kernel": 0.2 * rng.normal(size=(3, 3, 8, 8)).astype(np.float32) for layer in model.LAYERS}
    arrays |= {f"{layer}/bias": 0.1 * rng.normal(size=8).astype(np.float32) for layer in model.LAYERS}
    mean, projection = rng.random(8).astype(np.float32), rng.normal(size=(8, 4)).astype(np.float32)
    parameters = model.start(arrays, mean, projection) | {"gem/p": np.float32([2.5])}
    tail = model.build(parameters)
    views = []
    for number, shape in enumerate([(5, 4, 8), (4, 5, 8), (5, 4, 8)]):
        views.append(tmp_path / f"{number}.npy")
        cache.write(views[-1], rng.random(shape).astype(np.float16))
    found = model.describe(tail, cache.maps_of(views))
    for number, view in enumerate(views):
        maps = np.load(view).astype(np.float32)
        for layer in model.LAYERS:
            maps = slow_convolution(maps, parameters[f"{layer}/kernel"], parameters[f"{layer}/bias"])
        raw = unit_rows(gem(maps, p=2.5))
        np.testing.assert_allclose(found["raw"][number], raw, atol=2e-4)
        np.testing.assert_allclose(found["final"][number], unit_rows((raw - mean) @ projection), atol=2e-3)
    kept = model.get_parameters(tail)
    assert kept.keys() == parameters.keys()
    assert all(np.array_equal(kept[name], parameters[name]) for name in kept)


def slow_convolution(maps: Floats, kernel: Floats, bias: Floats) -> Floats:
    padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)))
    out = np.zeros((*maps.shape[:2], kernel.shape[3]), np.float32)
    for y in range(maps.shape[0]):
        for x in range(maps.shape[1]):
            out[y, x] = np.einsum("hwc,hwcd->d", padded[y : y + 3, x : x + 3], kernel) + bias
    return np.maximum(out, 0)


def test_a_blend_lies_between_and_half_precision_is_what_is_stored() -> None:
    first, trained = {"a": np.float32([0, 1])}, {"a": np.float32([1, 3])}
    np.testing.assert_allclose(export.blended(first, trained, 0.25)["a"], [0.25, 1.5])
    merged = export.merged({"a": np.float32([1]), "b": np.full((1, 1), 1 / 3, np.float32)}, {"a": np.float32([2])})
    assert merged["a"] == 2  # the trained one
    assert merged["b"] == np.float32(np.float16(1 / 3))


def test_what_half_precision_cannot_hold_is_kept_as_it_is(tmp_path: Path) -> None:
    """ResNet-50's first batch normalisation has variances beyond 65,504; as infinity they would silence the network."""
    arrays = export.merged({"variance": np.array([2e5, 3e-8], np.float32), "kernel": np.full((3, 3, 3, 2), 1 / 3, np.float32)}, {})
    export.save(arrays, {}, tmp_path / "one.npz")
    with np.load(tmp_path / "one.npz") as kept:
        np.testing.assert_array_equal(kept["variance"], np.array([2e5, 3e-8], np.float32))
        assert (kept["kernel"].dtype, kept["variance"].dtype) == (np.float16, np.float32)
        assert all(np.array_equal(kept[name].astype(np.float32), arrays[name]) for name in arrays)


def test_the_chart_has_a_line_an_epoch() -> None:
    lines = export.chart([{"epoch": 0, "mrr": 0.5}, {"epoch": 1, "mrr": 0.75}], "mrr", width=10)
    assert [line.count("█") for line in lines] == [1, 10]
    assert export.chart([{"epoch": 0, "mrr": 0.5}], "loss") == []
