"""``moderation_sweep``: what the periodic task does, by hand or from cron."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from moderation.services.sweep import sweep


class Command(BaseCommand):
    help = (
        "Ask again for scans that were lost or got stuck, and take in rows that were written "
        "without a signal (bulk_create, update, raw SQL)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--complete", action="store_true", help="look at every row, not at the next few"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        result = sweep(complete=options["complete"])
        for name, count in asdict(result).items():
            self.stdout.write(f"{name.replace('_', ' ')}: {count}")
