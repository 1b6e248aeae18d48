"""Roll-ups against the rows that they are of: counted once, added up, caught up, and read again over any period."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.catalogue.models import now
from app.extensions import db
from app.usage import counting, rolling, statistics
from app.usage.histograms import times
from app.usage.models import ALL, Rollup, Search
from app.usage.statistics import Period
from tests.usage.builders import make_artwork, make_search, say

NOON = datetime(2026, 3, 14, 12, 30)  # a Saturday
DAY = Period(NOON.date(), NOON.date())


def stored() -> dict[tuple[str, datetime, int], tuple[object, object]]:
    return {(one.span, one.begin, one.collection_id): (one.figures, one.found) for one in db.session.scalars(select(Rollup))}


def test_an_hour_of_three_searches(app: Flask) -> None:
    ferry = make_artwork()
    first = make_search(NOON, total=400, work=ferry, device="phone", language="de")
    make_search(NOON, total=600, work=ferry, way="camera")
    make_search(NOON, "not_in_catalogue", total=800)
    make_search(NOON + timedelta(hours=1))
    say(first, "right", NOON + timedelta(days=3))
    counted = counting.from_rows(datetime(2026, 3, 14, 12), datetime(2026, 3, 14, 13))
    counts = counted[datetime(2026, 3, 14, 12), ALL]
    assert counts.searches == 3
    assert counts.of("verdict") == {"identified": 2, "not_in_catalogue": 1}
    assert counts.of("device") == {"phone": 1, "unknown": 2}
    assert counts.of("language") == {"de": 1, "unknown": 2}
    assert counts.figures["way", "camera"] == 1
    assert counts.figures["feedback", "right"] == 1
    assert counts.of("hour") == {str(5 * 24 + 12): 3}
    assert counts.of("probability") == {"90": 2}  # of the identified ones
    assert counts.found == {str(ferry.id): 2}
    assert times(counts.of("total"), 0.5, 0.99) == pytest.approx((600, 800), rel=0.03)
    of_collection = counted[datetime(2026, 3, 14, 12), ferry.collection_id]
    assert of_collection.searches == 2


def test_rolling_up_twice_changes_nothing_and_again_from_a_day_neither(app: Flask) -> None:
    works = [make_artwork("One", "A"), make_artwork("Two", "B"), None]
    for hour in range(30):
        make_search(NOON - timedelta(hours=hour), work=works[hour % 3])
    assert rolling.roll_up().hours == 30
    before = stored()
    assert rolling.roll_up().hours == 0
    assert stored() == before
    assert rolling.roll_up(since=NOON.date()).hours == 13
    assert stored() == before
    assert {span for span, _begin, _collection in before} == {"hour", "day", "month", "year"}


@pytest.mark.parametrize("first", ["2024-02-27", "2026-03-01", "2026-03-13"])
def test_any_period_adds_up_to_its_rows(app: Flask, first: str) -> None:
    rng = np.random.default_rng(7)
    works = [make_artwork(f"Work {number}", f"C{number % 2}") for number in range(4)]
    begin = datetime(2024, 1, 1)
    for _ in range(60):
        at = begin + timedelta(minutes=int(rng.integers(0, 803 * 24 * 60)))
        make_search(at, str(rng.choice(statistics.VERDICTS)), total=float(rng.lognormal(6, 1)), work=works[int(rng.integers(4))])
    rolling.roll_up()
    db.session.execute(delete(Search).where(Search.created_at >= datetime(2026, 3, 14)))  # roll-ups do not read them
    period = Period(date.fromisoformat(first), date(2026, 3, 14))
    for collection in (ALL, works[1].collection_id):
        use = statistics.of_period(period, collection)
        rows = counting.summed(
            counts for (hour, owner), counts in counting.from_rows(period.begin, period.end).items() if owner == collection
        )
        found = statistics.found(period, collection)
        gone = use.searches - rows.searches
        assert 0 <= gone <= 2
        if not gone:
            assert use.whole.figures == rows.figures
            assert {str(pk): count for pk, count in found.items()} == dict(rows.found)


def test_the_open_hour_comes_from_its_rows(app: Flask) -> None:
    today = now().date()
    make_search(now() - timedelta(days=2))
    rolling.roll_up()
    make_search(now(), "uncertain")
    use = statistics.of_period(Period(today - timedelta(days=2), today))
    assert use.asked == [1, 0, 1]
    assert use.whole.of("verdict") == {"identified": 1, "uncertain": 1}


def test_an_hour_is_counted_when_it_is_over(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "now", lambda: datetime(2026, 3, 14, 13, 4))
    make_search(NOON)
    assert rolling.roll_up().hours == 0
    monkeypatch.setattr(rolling, "now", lambda: datetime(2026, 3, 14, 13, 5))
    assert rolling.roll_up().hours == 1


def test_days_without_a_worker_are_caught_up(app: Flask) -> None:
    make_search(NOON - timedelta(days=70))
    rolling.roll_up()
    for days in (0, 20, 69):
        make_search(NOON - timedelta(days=days))
    assert rolling.roll_up().hours == 3
    years = db.session.scalars(select(Rollup).where(Rollup.span == "year", Rollup.begin == datetime(2026, 1, 1))).one()
    assert years.figures["verdict"] == {"identified": 4}


def test_late_words_go_into_the_hour_of_their_search(app: Flask) -> None:
    search = make_search(NOON, work=make_artwork())
    other = make_search(NOON + timedelta(minutes=1))
    say(other, "right", NOON)
    rolling.roll_up()
    db.session.delete(make_search(NOON + timedelta(days=1)))  # unrelated
    say(search, "wrong", now())
    assert rolling.roll_up() == (1, 1)
    whole = statistics.of_period(DAY).whole
    assert whole.of("feedback") == {"right": 1, "wrong": 1}
    assert statistics.of_period(DAY, search.collection_id).whole.of("feedback") == {"wrong": 1}
    assert whole.searches == 2


def test_late_words_do_not_count_deleted_searches_away(app: Flask) -> None:
    search, gone = make_search(NOON), make_search(NOON)
    rolling.roll_up()
    db.session.delete(gone)
    say(search, "wrong", now())
    rolling.roll_up()
    assert statistics.of_period(DAY).searches == 2
    rolling.roll_up(since=DAY.first)
    assert statistics.of_period(DAY).searches == 1


def test_a_day_of_an_older_version_is_kept_and_added_up(app: Flask) -> None:
    old = {"verdict": {"identified": 7}}
    db.session.add(Rollup(span="day", begin=datetime(2026, 3, 2), collection_id=ALL, rolled_at=NOON, figures=old, found={"1": 7}))
    make_search(NOON)
    rolling.roll_up()
    rolling.roll_up(since=date(2026, 3, 1))
    month = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert statistics.of_period(month).searches == 8
    assert statistics.found(month) == {1: 7}


@pytest.mark.parametrize(
    ("first", "last", "parts"),
    [
        ("2024-01-01", "2024-12-31", {"year": 1}),
        ("2024-12-30", "2025-03-02", {"day": 4, "month": 2}),
        ("2023-12-31", "2025-01-01", {"day": 2, "year": 1}),
        ("2024-02-29", "2024-02-29", {"day": 1}),
    ],
)
def test_a_period_is_covered_by_few_parts(app: Flask, first: str, last: str, parts: dict[str, int]) -> None:
    found = statistics.cover(Period(date.fromisoformat(first), date.fromisoformat(last)))
    assert {span: sum(1 for one, _begin in found if one == span) for span in {one for one, _begin in found}} == parts
    assert sum((rolling.after(span, begin) - begin).days for span, begin in found) == Period(
        date.fromisoformat(first), date.fromisoformat(last)
    ).length


@pytest.mark.parametrize(("days", "step", "points"), [(1, "hour", 24), (30, "day", 30), (365, "week", 53), (1100, "month", 37)])
def test_a_plot_has_points_that_can_be_read(app: Flask, days: int, step: str, points: int) -> None:
    period = Period(date(2026, 3, 31) - timedelta(days=days - 1), date(2026, 3, 31))
    assert period.step == step
    assert abs(len(statistics.of_period(period).points) - points) <= 1


def use_zone(app: Flask, name: str) -> None:
    app.extensions["pinakes.settings"] = app.extensions["pinakes.settings"].model_copy(update={"timezone": name})


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("UTC", date(2026, 7, 3), "114"),  # Friday, 18 h
        ("America/Los_Angeles", date(2026, 7, 3), "107"),  # 11 h
        ("Pacific/Auckland", date(2026, 7, 4), "126"),  # Saturday, 6 h
        ("Asia/Kolkata", date(2026, 7, 4), "120"),  # Saturday at half past midnight: the hour of UTC that begins within the day
    ],
)
def test_days_and_hours_are_those_of_the_museum(app: Flask, zone: str, day: date, hour: str) -> None:
    use_zone(app, zone)
    make_search(datetime(2026, 7, 3, 18 if zone != "Asia/Kolkata" else 19, 20))
    open_ = statistics.of_period(Period(day, day))
    rolling.roll_up()
    for use in (open_, statistics.of_period(Period(day, day)), statistics.of_period(Period(date(2026, 6, 20), day))):
        assert (use.searches, dict(use.whole.of("hour"))) == (1, {hour: 1})
    week = statistics.of_period(Period(date(2026, 6, 20), day))
    assert [point.begin.date() for point in week.points if point.counts.searches] == [day]
    beside = day - timedelta(days=1), day + timedelta(days=1)
    assert [statistics.of_period(Period(one, one)).searches for one in beside] == [0, 0]


def test_when_the_zone_is_changed_days_are_added_up_anew(app: Flask) -> None:
    for at in ((6, 30, 22, 30), (10, 24, 23, 30), (10, 25, 0, 30), (10, 25, 1, 30)):  # the last two: both half past two in Rome
        make_search(datetime(2026, *at))
    rolling.roll_up()
    older = {"collection_id": ALL, "rolled_at": now(), "figures": {"verdict": {"identified": 7}}}
    db.session.add(Rollup(span="day", begin=datetime(2025, 5, 1), **older))
    db.session.commit()
    db.session.execute(db.delete(Search))
    use_zone(app, "Europe/Rome")
    rolling.roll_up()
    july, end_of_summer = Period(date(2026, 7, 1), date(2026, 7, 1)), Period(date(2026, 10, 25), date(2026, 10, 25))
    assert [statistics.of_period(one).searches for one in (july, end_of_summer)] == [1, 3], "from hours: the searches are gone"
    assert dict(statistics.of_period(Period(date(2026, 10, 1), date(2026, 10, 31))).whole.of("hour")) == {"145": 1, "146": 2}
    assert statistics.of_period(Period(date(2025, 4, 1), date(2025, 5, 31))).searches == 7, "a day without hours stays"
    years = db.session.execute(db.select(Rollup.begin, Rollup.zone).where(Rollup.span == "year").order_by(Rollup.begin)).all()
    assert [tuple(row) for row in years] == [(datetime(2025, 1, 1), "Europe/Rome"), (datetime(2026, 1, 1), "Europe/Rome")]
