"""What happened to a case, newest first: decisions and the events between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from moderation import permissions
from moderation.admin import display, words
from moderation.models import Case, CaseState, Decision, Event, Outcome

# Told by the decision itself, with more to read.
_DECIDING = ("case.decided", "case.escalated", "decision.undone")
MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: an event, or a decision with its notes and, while it can be, its undo."""

    at: datetime
    what: str
    who: SafeString
    when: SafeString | str
    decision: Decision | None = None
    policies: str = ""
    public_note: SafeString | str = ""
    internal_note: SafeString | str = ""
    effect: str = ""
    undoable: bool = False


def timeline(case: Case, user: Any) -> list[Entry]:
    """Return the history of ``case`` as ``user`` may act on it."""
    decisions = list(
        Decision.objects.filter(case=case)
        .select_related("effect", "reversed_by")
        .prefetch_related("policies")
        .order_by("-pk")
    )
    events = Event.objects.filter(case=case).exclude(verb__in=_DECIDING).order_by("-number")
    latest = undoable(case, decisions, user)
    entries = [_ruling(decision, latest) for decision in decisions]
    entries += [
        Entry(
            event.at,
            words.verb(event.verb),
            display.isolated(event.actor_label),
            display.moment(event.at),
        )
        for event in events[:MOST_EVENTS]
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def undoable(case: Case, newest_first: Sequence[Decision], user: Any) -> Decision | None:
    """Return the decision that ``user`` can take back now; the service decides in the end."""
    if not newest_first:
        return None
    latest = newest_first[0]
    if latest.outcome == Outcome.UNDO:
        return None
    if latest.outcome == Outcome.ESCALATE:
        in_place = case.is_open and not case.held_by_other(user)
    else:  # a case that closed by itself may have left its object hidden
        in_place = case.state in (CaseState.DECIDED, CaseState.CLOSED_MOOT)
    own = latest.actor_id == user.pk and permissions.may_decide(user)
    return latest if in_place and (own or permissions.may_override(user)) else None


def _ruling(decision: Decision, latest: Decision | None) -> Entry:
    effect = getattr(decision, "effect", None)
    return Entry(
        at=decision.created_at,
        what=decision.get_outcome_display(),
        who=display.isolated(decision.actor_label),
        when=display.moment(decision.created_at),
        decision=decision,
        policies=", ".join(policy.title for policy in decision.policies.all()),
        public_note=display.shown(decision.public_note),
        internal_note=display.shown(decision.internal_note),
        effect=str(effect) if effect else "",
        undoable=decision == latest,
    )
