"""The texts that a case is said to be copied from, passage beside passage, and who copied whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation.admin import display, words
from moderation.admin.findings import Assessment, say
from moderation.admin.panes import Panes, Side, build_panes
from moderation.admin.passages import shorten, shown_span
from moderation.admin.wellness import hard_ranges
from moderation.models import Case, Finding, ReferenceDocument, Snapshot
from moderation.models.cases import OPEN_CASES
from moderation.models.scans import FINISHED_SCANS
from moderation.text.plain import PlainText, plain_text
from moderation.types import Mode, Span, TextFormat

MOST_SOURCES = 5
MOST_REST = 20
MOST_OTHERS = 10
LINE_CHARS = 300

Source: TypeAlias = Snapshot | ReferenceDocument


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason in words, and the line that it was read from, if it was read from one."""

    words: SafeString
    line: SafeString | None


@dataclass(frozen=True, slots=True)
class ProvenanceView:
    """Who copied whom, and why it is thought so."""

    verdict: str
    reasons: list[ReasonView]


@dataclass(frozen=True, slots=True)
class OtherCopy:
    """Another text with passages of the same source; ``case`` is its open one."""

    label: SafeString
    case: int | None


@dataclass(frozen=True, slots=True)
class Others:
    """How many other texts have passages of the same source, and the newest of them."""

    count: int = 0
    first: list[OtherCopy] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.first)


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source, and what it shares with the text; only the chosen one has panes."""

    key: int
    label: SafeString
    url: str
    share: str
    facts: list[tuple[str, SafeString | str]]
    provenance: ProvenanceView | None
    others: Others
    chosen: bool
    panes: Panes | None


@dataclass(frozen=True, slots=True)
class RestView:
    """A source with a smaller share, by name only."""

    key: int
    label: SafeString
    share: str


@dataclass(frozen=True, slots=True)
class SourcesView:
    """The best sources, the rest by name, and how many are not even named."""

    listed: list[SourceView]
    rest: list[RestView]
    more: int
    toned: frozenset[int]

    @property
    def masked(self) -> bool:
        return any(view.panes is not None and view.panes.covered for view in self.listed)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which source stands beside the text (its finding's key), and which page of passages.

    ``veiled`` are the passages of the text with slurs and threats; None if nothing is covered.
    """

    source: int = 0
    page: int = 1
    names: bool = True
    veiled: frozenset[int] | None = None


def sources_view(
    assessment: Assessment, plain: PlainText, spans: Mapping[int, Span], choice: Choice
) -> SourcesView:
    """Set the passages of the case beside those of a source; name the others."""
    matches = [(finding, found) for finding in assessment.live if (found := _source(finding))]
    chosen = next((pair for pair in matches if pair[0].pk == choice.source), None)
    best = matches[:MOST_SOURCES]
    if chosen is not None and chosen not in best:
        best = [*best[:-1], chosen]
    if not best:
        return SourcesView([], [], 0, frozenset())
    first = chosen or best[0]
    rest = [pair for pair in matches if pair not in best]
    texts = _texts([found for _finding, found in best])
    others = _others(assessment, [found for _finding, found in best], names=choice.names)
    panes = _panes(assessment, first[0], texts.get(_work(first[1]), ""), plain, spans, choice)
    return SourcesView(
        listed=[
            _source_view(
                assessment,
                pair,
                texts.get(_work(pair[1]), ""),
                others,
                replace(choice, source=first[0].pk),
                panes,
            )
            for pair in best
        ],
        rest=[
            RestView(finding.pk, _label(found, names=choice.names), _share(finding))
            for finding, found in rest[:MOST_REST]
        ],
        more=max(0, len(rest) - MOST_REST),
        toned=frozenset(assessment.of_finding(first[0])),
    )


def _source(finding: Finding) -> Source | None:
    return finding.source or finding.reference


