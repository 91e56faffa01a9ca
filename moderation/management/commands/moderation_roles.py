"""Make the groups that moderators are put into."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.services.database import moderation_db

_OBSERVER = (permissions.VIEW,)
_MODERATOR = (*_OBSERVER, permissions.CLAIM, permissions.DECIDE, permissions.SEE_AUTHOR)
_SENIOR = (*_MODERATOR, permissions.OVERRIDE)
_MANAGER = (*_SENIOR, *permissions.MANAGE_POLICIES, permissions.MANAGE_DETECTORS)

# What the managers look after besides, by the model: all four of Django's permissions.
_KEPT_BY_MANAGERS = ("allowance", "listedphrase", "referencedocument", "webhook")

# Names in the database, by which the groups are found again: never translated.
ROLES: dict[str, tuple[str, ...]] = {
    "Moderation observers": _OBSERVER,
    "Moderators": _MODERATOR,
    "Senior moderators": _SENIOR,
    "Moderation managers": (
        *_MANAGER,
        "moderation.view_policy",
        "moderation.view_decision",  # to export decisions and statements of reasons
        "moderation.view_delivery",
        "moderation.change_delivery",
        *(
            f"moderation.{action}_{model}"
            for model in _KEPT_BY_MANAGERS
            for action in ("view", "add", "change", "delete")
        ),
    ),
}


class Command(BaseCommand):
    """Make the groups and give them what they lack; what a site has added to them stays."""

    help = "Make the groups of moderators with their permissions. Running it again is harmless."

    def handle(self, *args: Any, **options: Any) -> None:
        using = moderation_db()
        with transaction.atomic(using=using):
            for name, wanted in ROLES.items():
                self.stdout.write(_provide(name, wanted, using))


def _provide(name: str, wanted: tuple[str, ...], using: str) -> str:
    codenames = {each.partition(".")[2] for each in wanted}
    rows = Permission.objects.using(using).filter(
        content_type__app_label="moderation", codename__in=codenames
    )
    missing = codenames - set(rows.values_list("codename", flat=True))
    if missing:
        raise CommandError(
            _("These permissions do not exist yet: %(names)s. Run migrate first.")
            % {"names": ", ".join(sorted(missing))}
        )
    group, created = Group.objects.using(using).get_or_create(name=name)
    had = set(group.permissions.values_list("pk", flat=True))
    new = [row for row in rows if row.pk not in had]
    group.permissions.add(*new)
    what = _("made") if created else _("was there")
    return _("%(group)s: %(what)s, %(number)d permissions added.") % {
        "group": name,
        "what": what,
        "number": len(new),
    }
