"""The queue of photos that found nothing: who waits, in which order, and who is no longer in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from app.usage import feedback, unanswered
from app.usage.models import Search
from tests.usage.builders import make_artwork, make_search, say

NOON = datetime(2026, 3, 14, 12)


def wait(hour: int, **values: object) -> Search:
    named = {"verdict": "not_in_catalogue", "photo_path": "aa/a.jpg", **values}
    return make_search(NOON + timedelta(hours=hour), **named)  # type: ignore[arg-type]


def walked(order: str) -> list[Search]:
    """The queue as somebody sees it who skips every photo once."""
    seen, search = [], unanswered.first(order)
    while search is not None and search not in seen:
        seen.append(search)
        search = unanswered.after(search, order)
    return seen


def test_who_waits_and_in_which_order(app: Flask) -> None:
    late, early, unsure = wait(3, probability=0.2), wait(1, probability=0.1), wait(2, verdict="uncertain", probability=0.7)
    likely = wait(4, probability=0.3)
    say(likely, "comment", NOON)
    for other in ({"verdict": "identified"}, {"photo_path": None}, {"way": "example"}, {"way": "catalogue"}):
        wait(0, **other)
    assert walked("oldest") == [early, unsure, late, likely]
    assert walked("wanted") == [likely, unsure, late, early]
    assert unanswered.count() == 4


def test_a_ruling_takes_it_out_and_its_undoing_puts_it_back(app: Flask) -> None:
    first, second = wait(1), wait(2)
    feedback.settle(first, "work", [make_artwork("One"), make_artwork("Two")])
    assert walked("oldest") == [second]
    assert unanswered.after(first, "oldest") == second
    feedback.settle(second, "bad_photo")
    assert unanswered.first("wanted") is None and unanswered.after(second, "wanted") is None
    feedback.reopen(first)
    assert walked("wanted") == [first]


def test_equal_ones_are_all_walked(app: Flask) -> None:
    same = [wait(1, probability=0.5) for _ in range(4)]
    for order in unanswered.ORDERS:
        assert set(walked(order)) == set(same)
