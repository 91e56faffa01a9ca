"""``moderation_erase``: take a person out of the desk's rows, on their request."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from moderation.services import audit, erasure
from moderation.services.errors import Unusable


class Command(BaseCommand):
    help = (
        "Show which rows name a person; with --yes take names, keys, addresses and texts out of "
        "them. Counts, decisions and the audit trail stay, and the trail is verified."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--author-key", default="", help="the author, as subjects have it")
        parser.add_argument("--user", default="", help="the account, by its user name")
        parser.add_argument("--user-id", help="the account, by its key: it may be deleted by now")
        parser.add_argument("--email", default="", help="the address that reports were sent with")
        parser.add_argument("--yes", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        person = erasure.Person(
            author_key=options["author_key"], user_id=_account(options), email=options["email"]
        )
        try:
            found = erasure.erase(person) if options["yes"] else erasure.look_for(person)
        except Unusable as error:
            raise CommandError(str(error)) from error
        for name, number in asdict(found).items():
            self.stdout.write(f"{name.replace('_', ' ')}: {number}")
        if found.still_on_site:
            self.stdout.write("The site itself still has such objects: delete them there.")
        if not options["yes"]:
            self.stdout.write("Nothing was changed; say --yes to do it.")
            return
        result = audit.verify()
        if not result.ok:
            raise CommandError(f"The audit trail is broken: {result.problem}.")
        self.stdout.write(f"{result.events} events, the chain holds; head {result.head}")


def _account(options: dict[str, Any]) -> Any:
    if options["user_id"]:
        return _key(options["user_id"])
    if not options["user"]:
        return None
    model = get_user_model()
    try:
        return model._default_manager.get_by_natural_key(options["user"]).pk
    except model.DoesNotExist as error:
        raise CommandError("There is no account of that name; try --user-id.") from error


def _key(given: str) -> Any:
    key = get_user_model()._meta.pk
    try:
        return key.to_python(given) if key is not None else given
    except Exception as error:
        raise CommandError("This is no key of an account.") from error
