"""``moderation_purge``: remove what has been kept long enough."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from moderation.services import retention


class Command(BaseCommand):
    help = (
        "Show what the setting RETENTION says has been kept long enough; with --yes remove it, "
        "in batches. May be broken off and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="remove it")
        parser.add_argument(
            "--kind", action="append", choices=list(retention.KINDS), help="only these (all)"
        )
        parser.add_argument("--limit", type=int, help="at most so many rows of each kind")

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = options["kind"] or list(retention.KINDS)
        periods = retention.periods()
        if options["yes"]:
            found = retention.purge(kinds, limit=options["limit"])
        else:
            found = retention.plan()
        for kind in kinds:
            if kind not in periods:
                self.stdout.write(f"{kind}: kept for ever")
            else:
                done = "removed" if options["yes"] else "would be removed"
                self.stdout.write(f"{kind}: {found[kind]} {done}, older than {periods[kind]} days")
        if not options["yes"] and any(found.values()):
            self.stdout.write("Nothing was removed; say --yes to do it.")
