"""Keyword lines: search phrases and fields of an editing form, left in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Line, Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import Strength, read_data, read_wordings
from moderation.types import Span

_PHRASES: Final = 0.25
_FIRST_LABEL: Final = 0.2
_FURTHER_LABEL: Final = 0.15
_WEAK_LABEL: Final = 0.07
_MOST: Final = 0.4
_MOST_WEAK: Final = 0.14
#: Keywords stand below the title.
_TOP: Final = 12
_LONGEST: Final = 600
_LEAST_PHRASES: Final = 3
_PHRASE_WORDS: Final = range(2, 8)

_AFTER_TITLE: Final = re.compile(r"(?<=[!?.])\s{1,3}(?=\S)")
_SENTENCE_MARKS: Final = re.compile(r"[.!?:;\"“”()\[\]{}|\d]")
#: Of these words a search phrase has at most one, and begins with none.
_LITTLE: Final = frozenset(read_data("words.toml")["little"].split())
_LABELS: Final = Furniture(read_wordings("labels.toml"))


def keyword_line(page: Page) -> Signal:
    """Find lines of search phrases near the top and labelled fields of a publishing form."""
    phrases = [
        Hit(*span, "search_phrases")
        for line in page.lines[:_TOP]
        if (span := _phrases(line, page.text)) is not None
    ]
    labels = _labels(page)
    weight = _PHRASES * bool(phrases) + _weight(labels)
    hits = [*phrases, *labels.values()]
    return Signal(
        Category.KEYWORD_LINE, min(weight, _MOST), tuple(sorted(hits, key=lambda hit: hit.start))
    )


def _labels(page: Page) -> dict[str, Hit]:
    """Return the labelled fields by label; none of a body about such fields."""
    found: dict[str, Hit] = {}
    for line in page.lines:
        pieces = () if line.apart else _LABELS.pieces(line.words)
        if pieces:
            label = line.words.partition(":")[0].rstrip()
            weight = pieces[0].strength / Strength.FAIR
            found.setdefault(label, Hit(*line.span, "seo_label", weight=weight))
    if not found:
        return {}
    prose = page.prose_without([Span(hit.start, hit.end) for hit in found.values()])
    return {} if is_about("seo_label", prose) else found


def _weight(labels: Mapping[str, Hit]) -> float:
    """Add up different labels; those that other texts have, too, say little however many."""
    fair = sum(hit.weight == 1.0 for hit in labels.values())
    weak = min(_WEAK_LABEL * (len(labels) - fair), _MOST_WEAK)
    firm = _FIRST_LABEL + _FURTHER_LABEL * (fair - 1) if fair else 0.0
    return firm + weak


def _phrases(line: Line, text: str) -> Span | None:
    """Return where ``line``, or what follows the title on it, lists search phrases."""
    if line.apart or line.goes_on or line.end - line.start > _LONGEST:
        return None
    after_title = (match.end() for match in _AFTER_TITLE.finditer(text, *line.span))
    for start in (line.start, *after_title):
        if _lists_phrases(text[start : line.end]):
            return Span(start, line.end)
    return None


def _lists_phrases(candidate: str) -> bool:
    if _SENTENCE_MARKS.search(candidate):
        return False
    phrases = [phrase.split() for phrase in candidate.split(",")]
    if len(phrases) < _LEAST_PHRASES or any(len(p) not in _PHRASE_WORDS for p in phrases):
        return False
    return all(map(_is_search_phrase, phrases)) and _capitals(phrases) <= 1


def _is_search_phrase(phrase: list[str]) -> bool:
    """A few bare words, as somebody types them into a search box."""
    first, lower = phrase[0], [word.lower() for word in phrase]
    starts_low = first[0].islower() or first.isupper()
    return starts_low and lower[0] not in _LITTLE and sum(w in _LITTLE for w in lower) <= 1


def _capitals(phrases: list[list[str]]) -> int:
    """Count capitalised words; acronyms are none."""
    return sum(word[0].isupper() and not word.isupper() for p in phrases for word in p)
