"""The house rules: added and reworded, never removed, for what was cited stays citable."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from moderation.models import Policy
from moderation.services import audit
from moderation.services.actors import Actor
from moderation.services.database import write_transaction
from moderation.services.errors import Unusable


def save(policy: Policy, *, changed: Iterable[str], actor: Actor) -> Policy:
    """Write a policy, new or with the fields ``changed``, and put it on record.

    Raises:
        Unusable: the policy would be part of itself.
    """
    is_new = policy.pk is None
    with write_transaction() as using:
        if _goes_round(policy):
            raise Unusable(_("A policy cannot be part of itself."))
        policy.save(using=using)
        audit.record(
            "policy.added" if is_new else "policy.changed",
            actor=actor,
            data={"policy": policy.code, "fields": sorted(changed)},
        )
    return policy


def _goes_round(policy: Policy) -> bool:
    seen: set[int | None] = set()
    above = policy.parent
    while above is not None and above.pk not in seen:
        if above.pk == policy.pk:
            return True
        seen.add(above.pk)
        above = above.parent
    return False
