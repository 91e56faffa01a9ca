"""Passages that prove no copying because anybody has them: word ranges, and the rest without them.

Some are laid down by the site, others are learned: fingerprints so many stories have that they
are boilerplate. A single one of these is a set phrase. Only where several stand next to each
other, with none between them that few stories have, do they make a passage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from moderation.detectors.duplicate.align import MAX_GAP, Passage, align
from moderation.detectors.duplicate.fingerprint import (
    GUARANTEED_RUN,
    SHINGLE,
    shingle_numbers,
)
from moderation.detectors.duplicate.reading import Reading, overlapping, words_of
from moderation.types import Span

LEAST_COMMON = MAX_GAP + 1
"""Fewer words next to each other are a set phrase. No passage reaches over so many."""

_LEAST_RUN = 3
"""Two set phrases may well stand next to each other, with words of a story between them."""

_NO_WORD = ""


class Common(NamedTuple):
    """Words ``start`` to ``end`` (half open) that ``stories`` have; 0 if they are laid down."""

    start: int
    end: int
    stories: int


def learned(reading: Reading, boilerplate: Mapping[int, int]) -> list[Common]:
    """Return the passages of a text that runs of boilerplate fingerprints cover."""
    if not boilerplate:
        return []
    chosen = frozenset(reading.fingerprint.hashes)
    numbers = enumerate(shingle_numbers(reading.words))
    marks = [(at, boilerplate.get(number, 0)) for at, number in numbers if number in chosen]
    runs = [list(run) for common, run in groupby(marks, lambda mark: mark[1] > 0) if common]
    found = (
        Common(run[0][0], run[-1][0] + SHINGLE, min(stories for _at, stories in run))
        for run in runs
        if len(run) >= _LEAST_RUN
    )
    return [common for common in found if common.end - common.start >= LEAST_COMMON]


def laid_down(reading: Reading, passages: tuple[str, ...]) -> list[Common]:
    """Return where a text has one of ``passages``, or a good part of one."""
    if not passages:
        return []
    known = shingles_of(passages)
    numbers = shingle_numbers(reading.words)
    found = [at for at, number in enumerate(numbers) if number in known]
    joined: list[Common] = []
    for at in found:
        if joined and at <= joined[-1].end:
            joined[-1] = joined[-1]._replace(end=at + SHINGLE)
        else:
            joined.append(Common(at, at + SHINGLE, 0))
    return [run for run in joined if run.end - run.start >= LEAST_COMMON]


@lru_cache(maxsize=4)
def shingles_of(passages: tuple[str, ...]) -> frozenset[int]:
    """Return the numbers of all shingles of bare texts; those that are too short have none."""
    readings = (words_of(passage) for passage in passages)
    return frozenset(
        number for words in readings if len(words) >= SHINGLE for number in shingle_numbers(words)
    )


def united(ranges: Sequence[Common]) -> list[Span]:
    """Return the words that lie in any of ``ranges``, ordered and disjoint."""
    joined: list[Span] = []
    for start, end, _stories in sorted(ranges):
        if joined and start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, end))
        else:
            joined.append(Span(start, end))
    return joined


class Rest(NamedTuple):
    """What two texts share apart from common words, and how many words each has besides them."""

    passages: list[Passage]
    words: int
    source_words: int


def without(
    passages: Sequence[Passage],
    common: Sequence[Span],
    words: Sequence[str],
    source: Sequence[str],
    check: Callable[[], None],
) -> Rest:
    """Take the ``common`` words of a text out of the passages that it shares with ``source``.

    What of a passage lies between common words or beside them counts from
    :data:`~.fingerprint.GUARANTEED_RUN` words on: how far common words reach is known no
    better than that.
    """
    left: list[Passage] = []
    cut: list[Passage] = []
    for passage in passages:
        outside = list(_outside(passage, common))
        if outside == [Span(passage.start, passage.end)]:
            left.append(passage)
        else:
            cut.append(passage)
            left += _realigned(passage, outside, words, source, check)
    taken = _source_words([*cut, *left]) - _source_words(left)
    return Rest(left, len(words) - sum(end - start for start, end in common), len(source) - taken)


def _outside(passage: Passage, common: Sequence[Span]) -> Iterator[Span]:
    at = passage.start
    for start, end in overlapping(common, passage.start, passage.end):
        if start - at >= GUARANTEED_RUN:
            yield Span(at, start)
        at = max(at, end)
    if at == passage.start or passage.end - at >= GUARANTEED_RUN:
        yield Span(at, passage.end)


def _realigned(
    passage: Passage,
    outside: Sequence[Span],
    words: Sequence[str],
    source: Sequence[str],
    check: Callable[[], None],
) -> list[Passage]:
    """Return the passages within ``passage`` of which all words lie in ``outside``."""
    here = [_NO_WORD] * (passage.end - passage.start)
    for start, end in outside:
        here[start - passage.start : end - passage.start] = words[start:end]
    kept = align(here, source[passage.source_start : passage.source_end], check)
    for found in kept:
        found.start += passage.start
        found.end += passage.start
        found.source_start += passage.source_start
        found.source_end += passage.source_start
    return kept


def _source_words(passages: Sequence[Passage]) -> int:
    """Count the words of the source that lie in any of ``passages``."""
    covered = reached = 0
    for start, end in sorted((p.source_start, p.source_end) for p in passages):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered
