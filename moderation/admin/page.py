"""What the page of a case shows, gathered with a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Count
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import display, words
from moderation.admin.passages import Quote, Segment, quote, segments, shorten, shown_span
from moderation.admin.timeline import Entry, timeline
from moderation.detectors.explanations import explain
from moderation.models import (
    Case,
    CaseState,
    DetectorRun,
    Evidence,
    Finding,
    RunState,
    Scan,
    ScanState,
    Snapshot,
)
from moderation.models.scans import ACTIVE_SCANS, FINISHED_SCANS
from moderation.text.plain import PlainText, plain_text
from moderation.types import Mode, Span, TextFormat

# A browser lays out so much text at once without a pause; the rest comes in further parts.
PART_CHARS = 100_000
MOST_EVIDENCE = 1_000
MOST_NUMBERS = 4
MOST_SOURCES = 5
MOST_PAIRS = 40
CONTEXT_CHARS = 60
QUOTE_CHARS = 300
PAIR_CHARS = 1_200

say = partial(explain, translate=_)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One passage in the list of evidence."""

    number: int
    reason: SafeString
    quote: SafeString
    part: int
    only_in_markup: bool


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with its passages."""

    finding: Finding
    name: str
    detector: str
    evidence: list[EvidenceView]


@dataclass(frozen=True, slots=True)
class TextView:
    """One part of the text as judged, ready to be put on the page."""

    html: SafeString
    part: int
    parts: list[int]
    span: Span
    length: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A passage and its counterpart in the source."""

    number: int
    ours: SafeString
    theirs: SafeString


@dataclass(frozen=True, slots=True)
class SourceView:
    """The text that a finding says was copied from, beside ours."""

    finding: Finding
    source: Snapshot
    label: SafeString
    author: SafeString
    url: str
    shares: list[tuple[str, str]]
    pairs: list[Pair]
    more: int


