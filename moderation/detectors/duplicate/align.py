"""Where exactly two texts agree: the shared passages, word for word and place for place.

Seed and chain, as sequence aligners in biology do: runs of at least :data:`SEED` equal words
are the seeds, and seeds that lie close together on both sides make one passage. Unlike a
global alignment (difflib, longest common subsequence) this finds passages in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
_CHECK_EVERY = 4096


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
    ``check`` is called now and then and may raise to end the work.
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
    places = _places_of_seeds(source)
    done = source_done = 0
    for at, seed in enumerate(_seeds(words)):
        if at % _CHECK_EVERY == 0:
            check()
        if at < done or seed not in places:
            continue
        expected = source_done + at - done
        run = _best_run(words, source, at, places[seed], expected)
        yield run
        done = at + run.length
        source_done = run.source_start + run.length


def _seeds(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return zip(*(words[offset:] for offset in range(SEED)), strict=False)


def _places_of_seeds(source: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
    places: dict[tuple[str, ...], list[int]] = {}
    for at, seed in enumerate(_seeds(source)):
        known = places.get(seed)
        if known is None:
            places[seed] = [at]
        elif len(known) < _PLACES_PER_SEED:
            known.append(at)
    return places


def _best_run(
    words: Sequence[str], source: Sequence[str], at: int, places: Sequence[int], expected: int
) -> Run:
    best, best_rank = Run(at, 0, 0), 0
    for place in places:
        length = _equal_ahead(words, source, at, place)
        rank = length + SEED if abs(place - expected) <= MAX_DRIFT else length
        if rank > best_rank:
            best, best_rank = Run(at, place, length), rank
        if at + length == len(words):
            break  # no other can be longer
    return best


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
    within_reach: list[Passage] = []  # a handful: runs do not overlap and MAX_GAP is short
    for run in runs:
        within_reach = [p for p in within_reach if run.start - p.end <= MAX_GAP]
        nearest = min(within_reach, key=lambda p: _drift(p, run), default=None)
        if nearest is not None and _follows(nearest, run):
            _extend(nearest, run)
        else:
            passages.append(_passage_of(run))
            within_reach.append(passages[-1])
    return passages


def _drift(passage: Passage, run: Run) -> int:
    return abs((run.start - passage.end) - (run.source_start - passage.source_end))


def _follows(passage: Passage, run: Run) -> bool:
    return (
        -SEED <= run.source_start - passage.source_end <= MAX_GAP
        and _drift(passage, run) <= MAX_DRIFT
    )


def _passage_of(run: Run) -> Passage:
    end, source_end = run.start + run.length, run.source_start + run.length
    return Passage(run.start, end, run.source_start, source_end, run.length, run.length)


def _extend(passage: Passage, run: Run) -> None:
    overlap = max(0, passage.source_end - run.source_start)
    passage.end = run.start + run.length
    passage.source_end = max(passage.source_end, run.source_start + run.length)
    passage.matched += max(0, run.length - overlap)
    passage.longest_run = max(passage.longest_run, run.length)
