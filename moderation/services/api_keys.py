"""Keys for programs: made, changed, revoked, recognised."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from moderation.models import ApiKey, KeyScope
from moderation.models.api_keys import every_scope
from moderation.services import audit
from moderation.services.actors import MACHINE, Actor, human
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import Unusable

MARK = "mdk_"
"""What every key begins with, so that scanners find one that was published by mistake."""

_RANDOM_BYTES = 32
_SHOWN = 12
_LONGEST = 200
_COARSE = timedelta(hours=1)


def create(row: ApiKey, *, user: Any = None) -> str:
    """Write a new key and return its secret, which nobody can look up later.

    ``user`` is who asked for it, None for the command line. Raises :class:`Unusable` without
    a name, with a key that exists already or a scope that does not.
    """
    if not row._state.adding:
        raise Unusable("This key exists already.")
    _check(row)
    secret = MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    row.prefix, row.digest, row.created_by = secret[:_SHOWN], digest_of(secret), user
    with write_transaction() as using:
        row.save(using=using)
        _record("api_key.created", row, user)
    return secret


def change(row: ApiKey, *, user: Any = None) -> ApiKey:
    """Write a new name, quota or other scopes of a key. Raises :class:`Unusable` as above."""
    _check(row)
    with write_transaction() as using:
        row.save(
            using=using,
            update_fields=["name", "scopes", "per_second", "per_minute", "per_day"],
        )
        _record("api_key.changed", row, user)
    return row


def revoke(keys: Iterable[ApiKey], *, user: Any = None) -> int:
    """Make keys worthless from now on; return how many were still good before."""
    revoked = 0
    with write_transaction() as using:
        for row in keys:
            now = timezone.now()
            good = ApiKey.objects.using(using).filter(pk=row.pk, revoked_at=None)
            if good.update(revoked_at=now):
                row.revoked_at = now
                revoked += 1
                _record("api_key.revoked", row, user)
    return revoked


def find(secret: str) -> ApiKey | None:
    """Return the key with this secret unless it was revoked; one query, whatever the answer.

    What is looked up is a hash of the secret: how long that takes says nothing about it.
    """
    if not secret or len(secret) > _LONGEST:
        return None
    digest = digest_of(secret)
    row = ApiKey.objects.using(moderation_db()).filter(digest=digest).first()
    if row is None or not hmac.compare_digest(row.digest, digest) or row.revoked_at is not None:
        return None
    return row


def note_use(row: ApiKey) -> None:
    """Remember that a key is in use, to the hour: most requests write nothing."""
    now = timezone.now()
    if row.last_used_at is not None and now - row.last_used_at < _COARSE:
        return
    rows = ApiKey.objects.using(moderation_db()).filter(pk=row.pk)
    rows.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - _COARSE)).update(last_used_at=now)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def actor_of(row: ApiKey) -> Actor:
    """Return the actor for what a program does with a key."""
    return Actor(MACHINE.kind, label=f"api_key:{row.pk}")


def may(row: ApiKey, scope: KeyScope) -> bool:
    """Whether a key opens ``scope``."""
    return scope.value in row.scopes


def _check(row: ApiKey) -> None:
    if not row.name.strip():
        raise Unusable("A key needs a name.")
    known = every_scope()
    if not isinstance(row.scopes, list) or not all(scope in known for scope in row.scopes):
        raise Unusable(f"The scopes of a key are some of {', '.join(known)}.")


def _record(verb: str, row: ApiKey, user: Any) -> None:
    audit.record(
        verb,
        actor=MACHINE if user is None else human(user),
        data={"key": row.pk, "scopes": sorted(row.scopes)},
    )