def _texts(sources: Sequence[Source]) -> dict[Work, str]:
    """Read the texts of the sources, which findings are listed without."""
    texts: dict[Work, str] = {}
    snapshots = {found.pk: found for found in sources if isinstance(found, Snapshot)}
    references = {found.pk: found for found in sources if isinstance(found, ReferenceDocument)}
    for pk, text in Snapshot.objects.filter(pk__in=snapshots).values_list("pk", "text"):
        texts[_work(snapshots[pk])] = text
    for pk, text in ReferenceDocument.objects.filter(pk__in=references).values_list("pk", "text"):
        texts[_work(references[pk])] = text
    return texts


def _source_view(
    assessment: Assessment,
    pair: tuple[Finding, Source],
    text: str,
    others: Mapping[Work, Others],
    choice: Choice,
    panes: Panes | None,
) -> SourceView:
    finding, source = pair
    chosen = finding.pk == choice.source
    return SourceView(
        key=finding.pk,
        label=_label(source, names=choice.names),
        url=display.safe_url(source.subject.url if isinstance(source, Snapshot) else source.url),
        share=_share(finding),
        facts=[*_facts(source, names=choice.names), *_shares(finding)],
        provenance=_provenance(assessment, finding, source, text),
        others=others.get(_work(source), Others()),
        chosen=chosen,
        panes=panes if chosen else None,
    )


def _label(source: Source, *, names: bool) -> SafeString:
    if isinstance(source, Snapshot):
        return display.headline(source.subject, source.title, names=names)
    return display.isolated(source.title or str(source))


def _facts(source: Source, *, names: bool) -> list[tuple[str, SafeString | str]]:
    """Return what is known of a source, under headings; what is not known is left out."""
    facts: list[tuple[str, SafeString | str | None]]
    if isinstance(source, Snapshot):
        facts = [
            (_("Author"), _text(source.author_label) if names else None),
            (_("Published"), _date(source.subject.published_at)),
            (_("First seen"), _date(source.created_at)),
        ]
    else:
        facts = [
            (_("Publisher"), _text(source.publisher)),
            (_("Licence"), _text(source.licence)),
            (_("Published"), _date(source.published_at)),
            (_("Imported"), _date(source.added_at)),
        ]
    return [(name, value) for name, value in facts if value]


def _text(text: str) -> SafeString | None:
    return display.isolated(text) if text else None


def _date(at: datetime | None) -> SafeString | str | None:
    return None if at is None else display.date(at)


def _shares(finding: Finding) -> list[tuple[str, str]]:
    names = {"coverage": _("Share of this text"), "source_coverage": _("Share of the source")}
    return [
        (name, words.percent(share))
        for key, name in names.items()
        if isinstance(share := finding.detail.get(key), (int, float))
    ]


def _share(finding: Finding) -> str:
    """Return how much of the text the source accounts for, in words; empty when unknown."""
    share = finding.detail.get("coverage")
    if not isinstance(share, (int, float)):
        return ""
    return _("%(share)s of this text") % {"share": words.percent(share)}


# Passages


def _panes(
    assessment: Assessment,
    finding: Finding,
    text: str,
    plain: PlainText,
    spans: Mapping[int, Span],
    choice: Choice,
) -> Panes | None:
    source = _source(finding)
    rows = assessment.of_finding(finding)
    if source is None or not rows:
        return None
    shown = plain_text(text, TextFormat(source.format))
    theirs = {
        number: shown_span(shown, row.source_start, row.source_end)
        for number, row in rows.items()
        if row.source_start is not None and row.source_end is not None
    }
    ours = {number: spans[number] for number in rows}
    hard = [] if choice.veiled is None else [spans[number] for number in sorted(choice.veiled)]
    veils: list[Span] = []
    if choice.veiled is not None:
        if isinstance(source, Snapshot):
            veils = [shown_span(shown, *where) for where in hard_ranges(source.pk)]
        veils += _counterparts(plain.text, hard, shown.text, _pairs(ours, theirs))
    return build_panes(Side(plain.text, ours, hard), Side(shown.text, theirs, veils), choice.page)


def _pairs(ours: Mapping[int, Span], theirs: Mapping[int, Span]) -> list[tuple[Span, Span]]:
    return [(ours[number], theirs[number]) for number in ours if number in theirs]


