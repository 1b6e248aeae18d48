"""How long the stages of a build take: timed by a clock, kept, and asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.usage import timings
from app.usage.pulse import Pulse
from app.usage.timings import Clock, Measured


def clock_at(*seconds: float) -> Clock:
    times: Iterator[float] = iter(seconds)
    return Clock(now=lambda: next(times))


def test_a_stage_ends_where_the_next_begins_and_stored_descriptors_count_for_nothing() -> None:
    clock = clock_at(0, 30, 50, 52, 60, 61)
    for stage, done in (("describe", 40), ("describe", 100), ("write", 0), ("write", 64), ("train", 0)):
        clock(stage, done, 100)
    clock.stop()
    assert clock.ended == {"describe": 30, "write": 10, "train": 1}
    assert clock.described == 60


def test_the_clock_hands_on_what_it_is_told() -> None:
    heard: list[tuple[str, int, int]] = []
    Clock(lambda *told: heard.append(told))("write", 3, 9)
    assert heard == [("write", 3, 9)]


def test_rates_are_of_the_presets_that_are_asked_for(app: Flask) -> None:
    for preset, end in (("default", 10.0), ("cam", 40.0)):
        clock = clock_at(0, end, end, end + 1)
        for stage, done in (("describe", 0), ("describe", 20), ("write", 0)):
            clock(stage, done, 20)
        timings.keep(clock, preset, 20)
    assert timings.measured("describe", {"default"}) == Measured(20, 10.0)
    assert timings.measured("describe", {"cam"}) == Measured(20, 40.0)
    assert timings.measured("describe") == Measured(40, 50.0)
    assert timings.measured("write", {"default"}) == Measured(20, 1.0)
    assert timings.measured("describe", {"unheard-of"}) is None
    assert timings.known_presets() == {"default", "cam"}


def test_a_build_that_was_stopped_tells_how_quickly_it_described(app: Flask) -> None:
    clock = clock_at(0, 4)
    clock("describe", 10, 50)
    clock("describe", 30, 50)
    timings.keep(clock, "default")
    found = timings.measured("describe")
    assert found == Measured(20, 4.0)
    assert found.per_second == pytest.approx(5.0)


def test_a_few_pictures_count_only_where_nothing_better_is_known(app: Flask) -> None:
    for count, seconds in ((2, 9.0), (50, 10.0), (3, 9.0)):
        clock = clock_at(0, seconds)
        clock("describe", 0, 99)
        clock("describe", count, 99)
        timings.keep(clock, "default")
        if count == 2:
            assert timings.measured("describe") == Measured(2, 9.0)
    assert timings.measured("describe") == Measured(50, 10.0)


def test_a_job_that_resumes_does_not_reckon_what_was_there_before(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """900 of 1,000 are described when it begins; 10 more take 5 s: 90 are left at 2 a second."""
    written: list[dict[str, object]] = []
    times = iter((10.0, 15.0))
    monkeypatch.setattr("app.usage.pulse.time.monotonic", lambda: next(times))
    writer = Pulse(engine=None)  # type: ignore[arg-type]
    monkeypatch.setattr(writer, "_write", lambda _job, **values: written.append(values) or True)
    writer.progress("a", "describe", 900, 1000)
    writer.progress("a", "describe", 910, 1000)
    assert [one["result"] for one in written] == [{}, {"per_second": 2.0, "seconds_left": 45.0}]
