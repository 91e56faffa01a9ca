"""Taking in a million rows that were there before: rows per second, and memory that stays flat.

The peak of the process is printed as the walk goes on; a run over ten times the rows must not
need noticeably more. Nothing is asked of a broker: what is measured is the walk itself.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from itertools import islice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.test import override_settings

        call_command("migrate", verbosity=0)
        fill(options.rows)
        with override_settings(MODERATION={"DISPATCHER": "tests.site.dispatchers.Nobody"}):
            walk(options.rows)


def fill(rows: int) -> None:
    from tests.site.models import Article

    def articles() -> Iterator[Article]:
        for number in range(rows):
            yield Article(headline=str(number), body=f"Article number {number}. " * 20)

    stream = articles()
    while Article.objects.bulk_create(islice(stream, 5000)):
        pass


def walk(rows: int) -> None:
    from moderation.models import Scan
    from moderation.services.backfill import backfill
    from moderation.targets import registry
    from tests.site.models import Article

    registration = registry.lookup(Article)
    assert registration is not None
    started, step = time.perf_counter(), max(rows // 10, 1)
    shown = 0

    def progress(seen: int, queued: int) -> None:
        nonlocal shown
        if seen >= shown + step:
            shown = seen
            rate = seen / (time.perf_counter() - started)
            print(f"{seen:>10,} rows  {rate:7,.0f} rows/s  peak {peak_mb():6.1f} MB", flush=True)

    print(f"{0:>10,} rows  {'':7}         peak {peak_mb():6.1f} MB")
    queued = backfill(registration, "default", progress=progress)
    assert queued == Scan.objects.count() == rows
    started = time.perf_counter()
    assert backfill(registration, "default", restart=True) == 0
    print(f"again, nothing new: {rows / (time.perf_counter() - started):,.0f} rows/s")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
