"""Care for the people at the desk: hard words are covered, and hard days are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from moderation.conf import settings
from moderation.models import Decision, Evidence, Finding, Outcome, ScanState
from moderation.types import Mode

MASKED_CATEGORIES = frozenset(
    {
        ("framing", "threat"),
        ("framing", "dehumanise"),
        ("framing", "profanity_directed"),
        ("wordlist", "blocked"),
    }
)
MASKED_REASONS = frozenset({"framing.attack.insult"})
_HARD = reduce(
    or_,
    (Q(finding__kind=kind, finding__category=name) for kind, name in sorted(MASKED_CATEGORIES)),
    Q(explanation__in=sorted(MASKED_REASONS)),
)
_MOST_RANGES = 1_000


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


def hard_texts(snapshot_ids: Iterable[int]) -> set[int]:
    """Return which of some texts have a slur or a threat in them."""
    rows = _hard(snapshot_ids).values_list("finding__scan__snapshot", flat=True)
    return set(rows.distinct())


def hard_ranges(snapshot_id: int) -> list[tuple[int, int]]:
    """Return where in a stored text the slurs and threats are, the first ones of very many."""
    rows = _hard([snapshot_id]).order_by("start", "end").values_list("start", "end")
    return list(rows.distinct()[:_MOST_RANGES])


def _hard(snapshot_ids: Iterable[int]) -> QuerySet[Evidence]:
    live = Evidence.objects.filter(
        finding__scan__snapshot__in=list(snapshot_ids), finding__mode=Mode.LIVE.value
    )
    return live.filter(_HARD).exclude(finding__scan__state=ScanState.SUPERSEDED).order_by()
