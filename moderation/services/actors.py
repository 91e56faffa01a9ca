"""Who acts: a person with an account, or the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moderation.models import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a decision or an event, as it is put on record."""

    kind: ActorKind
    user: Any = None
    label: str = ""

    @property
    def ref(self) -> str:
        """Return the account key that goes into the audit chain, or what stands for it."""
        if self.user is not None:
            return f"user:{self.user.pk}"
        return f"{'machine' if self.kind == ActorKind.MACHINE else 'visitor'}:{self.label}"


MACHINE = Actor(ActorKind.MACHINE, label="moderation")
READER = Actor(ActorKind.HUMAN, label="reader")
AUTHOR = Actor(ActorKind.HUMAN, label="author")
"""The parties, with or without an account: the trail does not tell which of their accounts."""


def human(user: Any) -> Actor:
    """Return the actor for an account."""
    return Actor(ActorKind.HUMAN, user, user.get_username()[:200])
