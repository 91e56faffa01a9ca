"""Where exactly two texts agree: the shared passages, word for word and place for place.

Seed and chain, as sequence aligners in biology do: runs of at least :data:`SEED` equal words
are the seeds, and seeds that lie close together on both sides make one passage. Unlike a
global alignment (difflib, longest common subsequence) this finds passages in any order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

SEED = 3
"""Shorter than the shingles of retrieval on purpose: where every third word was changed,
three equal words in a row are still common and five are not."""

MAX_GAP = 12
"""Changed words, on either side, that a passage may step over."""

MAX_DRIFT = 8
"""How much longer the step may be on one side than on the other."""

MIN_WORDS = 12
MIN_RUN = 5
MIN_DENSITY = 0.5
"""A passage has this many equal words, as many in a row, and at least this share of equal
words on its longer side; anything less also happens between unrelated texts."""

_PLACES_PER_SEED = 8
_LEAP = 16


class Run(NamedTuple):
    """``length`` equal words, beginning at ``start`` here and ``source_start`` there."""

    start: int
    source_start: int
    length: int


@dataclass(slots=True)
class Passage:
    """Word positions (half open) of one shared passage on both sides.

    ``matched`` counts the equal words in it, ``longest_run`` those in a row.
    """

    start: int
    end: int
    source_start: int
    source_end: int
    matched: int
    longest_run: int

    @property
    def density(self) -> float:
        """The share of equal words on the longer side."""
        return self.matched / max(self.end - self.start, self.source_end - self.source_start)


def never() -> None:
    """Nothing to check: the default of ``check`` below."""


def align(
    words: Sequence[str], source: Sequence[str], check: Callable[[], None] = never
) -> list[Passage]:
    """Return the passages that ``words`` shares with ``source``, in the order of ``words``.

    Time and memory grow with the sum of both lengths whatever the texts look like.
    ``check`` is called before every comparison and may raise to end the work.
    """
    return [p for p in chain(equal_runs(words, source, check)) if _is_passage(p)]


def _is_passage(passage: Passage) -> bool:
    return (
        passage.matched >= MIN_WORDS
        and passage.longest_run >= MIN_RUN
        and passage.density >= MIN_DENSITY
    )


def equal_runs(
    words: Sequence[str], source: Sequence[str], check: Callable[[], None] = never
) -> Iterator[Run]:
    """Yield runs of equal words from left to right; none overlaps another in ``words``.

    At each place the longest of the first few possible runs is taken, with some preference
    for the one that goes on where the run before it ended. What it covers is then skipped:
    so no word is compared more than a few times, even if both texts repeat one word.
    """
    places = _Places(source)
    done = source_done = 0
    for at, seed in enumerate(_seeds(words)):
        if at < done or seed not in places.last:
            continue
        check()
        run = _best_run(words, source, at, places.of(seed), expected=source_done + at - done)
        yield run
        done = at + run.length
        source_done = run.source_start + run.length


def _seeds(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[offset:] for offset in range(SEED)), strict=False)


class _Places:
    """Where each seed stands in a text. Most stand in one place: that is kept cheap."""

    def __init__(self, words: Sequence[str]) -> None:
        self.last = dict(zip(_seeds(words), count(), strict=False))
        self._repeated: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        if len(self.last) < len(words) - SEED + 1:
            for at, seed in enumerate(_seeds(words)):
                if self.last[seed] != at and len(self._repeated[seed]) < _PLACES_PER_SEED:
                    self._repeated[seed].append(at)

    def of(self, seed: tuple[str, ...]) -> Sequence[int]:
        """Return the first few places of a seed, and its last."""
        return (*self._repeated.get(seed, ()), self.last[seed])


def _best_run(
    words: Sequence[str], source: Sequence[str], at: int, places: Sequence[int], *, expected: int
) -> Run:
    best_rank = best_length = best_place = 0
    for place in places:
        length = _equal_ahead(words, source, at, place)
        rank = length + SEED if -MAX_DRIFT <= place - expected <= MAX_DRIFT else length
        if rank > best_rank:
            best_rank, best_length, best_place = rank, length, place
        if at + length == len(words):
            break  # no other can be longer
    return Run(at, best_place, best_length)


def _equal_ahead(words: Sequence[str], source: Sequence[str], at: int, place: int) -> int:
    """Count the equal words from a seed on, leaping over long runs at the speed of slices."""
    limit = min(len(words) - at, len(source) - place)
    length = SEED
    while (
        length + _LEAP <= limit
        and words[at + length : at + length + _LEAP]
        == source[place + length : place + length + _LEAP]
    ):
        length += _LEAP
    while length < limit and words[at + length] == source[place + length]:
        length += 1
    return length


def chain(runs: Iterable[Run]) -> list[Passage]:
    """Join runs that lie close together on both sides; ``runs`` come from left to right."""
    passages: list[Passage] = []
    recent: list[Passage] = []  # a handful: runs do not overlap and MAX_GAP is short
    for run in runs:
        recent = [p for p in recent if run.start - p.end <= MAX_GAP]
        continued = [p for p in recent if _continues(p, run)]
        if continued:
            _extend(continued[0] if len(continued) == 1 else _nearest(continued, run), run)
        else:
            passages.append(_passage_of(run))
            recent.append(passages[-1])
    return passages


def _continues(passage: Passage, run: Run) -> bool:
    gap = run.source_start - passage.source_end
    return -SEED <= gap <= MAX_GAP and abs(run.start - passage.end - gap) <= MAX_DRIFT


def _nearest(passages: Iterable[Passage], run: Run) -> Passage:
    return min(passages, key=lambda p: abs(run.start - p.end - run.source_start + p.source_end))


def _passage_of(run: Run) -> Passage:
    end, source_end = run.start + run.length, run.source_start + run.length
    return Passage(run.start, end, run.source_start, source_end, run.length, run.length)


def _extend(passage: Passage, run: Run) -> None:
    overlap = max(0, passage.source_end - run.source_start)
    passage.end = run.start + run.length
    passage.source_end = max(passage.source_end, run.source_start + run.length)
    passage.matched += max(0, run.length - overlap)
    passage.longest_run = max(passage.longest_run, run.length)