def _counterparts(
    text: str, hard: Collection[Span], other: str, pairs: Collection[tuple[Span, Span]]
) -> Iterator[Span]:
    """Give where the hard words of one text stand in the passages of another.

    Where they were worded differently, the whole passage counts.
    """
    for span in hard:
        words = text[span.start : span.end].split()
        said = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE) if words else None
        for ours, theirs in pairs:
            if said is None or span.end <= ours.start or ours.end <= span.start:
                continue
            found = [Span(*each.span()) for each in said.finditer(other, theirs.start, theirs.end)]
            yield from found or [theirs]


def _readable(text: str, text_format: str, start: int, end: int) -> str:
    return plain_text(text[start:end], TextFormat(text_format)).text


# Who copied whom


def _provenance(
    assessment: Assessment, finding: Finding, source: Source, text: str
) -> ProvenanceView | None:
    """Read what the detector stored; a finding of an earlier version has nothing stored."""
    stored = finding.detail.get("provenance")
    if not isinstance(stored, dict):
        return None
    own = assessment.snapshot
    texts = {
        "span": (own.text, own.format) if own else ("", source.format),
        "source_span": (text, source.format),
    }
    return ProvenanceView(
        words.provenance(str(stored.get("verdict", ""))),
        [_reason(reason, texts) for reason in stored.get("reasons", [])],
    )


def _reason(reason: Mapping[str, Any], texts: Mapping[str, tuple[str, str]]) -> ReasonView:
    params = {
        name: _moment(value) if name.endswith("_at") else value
        for name, value in reason.get("params", {}).items()
    }
    line = None
    for where, (text, text_format) in texts.items():
        if where in reason:
            line = _readable(text, text_format, *reason[where]).strip()
    return ReasonView(
        display.shown(say(reason["key"], params)),
        display.isolated(shorten(line, LINE_CHARS)) if line else None,
    )


def _moment(value: str) -> str:
    at = parse_datetime(value)
    return value if at is None else date_format(timezone.localtime(at), "DATETIME_FORMAT")


# Other copies of a source

Work: TypeAlias = tuple[int | None, int | None]
"""The subject of a source, or the reference document."""


def _work(source: Source) -> Work:
    return (source.subject_id, None) if isinstance(source, Snapshot) else (None, source.pk)


def _others(
    assessment: Assessment, sources: Sequence[Source], *, names: bool
) -> dict[Work, Others]:
    """Find the other texts with passages of ``sources``, in as many queries for any number."""
    own = assessment.snapshot
    works = [_work(source) for source in sources]
    of_subjects = Q(source__subject__in=[subject for subject, _reference in works if subject])
    of_references = Q(reference__in=[reference for _subject, reference in works if reference])
    found = (
        Finding.objects.filter(of_subjects | of_references, mode=Mode.LIVE.value)
        .filter(scan__state__in=FINISHED_SCANS, scan__snapshot__is_current=True)
        .exclude(scan__snapshot__subject=own.subject_id if own else None)
        .order_by()
    )
    counts = found.values_list("source__subject", "reference").annotate(number=Count("pk"))
    first = _first_copies(found, names=names)
    return {
        (subject, reference): Others(number, first.get((subject, reference), []))
        for subject, reference, number in counts
    }


def _first_copies(found: QuerySet[Finding], *, names: bool) -> dict[Work, list[OtherCopy]]:
    """Return the newest few texts that copied each source."""
    newest = Window(
        RowNumber(), partition_by=["source__subject", "reference"], order_by=F("pk").desc()
    )
    open_cases = Case.objects.filter(
        subject=OuterRef("scan__snapshot__subject"), state__in=OPEN_CASES
    )
    rows = (
        found.annotate(place=newest, open_case=Subquery(open_cases.values("pk")[:1]))
        .filter(place__lte=MOST_OTHERS)
        .order_by("place")
        .select_related("source", "scan__snapshot__subject")
        .only("reference", "source__subject", "scan__snapshot__title", "scan__snapshot__subject")
    )
    copies: dict[Work, list[OtherCopy]] = {}
    for row in rows:
        work = (row.source.subject_id if row.source else None, row.reference_id)
        copy = row.scan.snapshot
        label = display.headline(copy.subject, copy.title, names=names)
        copies.setdefault(work, []).append(OtherCopy(label, row.open_case))
    return copies
