"""What visitors said, settled by curators: which searches wait, what a ruling keeps, how it is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import users
from app.accounts.models import AuditEvent
from app.catalogue.models import now
from app.extensions import db
from app.usage import feedback, searches
from app.usage.models import Ruling, Search
from tests.usage.builders import make_artwork, make_search, say

pytestmark = pytest.mark.usefixtures("app")


def spoken(kind: str = "wrong", text: str = "", verdict: str = "identified", **values: object) -> Search:
    search = make_search(now(), verdict, **values)
    searches.judge(search, kind, text)
    return search


def test_what_asks_for_a_curator() -> None:
    work = make_artwork()
    wrong, words = spoken("wrong"), spoken("comment", "It hangs in the next room.")
    chosen = make_search(now(), "uncertain")
    searches.judge(chosen, "right", artwork_id=work.id)
    spoken("right")  # a bare right asks for nothing
    make_search(now())
    assert set(feedback.page("open", "", 0, 10)) == {wrong, words, chosen}
    assert feedback.page("open", "uncertain", 0, 10) == [chosen]
    assert feedback.page("open", "", 0, 1) == [chosen]  # the last spoken of comes first
    assert (feedback.count(), feedback.count("settled"), feedback.count("all")) == (3, 0, 3)
    assert feedback.next_open(chosen) == words


def test_a_ruling_settles_until_more_is_said() -> None:
    search = spoken("wrong")
    assert feedback.is_open(search)
    feedback.settle(search, "not_ours")
    assert not feedback.is_open(search)
    assert (feedback.count("open"), feedback.count("settled")) == (0, 1)
    say(search, "comment", now() + timedelta(seconds=1))
    db.session.refresh(search)
    assert feedback.is_open(search) and feedback.count("open") == 1


def test_right_keeps_the_works_of_the_answer() -> None:
    first, second = make_artwork("One"), make_artwork("Two")
    search = spoken("wrong", artwork_id=first.id)
    search.result = {"matches": [{"verified": True}, {"verified": False}]}
    search.proof = [{"artwork_pk": first.id}, {"artwork_pk": second.id}]
    assert feedback.settle(search, "right").works == [first]
    assert feedback.settle(search, "work", [second]).works == [second]  # replaces
    assert db.session.query(Ruling).count() == 1
    assert feedback.settle(search, "bad_photo").works == []


@pytest.mark.parametrize(("outcome", "some"), [("perhaps", False), ("work", False), ("not_ours", True)])
def test_a_ruling_that_says_nothing_is_refused(outcome: str, some: bool) -> None:
    search, work = spoken(), make_artwork()
    with pytest.raises(ValueError, match="outcomes are"):
        feedback.settle(search, outcome, [work] if some else [])
    assert search.ruling is None


def test_a_ruling_is_taken_back_and_both_are_audited() -> None:
    search, work = spoken(), make_artwork()
    feedback.settle(search, "work", [work])
    feedback.reopen(search)
    assert search.ruling is None and feedback.count("open") == 1 and db.session.query(Ruling).count() == 0
    events = db.session.query(AuditEvent).order_by(AuditEvent.id).all()
    assert [(event.action, event.subject) for event in events] == [("feedback.settle", search.id), ("feedback.reopen", search.id)]
    assert events[0].details == {"outcome": "work", "works": [work.source_id]}


def test_a_ruling_goes_with_its_search_and_outlives_work_and_curator(app: Flask) -> None:
    search, work, curator = spoken(), make_artwork(), users.create("carla@example.org", "curator", "a long enough password")[0]
    feedback.settle(search, "work", [work]).user_id = curator.id
    searches.judge(search, "wrong", artwork_id=work.id)
    db.session.commit()
    db.session.delete(work)
    db.session.delete(curator)
    db.session.commit()
    db.session.expire_all()
    assert search.ruling is not None and (search.ruling.works, search.ruling.user_id) == ([], None)
    assert [said.artwork_id for said in search.feedback] == [None]
    searches.delete(search, app.extensions["pinakes.settings"].uploads_dir)
    assert db.session.query(Ruling).count() == 0
