"""Care for the people at the desk: hard words are covered, and hard days are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from moderation.conf import settings
from moderation.models import Decision, Evidence, Finding, Outcome

MASKED_CATEGORIES = frozenset(
    {
        ("framing", "threat"),
        ("framing", "dehumanise"),
        ("framing", "profanity_directed"),
        ("wordlist", "blocked"),
    }
)
MASKED_REASONS = frozenset({"framing.attack.insult"})


@dataclass(frozen=True, slots=True)
class Shift:
    """How many severe cases somebody decided of late, and whether a break would do them good."""

    severe: int
    hours: int
    rest: bool


def shift_of(user: Any, *, hints: bool) -> Shift:
    """Count the severe cases that ``user`` decided within the hours of a shift."""
    since = timezone.now() - timedelta(hours=settings.SHIFT_HOURS)
    severe = (
        Decision.objects.filter(
            actor=user.pk, created_at__gte=since, case__severity__gte=settings.SEVERE_FROM
        )
        .exclude(outcome=Outcome.UNDO)
        .values("case")
        .distinct()
        .count()
    )
    enough = settings.BREAK_AFTER
    return Shift(severe, settings.SHIFT_HOURS, rest=bool(hints and enough and severe >= enough))


def is_masked(finding: Finding, row: Evidence) -> bool:
    """Whether a passage is a slur or a threat, to be uncovered by whoever wants to read it."""
    return (finding.kind, finding.category) in MASKED_CATEGORIES or (
        row.explanation in MASKED_REASONS
    )
