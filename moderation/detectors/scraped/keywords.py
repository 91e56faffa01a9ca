"""Keyword lines: search phrases and fields of an editing form, left in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Line, Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import read_data, read_wordings
from moderation.types import Span

_WEIGHT: Final = 0.25
_MOST: Final = 0.35
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
    hits = [
        *_hits((_phrases(line, page.text) for line in page.lines[:_TOP]), "search_phrases"),
        *_hits((_labelled(line) for line in page.lines), "seo_label"),
    ]
    if any(hit.reason == "seo_label" for hit in hits):
        prose = page.prose_without([Span(hit.start, hit.end) for hit in hits])
        if is_about("seo_label", prose):
            hits = [hit for hit in hits if hit.reason != "seo_label"]
    weight = min(_WEIGHT * len({hit.reason for hit in hits}), _MOST)
    return Signal(Category.KEYWORD_LINE, weight, tuple(sorted(hits, key=lambda hit: hit.start)))


def _hits(spans: Iterable[Span | None], reason: str) -> Iterable[Hit]:
    return (Hit(*span, reason) for span in spans if span is not None)


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


def _labelled(line: Line) -> Span | None:
    return None if line.apart or not _LABELS.pieces(line.words) else line.span
