"""The texts that a case is said to be copied from, passage beside passage."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation.admin import display, words
from moderation.admin.findings import Assessment
from moderation.admin.passages import shorten
from moderation.models import Finding, Snapshot
from moderation.text.plain import plain_text
from moderation.types import TextFormat

MOST_SOURCES = 5
MOST_PAIRS = 40
PAIR_CHARS = 1_200


@dataclass(frozen=True, slots=True)
class Pair:
    """A passage and its counterpart in the source."""

    number: int
    ours: SafeString
    theirs: SafeString


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source, and what it shares with the text of the case."""

    source: Snapshot
    label: SafeString
    author: SafeString
    url: str
    shares: list[tuple[str, str]]
    pairs: list[Pair]
    more: int


def source_views(assessment: Assessment) -> list[SourceView]:
    """Set the passages of the case beside those of its best sources."""
    matches = [(finding, finding.source) for finding in assessment.live if finding.source]
    best = matches[:MOST_SOURCES]
    if not best:
        return []
    texts = dict(
        Snapshot.objects.filter(pk__in=[source.pk for _finding, source in best]).values_list(
            "pk", "text"
        )
    )
    return [
        _source_view(assessment, finding, source, texts.get(source.pk, ""))
        for finding, source in best
    ]


def _source_view(
    assessment: Assessment, finding: Finding, source: Snapshot, text: str
) -> SourceView:
    pairs = _pairs(assessment, finding, source, text)
    return SourceView(
        source=source,
        label=display.isolated(source.title or str(source.subject)),
        author=display.isolated(source.author_label),
        url=display.safe_url(source.subject.url),
        shares=_shares(finding),
        pairs=pairs[:MOST_PAIRS],
        more=max(0, len(pairs) - MOST_PAIRS),
    )


def _pairs(assessment: Assessment, finding: Finding, source: Snapshot, text: str) -> list[Pair]:
    own = assessment.snapshot
    if own is None:
        return []
    return [
        Pair(
            number,
            _piece(own.text, own.format, row.start, row.end),
            _piece(text, source.format, row.source_start, row.source_end),
        )
        for number, row in assessment.passages.items()
        if row.finding_id == finding.pk
        and row.source_start is not None
        and row.source_end is not None
    ]


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
