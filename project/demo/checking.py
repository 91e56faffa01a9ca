"""``CHECK=1``: the way of the texts through the whole house, and back, in a throw-away folder."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from project.demo import surroundings, throwaway
from project.demo.options import Options
from project.demo.problems import Problem, first_line
from project.demo.processes import Died, Processes

if TYPE_CHECKING:
    from project.demo.report import Report

STALL_SECONDS = 180
"""A check fails when no scan has finished for so long."""

EXPECTED_KINDS = frozenset({"duplicate", "scraped", "framing"})
"""What the texts of the demo have to be found out about."""


def check(options: Options) -> int:
    """Run the check and print what happened; 0 only if everything did."""
    with (
        tempfile.TemporaryDirectory(prefix="moderation-check-") as folder,
        throwaway.database(options.database_url) as database_url,
        throwaway.broker(options.redis_url),
    ):
        own = dataclasses.replace(
            options,
            folder=Path(folder).resolve(),
            database_url=database_url,
            port=surroundings.free_port(),
        )
        with surroundings.occupied(own.folder), Processes(own.folder / "logs") as processes:
            return _check(own, processes)


def _check(options: Options, processes: Processes) -> int:
    surroundings.set_up(options)
    surroundings.check_broker(options.redis_url)
    surroundings.migrate()
    from project.demo import accounts, journey, site
    from project.demo.report import Report

    print(f"Database   {surroundings.database_name()}")
    print(f"Broker     {surroundings.broker_name(options.redis_url)}", flush=True)
    passwords = {account.username: account.password for account in accounts.create()}
    report = Report()
    site.start(processes, options)
    haul = site.load(options)
    try:
        _wait_for_scans(processes, len(haul.loaded), report)
        report.add_texts(haul)
        report.add_findings(frozenset() if options.articles else EXPECTED_KINDS)
        journey.travel(options, passwords["moderator"], report)
    except (Died, Problem) as problem:
        report.fail("Check", f"{problem}")
    except Exception as error:  # noqa: BLE001 - whatever went wrong, what went well is shown
        traceback.print_exc()
        report.fail("Check", f"{type(error).__name__}: {first_line(error)}")
    if options.articles:
        report.print_files(haul)
    report.print()
    return 0 if report.passed else 1


def _wait_for_scans(processes: Processes, texts: int, report: Report) -> None:
    """Wait until every text has its finished scan, or until nothing moves any more."""
    from project.demo.report import finished_scans

    began = moved = time.monotonic()
    seen = -1
    while True:
        processes.check()
        finished = finished_scans()
        if finished > seen:
            seen, moved = finished, time.monotonic()
            _show_progress(finished, texts)
        if finished >= texts:
            report.seconds = time.monotonic() - began
            return
        if time.monotonic() - moved > STALL_SECONDS:
            raise Problem(
                f"{finished} of {texts} texts are scanned and nothing more for {STALL_SECONDS} s; "
                f"the worker says:\n{processes.tail('worker')}"
            )
        time.sleep(0.2)


def _show_progress(finished: int, texts: int) -> None:
    if sys.stdout.isatty():
        end = "\n" if finished >= texts else ""
        print(f"\rScanned    {finished} of {texts}", end=end, flush=True)
