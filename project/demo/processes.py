"""The processes of the demo: started together, watched, and all of them gone at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

from project import environment
from project.demo.problems import Interrupted

PATIENCE = 10.0
"""Seconds a process has to end by itself, when asked to, before it is killed."""

LOG_TAIL = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Died(Exception):
    """A process ended that should have gone on; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process at the head of a group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
        return "\n".join(f"  {line}" for line in lines)

    def kill_group(self) -> None:
        """End the process and every process it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Processes:
    """A context in which signals raise ``Interrupted`` and at whose end nothing is running.

    Children are in sessions of their own, so that a Ctrl-C reaches only us and they are
    stopped in order. They read from a pipe whose other end is ours: should we be killed
    outright, they see it close and end by themselves (see ``tethered``).
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []
        self._deadline = 0.0

    def __enter__(self) -> Processes:
        for number in SIGNALS:
            signal.signal(number, _interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, name: str, *module: str) -> None:
        """Run ``python -m *module`` from the project's folder; output goes to ``name.log``."""
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "project.demo.tethered", *module],
                cwd=environment.BASE_DIR,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children.append(Child(name, process, path))

    def check(self) -> None:
        """Raise ``Died`` if one of the processes has ended."""
        for child in self._children:
            if not child.alive:
                status = child.process.returncode
                how = f"signal {-status}" if status < 0 else f"status {status}"
                raise Died(f"the {child.name} process ended ({how}):\n{child.tail()}")

    def tail(self, name: str) -> str:
        """Return the end of what the process called ``name`` has written."""
        return next(child.tail() for child in self._children if child.name == name)

    def wait(self) -> None:
        """Watch until a signal comes (``Interrupted``) or a process ends (``Died``)."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Ask all to end, wait for them, and kill what is left. A second signal cuts it short."""
        self._deadline = time.monotonic() + PATIENCE
        for number in SIGNALS:
            signal.signal(number, self._hurry)
        for child in self._children:
            child.process.terminate()
        while any(child.alive for child in self._children) and time.monotonic() < self._deadline:
            time.sleep(0.05)
        for child in self._children:
            child.kill_group()
        self._children.clear()

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        self._deadline = 0.0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
