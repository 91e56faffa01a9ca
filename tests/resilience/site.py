"""A site made of real processes: a host that saves, workers that scan, servers that fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

PREAMBLE = """
import json, os, sys, time
from pathlib import Path
import tests.resilience.celery_app
import django
django.setup()
from moderation.models import *
from moderation.services import audit, scanning, sweep as sweeping
from tests.site.models import *
"""

STATE = """
from django.db.models import Count, Q
def current_state():
    finished = Q(scans__state__in=["done", "failed", "skipped"])
    current = Snapshot.objects.filter(is_current=True)
    current = current.annotate(finished=Count("scans", filter=finished))
    bad = Snapshot.objects.filter(is_current=True, text__contains="badword")
    return {
        "articles": Article._base_manager.count(),
        "subjects": Subject.objects.count(),
        "unfinished": current.exclude(finished=1).count(),
        "done": current.filter(scans__state="done").count(),
        "bad": bad.count(),
        "cases": Case.objects.count(),
        "cased_subjects": Case.objects.values("subject").distinct().count(),
        "findings": Finding.objects.filter(scan__state="done").count(),
        "chain": audit.verify().ok,
    }
"""

SWEEPING = """
end = time.monotonic() + {timeout}
while True:
    state = current_state()
    whole = state["unfinished"] == 0 and state["subjects"] == state["articles"]
    if whole or time.monotonic() > end:
        break
    sweeping.sweep()
    time.sleep(0.5)  # between two looks; the workers it waits for need the machine meanwhile
print(json.dumps([whole, state]))
"""


@dataclass
class Site:
    """Runs code and workers of the test site as processes of their own."""

    folder: Path
    database_url: str
    broker_url: str

    def __post_init__(self) -> None:
        self.gate = self.folder / "gate"
        self.gate.mkdir(exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.broker_url,
            "DJANGO_SETTINGS_MODULE": "tests.resilience.settings",
            "GATE": str(self.gate),
            "PYTHONPATH": str(ROOT),
        }

    def run(self, code: str, *, timeout: float = 120) -> str:
        """Run ``code`` in a process of the site; return what it printed. Raises if it fails."""
        done = subprocess.run(
            [sys.executable, "-c", PREAMBLE + code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, code: str) -> subprocess.Popen[str]:
        """Run ``code`` in a process of the site, beside whatever else runs."""
        return subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + code],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def migrate(self) -> None:
        self.run(
            "from django.core.management import call_command\ncall_command('migrate', verbosity=0)"
        )

    def state(self) -> dict[str, Any]:
        return dict(json.loads(self.run(f"{STATE}\nprint(json.dumps(current_state()))")))

    def sweep(self) -> None:
        self.run("sweeping.sweep()")

    @contextmanager
    def worker(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """A real Celery worker in a process group of its own."""
        log = (self.folder / "worker.log").open("ab")
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.resilience.celery_app", "worker"),
                *("--loglevel", "INFO", "--concurrency", "2", "--without-gossip"),
                *("--without-mingle", *options),
            ],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            log.close()
            kill(process)

    def log(self) -> str:
        return (self.folder / "worker.log").read_text(errors="replace")

    def sweep_until_finished(self, timeout: float = 90) -> dict[str, Any]:
        """Sweep as the clock would, until every current snapshot has a finished scan."""
        whole, state = json.loads(self.run(STATE + SWEEPING.format(timeout=timeout)))
        assert whole, f"{state}\n{self.log()[-3000:]}"
        return dict(state)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL a worker with all its children: nobody gets to say goodbye."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(30)


def wait_for(condition: Callable[[], bool], what: str, timeout: float = 60) -> None:
    """Wait until something another process does has happened."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.05)
