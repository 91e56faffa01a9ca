"""Attempts, breaker and quota, on a clock that the tests turn."""

from __future__ import annotations

import pytest

from moderation.detectors.framing.backends.resilience import BackendError, Breaker, Guard, Quota


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def guarded(clock: Clock, **options) -> Guard:
    return Guard(**{"clock": clock, "sleep": clock.sleep, **options})


class Work:
    """Raises what it is given, in turn; returns the rest."""

    def __init__(self, *outcomes) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[float] = []

    def __call__(self, seconds: float):
        self.calls.append(seconds)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def failing(**about) -> BackendError:
    return BackendError("gone", **about)


def test_an_answer_is_given_at_once(clock):
    work = Work("scores")
    assert guarded(clock).call(work, until=110) == "scores"
    assert (work.calls, clock.slept) == ([10.0], [])


def test_what_may_succeed_is_tried_again_after_doubling_pauses(clock):
    work = Work(failing(again=True), failing(again=True), "scores")
    assert guarded(clock, attempts=3, wait=0.5).call(work, until=110) == "scores"
    assert clock.slept == [0.5, 1.0]
    assert work.calls == [10.0, 9.5, 8.5]


def test_what_will_not_succeed_is_not_tried_again(clock):
    work = Work(failing())
    with pytest.raises(BackendError, match="gone"):
        guarded(clock, attempts=3).call(work, until=110)
    assert len(work.calls) == 1


def test_nobody_waits_longer_than_they_may(clock):
    work = Work(failing(again=True))
    with pytest.raises(BackendError):
        guarded(clock, attempts=5, wait=4).call(work, until=110)
    assert clock.slept == [4]
    with pytest.raises(BackendError, match="too long"):
        guarded(clock).call(work, until=clock.now)


def test_a_foreign_exception_says_its_name_only(clock):
    with pytest.raises(BackendError) as caught:
        guarded(clock).call(Work(RuntimeError("a text of somebody")), until=110)
    assert str(caught.value) == "RuntimeError was raised"


def test_the_breaker_opens_and_lets_one_try_after_a_while(clock):
    guard = guarded(clock, attempts=1, failures=2, pause=60)
    work = Work(failing())
    for _time in range(2):
        with pytest.raises(BackendError, match="gone"):
            guard.call(work, until=clock.now + 10)
    with pytest.raises(BackendError, match="left alone"):
        guard.call(work, until=clock.now + 10)
    assert len(work.calls) == 2
    clock.now += 60
    with pytest.raises(BackendError, match="gone"):  # one is let through, and fails
        guard.call(work, until=clock.now + 10)
    with pytest.raises(BackendError, match="left alone"):
        guard.call(work, until=clock.now + 10)
    clock.now += 60
    work.outcomes = ["scores"]
    assert guard.call(work, until=clock.now + 10) == "scores"
    work.outcomes = [failing(), "scores"]  # closed again: one failure does not open it
    with pytest.raises(BackendError, match="gone"):
        guard.call(work, until=clock.now + 10)
    assert guard.call(work, until=clock.now + 10) == "scores"


def test_half_open_lets_one_through_and_forgets_one_that_never_comes_back(clock):
    breaker = Breaker(1, 60, clock)
    breaker.failed()
    clock.now += 60
    breaker.admit()
    with pytest.raises(BackendError):
        breaker.admit()
    clock.now += 60
    breaker.admit()


def test_a_short_wish_to_be_left_alone_is_waited_for(clock):
    work = Work(failing(again=True, after=3.0), "scores")
    assert guarded(clock).call(work, until=110) == "scores"
    assert clock.slept == [3.0]


def test_a_long_wish_to_be_left_alone_opens_the_breaker(clock):
    guard = guarded(clock, failures=5)
    work = Work(failing(again=True, after=120.0))
    with pytest.raises(BackendError, match="gone"):
        guard.call(work, until=clock.now + 10)
    clock.now += 119
    with pytest.raises(BackendError, match="left alone"):
        guard.call(work, until=clock.now + 10)
    clock.now += 1
    work.outcomes = ["scores"]
    assert guard.call(work, until=clock.now + 10) == "scores"
    assert clock.slept == []


def test_nobody_is_left_alone_for_ever(clock):
    breaker = Breaker(1, 60, clock)
    breaker.failed(after=1e12)
    clock.now += 3_600
    breaker.admit()


def test_the_quota_counts_any_minute(clock):
    quota = Quota(2, clock)
    quota.take()
    clock.now += 30
    quota.take()
    with pytest.raises(BackendError, match="used up"):
        quota.take()
    clock.now += 30
    quota.take()
    with pytest.raises(BackendError):
        quota.take()


def test_a_used_up_quota_is_no_failure_of_the_other_side(clock):
    guard = guarded(clock, attempts=1, failures=1, per_minute=1)
    work = Work("scores")
    guard.call(work, until=110)
    with pytest.raises(BackendError, match="used up"):
        guard.call(work, until=110)
    clock.now += 60
    assert guard.call(work, until=clock.now + 10) == "scores"


def test_without_a_quota_there_is_no_limit(clock):
    quota = Quota(None, clock)
    for _time in range(1_000):
        quota.take()


@pytest.mark.parametrize(
    "options",
    [{"attempts": 0}, {"wait": -1}, {"failures": 0}, {"pause": -1}, {"per_minute": 0}],
)
def test_numbers_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError):
        Guard(**options)
