"""Asking something that may be slow, busy or gone, so that nobody waits for it twice.

Per process: attempts with growing pauses, a number of calls a minute, and a breaker that asks no
more for a while after several failures in a row, then once, then as before.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

AnswerT = TypeVar("AnswerT")

Clock = Callable[[], float]

_MINUTE = 60.0
_LONGEST_PAUSE = 3_600.0


class BackendError(Exception):
    """A back end gave no scores. The message never has words of a text, a key or an answer.

    Args:
        message: what happened.
        again: whether a second attempt may succeed.
        after: seconds that the other side wants to be left alone.
    """

    def __init__(self, message: str, *, again: bool = False, after: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.after = after


class Breaker:
    """Lets calls through until several in a row have failed, then none for a while.

    Args:
        failures: so many in a row open it.
        pause: seconds until one call is let through again; its outcome decides.
        clock: seconds that only grow.
    """

    def __init__(self, failures: int, pause: float, clock: Clock) -> None:
        if failures < 1 or pause < 0:
            raise ValueError("a breaker needs at least 1 failure and a pause of 0 or more")
        self._failures, self._pause, self._clock = failures, pause, clock
        self._in_a_row = 0
        self._until: float | None = None
        self._lock = Lock()

    def admit(self) -> None:
        """Raise :class:`BackendError` while nothing is to be asked."""
        with self._lock:
            if self._until is None:
                return
            now = self._clock()
            if now < self._until:
                raise BackendError("it failed too often lately and is left alone")
            # Others wait for this one, but not for ever: its thread may be killed.
            self._until = now + self._pause

    def succeeded(self) -> None:
        """Let everything through."""
        with self._lock:
            self._in_a_row, self._until = 0, None

    def failed(self, after: float | None = None) -> None:
        """Count a failure; ``after`` are seconds for which the other side wants no call."""
        with self._lock:
            self._in_a_row += 1
            was_open = self._until is not None
            if after is not None:
                self._until = self._clock() + min(max(after, 0.0), _LONGEST_PAUSE)
            elif was_open or self._in_a_row >= self._failures:
                self._until = self._clock() + self._pause


class Quota:
    """So many calls in any minute.

    Args:
        per_minute: None is without limit.
        clock: seconds that only grow.
    """

    def __init__(self, per_minute: int | None, clock: Clock) -> None:
        if per_minute is not None and per_minute < 1:
            raise ValueError("per_minute is less than 1")
        self._most, self._clock = per_minute, clock
        self._calls: deque[float] = deque()
        self._lock = Lock()

    def take(self) -> None:
        """Count a call. Raises :class:`BackendError` when the minute's calls are used up."""
        if self._most is None:
            return
        with self._lock:
            now = self._clock()
            while self._calls and self._calls[0] <= now - _MINUTE:
                self._calls.popleft()
            if len(self._calls) >= self._most:
                raise BackendError("the calls of this minute are used up")
            self._calls.append(now)


class Guard:
    """Calls something with all of that.

    Args:
        attempts: how often a call is tried.
        wait: seconds before the second attempt, doubled before each further one.
        failures, pause: see :class:`Breaker`.
        per_minute: see :class:`Quota`.
        clock, sleep: of the ``time`` module, unless a test has its own.

    Raises ``ValueError`` for a number that makes no sense.
    """

    def __init__(
        self,
        *,
        attempts: int = 2,
        wait: float = 0.5,
        failures: int = 5,
        pause: float = 60.0,
        per_minute: int | None = 300,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if attempts < 1 or wait < 0:
            raise ValueError("attempts must be 1 or more, wait 0 or more")
        self.clock = clock
        self._attempts, self._wait, self._sleep = attempts, wait, sleep
        self._breaker = Breaker(failures, pause, clock)
        self._quota = Quota(per_minute, clock)

    def call(self, work: Callable[[float], AnswerT], until: float) -> AnswerT:
        """Return what ``work`` returns, which is given the seconds that are left.

        Raises :class:`BackendError` if it does not by ``until``, or may not be asked.
        """
        pause = self._wait
        for attempt in range(self._attempts):
            try:
                return self._once(work, until)
            except BackendError as error:
                wait = pause if error.after is None else error.after
                last = attempt + 1 == self._attempts
                if last or not error.again or self.clock() + wait >= until:
                    raise
            self._sleep(wait)
            pause *= 2
        raise AssertionError  # the last attempt has returned or raised

    def _once(self, work: Callable[[float], AnswerT], until: float) -> AnswerT:
        left = until - self.clock()
        if left <= 0:
            raise BackendError("it took too long")
        self._breaker.admit()
        self._quota.take()
        try:
            answer = work(left)
        except BackendError as error:
            self._breaker.failed(None if self._may_wait(error, until) else error.after)
            raise
        except Exception as error:
            self._breaker.failed()
            raise BackendError(f"{type(error).__name__} was raised") from error
        self._breaker.succeeded()
        return answer

    def _may_wait(self, error: BackendError, until: float) -> bool:
        """Whether the wish to be left alone is one that the next attempt fulfils."""
        return error.after is not None and self.clock() + error.after < until
