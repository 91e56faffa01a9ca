"""What the page of a case shows, gathered with a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import display
from moderation.admin.findings import Assessment, FindingView, ScanView
from moderation.admin.repeats import RepeatsView, repeats_view
from moderation.admin.sources import SourceView, source_views
from moderation.admin.text import TextView, text_view
from moderation.admin.timeline import Entry, timeline
from moderation.models import Case, CaseState, Snapshot
from moderation.text.plain import PlainText, plain_text
from moderation.types import TextFormat

_MOST_EARLIER = 10


@dataclass(frozen=True, slots=True)
class AuthorView:
    """Whose text it is, and their other cases by state."""

    name: SafeString
    account: Any
    account_name: SafeString
    counts: list[tuple[str, str, int]]
    key: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """The buttons this account gets; the services ask again."""

    claim: bool
    take_over: bool
    release: bool
    snooze: bool
    decide: bool
    own: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything on the page."""

    case: Case
    state: str
    opened: SafeString | str
    band: SafeString
    categories: SafeString
    held_by_other: bool
    snapshot: Snapshot | None
    title: SafeString
    text: TextView | None
    is_markup: bool
    findings: list[FindingView]
    recorded_only: list[FindingView]
    unlisted: int
    sources: list[SourceView]
    repeats: RepeatsView | None
    scan: ScanView | None
    author: AuthorView
    earlier: list[Case]
    parent: SafeString | None
    url: str
    parent_url: str
    timeline: list[Entry]
    allowed: Allowed


def build_page(case: Case, user: Any, *, part: int = 1) -> CasePage:
    """Gather the page of ``case`` for ``user``; ``part`` of a long text, counted from 1."""
    subject, snapshot = case.subject, case.snapshot
    assessment = Assessment(snapshot)
    plain = _readable(snapshot)
    spans = assessment.spans(plain)
    return CasePage(
        case=case,
        state=state_in_words(case),
        opened=display.moment(case.opened_at),
        band=display.band(case),
        categories=display.chips(case.categories),
        held_by_other=case.is_open and case.held_by_other(user),
        snapshot=snapshot,
        title=display.isolated((snapshot.title if snapshot else "") or str(subject)),
        text=text_view(plain.text, spans, part) if snapshot else None,
        is_markup=snapshot is not None and snapshot.format != TextFormat.PLAIN,
        findings=assessment.views(assessment.live, plain, spans),
        recorded_only=assessment.views(assessment.on_trial, plain, spans),
        unlisted=assessment.unlisted,
        sources=source_views(assessment),
        repeats=repeats_view(assessment),
        scan=assessment.scan_view(),
        author=_author(case),
        earlier=_earlier(case),
        parent=display.isolated(str(subject.parent)) if subject.parent else None,
        url=display.safe_url(subject.url),
        parent_url=display.safe_url(subject.parent.url) if subject.parent else "",
        timeline=timeline(case, user),
        allowed=_allowed(case, user),
    )


def state_in_words(case: Case) -> str:
    """Say where a case stands and who has it."""
    if case.state == CaseState.CLAIMED and case.claimed_by is not None:
        return _("claimed by %(name)s") % {"name": case.claimed_by.get_username()}
    return case.get_state_display()


def _readable(snapshot: Snapshot | None) -> PlainText:
    if snapshot is None:
        return PlainText("")
    return plain_text(snapshot.text, TextFormat(snapshot.format))


def _allowed(case: Case, user: Any) -> Allowed:
    others = case.held_by_other(user)
    may_claim = case.is_open and permissions.may_claim(user)
    own = case.subject.author_id is not None and case.subject.author_id == user.pk
    return Allowed(
        claim=may_claim and not others,
        take_over=may_claim and others and permissions.may_override(user),
        release=case.state == CaseState.CLAIMED
        and (permissions.may_override(user) if others else permissions.may_claim(user)),
        snooze=may_claim and not others,
        decide=case.is_open and not others and not own and permissions.may_decide(user),
        own=own,
    )


def _author(case: Case) -> AuthorView:
    subject = case.subject
    name = (case.snapshot.author_label if case.snapshot else "") or subject.author_label
    account = subject.author
    return AuthorView(
        name=display.isolated(name),
        account=account,
        account_name=display.isolated(account.get_username() if account else ""),
        counts=_other_cases(case),
        key=subject.author_key,
    )


def _other_cases(case: Case) -> list[tuple[str, str, int]]:
    """Count the author's other cases by state; the texts of guests have no key in common."""
    key = case.subject.author_key
    if not key:
        return []
    others = Case.objects.filter(subject__author_key=key).exclude(pk=case.pk)
    rows = others.values_list("state").annotate(number=Count("pk")).order_by("state")
    return [(state, str(CaseState(state).label), number) for state, number in rows]


def _earlier(case: Case) -> list[Case]:
    others = Case.objects.filter(subject_id=case.subject_id).exclude(pk=case.pk)
    return list(others.order_by("-pk")[:_MOST_EARLIER])
