"""Which works, records and photos the demo collection holds."""

from __future__ import annotations

from collections import Counter
from importlib import import_module

import pytest

from app.demo import photographs, plan, records


def test_as_many_as_promised() -> None:
    works = plan.works()
    assert len(works) >= 240
    assert len({work.holding.manner for work in works}) >= 8
    assert len({work.artwork_id for work in works}) == len(works)
    assert len({work.subject.title for work in works}) == len(works)


@pytest.mark.parametrize("holding", plan.holdings(), ids=lambda holding: holding.manner)
def test_words_of_a_holding_are_known(holding: plan.Holding) -> None:
    import_module(f"app.demo.manners.{holding.manner}")
    for subject in holding.works:
        assert subject.motif in holding.motifs and subject.mood in holding.moods, subject


def test_records_are_full_and_repeat() -> None:
    for work in plan.works():
        row = records.record(work)
        assert tuple(row) == records.HEADER
        assert all(row.values()), row
        assert row == records.record(work)


def test_dimensions_have_the_pictures_proportions() -> None:
    for work in plan.works():
        height, width = (float(part) for part in records.record(work)["dimensions"].removesuffix(" cm").split(" × "))
        assert width / height == pytest.approx(work.size[1] / work.size[0], rel=0.03)


def test_dates_fit_the_maker() -> None:
    for work in plan.works():
        row = records.record(work)
        year = int(row["date"].removeprefix("c. ")[:4].split("-")[0])
        artist = next(artist for artist in work.holding.artists if artist["name"] == row["artist"])
        assert artist["active"][0] - 5 <= year <= artist["active"][1]
        assert row["date"][:2] != "c." or year % 5 == 0
    dates = [records.record(work)["date"] for work in plan.works()]
    assert any(date.startswith("c. ") for date in dates) and any("-" in date for date in dates)


@pytest.mark.parametrize(("year", "frame"), [(1850, "1801-1850"), (1851, "1851-1900"), (200, "151-200"), (1999, "1951-2000")])
def test_timeframe(year: int, frame: str) -> None:
    assert records.timeframe(year) == frame


def test_photos_cover_every_kind() -> None:
    photos = photographs.photographs()
    kinds = Counter(photo.kind for photo in photos)
    assert len(photos) >= 48
    assert min(kinds.values()) >= 2
    assert kinds[photographs.UNKNOWN] >= 8
    known = {work.artwork_id for work in plan.works()}
    for photo in photos:
        ids = photo.artwork_ids.split("|") if photo.artwork_ids else []
        assert set(ids) <= known
        assert len(ids) == {"two works": 2, photographs.UNKNOWN: 0}.get(photo.kind, 1)


def test_strangers_are_other_works() -> None:
    seeds = {(work.holding.number, work.number) for work in plan.works()}
    assert all((work.holding.number, work.number) not in seeds for work in plan.strangers())


def test_examples_are_photos_of_the_collection() -> None:
    photos = {photo.name: photo for photo in photographs.photographs()}
    chosen = [photos[file] for file, _ in photographs.EXAMPLES]
    assert len(chosen) == 6
    assert any(photo.kind == "two works" for photo in chosen)
    assert any(photo.kind == photographs.UNKNOWN for photo in chosen)
