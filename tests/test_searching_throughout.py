"""Visitors search while builds are made, published, rolled back and cleared away: no answer fails, none is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask

from app import services
from app.catalogue import queries
from app.engine.types import BuildReport
from app.extensions import db
from app.reloading import Beside
from app.settings import Settings
from tests.tiny import painting, twin, visitor_photo

ASKED = ("t01", "t06")
PATIENCE_SECONDS = 90.0


@dataclass
class Visitors:
    """What visitors were answered, and what failed."""

    answers: list[tuple[str, str, str]] = field(default_factory=list)  # asked, answered, build
    failures: list[str] = field(default_factory=list)

    def until(self, came: Callable[[], bool]) -> None:
        """Wait until the condition holds and every visitor had an answer since."""
        end, before = time.monotonic() + PATIENCE_SECONDS, len(self.answers)
        while not came() or {asked for asked, _, _ in self.answers[before:]} != set(ASKED):
            assert not self.failures and time.monotonic() < end, (self.failures, self.answers[before:])
            time.sleep(0.02)

    def answered_from(self, build: str) -> Callable[[], bool]:
        return lambda: self.answers[-1][2] == build


@contextmanager
def visitors(app: Flask) -> Iterator[Visitors]:
    """Two people who ask all the time, one photo each."""
    seen, leave = Visitors(), threading.Event()

    def visit(source_id: str) -> None:
        photo = visitor_photo(painting(source_id)).jpeg()
        with app.app_context():
            while not leave.is_set():
                try:
                    answer = services.search_photo(photo).json
                except Exception as error:
                    seen.failures.append(repr(error))
                    return
                first = answer["matches"][0]["artwork_id"] if answer["verdict"] == "identified" else answer["verdict"]
                seen.answers.append((source_id, first, answer["build"]))
                db.session.remove()

    threads = [threading.Thread(target=visit, args=(source_id,)) for source_id in ASKED]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        leave.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("large", [False, True], ids=["a small build", "a large one, loaded beside"])
def test_visitors_are_answered_rightly_throughout(
    tiny_app: Flask, tiny_index: BuildReport, settings: Settings, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    monkeypatch.setattr(services, "FEATURES", 0 if large else 10**9)
    tiny_app.extensions["pinakes.settings"] = settings.model_copy(update={"builds_keep": 1})
    with visitors(tiny_app) as seen:
        seen.until(lambda: True)
        second = twin([]) if large else services.build_index(publish=False).build_id  # training takes seconds: once is enough
        services.publish_build(second)
        seen.until(seen.answered_from(second))
        assert services.rollback() == tiny_index.build_id
        seen.until(seen.answered_from(tiny_index.build_id))
        services.publish_build(second)
        other = queries.pks_by_source_id(["t12"])["t12"]
        services.remove_works(other)
        services.add_works(other)
        seen.until(seen.answered_from(second))
        assert services.prune_builds() == [tiny_index.build_id]
        seen.until(lambda: True)
    assert not seen.failures
    assert {(asked, answered) for asked, answered, _ in seen.answers} == {(one, one) for one in ASKED}
    assert {build for *_, build in seen.answers} == {tiny_index.build_id, second}


def test_the_old_one_answers_until_the_new_one_is_there() -> None:
    ready, beside, calls = threading.Event(), Beside[str](), []

    def load() -> str:
        calls.append(1)
        ready.wait(10)
        return "new"

    assert [beside.newer("old", ("b", 1), load) for _ in range(3)] == ["old"] * 3
    ready.set()
    assert beside.wait(10)
    assert (beside.newer("old", ("b", 1), load), len(calls)) == ("new", 1)


def test_what_cannot_be_loaded_leaves_the_old_one(caplog: pytest.LogCaptureFixture) -> None:
    beside, calls = Beside[str](), []

    def load() -> str:
        calls.append(1)
        raise OSError("the disk is gone")

    for _ in range(3):
        assert beside.newer("old", ("b", 1), load) == "old"
        assert beside.wait(10)
    assert len(calls) == 1 and "could not be loaded" in caplog.text
    assert beside.newer("old", ("c", 0), lambda: "newest") == "old" and beside.wait(10)
    assert beside.newer("old", ("c", 0), load) == "newest"
