"""What the page of a case shows, gathered with a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import display
from moderation.admin.authors import AuthorView, author_view
from moderation.admin.changes import ChangesView, changes_view
from moderation.admin.findings import Assessment, FindingView, ScanView
from moderation.admin.repeats import RepeatsView, repeats_view
from moderation.admin.reports import ReportsView, reports_view
from moderation.admin.sources import Choice, SourcesView, sources_view
from moderation.admin.text import Looks, TextView, text_view
from moderation.admin.thread import ThreadView, thread_view
from moderation.admin.timeline import Timeline, timeline
from moderation.admin.wellness import Shift, shift_of
from moderation.models import Case, CaseState, Decision, Outcome, Snapshot
from moderation.services.four_eyes import standing_proposal
from moderation.services.parties import why_not
from moderation.services.preferences import preferences_of
from moderation.text.plain import PlainText, plain_text
from moderation.types import Kind, TextFormat

_MOST_EARLIER = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader of the page asked for, each counted from 1; ``source`` is a finding's key."""

    part: int = 1
    source: int = 0
    passages: int = 1
    history: int = 1


@dataclass(frozen=True, slots=True)
class Allowed:
    """The buttons this account gets; the services ask again."""

    claim: bool
    take_over: bool
    release: bool
    snooze: bool
    assign: bool
    note: bool
    decide: bool
    why_not: str


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
    title: SafeString | str
    text: TextView | None
    is_markup: bool
    findings: list[FindingView]
    recorded_only: list[FindingView]
    unlisted: int
    sources: SourcesView
    repeats: RepeatsView | None
    reports: ReportsView
    scan: ScanView | None
    thread: ThreadView | None
    changes: ChangesView | None
    proposal: Decision | None
    ruling: Decision | None
    author: AuthorView
    earlier: list[Case]
    parent: SafeString | None
    url: str
    parent_url: str
    timeline: Timeline
    allowed: Allowed
    masked: bool
    folded: bool
    shift: Shift


def build_page(case: Case, user: Any, wanted: Wanted | None = None) -> CasePage:
    """Gather the page of ``case`` for ``user``."""
    wanted = wanted or Wanted()
    preference = preferences_of(user)
    author = author_view(case, user)
    subject, snapshot = case.subject, case.snapshot
    assessment = Assessment(snapshot)
    plain = _readable(snapshot)
    spans = assessment.spans(plain)
    mask = preference.mask_offensive
    veiled = assessment.veiled() if mask else frozenset[int]()
    choice = Choice(wanted.source, wanted.passages, author.shown, veiled if mask else None)
    sources = sources_view(assessment, plain, spans, choice)
    thread = thread_view(case, names=author.shown, mask=mask)
    changes = changes_view(case)
    looks = Looks(sources.toned, veiled)
    return CasePage(
        case=case,
        state=state_in_words(case),
        opened=display.moment(case.opened_at),
        band=display.band(case),
        categories=display.chips(case.categories),
        held_by_other=case.is_open and case.held_by_other(user),
        snapshot=snapshot,
        title=_headline(case, names=author.shown),
        text=text_view(plain.text, spans, wanted.part, looks) if snapshot else None,
        is_markup=snapshot is not None and snapshot.format != TextFormat.PLAIN,
        findings=assessment.views(assessment.live, plain, spans, veiled),
        recorded_only=assessment.views(assessment.on_trial, plain, spans),
        unlisted=assessment.unlisted,
        sources=sources,
        repeats=repeats_view(assessment, names=author.shown, veil=bool(veiled)),
        reports=reports_view(case, user),
        scan=assessment.scan_view(),
        thread=thread,
        changes=changes,
        proposal=standing_proposal(case),
        ruling=None if case.is_open else _ruling(case),
        author=author,
        earlier=_earlier(case),
        parent=display.isolated(str(subject.parent)) if subject.parent else None,
        url=display.safe_url(subject.url),
        parent_url=display.safe_url(subject.parent.url) if subject.parent else "",
        timeline=timeline(case, user, wanted.history),
        allowed=_allowed(case, user),
        masked=bool(veiled) or sources.masked or (thread is not None and thread.masked),
        folded=mask and changes is not None and changes.hard,
        shift=shift_of(user, hints=preference.break_hint),
    )


def _headline(case: Case, *, names: bool) -> SafeString | str:
    """Return the title; what a site calls a comment mostly repeats it, hard words and all."""
    title = case.snapshot.title if case.snapshot else ""
    if not title and case.snapshot and case.subject.kind == Kind.COMMENT.value:
        return ""
    return display.headline(case.subject, title, names=names)


def state_in_words(case: Case) -> str:
    """Say where a case stands, who has it, and whether it waits for a second person."""
    words = case.get_state_display()
    if case.state == CaseState.CLAIMED and case.claimed_by is not None:
        words = _("claimed by %(name)s") % {"name": case.claimed_by.get_username()}
    if case.proposed_by_id is not None:
        return _("%(state)s, waits for a second person") % {"state": words}
    return words


def _readable(snapshot: Snapshot | None) -> PlainText:
    if snapshot is None:
        return PlainText("")
    return plain_text(snapshot.text, TextFormat(snapshot.format))


def _allowed(case: Case, user: Any) -> Allowed:
    others = case.held_by_other(user)
    may_claim = case.is_open and permissions.may_claim(user)
    reason = why_not(case.subject, user)
    return Allowed(
        claim=may_claim and not others,
        take_over=may_claim and others and permissions.may_override(user),
        release=case.state == CaseState.CLAIMED
        and (permissions.may_override(user) if others else permissions.may_claim(user)),
        snooze=may_claim and not others and not reason,
        assign=case.is_open and permissions.may_override(user) and not reason,
        note=permissions.may_claim(user) and not reason,
        decide=case.is_open and not others and not reason and permissions.may_decide(user),
        why_not=reason,
    )


def _ruling(case: Case) -> Decision | None:
    """Return the latest ruling on a closed case, if it was decided at all."""
    rows = Decision.objects.filter(case=case, reversed_by=None).exclude(outcome=Outcome.UNDO)
    return rows.order_by("-pk").first() if case.state == CaseState.DECIDED else None


def _earlier(case: Case) -> list[Case]:
    others = Case.objects.filter(subject_id=case.subject_id).exclude(pk=case.pk)
    return list(others.order_by("-pk")[:_MOST_EARLIER])
