"""The counter of failures, with a clock of its own."""

from __future__ import annotations

from app.accounts.throttle import KEYS_MAX, Throttle


def test_failures_leave_the_window() -> None:
    now = [0.0]
    throttle = Throttle(window_s=60, clock=lambda: now[0])
    for second in (0, 10, 50):
        now[0] = second
        throttle.fail("a")
    assert throttle.count("a") == 3 and throttle.wait_s("a") == 10
    now[0] = 65
    assert throttle.count("a") == 2 and throttle.wait_s("a") == 5
    now[0] = 111
    assert throttle.count("a") == 0 and throttle.wait_s("a") == 0


def test_a_success_forgets_only_its_own_key() -> None:
    throttle = Throttle()
    throttle.fail("a")
    throttle.fail("b")
    throttle.forget("a")
    assert (throttle.count("a"), throttle.count("b")) == (0, 1)


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for number in range(KEYS_MAX + 3):
        throttle.fail(str(number))
    assert throttle.count("2") == 0 and throttle.count("3") == 1
