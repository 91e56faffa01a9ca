"""What happened to a case, newest first: decisions, notes, scans, and the events between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import display, words
from moderation.models import Case, CaseNote, CaseState, Decision, Event, Outcome, Scan
from moderation.models.decisions import LEAVING_OPEN
from moderation.models.scans import FINISHED_SCANS

# Told by the decision or the note itself, with more to read.
_TOLD = ("case.decided", "case.escalated", "case.proposed", "decision.undone", "case.noted")
PAGE_ENTRIES = 30
MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: an event, a scan, a note, or a decision with, while it can be, its undo."""

    at: datetime
    what: str
    who: SafeString | str
    when: SafeString | str
    decision: Decision | None = None
    policies: str = ""
    public_note: SafeString | str = ""
    internal_note: SafeString | str = ""
    effect: str = ""
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of the history, counted from 1."""

    entries: list[Entry]
    page: int
    older: bool


def timeline(case: Case, user: Any, page: int = 1) -> Timeline:
    """Return the history of ``case`` as ``user`` may act on it."""
    page = min(max(page, 1), MOST_PAGES)
    last = page * PAGE_ENTRIES
    found = chain.from_iterable(read(case, last + 1) for read in _SOURCES)
    entries = sorted(found, key=lambda entry: entry.at, reverse=True)
    latest = undoable(case, user)
    return Timeline(
        entries=[
            replace(entry, undoable=entry.decision is not None and entry.decision == latest)
            for entry in entries[last - PAGE_ENTRIES : last]
        ],
        page=page,
        older=len(entries) > last and page < MOST_PAGES,
    )


def undoable(case: Case, user: Any) -> Decision | None:
    """Return the decision that ``user`` can take back now; the service decides in the end."""
    latest = Decision.objects.filter(case=case).order_by("-pk").first()
    if latest is None or latest.outcome == Outcome.UNDO:
        return None
    if latest.outcome in LEAVING_OPEN:
        in_place = case.is_open and not case.held_by_other(user)
    else:  # a case that closed by itself may have left its object hidden
        in_place = case.state in (CaseState.DECIDED, CaseState.CLOSED_MOOT)
    own = latest.actor_id == user.pk and permissions.may_decide(user)
    return latest if in_place and (own or permissions.may_override(user)) else None


def _decisions(case: Case, most: int) -> list[Entry]:
    rows = Decision.objects.filter(case=case).select_related("effect", "reversed_by")
    return [_ruling(row) for row in rows.prefetch_related("policies").order_by("-pk")[:most]]


def _ruling(decision: Decision) -> Entry:
    effect = getattr(decision, "effect", None)
    what = decision.get_outcome_display()
    if decision.proposed:
        what = _("proposed to a second person: %(outcome)s") % {
            "outcome": decision.get_proposed_display()
        }
    return Entry(
        at=decision.created_at,
        what=what,
        who=display.isolated(decision.actor_label),
        when=display.moment(decision.created_at),
        decision=decision,
        policies=", ".join(policy.title for policy in decision.policies.all()),
        public_note=display.shown(decision.public_note),
        internal_note=display.shown(decision.internal_note),
        effect=str(effect) if effect else "",
    )


def _notes(case: Case, most: int) -> list[Entry]:
    return [
        Entry(
            at=note.created_at,
            what=words.verb("case.noted"),
            who=display.isolated(note.author_label),
            when=display.moment(note.created_at),
            internal_note=display.shown(note.text),
        )
        for note in CaseNote.objects.filter(case=case).order_by("-pk")[:most]
    ]


def _events(case: Case, most: int) -> list[Entry]:
    events = Event.objects.filter(case=case).exclude(verb__in=_TOLD).order_by("-number")
    return [
        Entry(
            event.at,
            words.verb(event.verb),
            display.isolated(event.actor_label),
            display.moment(event.at),
        )
        for event in events[:most]
    ]


def _scans(case: Case, most: int) -> list[Entry]:
    scans = Scan.objects.filter(
        snapshot__subject=case.subject_id, state__in=FINISHED_SCANS, finished_at__isnull=False
    )
    return [
        Entry(
            at=scan.finished_at,
            what=_("Scan of the text: %(state)s") % {"state": scan.get_state_display()},
            who=scan.get_reason_display(),
            when=display.moment(scan.finished_at),
        )
        for scan in scans.order_by("-finished_at")[:most]
        if scan.finished_at is not None
    ]


# What a history is made of; each reads its newest rows.
_SOURCES: tuple[Callable[[Case, int], list[Entry]], ...] = (_decisions, _notes, _events, _scans)
