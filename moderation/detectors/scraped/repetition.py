"""One story told twice, and passages repeated word for word."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final

from moderation.detectors.scraped.page import Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.wordings import read_data
from moderation.text.tokens import Token

#: Both have to be passed: how alike the sides of the border are in all, and in their leads.
SIDES_ALIKE: Final = 0.70
LEADS_ALIKE: Final = 0.33
_TOLD_TWICE_WEIGHT: Final = 0.35
#: A shorter body has no room for two tellings, or for statistics.
_LEAST_WORDS: Final = 400
#: The second telling begins in this part of the body.
_MIDDLE: Final = (0.3, 0.7)
#: Subject words differ that much within a window: commands, forms and laws use few of them, and
#: so resemble themselves everywhere. Stories have .70 and more, technical references .40 to .64.
_VARIETY: Final = 0.65
_WINDOW: Final = 150
#: So many words from where it begins, a story says what it is about.
_LEAD: Final = 150
#: Of several borders that pass, the new start is where the nearest words agree best.
_OPENING: Final = 80
#: Of all paragraph borders, the sides are compared at the best of so many.
_BORDERS: Final = 200
_CANDIDATES: Final = 12

_RUN: Final = 8
_REPEATED_SHARE: Final = 0.05
_REPETITION_WEIGHT: Final = 0.14

#: Words that any two texts of a language share; the shortest are left out by length.
_COMMON: Final = frozenset(
    word for language in read_data("words.toml")["common"].values() for word in language.split()
)
_SHORT: Final = 3


def told_twice(page: Page) -> Signal:
    """Find a border in the middle after which the body starts its story over.

    Two rewrites of one source in a row share their subject words over their whole length and
    in their first sentences. Of ordinary texts 99 % stay below .57 and .33.
    """
    words = page.words
    if len(words) < _LEAST_WORDS:
        return Signal(Category.TOLD_TWICE)
    content = [_content(word) for word in words]
    if _variety(content) < _VARIETY:
        return Signal(Category.TOLD_TWICE)
    leads = sorted(((_leads(content, at, _LEAD), at) for at in _borders(page)), reverse=True)
    passed: list[tuple[float, int, float, float]] = []
    for lead, border in leads[:_CANDIDATES]:
        page.deadline.check()
        if lead <= LEADS_ALIKE:
            break
        sides = _cosine(Counter(content[:border]), Counter(content[border:]))
        if sides > SIDES_ALIKE:
            passed.append((_leads(content, border, _OPENING), border, sides, lead))
    if not passed:
        return Signal(Category.TOLD_TWICE)
    _, border, sides, lead = max(passed)
    return _twice(words, border, sides=sides, lead=lead)


def _twice(words: Sequence[Token], border: int, *, sides: float, lead: float) -> Signal:
    params = {"sides": round(100 * sides), "leads": round(100 * lead)}
    hits = tuple(
        Hit(
            words[at].start, words[min(at + _LEAD, len(words)) - 1].end, reason, params, masks=False
        )
        for at, reason in ((0, "first_telling"), (border, "second_telling"))
    )
    return Signal(Category.TOLD_TWICE, _TOLD_TWICE_WEIGHT, hits)


def _borders(page: Page) -> Iterator[int]:
    """Yield the numbers of the words that begin a line (else a sentence) in the middle."""
    starts = [word.start for word in page.words]
    low, high = (round(share * len(starts)) for share in _MIDDLE)
    borders = _between(starts, (line.start for line in page.lines), low, high)
    if not borders:
        borders = _between(starts, (sentence.start for sentence in page.sentences), low, high)
    yield from borders[:: len(borders) // _BORDERS + 1]


def _between(starts: Sequence[int], offsets: Iterator[int], low: int, high: int) -> list[int]:
    numbers = {bisect_left(starts, offset) for offset in offsets}
    return sorted(number for number in numbers if low <= number < high)


def _variety(content: Sequence[str]) -> float:
    """Return the share of different words among the subject words, in windows of equal size.

    The windows overlap by half. (The mean type-token ratio of segments, which unlike that of a
    whole text does not depend on its length: W. Johnson, Studies in language behavior, 1944.)
    """
    subjects = [word for word in content if word]
    starts = range(0, max(len(subjects) - _WINDOW, 0) + 1, _WINDOW // 2)
    windows = [subjects[start : start + _WINDOW] for start in starts]
    return fmean(len(set(window)) / max(len(window), 1) for window in windows)


def _leads(content: Sequence[str], border: int, size: int) -> float:
    """Return how much of the subjects of one lead the other has."""
    one, other = _subjects(content[:size]), _subjects(content[border : border + size])
    return len(one & other) / max(1, min(len(one), len(other)))


def _content(word: Token) -> str:
    return "" if len(word.text) <= _SHORT or word.text in _COMMON else word.text


def _subjects(content: Sequence[str]) -> set[str]:
    return set(content) - {""}


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    one[""] = other[""] = 0
    product = sum(count * other[word] for word, count in one.items())
    return product / max(1.0, math.hypot(*one.values()) * math.hypot(*other.values()))


def self_repetition(page: Page) -> Signal:
    """Find runs of at least eight words that an earlier part of the body has word for word.

    Poems and songs do this on purpose, so it is a weak signal, and only above 5 % of the words.
    """
    words = page.words
    runs = list(_repeated_runs([word.text for word in words], page))
    repeated = sum(length for _, length in runs)
    if repeated <= _REPEATED_SHARE * len(words):
        return Signal(Category.SELF_REPETITION)
    params = {"percent": round(100 * repeated / len(words))}
    hits = tuple(
        Hit(words[at].start, words[at + length - 1].end, "repeated", params, masks=False)
        for at, length in runs
    )
    return Signal(Category.SELF_REPETITION, _REPETITION_WEIGHT, hits)


def _repeated_runs(words: Sequence[str], page: Page) -> Iterator[tuple[int, int]]:
    """Yield (first word, length) of every run seen before, the longest possible, in order."""
    runs = [hash(run) for run in zip(*(words[at:] for at in range(_RUN)), strict=False)]
    if len(set(runs)) == len(runs):
        return
    seen: dict[int, int] = {}
    at = 0
    while at < len(runs):
        page.check(at)
        earlier = seen.setdefault(runs[at], at)
        length = _common_run(words, earlier, at)
        if length >= _RUN:
            yield at, length
        at += length if length >= _RUN else 1


def _common_run(words: Sequence[str], earlier: int, at: int) -> int:
    """Return how many words from ``earlier`` on stand again from ``at`` on, without overlap."""
    most = min(at - earlier, len(words) - at)
    return next((n for n in range(most) if words[earlier + n] != words[at + n]), most)