@dataclass(frozen=True, slots=True)
class ScanView:
    """How the text was scanned, and what was not."""

    scan: Scan
    runs: list[DetectorRun]
    scores: list[tuple[str, str, float]]
    not_scanned: list[str]
    failed: list[DetectorRun]
    waits: bool


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
    scans = _scans(snapshot)
    assessed = next((scan for scan in scans if _has_results(scan)), None)
    text_format = TextFormat(snapshot.format) if snapshot else TextFormat.PLAIN
    plain = plain_text(snapshot.text, text_format) if snapshot else PlainText("")
    found = _findings(assessed)
    passages, unlisted = _evidence([f for f in found if f.mode == Mode.LIVE.value])
    spans = {n: shown_span(plain, e.start, e.end) for n, e in passages.items()}
    shown_findings = _finding_views(found, assessed, passages, spans, snapshot, plain)
    return CasePage(
        case=case,
        state=state_in_words(case),
        opened=display.moment(case.opened_at),
        band=display.band(case),
        categories=display.chips(case.categories),
        held_by_other=case.is_open and case.held_by_other(user),
        snapshot=snapshot,
        title=display.isolated(snapshot.title or subject.label if snapshot else subject.label),
        text=text_view(plain.text, spans, part) if snapshot else None,
        is_markup=text_format is not TextFormat.PLAIN,
        findings=[view for view in shown_findings if view.finding.mode == Mode.LIVE.value],
        recorded_only=[view for view in shown_findings if view.finding.mode != Mode.LIVE.value],
        unlisted=unlisted,
        sources=_sources(found, passages, snapshot),
        scan=_scan_view(assessed, scans, snapshot),
        author=_author(case),
        earlier=list(
            Case.objects.filter(subject_id=case.subject_id).exclude(pk=case.pk).order_by("-pk")[:10]
        ),
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


# The text


def text_view(text: str, spans: dict[int, Span], part: int) -> TextView:
    """Mark the numbered ``spans`` in one part of ``text``."""
    parts = list(range(1, part_of(max(len(text) - 1, 0)) + 1))
    part = min(max(part, 1), len(parts))
    window = Span((part - 1) * PART_CHARS, min(part * PART_CHARS, len(text)))
    seen: set[int] = set()
    pieces = [_segment(text, segment, seen) for segment in segments(window, spans)]
    html = mark_safe("".join(pieces))  # noqa: S308 - the pieces come from format_html
    return TextView(html, part, parts, Span(window.start + 1, window.end), len(text))


def part_of(offset: int) -> int:
    """Return the number of the part that the character at ``offset`` is shown in."""
    return offset // PART_CHARS + 1


def _segment(text: str, segment: Segment, seen: set[int]) -> SafeString:
    inner = display.shown(text[segment.start : segment.end])
    if not segment.numbers:
        return inner
    begins = [number for number in segment.numbers if number not in seen]
    seen.update(begins)
    anchors = format_html_join("", '<span id="passage-{}"></span>', ((n,) for n in begins))
    links = format_html_join(
        ",", '<a href="#evidence-{}">{}</a>', ((n, n) for n in segment.numbers[:MOST_NUMBERS])
    )
    more = len(segment.numbers) - MOST_NUMBERS
    return format_html(
        "<mark>{}<sup>{}{}</sup>{}</mark>", anchors, links, f"+{more}" if more > 0 else "", inner
    )


# Findings and evidence


def _scans(snapshot: Snapshot | None) -> list[Scan]:
    if snapshot is None:
        return []
    scans = Scan.objects.filter(snapshot=snapshot).exclude(state=ScanState.SUPERSEDED)
    return list(scans.order_by("-pk").prefetch_related("runs")[:5])


def _has_results(scan: Scan) -> bool:
    return scan.state in FINISHED_SCANS or bool(_runs(scan))


def _runs(scan: Scan) -> list[DetectorRun]:
    return sorted(scan.runs.all(), key=lambda run: run.detector)


def _findings(scan: Scan | None) -> list[Finding]:
    if scan is None:
        return []
    found = Finding.objects.filter(scan=scan).select_related("source__subject")
    return list(found.defer("source__text"))


def _evidence(findings: list[Finding]) -> tuple[dict[int, Evidence], int]:
    """Number the weightiest passages in the order of the text; return how many are left out."""
    rows = Evidence.objects.filter(finding__in=findings)
    listed = list(rows.order_by("-weight", "start", "pk")[: MOST_EVIDENCE + 1])
    unlisted = rows.count() - MOST_EVIDENCE if len(listed) > MOST_EVIDENCE else 0
    listed = sorted(listed[:MOST_EVIDENCE], key=lambda row: (row.start, row.end, row.pk))
    return dict(enumerate(listed, 1)), unlisted


def _finding_views(
    found: list[Finding],
    scan: Scan | None,
    passages: dict[int, Evidence],
    spans: dict[int, Span],
    snapshot: Snapshot | None,
    plain: PlainText,
) -> list[FindingView]:
    versions = {run.detector: run.version for run in _runs(scan)} if scan else {}
    listed: dict[int, list[EvidenceView]] = {}
    for number, row in passages.items():
        view = _evidence_view(number, row, spans[number], snapshot, plain)
        listed.setdefault(row.finding_id, []).append(view)
    return [
        FindingView(
            finding,
            words.category(f"{finding.kind}/{finding.category}"),
            f"{finding.detector} {versions.get(finding.detector, '')}".strip(),
            listed.get(finding.pk, []),
        )
        for finding in found
    ]


def _evidence_view(
    number: int, row: Evidence, span: Span, snapshot: Snapshot | None, plain: PlainText
) -> EvidenceView:
    only_in_markup = span.start == span.end and row.start < row.end
    if only_in_markup:
        raw = snapshot.text[row.start : row.end] if snapshot else ""
        passage = Quote("", shorten(raw, QUOTE_CHARS), "")
    else:
        passage = quote(plain.text, span, context=CONTEXT_CHARS, longest=QUOTE_CHARS)
    return EvidenceView(
        number=number,
        reason=display.shown(say(row.explanation, row.params)),
        quote=display.quoted(passage),
        part=part_of(span.start),
        only_in_markup=only_in_markup,
    )


# Copies


def _sources(
    found: list[Finding], passages: dict[int, Evidence], snapshot: Snapshot | None
) -> list[SourceView]:
    """Set our passages beside those of the best sources."""
    with_source = [f for f in found if f.source is not None and f.mode == Mode.LIVE.value]
    compared = with_source[:MOST_SOURCES]
    if not compared or snapshot is None:
        return []
    sources = [finding.source_id for finding in compared if finding.source_id]
    texts = dict(Snapshot.objects.filter(pk__in=sources).values_list("pk", "text"))
    return [_source_view(finding, passages, snapshot, texts) for finding in compared]


def _source_view(
    finding: Finding, passages: dict[int, Evidence], snapshot: Snapshot, texts: dict[int, str]
) -> SourceView:
    source = finding.source
    assert source is not None  # noqa: S101 - for the type checker; _sources chose it
    text = texts.get(source.pk, "")
    ours = [
        (number, row)
        for number, row in passages.items()
        if row.finding_id == finding.pk and row.source_start is not None
    ]
    return SourceView(
        finding=finding,
        source=source,
        label=display.isolated(source.title or str(source.subject)),
        author=display.isolated(source.author_label),
        url=display.safe_url(source.subject.url),
        shares=_shares(finding),
        pairs=[
            Pair(
                number,
                _piece(snapshot.text, snapshot.format, row.start, row.end),
                _piece(text, source.format, row.source_start or 0, row.source_end or 0),
            )
            for number, row in ours[:MOST_PAIRS]
        ],
        more=max(0, len(ours) - MOST_PAIRS),
    )


def _piece(text: str, text_format: str, start: int, end: int) -> SafeString:
    readable = plain_text(text[start:end], TextFormat(text_format)).text
    return display.shown(shorten(readable, PAIR_CHARS))


def _shares(finding: Finding) -> list[tuple[str, str]]:
    names = {"coverage": _("Share of this text"), "source_coverage": _("Share of the source")}
    return [
        (name, words.percent(share))
        for key, name in names.items()
        if isinstance(share := finding.detail.get(key), (int, float))
    ]


# The scan


def _scan_view(scan: Scan | None, scans: list[Scan], snapshot: Snapshot | None) -> ScanView | None:
    scan = scan or next(iter(scans), None)
    if scan is None or snapshot is None:
        return None
    runs = _runs(scan)
    return ScanView(
        scan=scan,
        runs=runs,
        scores=[
            (detector, words.category(_full_name(detector, name)), score)
            for detector, scores in sorted(scan.scores.items())
            for name, score in sorted(scores.items(), key=lambda pair: -pair[1])
        ],
        not_scanned=_not_scanned(scan, runs, snapshot),
        failed=[run for run in runs if run.state == RunState.FAILED],
        waits=any(other.state in ACTIVE_SCANS for other in scans),
    )


def _full_name(detector: str, category: str) -> str:
    return f"{detector}/{category}"


def _not_scanned(scan: Scan, runs: list[DetectorRun], snapshot: Snapshot) -> list[str]:
    reasons = []
    if snapshot.truncated:
        reasons.append(
            _("Only the first %(kept)d of %(all)d characters were kept.")
            % {"kept": len(snapshot.text), "all": snapshot.length}
        )
    if runs and scan.scanned_chars < len(snapshot.text):
        reasons.append(
            _("Only the first %(scanned)d of %(all)d characters were scanned.")
            % {"scanned": scan.scanned_chars, "all": snapshot.length}
        )
    elif scan.note and not runs:
        reasons.append(words.scan_note(scan.note))
    reasons += [f"{run.detector}: {say(note)}" for run in runs for note in run.notes]
    return reasons


# The author


def _author(case: Case) -> AuthorView:
    subject = case.subject
    name = (case.snapshot.author_label if case.snapshot else "") or subject.author_label
    counts: list[tuple[str, str, int]] = []
    if subject.author_key:
        rows = (
            Case.objects.filter(subject__author_key=subject.author_key)
            .exclude(pk=case.pk)
            .values_list("state")
            .annotate(number=Count("pk"))
            .order_by("state")
        )
        counts = [(state, str(CaseState(state).label), number) for state, number in rows]
    account = subject.author
    return AuthorView(
        name=display.isolated(name),
        account=account,
        account_name=display.isolated(account.get_username() if account else ""),
        counts=counts,
        key=subject.author_key,
    )
