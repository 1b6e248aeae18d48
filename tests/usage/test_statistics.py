"""Daily figures against hand-made days and NumPy's percentiles."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from flask import Flask

from app.catalogue.models import now
from app.extensions import db
from app.usage import statistics
from app.usage.models import DailyStatistics
from app.usage.statistics import Period
from app.usage.times import not_found, stage_percentiles
from tests.usage.builders import make_artwork, make_search, say

NOON = datetime(2026, 3, 14, 12)


@pytest.mark.parametrize("count", [1, 2, 3, 20, 101])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 1.0])
def test_percentile_is_numpys(count: int, share: float) -> None:
    values = np.random.default_rng(count).gamma(2.0, 100.0, count)
    assert statistics.percentile(list(values), share) == pytest.approx(np.percentile(values, 100 * share))


def test_a_day_of_three_searches(app: Flask) -> None:
    ferry = make_artwork()
    first = make_search(NOON, total=400, artwork_id=ferry.id)
    make_search(NOON, total=600, artwork_id=ferry.id, way="camera")
    make_search(NOON, "not_in_catalogue", total=800)
    make_search(NOON + timedelta(days=1))
    say(first, "right", NOON)
    figures = statistics.compute(NOON.date())
    assert figures["searches", ""] == 3
    assert figures["verdict", "identified"] == 2
    assert figures["way", "camera"] == 1
    assert figures["found", str(ferry.id)] == 2
    assert figures["feedback", "right"] == 1
    assert figures["stage_p50_ms", "total"] == 600
    assert figures["stage_p95_ms", "total"] == pytest.approx(780)


def test_days_are_cut_at_midnight(app: Flask) -> None:
    make_search(datetime(2026, 3, 14, 0, 0, 0))
    make_search(datetime(2026, 3, 14, 23, 59, 59, 999_999))
    make_search(datetime(2026, 3, 15, 0, 0, 0))
    assert statistics.compute(NOON.date())["searches", ""] == 2


def test_rolling_up_twice_changes_nothing(app: Flask) -> None:
    make_search(NOON)
    statistics.roll_up(NOON.date())
    before = db.session.query(DailyStatistics).count()
    statistics.roll_up(NOON.date())
    assert db.session.query(DailyStatistics).count() == before > 0


def test_pending_days_are_those_since_the_last_roll_up(app: Flask) -> None:
    make_search(now() - timedelta(days=3))
    assert statistics.roll_up_pending() == 4
    assert statistics.roll_up_pending() == 1


def test_a_period_joins_stored_days_with_today(app: Flask) -> None:
    today = now().date()
    make_search(now() - timedelta(days=2))
    statistics.roll_up_pending()
    make_search(now(), "uncertain")
    days = statistics.of_period(Period(today - timedelta(days=2), today))
    assert statistics.series(days, "searches") == [1, 0, 1]
    assert statistics.recognised(days) == [1.0, None, 0.0]
    assert statistics.totals(days, "verdict") == {"identified": 1, "uncertain": 1}


def test_deleting_a_search_leaves_the_stored_day(app: Flask) -> None:
    search = make_search(now() - timedelta(days=2))
    statistics.roll_up_pending()
    db.session.delete(search)
    db.session.commit()
    day = now().date() - timedelta(days=2)
    assert statistics.series(statistics.of_period(Period(day, day)), "searches") == [1]


def test_questions_about_single_searches(app: Flask) -> None:
    period = Period(NOON.date(), NOON.date())
    for total in (100, 200, 300):
        make_search(NOON, total=total)
    missed = make_search(NOON, "not_in_catalogue", total=400)
    make_search(NOON + timedelta(days=1), "not_in_catalogue")
    stages = {stage: (p50, p95) for stage, p50, p95 in stage_percentiles(period)}
    assert stages["total"] == pytest.approx((250, 385))
    assert "detect" not in stages
    assert [search.id for search in not_found(period)] == [missed.id]
