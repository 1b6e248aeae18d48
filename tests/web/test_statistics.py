"""The statistics page over real rows, its CSV tables, and the plots."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from flask import Flask

from app.catalogue.models import now
from app.usage.statistics import Period
from app.web import plots, questions
from tests.usage.builders import make_artwork, make_search, say
from tests.web.staff_cast import log_in

DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(10)]


@pytest.mark.parametrize(
    ("top", "expected"),
    [(0, [0, 1]), (1, [0, 0.25, 0.5, 0.75, 1]), (7, [0, 2, 4, 6, 8]), (28, [0, 10, 20, 30]), (100, [0, 25, 50, 75, 100])],
)
def test_ticks_are_round(top: float, expected: list[float]) -> None:
    assert plots.ticks(top) == pytest.approx(expected)


@pytest.mark.parametrize("top", [0.003, 0.7, 3, 11, 99, 101, 12345.6])
def test_ticks_reach_the_top_in_at_most_four_steps(top: float) -> None:
    scale = plots.ticks(top)
    assert scale[-1] >= top > scale[-2]
    assert len(scale) <= 5


def test_bars_are_stacked_to_scale() -> None:
    root = ET.fromstring(plots.bars("How many?", DAYS[:2], [("right", [3, 0]), ("wrong", [1, 2])]))
    assert root.get("aria-label") == "How many?"
    boxes = [(box.get("class"), float(box.get("y", 0)), float(box.get("height", 0))) for box in root.iter("rect")]
    assert [kind for kind, _y, _height in boxes] == ["s0", "s1", "s1"]  # nothing is drawn for 0
    (_, low_y, low), (_, high_y, high), (_, _, second) = boxes
    assert low == pytest.approx(3 * high, abs=0.05)
    assert high_y + high == pytest.approx(low_y, abs=0.02)
    assert second == pytest.approx(2 * high, abs=0.05)


def test_a_day_without_a_value_is_a_gap_in_the_line() -> None:
    root = ET.fromstring(plots.lines("Share?", DAYS[:4], [("x", [0.5, 0.6, None, 0.7])], unit="%", top=1.0))
    path = next(path for path in root.iter("path") if "line" in (path.get("class") or ""))
    assert (path.get("d") or "").count("M") == 2
    assert len(list(root.iter("circle"))) == 3


def test_labels_are_escaped() -> None:
    assert "<b>" not in plots.ranges("q", [("<b>", 1.0, 2.0)])
    assert "<script>" not in plots.bars("<script>", DAYS[:1], [("x", [1])])


@pytest.mark.parametrize("count", [1, 2, 7, 30, 365])
def test_day_labels_are_few_and_end_with_the_last(count: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(count)]
    labels = plots.day_labels(days)
    assert 1 <= len(labels) <= 5
    assert labels[-1][0] == count - 1


def seed() -> None:
    ferry = make_artwork("The Ferry")
    for hour in range(3):
        search = make_search(now() - timedelta(days=1, minutes=hour), artwork_id=ferry.id, total=500 + 100 * hour)
    say(search, "right", search.created_at)
    make_search(now() - timedelta(days=1), "not_in_catalogue")
    make_search(now() - timedelta(days=40))


def test_the_page_answers_every_question(app: Flask) -> None:
    seed()
    page = log_in(app, "carla", "curator").get("/statistics/?days=7").text
    for words in ("How often do we recognise the work?", "75%", "of 4 searches named one work", "The Ferry", "photo not kept"):
        assert words in page
    assert page.count('<svg class="plot"') == 7


def test_the_page_of_an_unused_instance_says_so(app: Flask) -> None:
    page = log_in(app, "carla", "curator").get("/statistics/").text
    assert "no searches in this period" in page
    assert "None in this period." in page


def test_every_plot_is_given_as_csv(app: Flask) -> None:
    seed()
    carla = log_in(app, "carla", "curator")
    for name in questions.QUESTIONS:
        rows = list(csv.reader(io.StringIO(carla.get(f"/statistics/{name}.csv?days=7").text)))
        assert len({len(row) for row in rows}) == 1, name
        assert len(rows) > 1, name
    verdicts = list(csv.DictReader(io.StringIO(carla.get("/statistics/verdicts.csv?days=2").text)))
    assert [(row["identified"], row["not in the catalogue"]) for row in verdicts] == [("3", "1"), ("0", "0")]
    assert carla.get("/statistics/nothing.csv").status_code == 404


@pytest.mark.parametrize(
    ("query", "days"),
    [("", 30), ("?days=7", 7), ("?days=0", 1), ("?days=99999", 1100), ("?days=x", 30), ("?from=2026-99-01", 30)],
)
def test_the_period_of_the_address(app: Flask, query: str, days: int) -> None:
    from app.web.statistics import asked_period

    with app.test_request_context(f"/statistics/{query}"):
        assert len(asked_period().days) == days


def test_a_period_may_be_named_by_its_days(app: Flask) -> None:
    from app.web.statistics import asked_period

    with app.test_request_context("/statistics/?from=2026-01-05&to=2026-01-02"):
        assert asked_period() == Period(date(2026, 1, 2), date(2026, 1, 2))
    with app.test_request_context("/statistics/?from=2026-01-02&to=2026-01-05"):
        assert asked_period() == Period(date(2026, 1, 2), date(2026, 1, 5))
