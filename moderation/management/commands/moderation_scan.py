"""``moderation_scan``: take in and scan what is in the database already."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from moderation.management.progress import Progress
from moderation.services import walks
from moderation.services.backfill import backfill, scan_failed_again
from moderation.targets import Registration, registry


class Command(BaseCommand):
    help = (
        "Queue scans for the rows of registered models. Unchanged texts are passed over. "
        "An interrupted run goes on where it stood."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "models", nargs="*", metavar="app.Model", help="default: every registered model"
        )
        parser.add_argument("--database", help="only rows in this database")
        parser.add_argument("--batch", type=int, default=500, help="rows per step (500)")
        parser.add_argument("--limit", type=int, help="stop after so many rows of each model")
        parser.add_argument("--restart", action="store_true", help="begin at the first row again")
        parser.add_argument(
            "--rescan", action="store_true", help="scan unchanged texts again as well"
        )
        parser.add_argument(
            "--failed",
            action="store_true",
            help="only scan again what could not be scanned",
        )
        parser.add_argument(
            "--inline", action="store_true", help="scan here and now instead of asking a worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch is at least 1.")
        if options["failed"]:
            self._again(inline=options["inline"])
            return
        for registration in _registrations(options["models"]):
            aliases = walks.aliases_of(registration.root)
            if options["database"]:
                if options["database"] not in aliases:
                    raise CommandError(f"There is no database {options['database']!r} for this.")
                aliases = [options["database"]]
            for alias in aliases:
                self._walk(registration, alias, options)

    def _again(self, *, inline: bool) -> None:
        count = scan_failed_again(inline=inline)
        self.stdout.write(f"{count:,} texts {'scanned' if inline else 'queued'}")

    def _walk(self, registration: Registration, alias: str, options: dict[str, Any]) -> None:
        label = registration.root._meta.label
        total = registration.target.queryset(alias).count()
        self.stdout.write(f"{label} in {alias}: {total:,} rows")
        start = 0 if options["restart"] else walks.rows_seen("backfill", registration, alias)
        progress = Progress(self.stderr, total, start=start)
        try:
            queued = backfill(
                registration,
                alias,
                batch=options["batch"],
                limit=options["limit"],
                rescan=options["rescan"],
                restart=options["restart"],
                inline=options["inline"],
                progress=progress.show,
            )
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted; run the command again to go on from here.") from error
        finally:
            progress.close()
        done = "scanned" if options["inline"] else "queued"
        self.stdout.write(f"{label}: {queued:,} texts {done}")


def _registrations(labels: list[str]) -> list[Registration]:
    if not labels:
        return registry.all()
    found = []
    for label in labels:
        try:
            registration = registry.lookup(apps.get_model(label))
        except (LookupError, ValueError) as error:
            raise CommandError(f"There is no model {label!r}.") from error
        if registration is None:
            raise CommandError(f"{label} is not registered for moderation.")
        found.append(registration)
    return found
