"""Two searches on the same questions: differences with their intervals, and which photos changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.evaluation.figures import summary
from app.evaluation.paired import changed, compared, weighted_median, worth
from app.evaluation.queries import Query


def query(photo: int, best: str | None, *, shows: str = "", verdict: str = "identified", made_unknown: bool = False) -> Query:
    relevant = frozenset({shows} if shows and not made_unknown else set())
    verified = frozenset({best} if best and verdict == "identified" else set())
    return Query(
        photo, "", relevant, made_unknown, verdict, best, 0.9 if best else 0.0, 30, verified, (), (), 100.0 + photo  # type: ignore[arg-type]
    )


def right(photo: int) -> Query:
    return query(photo, f"w{photo}", shows=f"w{photo}")


def missed(photo: int) -> Query:
    return query(photo, None, shows=f"w{photo}", verdict="not_in_catalogue")


def test_each_side_is_the_figure_that_an_evaluation_gives() -> None:
    before = [right(number) for number in range(6)] + [missed(6), query(6, "w1", shows="w6", made_unknown=True)]
    after = [right(number) for number in range(7)] + [query(6, None, shows="w6", verdict="not_in_catalogue", made_unknown=True)]
    table = compared(before, after)
    for side, queries in (("before", before), ("after", after)):
        expected = summary(queries)
        for name in ("top1", "set_f1", "gap", "false_accept_rate", "missed_rate"):
            assert table[name][side] == expected[name], (name, side)
    assert table["top1"]["difference"]["value"] == pytest.approx(1 / 7, abs=1e-6)
    assert table["false_accept_rate"]["difference"]["value"] == -1.0


def test_a_difference_is_told_only_where_its_interval_leaves_zero() -> None:
    many = 60
    before, after = [missed(n) for n in range(many)], [right(n) for n in range(many)]
    table = compared(before, after)
    assert table["top1"]["better"] == 1 and table["missed_rate"]["better"] == 1  # less is better there
    assert compared(after, before)["top1"]["better"] == -1
    assert {name: row["better"] for name, row in compared(after, after).items()} == dict.fromkeys(table, 0)
    one = compared([missed(0), *after[1:]], after)
    assert one["top1"]["difference"]["value"] > 0 and one["top1"]["better"] == 0  # a single photo may be chance


def test_the_difference_is_paired() -> None:
    """Photos differ far more from one another than the two searches do: the intervals overlap, the difference is certain."""
    before = [replace(right(n), latency_ms=100.0 + 50 * (n % 9)) for n in range(90)]
    after = [replace(one, latency_ms=one.latency_ms - 20) for one in before]
    row = compared(before, after)["latency_ms"]
    assert row["before"]["low"] < row["after"]["high"]
    assert (row["difference"]["value"], row["better"]) == (-20.0, 1)


def test_the_weighted_median_is_that_of_the_repeated_values() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=11)
    weights = rng.integers(0, 4, (30, 11)).astype(np.float64)
    expected = [np.sort(np.repeat(values, row.astype(int)))[(int(row.sum()) + 1) // 2 - 1] for row in weights]
    assert weighted_median(values, weights) == pytest.approx(expected)
    assert np.isnan(weighted_median(np.zeros(0), np.zeros((2, 0)))).all()


def test_changed_photos_are_sorted_worse_first() -> None:
    doubtful = query(2, "w2", shows="w2", verdict="uncertain")
    before, after = [missed(0), right(1), doubtful, right(3)], [right(0), missed(1), doubtful, query(3, "w9", shows="w3")]
    assert [(old.photo, sign) for old, _new, sign in changed(before, after)] == [(1, -1), (3, -1), (0, 1)]


def test_what_an_answer_is_worth() -> None:
    assert worth(right(1)) == 2 and worth(query(1, "w1", shows="w1", verdict="uncertain")) == 1
    assert worth(query(1, "w2", shows="w1")) == worth(missed(1)) == 0
    unknown = [query(1, "w2", verdict=verdict) for verdict in ("identified", "uncertain", "not_in_catalogue")]
    assert [worth(one) for one in unknown] == [0, 1, 2]
