"""The whole site, started and filled in a throw-away folder, for as long as it is looked at."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from project.demo import surroundings, throwaway
from project.demo.options import Options
from project.demo.problems import Problem
from project.demo.processes import Processes

if TYPE_CHECKING:
    from project.demo.site import Haul

STALL_SECONDS = 180
"""Waiting is given up when no scan has finished for so long."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A running site that will be gone afterwards."""

    options: Options
    processes: Processes
    passwords: dict[str, str]
    haul: Haul

    def wait_for_scans(self) -> float:
        """Wait until every text has its finished scan; return how many seconds that took.

        Raises ``Problem`` when nothing moves any more, ``Died`` when a process has ended.
        """
        from project.demo.report import finished_scans

        texts = len(self.haul.loaded)
        began = moved = time.monotonic()
        seen = -1
        while seen < texts:
            self.processes.check()
            finished = finished_scans()
            if finished > seen:
                seen, moved = finished, time.monotonic()
                _show_progress(finished, texts)
            elif time.monotonic() - moved > STALL_SECONDS:
                raise Problem(
                    f"{finished} of {texts} texts are scanned and nothing more for "
                    f"{STALL_SECONDS} s; the worker says:\n{self.processes.tail('worker')}"
                )
            time.sleep(0.2)
        return time.monotonic() - began


@contextmanager
def trial(options: Options) -> Iterator[Trial]:
    """Start and fill a site of its own, on the servers that ``options`` name."""
    with (
        _throwaway_folder() as folder,
        throwaway.database(options.database_url) as database_url,
        throwaway.broker(options.redis_url),
    ):
        own = dataclasses.replace(
            options,
            folder=folder,
            database_url=database_url,
            port=surroundings.free_port(),
        )
        with surroundings.occupied(own.folder), Processes(own.folder / "logs") as processes:
            surroundings.set_up(own)
            surroundings.check_broker(own.redis_url)
            from project.demo import accounts, site

            site.check_articles(own)
            surroundings.migrate()
            site.print_services(own)
            site.start(processes, own)
            passwords = {account.username: account.password for account in accounts.create()}
            haul = site.load(own)
            site.wait_for_web(processes, own)
            yield Trial(own, processes, passwords, haul)


@contextmanager
def _throwaway_folder() -> Iterator[Path]:
    try:
        folder = tempfile.mkdtemp(prefix="moderation-check-")
    except OSError as error:
        raise Problem(f"no folder for temporary files can be written to ({error})") from error
    try:
        yield Path(folder).resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _show_progress(finished: int, texts: int) -> None:
    if sys.stdout.isatty():
        end = "\n" if finished >= texts else ""
        print(f"\rScanned    {finished} of {texts}", end=end, flush=True)
