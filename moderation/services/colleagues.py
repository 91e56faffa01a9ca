"""Who else may decide a case: the colleagues that it can be handed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth import get_backends, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q

from moderation import permissions
from moderation.models import Case
from moderation.services.naming import full_name

MOST_COLLEAGUES = 100


class Colleague(NamedTuple):
    """An account: its key, its user name, and what to call whoever has it."""

    key: Any
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Accounts to choose from; ``everybody`` if there are no others."""

    accounts: list[Colleague]
    everybody: bool

    @property
    def names(self) -> list[tuple[str, str]]:
        """The user names, each with what to call its owner."""
        return [(each.account, each.name) for each in self.accounts]


def colleagues_of(user: Any, *, for_case: Case | None = None) -> Colleagues:
    """Return who besides ``user`` may decide cases, without the author of ``for_case``.

    To leave an author out says who it is: that is done for those who may know. Whoever may not
    is refused when they choose the author.

    Two queries. Not everybody is found where there are very many, and where something else than
    Django's own tables says who may do what.
    """
    accounts: Any = get_user_model()  # a site may have any class for it
    if not issubclass(accounts, PermissionsMixin):
        return Colleagues([], everybody=False)
    rows = accounts._default_manager.exclude(pk__in=_left_out(user, for_case))
    if _has_field(accounts, "is_active"):
        rows = rows.filter(is_active=True)
    for name in (permissions.VIEW, permissions.DECIDE):
        rows = rows.filter(_granted(accounts, name))
    found = list(rows.order_by(accounts.USERNAME_FIELD)[: MOST_COLLEAGUES + 1])
    own_tables = all(isinstance(backend, ModelBackend) for backend in get_backends())
    return Colleagues(
        [
            Colleague(each.pk, str(each.get_username()), _called(each))
            for each in found[:MOST_COLLEAGUES]
        ],
        everybody=own_tables and len(found) <= MOST_COLLEAGUES,
    )


def _left_out(user: Any, case: Case | None) -> list[Any]:
    author = case.subject.author_id if case and permissions.may_see_author(user) else None
    return [key for key in (user.pk, author) if key]


def _has_field(accounts: Any, name: str) -> bool:
    try:
        accounts._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _granted(accounts: Any, permission: str) -> Q:
    """Return the condition for accounts with a permission of their own or through a group."""
    label, _dot, codename = permission.partition(".")
    one = {"codename": codename, "content_type__app_label": label}
    ways = ("user_permissions", "groups__permissions")
    condition = Q(is_superuser=True)
    for way in ways:
        holders = accounts._base_manager.filter(
            **{f"{way}__{field}": value for field, value in one.items()}
        )
        condition |= Q(pk__in=holders.values("pk"))
    return condition


def _called(account: Any) -> str:
    name, account_name = full_name(account), str(account.get_username())
    return f"{name} ({account_name})" if name and name != account_name else account_name
