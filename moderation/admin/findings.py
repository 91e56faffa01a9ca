"""What the detectors found in the text of a case, and how the scan went."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation.admin import display, words
from moderation.admin.passages import Quote, quote, shorten, shown_span
from moderation.admin.text import part_of
from moderation.admin.wellness import is_masked
from moderation.detectors.explanations import explain
from moderation.models import (
    DetectorRun,
    Evidence,
    Finding,
    RunState,
    Scan,
    ScanState,
    Snapshot,
)
from moderation.models.scans import ACTIVE_SCANS, FINISHED_SCANS
from moderation.text.plain import PlainText
from moderation.types import Mode, Span

MOST_EVIDENCE = 1_000
CONTEXT_CHARS = 60
QUOTE_CHARS = 300

say = partial(explain, translate=_)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One passage in the list of evidence.

    ``without`` is what the finding's score would be without this passage, where that is known.
    """

    number: int
    reason: SafeString
    quote: SafeString
    part: int
    only_in_markup: bool
    without: float | None = None


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with its passages."""

    finding: Finding
    name: str
    detector: str
    evidence: list[EvidenceView]


@dataclass(frozen=True, slots=True)
class ScanView:
    """How the text was scanned, and what was not."""

    scan: Scan
    scores: list[tuple[str, str, float]]
    not_scanned: list[str]
    failed: list[DetectorRun]
    waits: bool


class Assessment:
    """The newest scan of a snapshot that has something to say, with all it found.

    ``live`` findings opened the case; the others are on trial. ``passages`` are the weightiest
    pieces of evidence for the former, numbered in the order of the text; ``unlisted`` counts
    the rest.
    """

    def __init__(self, snapshot: Snapshot | None) -> None:
        self.snapshot = snapshot
        self.scans = _scans(snapshot)
        self.scan = next((scan for scan in self.scans if _has_results(scan)), None)
        found = _findings(self.scan)
        self.live = [finding for finding in found if finding.mode == Mode.LIVE.value]
        self.on_trial = [finding for finding in found if finding.mode != Mode.LIVE.value]
        self.passages, self.unlisted = _numbered(self.live)

    def spans(self, plain: PlainText) -> dict[int, Span]:
        """Return where the passages stand in the readable text."""
        return {n: shown_span(plain, row.start, row.end) for n, row in self.passages.items()}

    def veiled(self) -> frozenset[int]:
        """Return the numbers of slurs and threats."""
        findings = {finding.pk: finding for finding in self.live}
        return frozenset(
            number
            for number, row in self.passages.items()
            if is_masked(findings[row.finding_id], row)
        )

    def of_finding(self, finding: Finding) -> dict[int, Evidence]:
        """Return the passages of one finding by number."""
        return {n: row for n, row in self.passages.items() if row.finding_id == finding.pk}

    def views(
        self,
        findings: list[Finding],
        plain: PlainText,
        spans: dict[int, Span],
        veiled: frozenset[int] = frozenset(),
    ) -> list[FindingView]:
        """Return ``findings`` with their passages in words, those of ``veiled`` covered."""
        hard = _merged(spans[number] for number in veiled)
        versions = {run.detector: run.version for run in _runs(self.scan)} if self.scan else {}
        listed: dict[int, list[EvidenceView]] = {finding.pk: [] for finding in findings}
        for number, row in self.passages.items():
            if row.finding_id in listed:
                view = self._evidence(number, row, plain, spans[number], hard)
                listed[row.finding_id].append(view)
        return [
            FindingView(
                finding,
                words.category(f"{finding.kind}/{finding.category}"),
                f"{finding.detector} {versions.get(finding.detector, '')}".strip(),
                listed[finding.pk],
            )
            for finding in findings
        ]

    def _evidence(
        self, number: int, row: Evidence, plain: PlainText, span: Span, hard: list[Span]
    ) -> EvidenceView:
        only_in_markup = span.start == span.end and row.start < row.end
        if only_in_markup:
            raw = self.snapshot.text[row.start : row.end] if self.snapshot else ""
            passage = Quote("", shorten(raw, QUOTE_CHARS), "")
        else:
            passage = quote(plain.text, span, context=CONTEXT_CHARS, longest=QUOTE_CHARS)
        return EvidenceView(
            number=number,
            reason=display.shown(say(row.explanation, row.params)),
            quote=display.quoted(passage, veil=_hard_parts(span, hard)),
            part=part_of(span.start),
            only_in_markup=only_in_markup,
            without=_without(row),
        )

    def scan_view(self) -> ScanView | None:
        """Return how the scan went; None when there was none yet."""
        scan = self.scan or next(iter(self.scans), None)
        if scan is None or self.snapshot is None:
            return None
        runs = _runs(scan)
        return ScanView(
            scan=scan,
            scores=_scores(scan),
            not_scanned=_not_scanned(scan, runs, self.snapshot),
            failed=[run for run in runs if run.state == RunState.FAILED],
            waits=any(other.state in ACTIVE_SCANS for other in self.scans),
        )


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return what the spans cover together, in order; an empty one covers its place."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        end = max(span.end, span.start + 1)
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Span(span.start, end))
    return merged


def _hard_parts(span: Span, hard: list[Span]) -> list[str]:
    """Return which parts of the quote of a passage have something of ``hard``, as merged."""
    parts = {
        "before": (max(span.start - CONTEXT_CHARS, 0), span.start),
        "passage": (span.start, max(span.end, span.start + 1)),
        "after": (span.end, span.end + CONTEXT_CHARS),
    }
    return [name for name, (start, end) in parts.items() if _touches(hard, start, end)]


def _touches(merged: list[Span], start: int, end: int) -> bool:
    place = bisect_right(merged, start, key=lambda each: each.end)
    return place < len(merged) and merged[place].start < end


def _without(row: Evidence) -> float | None:
    percent = row.params.get("without") if isinstance(row.params, dict) else None
    if isinstance(percent, bool) or not isinstance(percent, int):
        return None
    return percent / 100


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
    found = Finding.objects.filter(scan=scan).select_related("source__subject", "reference")
    return list(found.defer("source__text", "reference__text"))


def _numbered(findings: list[Finding]) -> tuple[dict[int, Evidence], int]:
    rows = Evidence.objects.filter(finding__in=findings)
    listed = list(rows.order_by("-weight", "start", "pk")[: MOST_EVIDENCE + 1])
    unlisted = rows.count() - MOST_EVIDENCE if len(listed) > MOST_EVIDENCE else 0
    listed = sorted(listed[:MOST_EVIDENCE], key=lambda row: (row.start, row.end, row.pk))
    return dict(enumerate(listed, 1)), unlisted


def _scores(scan: Scan) -> list[tuple[str, str, float]]:
    return [
        (detector, words.category(f"{detector}/{name}"), score)
        for detector, scores in sorted(scan.scores.items())
        for name, score in sorted(scores.items(), key=lambda pair: -pair[1])
    ]


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
