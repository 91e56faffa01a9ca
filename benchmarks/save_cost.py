"""What a save costs with and without the desk: saves per second, side by side.

Rows are saved through the same model, with the desk's receivers connected and disconnected in
turn (A B A B ...), so that a machine whose speed drifts does not favour either. Run on SQLite and,
where it is installed, on PostgreSQL with a Redis broker.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=300, help="saves per round (300)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        measure(options.saves)
    else:
        run_on_every_database(options.saves)


def run_on_every_database(saves: int) -> None:
    from tests.services import PostgreSQL, Redis

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {"DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        if Redis.missing():
            print("Redis is not installed: the broker is in memory.")
        else:
            environment["REDIS_URL"] = stack.enter_context(Redis()).url
        run("SQLite", environment, saves)
        if PostgreSQL.missing():
            print("PostgreSQL is not installed: left out.")
            return
        server = stack.enter_context(PostgreSQL(durable=True))
        run("PostgreSQL", {**environment, "DATABASE_URL": server.new_database()}, saves)


def run(name: str, environment: dict[str, str], saves: int) -> None:
    print(f"\n{name}", flush=True)
    subprocess.run(
        [sys.executable, __file__, "--inside", "--saves", str(saves)],
        env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=True,
    )


def measure(saves: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from tests.resilience import celery_app  # noqa: F401 - a Celery application, as a site has one

    call_command("migrate", verbosity=0)
    from tests.site.models import Article

    body = "The council repaired the bridge over the river, and nobody complained. " * 70

    def new() -> None:
        for number in range(saves):
            Article.objects.create(headline="Bridge", body=f"{number} {time.time()} {body}")

    report("new text, 5 KB", saves, new)
    articles = list(Article.objects.order_by("-pk")[:saves])

    def unchanged() -> None:
        for article in articles:
            article.save()

    with_desk(enabled=True)
    unchanged()
    report("unchanged text", saves, unchanged)


def report(what: str, saves: int, work: Callable[[], None]) -> None:
    rates: dict[bool, list[float]] = {True: [], False: []}
    for _round in range(ROUNDS):
        for enabled in (False, True):
            with_desk(enabled=enabled)
            started = time.perf_counter()
            work()
            rates[enabled].append(saves / (time.perf_counter() - started))
    without, with_it = statistics.median(rates[False]), statistics.median(rates[True])
    extra = 1000 / with_it - 1000 / without
    print(
        f"  {what:<16} without {without:8.0f}/s   with {with_it:8.0f}/s   "
        f"ratio {with_it / without:.2f}   {extra:+.2f} ms a save"
    )


def with_desk(*, enabled: bool) -> None:
    from django.db.models.signals import post_save

    from moderation import receivers

    post_save.disconnect(dispatch_uid="moderation.saved")
    if enabled:
        post_save.connect(receivers.saved, dispatch_uid="moderation.saved")


if __name__ == "__main__":
    main()
