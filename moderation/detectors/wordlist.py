"""The detector of what a site has put on its block list."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import ClassVar

from moderation.detectors.base import Context
from moderation.detectors.phrases import Match
from moderation.text.document import Document
from moderation.types import Assessment, Band, Evidence, Finding, Kind, Span

#: What a blocked phrase scores, by the band its line asks for.
SCORES: Mapping[Band, float] = {Band.POSSIBLE: 0.5, Band.LIKELY: 1.0}

_MOST_EVIDENCE = 50


class WordListDetector:
    """Flags texts with phrases of the site's block list, whatever their language.

    The list comes with the context; an empty one costs nothing.
    """

    name: ClassVar[str] = "wordlist"
    version: ClassVar[str] = "1"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    needs: ClassVar[str] = "blocked"

    def detect(self, document: Document, context: Context) -> Assessment:
        """Look for the phrases of ``context.blocked``.

        Neither what the text quotes counts nor what is part of a harmless phrase.
        """
        context.deadline.check()
        found: defaultdict[str, list[Match]] = defaultdict(list)
        plain = document.plain
        harmless = (match.span for match in context.harmless.find(plain.text))
        is_spared = _within([*plain.quoted, *harmless])
        for match in context.blocked.find(plain.text):
            if not is_spared(match.span):
                found[match.phrase.category].append(match)
        findings = tuple(self._finding(name, found[name], document) for name in sorted(found))
        return Assessment(findings, {finding.category: finding.score for finding in findings})

    def _finding(self, category: str, matches: list[Match], document: Document) -> Finding:
        band = max((match.phrase.band for match in matches), key=lambda band: band.rank)
        return Finding(
            kind=self.name,
            category=category,
            score=SCORES[band],
            band=band,
            threshold=SCORES[Band.POSSIBLE],
            evidence=tuple(self._evidence(match, document) for match in matches[:_MOST_EVIDENCE]),
            detail={"lines": sorted({match.phrase.key for match in matches} - {""})},
        )

    def _evidence(self, match: Match, document: Document) -> Evidence:
        span = document.original_span(*match.span)
        return Evidence(
            start=span.start,
            end=span.end,
            explanation="wordlist.blocked",
            weight=SCORES[match.phrase.band],
        )


def _within(ranges: Sequence[Span]) -> Callable[[Span], bool]:
    """Return a test for lying within one of ``ranges``, as fast for many as for few."""
    ordered = sorted(ranges)
    starts = [each.start for each in ordered]
    reach = list(accumulate((each.end for each in ordered), max))

    def is_within(span: Span) -> bool:
        before = bisect_right(starts, span.start)
        return before > 0 and reach[before - 1] >= span.end

    return is_within
