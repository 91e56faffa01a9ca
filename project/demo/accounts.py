"""The people of the demo: an administrator, a moderator and an author."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.db.models import Q

# Who they are and what they may do, by the name of the account.
PEOPLE = {
    "admin": ("Alma Quist", "may do everything"),
    "moderator": ("Noor Halden", "works the queue"),
    "author": ("Robin Ashdown", "writes articles"),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A new password, to be shown once: only its hash is kept."""

    username: str
    password: str
    role: str


def create(*, reset: bool = False) -> list[Credentials]:
    """Create the accounts that are missing; return those that have a password to show.

    With ``reset`` all of them get a new one.
    """
    with transaction.atomic():
        return [
            Credentials(username, password, role)
            for username, (name, role) in PEOPLE.items()
            if (password := _provide(username, name, reset=reset))
        ]


def _provide(username: str, name: str, *, reset: bool) -> str:
    """Return the new password of ``username``, empty where it has one that stays."""
    user, _created = User.objects.get_or_create(username=username, defaults={"password": "!"})
    if user.has_usable_password() and not reset:
        return ""
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.first_name, user.last_name = name.split()
    user.is_staff = True
    user.is_superuser = username == "admin"
    user.save()
    user.user_permissions.set(_permissions(username))
    return password


def _permissions(username: str) -> list[Permission]:
    desk = Q(content_type__app_label="moderation")
    newsroom = Q(content_type__app_label="newsroom")
    wanted = {
        "moderator": desk & Q(codename__startswith="view_")
        | desk & Q(codename__in=["claim_case", "decide_case", "see_author_identity"])
        | newsroom & Q(codename__startswith="view_"),
        "author": newsroom & Q(codename__in=["add_article", "change_article", "view_article"]),
    }
    return list(Permission.objects.filter(wanted[username])) if username in wanted else []
