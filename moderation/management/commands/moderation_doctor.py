"""``moderation_doctor``: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.services import doctor


class Command(BaseCommand):
    help = (
        "Look over settings, database, broker, workers, scans, webhooks and audit trail, and say "
        "how to mend what is wrong. Ends with 1 if there is an error."
    )
    # What the system checks find is part of the answer, not a reason not to give one.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--quick", action="store_true", help="leave the audit trail out")

    def handle(self, *args: Any, **options: Any) -> None:
        found = doctor.examine(thorough=not options["quick"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found], indent=2))
        else:
            self._tell(found)
        errors = sum(each.level == doctor.ERROR for each in found)
        if errors:
            raise CommandError(f"Errors: {errors}.")

    def _tell(self, found: list[doctor.Diagnosis]) -> None:
        for each in found:
            style = self.style.ERROR if each.level == doctor.ERROR else self.style.WARNING
            self.stdout.write(style(f"{each.level} ({each.code}): {each.message}"))
            if each.remedy:
                self.stdout.write(f"    {each.remedy}")
        if not found:
            self.stdout.write(self.style.SUCCESS("Nothing is wrong."))
