"""Whose text it is, and what came of their other texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.safestring import SafeString

from moderation import permissions
from moderation.admin import display
from moderation.models import Case, CaseState, Decision, Outcome, Subject

RECENT_DAYS = 30
MOST_LATEST = 5


@dataclass(frozen=True, slots=True)
class Past:
    """A decision about another text of the author."""

    case: int
    outcome: str
    when: SafeString | str


@dataclass(frozen=True, slots=True)
class AuthorView:
    """The author as this moderator may know them; ``shown`` is False when they may not."""

    shown: bool
    name: SafeString
    account: Any = None
    account_name: SafeString | str = ""
    key: str = ""
    counts: list[tuple[str, str, int]] = field(default_factory=list)
    texts: int = 0
    decided: list[tuple[str, int]] = field(default_factory=list)
    latest: list[Past] = field(default_factory=list)


def author_view(case: Case, user: Any) -> AuthorView:
    """Return the author of ``case`` with their history, in four queries; the guests of a site
    have no key in common, so that nothing is known of them."""
    if not permissions.may_see_author(user):
        return AuthorView(shown=False, name=display.isolated("–"))
    subject = case.subject
    name = (case.snapshot.author_label if case.snapshot else "") or subject.author_label
    account = subject.author
    known = AuthorView(
        shown=True,
        name=display.isolated(name),
        account=account,
        account_name=display.isolated(account.get_username() if account else ""),
        key=subject.author_key,
    )
    return _with_history(known, case) if known.key else known


def _with_history(known: AuthorView, case: Case) -> AuthorView:
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    others = Case.objects.filter(subject__author_key=known.key).exclude(pk=case.pk)
    states = others.values_list("state").annotate(number=Count("pk")).order_by("state")
    ruled = (
        Decision.objects.filter(case__subject__author_key=known.key, reversed_by=None)
        .exclude(outcome__in=(Outcome.UNDO, Outcome.PROPOSE, Outcome.ESCALATE))
        .order_by("-pk")
    )
    recent = ruled.filter(created_at__gte=since).order_by().values_list("outcome")
    return AuthorView(
        shown=True,
        name=known.name,
        account=known.account,
        account_name=known.account_name,
        key=known.key,
        counts=[(state, str(CaseState(state).label), number) for state, number in states],
        texts=Subject.objects.filter(author_key=known.key, created_at__gte=since).count(),
        decided=[
            (str(Outcome(outcome).label), number)
            for outcome, number in recent.annotate(number=Count("pk")).order_by("-number")
        ],
        latest=[
            Past(row.case_id, row.get_outcome_display(), display.moment(row.created_at))
            for row in ruled.exclude(case=case)[:MOST_LATEST]
        ],
    )
