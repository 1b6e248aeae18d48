from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine.encoders.pooling import unit_rows
from app.engine.encoders.whitening import Whitening, fit_whitening
from app.engine.types import Floats


def rows(count: int, channels: int = 12) -> Floats:
    generator = np.random.default_rng(11)
    mixed = generator.normal(size=(count, channels)) * np.linspace(3, 0.5, channels) @ generator.normal(size=(channels, channels))
    return unit_rows((mixed + 1).astype(np.float32))


def test_the_projected_rows_are_white() -> None:
    data = rows(400)
    fitted = fit_whitening(data, 12, floor=0)
    white = (data - fitted.mean) @ fitted.projection
    np.testing.assert_allclose(np.cov(white.T), np.eye(12), atol=1e-3)


def test_the_strongest_directions_come_first() -> None:
    data = rows(400)
    full, part = fit_whitening(data, 12), fit_whitening(data, 4)
    assert part.dim == 4
    np.testing.assert_allclose(part.projection, full.projection[:, :4], rtol=1e-5)


def test_fewer_rows_than_channels_give_fewer_directions() -> None:
    fitted = fit_whitening(rows(6), 12)
    assert fitted.dim == 5
    assert np.isfinite(fitted.projection).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_catalogue_of_hardly_any_pictures_still_works(count: int) -> None:
    data = rows(count) if count else np.zeros((0, 12), np.float32)
    answer = fit_whitening(data, 12).apply(rows(3)[2:])
    assert np.isfinite(answer).all()


def test_weak_directions_are_not_blown_up() -> None:
    data = rows(50)
    data[:, 3] = data[:, 0] + 1e-6 * np.random.default_rng(1).normal(size=50).astype(np.float32)
    held = np.linalg.norm(fit_whitening(data, 12, floor=1e-2).projection, axis=0)
    assert np.linalg.norm(fit_whitening(data, 12, floor=0).projection, axis=0).max() > 20 * held[0]
    assert held.max() == pytest.approx(10 * held[0], rel=1e-3)  # √(1 / floor) times the strongest direction's gain


def test_the_same_rows_in_any_order_give_the_same_signs() -> None:
    data = rows(80)
    one, other = fit_whitening(data, 8), fit_whitening(data[::-1].copy(), 8)
    np.testing.assert_allclose(one.projection, other.projection, rtol=1e-3, atol=1e-3)


def test_apply_sums_the_unit_rows_of_all_classes() -> None:
    data = rows(60)
    fitted = fit_whitening(data, 6)
    slow = np.zeros(6)
    for row in data[:4]:
        projected = (row - fitted.mean) @ fitted.projection
        slow += projected / np.linalg.norm(projected)
    np.testing.assert_allclose(fitted.apply(data[:4]), slow / np.linalg.norm(slow), atol=1e-5)


def test_rows_of_empty_class_maps_do_not_count() -> None:
    data = rows(60)
    fitted = fit_whitening(data, 6)
    padded = np.concatenate([data[:2], np.zeros((3, 12), np.float32)])
    np.testing.assert_array_equal(fitted.apply(padded), fitted.apply(data[:2]))


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    fitted = fit_whitening(rows(60), 6)
    fitted.save(tmp_path / "whitening.npz")
    again = Whitening.load(tmp_path / "whitening.npz")
    np.testing.assert_array_equal(again.projection, fitted.projection)
    np.testing.assert_array_equal(again.mean, fitted.mean)
    assert [path.name for path in tmp_path.iterdir()] == ["whitening.npz"]
    assert again.to_bytes() == (tmp_path / "whitening.npz").read_bytes()
