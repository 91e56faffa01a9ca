"""What the shared passages of two texts amount to: a verdict, how much, and a score."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderation.detectors.duplicate.align import Passage


class Verdict(StrEnum):
    """How a text relates to the source it was found in, strongest first."""

    EXACT = "exact"
    """The same words in the same order."""
    NEAR = "near"
    """Each is nearly all of the other."""
    REORDERED = "reordered"
    """Each is nearly all of the other, in another order."""
    CONTAINED = "contained"
    """The text is nearly all from the source, which has more."""
    CONTAINS = "contains"
    """Nearly all of the source is in the text, which has more."""
    PARTIAL = "partial"
    """Passages are shared."""


NEARLY_ALL = 0.8
IN_ORDER = 0.5
"""Kendall's tau of the passages' order from which on two texts tell in the same order."""

FLAGGED_PASSAGE = 25
FLAGGED_SHARE = 0.15
"""A passage of so many equal words, or so large a share of either text, is a match worth a
moderator's look."""

FLAGGED = 0.3
"""The score of a match that just reaches one of the two."""

CONTAINED_RUN = 3

_HALF_PASSAGE = FLAGGED_PASSAGE * (1 - FLAGGED) / FLAGGED


@dataclass(frozen=True, slots=True)
class Comparison:
    """One text held against one source. All sizes are in words, all shares are 0..1.

    ``coverage`` is the share of the text that lies in ``passages``, ``source_coverage`` that
    of the source; ``matched`` counts equal words, ``longest_passage`` those of the largest
    passage and ``longest_run`` those in a row.
    """

    verdict: Verdict
    passages: tuple[Passage, ...]
    coverage: float
    source_coverage: float
    matched: int
    longest_passage: int
    longest_run: int

    @property
    def score(self) -> float:
        """How much was copied, 0..1; :data:`FLAGGED` where it becomes worth a look.

        Grows with the longest passage and with the larger of the two shares, whichever says
        more. A share counts in full from ``FLAGGED_PASSAGE`` equal words on: of two short
        texts a few words in common are a large share and mean little.
        """
        if self.verdict is Verdict.EXACT:
            return 1.0
        weight = min(1.0, self.matched / FLAGGED_PASSAGE) ** 2
        share = max(self.coverage, self.source_coverage)
        return max(_passage_score(self.longest_passage), weight * _share_score(share))


def compare(
    passages: Sequence[Passage], words: int, source_words: int, *, exact: bool = False
) -> Comparison:
    """Judge the passages that a text of ``words`` shares with a source of ``source_words``.

    ``exact`` says that the two texts were found to be the same word for word.
    """
    coverage = _share(((p.start, p.end) for p in passages), words)
    source_coverage = _share(((p.source_start, p.source_end) for p in passages), source_words)
    return Comparison(
        verdict=Verdict.EXACT if exact else _verdict(passages, coverage, source_coverage),
        passages=tuple(passages),
        coverage=coverage,
        source_coverage=source_coverage,
        matched=sum(p.matched for p in passages),
        longest_passage=max((p.matched for p in passages), default=0),
        longest_run=max((p.longest_run for p in passages), default=0),
    )


def containment(words: Sequence[str], source: Sequence[str]) -> float:
    """Return the share of the runs of :data:`CONTAINED_RUN` words that ``source`` has as well.

    For a source that is known already: rewriting leaves no passages, but it leaves short runs
    (Clough and Stevenson, "Developing a corpus of plagiarised short answers", 2011, find it to
    tell rewritten answers from independent ones). Between any two long texts it is above 0.
    """
    runs, source_runs = _runs_of(words), _runs_of(source)
    return len(runs & source_runs) / len(runs) if runs else 0.0


def _runs_of(words: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[offset:] for offset in range(CONTAINED_RUN)), strict=False))


def _verdict(passages: Sequence[Passage], coverage: float, source_coverage: float) -> Verdict:
    if coverage >= NEARLY_ALL and source_coverage >= NEARLY_ALL:
        in_order = order_agreement([p.source_start for p in passages]) >= IN_ORDER
        return Verdict.NEAR if in_order else Verdict.REORDERED
    if coverage >= NEARLY_ALL:
        return Verdict.CONTAINED
    if source_coverage >= NEARLY_ALL:
        return Verdict.CONTAINS
    return Verdict.PARTIAL


def order_agreement(places: Sequence[int]) -> float:
    """Return Kendall's tau of ``places`` with their ascending order: 1 same, -1 reversed."""
    pairs = len(places) * (len(places) - 1) // 2
    if not pairs:
        return 1.0
    seen: list[int] = []
    inversions = 0
    for place in reversed(places):
        inversions += bisect_left(seen, place)
        insort(seen, place)
    return 1 - 2 * inversions / pairs


def _share(ranges: Iterable[tuple[int, int]], total: int) -> float:
    """Return which share of ``total`` words the (possibly overlapping) ranges cover."""
    covered = reached = 0
    for start, end in sorted(ranges):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered / total if total else 0.0


def _passage_score(words: int) -> float:
    return words / (words + _HALF_PASSAGE)


def _share_score(share: float) -> float:
    if share < FLAGGED_SHARE:
        return FLAGGED * share / FLAGGED_SHARE
    return FLAGGED + (1 - FLAGGED) * (share - FLAGGED_SHARE) / (1 - FLAGGED_SHARE)
