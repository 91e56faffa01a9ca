"""``moderation_verify``: is the audit trail whole?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.services.audit import verify


class Command(BaseCommand):
    help = (
        "Recompute the hash chain of the audit trail. Keep the printed head elsewhere: a trail "
        "that was rewritten from end to end has another one."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify()
        if not result.ok:
            raise CommandError(f"The audit trail is broken: {result.problem}.")
        self.stdout.write(f"{result.events} events, the chain holds; head {result.head}")
