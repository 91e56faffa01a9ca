"""``moderation_api_key``: make, list and revoke the keys of programs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.models import ApiKey, KeyScope
from moderation.services import api_keys
from moderation.services.database import moderation_db
from moderation.services.errors import Unusable

_QUOTAS = ("per_second", "per_minute", "per_day")


class Command(BaseCommand):
    help = "Make, list and revoke API keys. A new key is printed once and can not be seen again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        todo = parser.add_subparsers(dest="todo", required=True)
        create = todo.add_parser("create", help="make a key and print it")
        create.add_argument("name", help="which site or program uses it")
        create.add_argument(
            "--scope", action="append", choices=KeyScope.values, help="what it opens (everything)"
        )
        for name in _QUOTAS:
            option = f"--{name.replace('_', '-')}"
            create.add_argument(option, type=int, metavar="N", help="requests, 0 for no limit")
        todo.add_parser("list", help="list the keys")
        revoke = todo.add_parser("revoke", help="make keys worthless")
        revoke.add_argument("prefix", nargs="+", help="what the key begins with, as listed")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['todo']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        row = ApiKey(name=options["name"], scopes=options["scope"] or list(KeyScope.values))
        for name in _QUOTAS:
            if (limit := options[name]) is not None:
                if limit < 0:
                    raise CommandError("A quota is not negative.")
                setattr(row, name, limit or None)
        try:
            self.stdout.write(api_keys.create(row))
        except Unusable as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        for row in ApiKey.objects.using(moderation_db()).order_by("pk"):
            state = "revoked" if row.revoked_at else "valid"
            self.stdout.write(f"{row.prefix}  {state:<8} {','.join(row.scopes):<16} {row.name}")

    def _revoke(self, options: dict[str, Any]) -> None:
        keys = ApiKey.objects.using(moderation_db())
        for prefix in options["prefix"]:
            found = list(keys.filter(prefix=prefix, revoked_at=None))
            if not found:
                raise CommandError(f"There is no valid key that begins with {prefix}.")
            api_keys.revoke(found)
            self.stdout.write(f"revoked: {prefix}")
