"""One worker: whole scans of 5 KB articles a second, database included, in a full index.

The demo newsroom on SQLite as its settings have it (a file, WAL). Articles are saved as a site
saves them; then their scans are run one after the other, each with its lease, all detectors,
the index, findings and case. One in ten is a copy of an article in the index.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import _index
import _prose

BAR = 60.0
COPIED = 10
_FIRST = -700_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000, help="in the index before")
    parser.add_argument("--scans", type=int, default=100, help="scans a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the made-up fingerprints here")
    options = parser.parse_args()
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["DATABASE_URL"] = f"sqlite:///{own}/worker.sqlite3"
        os.environ["DEMO_DIR"] = str(own)
        _index.use_django("project.settings")
        from django.test import override_settings

        from project.celery import settle

        _index.fill(options.folder or own, options.articles)
        settle()
        nobody = {"DISPATCHER": "tests.site.dispatchers.Nobody"}
        # As on a site: Django keeps every statement it sends while DEBUG is on.
        with override_settings(DEBUG=False, MODERATION=nobody):
            rates = [rate(number, options) for number in range(options.rounds)]
    best = max(rates)
    print(
        f"{options.scans} scans, {options.articles:,} articles indexed: "
        f"{best:.0f} a second at best (bar {BAR:.0f}), {statistics.median(rates):.0f} in the middle"
    )
    return 0 if best >= BAR else 1


def rate(number: int, options: argparse.Namespace) -> float:
    """Save new articles, scan them, and return the scans per second."""
    from moderation.services.scanning import run_scan

    waiting = save(number, options)
    started = time.perf_counter()
    states = [run_scan(scan) for scan in waiting]
    spent = time.perf_counter() - started
    assert states == ["done"] * options.scans, states
    check(waiting, options.scans // COPIED)
    return options.scans / spent


def save(number: int, options: argparse.Namespace) -> list[int]:
    """Save the articles of one round; return the scans they wait for."""
    from moderation.models import Scan, ScanState
    from project.newsroom.models import Article

    lot = random.Random(number)
    for at in range(options.scans):
        words = _prose.article(_FIRST - number * options.scans - at)
        if at % COPIED == 0:
            source = lot.randrange(options.articles)
            _index.write_down(source)
            words = _prose.edited(_prose.article(source), 0.1, lot)
        Article.objects.create(
            headline=f"Made up {number}-{at}",
            slug=f"made-up-{number}-{at}",
            body=_prose.html_of(words),
        )
    waiting = Scan.objects.filter(state=ScanState.QUEUED).order_by("pk")
    return list(waiting.values_list("pk", flat=True))


def check(scans: list[int], copies: int) -> None:
    """Make sure that what was measured is scans that find copies, and nothing else."""
    from moderation.models import Finding

    found = Finding.objects.filter(scan__in=scans, kind="duplicate")
    assert found.values("scan").distinct().count() == copies, found.count()


if __name__ == "__main__":
    sys.exit(main())
