"""A progress line for people: rows done, rate, time left."""

from __future__ import annotations

import time
from typing import Any


class Progress:
    """Writes at most a few times a second, onto one line where the output is a terminal."""

    noun, found = "rows", "scans queued"

    def __init__(self, stream: Any, total: int, *, start: int = 0) -> None:
        self._stream = stream
        self._total = max(total, start)
        self._start = start
        self._began = self._shown = time.monotonic()
        self._terminal = bool(getattr(stream, "isatty", lambda: False)())

    def show(self, done: int, queued: int) -> None:
        """Report ``done`` rows (since the walk began) and scans ``queued`` by this call."""
        now = time.monotonic()
        pause = 0.2 if self._terminal else 10.0
        if now - self._shown >= pause or done >= self._total:
            self._shown = now
            self._write(self.line(done, queued, now - self._began))

    def line(self, done: int, queued: int, seconds: float) -> str:
        """Word the line for ``done`` rows after ``seconds``."""
        rate = (done - self._start) / seconds if seconds > 0 else 0.0
        share = 100 * done / self._total if self._total else 100.0
        left = (self._total - done) / rate if rate > 0 else 0.0
        eta = f", {_duration(left)} left" if done < self._total and rate > 0 else ""
        return (
            f"{done:,} of {self._total:,} {self.noun} ({share:.0f} %), {queued:,} {self.found}, "
            f"{rate:,.0f} {self.noun}/s{eta}"
        )

    def close(self) -> None:
        if self._terminal:
            self._stream.write("\n")

    def _write(self, line: str) -> None:
        self._stream.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
