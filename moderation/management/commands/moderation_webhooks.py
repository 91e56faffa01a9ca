"""``moderation_webhooks``: which programs are told, and what could not be delivered."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.models import Delivery, DeliveryState, Webhook
from moderation.services import deliveries
from moderation.services.database import moderation_db


class Command(BaseCommand):
    help = "List webhooks and the messages that were given up, and send those again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        todo = parser.add_subparsers(dest="todo", required=True)
        todo.add_parser("list", help="list the webhooks")
        todo.add_parser("dead", help="list the messages that were given up")
        replay = todo.add_parser("replay", help="send messages again")
        replay.add_argument("id", nargs="*", type=int, help="keys of deliveries")
        replay.add_argument("--all", action="store_true", help="all that were given up")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['todo']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        for row in Webhook.objects.using(moderation_db()).order_by("pk"):
            state = "active" if row.is_active else "off"
            events = ",".join(row.events) or "every case"
            self.stdout.write(f"{row.pk:>6}  {state:<7} {row.url}  {events}  {row.name}")

    def _dead(self, options: dict[str, Any]) -> None:
        for row in self._given_up().order_by("pk").iterator():
            why = row.error or row.response_code
            self.stdout.write(f"{row.pk:>6}  {row.created_at:%F %T}  {row.event}  {why}")

    def _replay(self, options: dict[str, Any]) -> None:
        if bool(options["id"]) == options["all"]:
            raise CommandError("Name the deliveries, or say --all.")
        rows = self._given_up() if options["all"] else Delivery.objects.using(moderation_db())
        chosen = rows if options["all"] else rows.filter(pk__in=options["id"])
        self.stdout.write(f"to be sent again: {deliveries.replay(chosen)}")

    def _given_up(self) -> Any:
        return Delivery.objects.using(moderation_db()).filter(state=DeliveryState.DEAD)
