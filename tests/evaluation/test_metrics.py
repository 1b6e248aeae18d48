"""Each figure against a case worked by hand; GAP and ECE also against slow obvious implementations."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluation import metrics
from tests.evaluation.builders import query


def test_top1_counts_only_known_photos_whatever_the_verdict() -> None:
    queries = [
        query("a", "a"),
        query("ab", "b", verdict="uncertain"),  # one of its two works
        query("a", "c"),  # wrong
        query("a", None),  # nothing matched
        query("", "a"),  # unknown: does not count
    ]
    ratio = metrics.top1(queries)
    assert ratio.value == 2 / 4
    assert ratio.counted == 4


def test_recall_at_k_looks_at_the_first_k_of_the_global_stage() -> None:
    queries = [query("a", ranking="abc"), query("c", ranking="abc"), query("bc", ranking="abc"), query("z", ranking="abc")]
    assert [metrics.recall_at_k(queries, k).value for k in (1, 2, 3, 50)] == [1 / 4, 2 / 4, 3 / 4, 3 / 4]


def test_candidate_recall_looks_at_candidates_and_not_at_the_global_stage() -> None:
    queries = [query("a", ranking="a", candidates="b"), query("a", ranking="b", candidates="ba"), query("", candidates="a")]
    ratio = metrics.candidate_recall(queries)
    assert ratio.value == 1 / 2
    assert ratio.counted == 2


def test_set_f1_micro_sums_over_photos() -> None:
    queries = [
        query("ab", verified="ac"),  # TP 1, FP 1, FN 1
        query("d", verified="d"),  # TP 1
        query("", verified="e"),  # unknown: FP 1
        query("", verified=""),  # unknown, rightly nothing: adds nothing
        query("f", verified=""),  # FN 1
    ]
    ratio = metrics.set_f1_micro(queries)
    assert ratio.value == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))
    assert ratio.counted == 4


def test_false_accept_rate_is_of_unknown_photos_by_the_file_or_made_so() -> None:
    queries = [
        query("", "a", verdict="identified"),
        query("", "a", verdict="uncertain"),
        query("", "a", verdict="not_in_catalogue"),
        query("", "b", verdict="identified", made_unknown=True),
        query("a", "b", verdict="identified"),  # known: a wrong answer, but no false accept of an unknown work
    ]
    ratio = metrics.false_accept_rate(queries)
    assert ratio.value == 2 / 4
    assert ratio.counted == 4


def test_missed_rate_is_of_known_photos() -> None:
    queries = [
        query("a", None, verdict="not_in_catalogue"),
        query("a", "a", verdict="uncertain"),
        query("a", "a"),
        query("", None, verdict="not_in_catalogue"),
    ]
    assert metrics.missed_rate(queries).value == pytest.approx(1 / 3)


def test_a_figure_about_nothing_is_undefined() -> None:
    assert np.isnan(metrics.top1([query("", "a")]).value)
    assert np.isnan(metrics.false_accept_rate([query("a", "a")]).value)
    assert np.isnan(metrics.top1([]).value)


def gap(rows: list[tuple[float, bool, bool]]) -> float:
    """rows: (confidence, correct, known), each with a prediction."""
    confidence, correct, known = (np.array(column) for column in zip(*rows, strict=True))
    return float(metrics.global_average_precision(confidence, correct, np.ones(len(rows), bool), known)[0])


def test_gap_worked_by_hand() -> None:
    rows = [(0.9, True, True), (0.8, False, False), (0.7, True, True), (0.6, False, True), (0.5, True, True)]
    assert gap(rows) == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 4)  # M = 4 known queries


def test_an_unknown_photo_with_a_sure_answer_costs_gap_and_with_an_unsure_one_nothing() -> None:
    right = [(0.9, True, True), (0.8, True, True)]
    assert gap([*right, (0.1, False, False)]) == 1
    assert gap([*right, (0.95, False, False)]) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_equal_confidences_share_one_precision_in_any_order() -> None:
    rows = [(0.9, True, True), (0.5, True, True), (0.5, False, True), (0.5, False, False)]
    assert gap(rows) == gap(rows[::-1]) == pytest.approx((1 + 2 / 4) / 3)


def test_a_known_photo_without_an_answer_counts_in_m_alone() -> None:
    confidence, correct = np.array([0.9, 0.0]), np.array([True, False])
    value = metrics.global_average_precision(confidence, correct, np.array([True, False]), np.array([True, True]))
    assert value[0] == 1 / 2


def gap_by_brute_force(confidence: np.ndarray, correct: np.ndarray, predicted: np.ndarray, known: np.ndarray) -> float:
    total = 0.0
    for i in range(len(confidence)):
        if correct[i] and predicted[i]:
            above = [j for j in range(len(confidence)) if predicted[j] and confidence[j] >= confidence[i]]
            total += sum(correct[j] for j in above) / len(above)
    return total / sum(known)


def random_answers(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    known = rng.random(n) < 0.7
    predicted = rng.random(n) < 0.9
    correct = known & predicted & (rng.random(n) < 0.8)
    return rng.integers(0, 25, n) / 25, correct, predicted, known  # many ties


@pytest.mark.parametrize("seed", range(20))
def test_gap_equals_brute_force(seed: int) -> None:
    answers = random_answers(seed)
    assert metrics.global_average_precision(*answers)[0] == pytest.approx(gap_by_brute_force(*answers), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_weights_are_the_same_as_repeating_queries(seed: int) -> None:
    answers = random_answers(seed)
    counts = np.random.default_rng(seed + 100).integers(0, 4, (3, 60))
    weighted = metrics.global_average_precision(*answers, counts.astype(float))
    for row, value in zip(counts, weighted, strict=True):
        assert value == pytest.approx(gap_by_brute_force(*(np.repeat(column, row) for column in answers)), abs=1e-12)


def test_ece_worked_by_hand() -> None:
    confidence = np.array([0.95, 0.91, 0.55, 0.0])
    correct = np.array([True, False, True, False])
    # bins (0.9, 1]: |0.5 − 0.93|·2/4; (0.5, 0.6]: |1 − 0.55|·1/4; the first: |0 − 0|·1/4
    assert metrics.expected_calibration_error(confidence, correct)[0] == pytest.approx(0.43 * 2 / 4 + 0.45 / 4)


@pytest.mark.parametrize("seed", range(10))
def test_ece_equals_brute_force_with_weights(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, correct = rng.integers(0, 51, 80) / 50, rng.random(80) < 0.6
    counts = rng.integers(0, 3, 80)
    repeated, right = np.repeat(confidence, counts), np.repeat(correct, counts)
    expected = 0.0
    for b in range(10):
        inside = (repeated > b / 10) & (repeated <= (b + 1) / 10) | ((repeated == 0) & (b == 0))
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - repeated[inside].mean())
    value = metrics.expected_calibration_error(confidence, correct, counts[None].astype(float))[0]
    assert value == pytest.approx(expected, abs=1e-9)


def test_a_perfectly_calibrated_answer_has_no_error() -> None:
    confidence = np.repeat([0.25, 0.75], 4)
    correct = np.array([1, 0, 0, 0, 1, 1, 1, 0], bool)
    assert metrics.expected_calibration_error(confidence, correct)[0] == pytest.approx(0)
