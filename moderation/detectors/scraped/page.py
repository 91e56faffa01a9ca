"""A body as the signal families read it: its lines, its words, and what in it is quoted or code."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Final

from moderation.detectors.base import Deadline
from moderation.detectors.scraped.fences import Fences, read_fences
from moderation.detectors.scraped.signals import Signal
from moderation.text.document import Document
from moderation.text.sentences import sentences
from moderation.text.tokens import Token, words
from moderation.types import Span, TextFormat

#: Furniture of a page is short; a longer line is prose and is never taken for it.
LONGEST_FURNITURE: Final = 240
#: Words and sentences are looked at in so much text; no story is longer.
MOST_CHARACTERS: Final = 300_000
_LAST_CHARACTERS: Final = 20_000
#: More lines have lists, logs and attacks; stories are told in fewer.
_MOST_LINES: Final = 4_000
#: A line this long is told, not listed.
_PROSE_LINE: Final = 50
#: Shorter lines were not wrapped.
_WRAPPED: Final = 50
#: How often, in loop rounds, the clock is read.
_CHECK_EVERY: Final = 512

_LINE = re.compile(r"[^\r\n\u2028\u2029]+")
_GLUED = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TRIMMINGS = re.compile(r"^[^\w\"'©@]+|[^\w\"'©@]+$")
_BLANK = re.compile(r"\s*+")
_QUOTES = {"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " "}
_FOLDED = str.maketrans(
    _QUOTES | {"–": "-", "—": "-"} | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty: its range in the plain text, without the white space around.

    ``words`` is its normal form (see :func:`normal_form`), empty when it cannot be furniture:
    when it is too long, or ``goes_on`` with a sentence that was wrapped at a fixed width.
    ``apart`` says that it is quoted or code, and so no part of the page.
    """

    start: int
    end: int
    words: str
    apart: bool
    goes_on: bool

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def normal_form(line: str) -> str:
    """Return ``line`` in lower case, with plain quotes and dashes, single spaces, no trimmings.

    Words glued together by a lost border (``FacebookTwitter``) are parted, but not in a line
    with an address or a handle. Quotation marks stay: what a text puts between them, it only
    mentions.
    """
    folded = unicodedata.normalize("NFKC", line.translate(_FOLDED))
    parted = folded if "://" in folded or "@" in folded else _GLUED.sub(" ", folded)
    spaced = " ".join(parted.casefold().split())
    return _TRIMMINGS.sub("", spaced)


class Page:
    """One document under examination. Everything is computed once, when first asked for.

    ``furniture`` are the signals that the detector has found in it so far.
    """

    def __init__(self, document: Document, deadline: Deadline) -> None:
        self.document = document
        self.deadline = deadline
        self.text = document.plain.text
        self.furniture: tuple[Signal, ...] | None = None

    def check(self, number: int) -> None:
        """Look at the clock in every so many rounds of a loop; ``number`` counts them."""
        if number % _CHECK_EVERY == 0:
            self.deadline.check()

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines of the plain text without the empty ones.

        Of a text of very many lines only the first and the last, where page chrome stands.
        """
        return tuple(self._read_lines())

    def _read_lines(self) -> Iterator[Line]:
        before = Span(0, 0)
        matches = _LINE.finditer(self.text)
        first = list(islice(matches, _MOST_LINES // 2))
        last = deque(matches, maxlen=_MOST_LINES // 2)
        for number, match in enumerate(chain(first, last)):
            self.check(number)
            raw = match.group()
            bare = raw.strip()
            if not bare:
                continue
            start = match.start() + len(raw) - len(raw.lstrip())
            goes_on = self._goes_on(before, start)
            normal = "" if goes_on or len(bare) > LONGEST_FURNITURE else normal_form(bare)
            apart = self.is_apart(start) or bare.startswith(">")
            before = Span(start, start + len(bare))
            yield Line(*before, normal, apart, goes_on)

    def _goes_on(self, before: Span, start: int) -> bool:
        """Say whether the sentence of the line ``before`` was wrapped and goes on at ``start``."""
        return (
            self.document.format is not TextFormat.HTML
            and before.end - before.start >= _WRAPPED
            and self.text[start].islower()
            and self.text[before.end - 1] not in ".!?:…"
            and self.text.count("\n", before.end, start) == 1
        )

    @cached_property
    def lower(self) -> str:
        """The plain text in lower case with plain quotes; every character keeps its place."""
        # The one capital whose lower case is two characters long.
        text = self.text.replace("İ", "I")
        for typographic, plain in _QUOTES.items():
            text = text.replace(typographic, plain)
        return text.lower()

    @cached_property
    def words(self) -> Sequence[Token]:
        """The words of the first :data:`MOST_CHARACTERS` characters, but quotations and code."""
        found = words(self.text[:MOST_CHARACTERS])
        return [word for word in found if not self.is_apart(word.start)] if self._apart else found

    @cached_property
    def sentences(self) -> Sequence[Span]:
        """The sentences of the first :data:`MOST_CHARACTERS` characters, and of the last few."""
        found = sentences(self.text[:MOST_CHARACTERS])
        rest = max(len(self.text) - _LAST_CHARACTERS, MOST_CHARACTERS)
        found += [Span(start + rest, end + rest) for start, end in sentences(self.text[rest:])]
        return found

    def prose_without(self, spans: Sequence[Span]) -> str:
        """Return the told lines, case folded, but for those in which one of ``spans`` begins."""
        starts = sorted(span.start for span in spans)
        told = [
            self.text[line.start : line.end]
            for line in self._told
            if bisect_left(starts, line.start) == bisect_left(starts, line.end)
        ]
        return " ".join([self.document.title, *told]).casefold()

    def prose_around(self, spans: Sequence[Span]) -> str:
        """Return the told lines, case folded, but for the characters of ``spans``."""
        pieces = [self.document.title]
        gaps = merged(spans)
        for line in self._told:
            at = line.start
            for number in range(bisect_left(gaps, (at, at)), bisect_left(gaps, (line.end, 0))):
                pieces.append(self.text[at : gaps[number].start])
                at = gaps[number].end
            pieces.append(self.text[at : line.end])
        return " ".join(pieces).casefold()

    @cached_property
    def _told(self) -> Sequence[Line]:
        """The lines that tell something: the long ones, and the first, which is a title."""
        return [
            line
            for number, line in enumerate(self.lines)
            if not line.apart and (number == 0 or line.end - line.start >= _PROSE_LINE)
        ]

    def is_apart(self, position: int) -> bool:
        """Say whether the character at ``position`` belongs to a block quotation or to code."""
        at = bisect_right(self._apart, position, key=lambda span: span.start) - 1
        return at >= 0 and position < self._apart[at].end

    def is_code_in_original(self, position: int) -> bool:
        """Say the same of code and the text as stored, where tags still stand."""
        at = bisect_right(self._code_in_original, position, key=lambda span: span.start) - 1
        return at >= 0 and position < self._code_in_original[at].end

    @cached_property
    def _code_in_original(self) -> Sequence[Span]:
        return merged([self.document.original_span(*span) for span in self._code])

    @cached_property
    def fences(self) -> Fences:
        """The code fences, counted in the text as stored for Markdown, else in the plain text."""
        return read_fences(self.document.text if self._is_markdown else self.text)

    @property
    def _is_markdown(self) -> bool:
        return self.document.format is TextFormat.MARKDOWN

    @cached_property
    def _apart(self) -> Sequence[Span]:
        return merged([*self.document.plain.quoted, *self._code])

    @cached_property
    def _code(self) -> Sequence[Span]:
        code = self.document.plain.code
        if self._is_markdown:
            return [span for span in code if not self._follows_stray_fence(span)]
        return [*code, *self.fences.code]

    def _follows_stray_fence(self, code: Span) -> bool:
        """A fence that nothing closes turns the rest of a Markdown text into code; it is not."""
        start = self.document.original_span(*code).start
        at = bisect_right(self.fences.stray, start, key=lambda fence: fence.end) - 1
        if at < 0:
            return False
        blank = _BLANK.match(self.document.text, self.fences.stray[at].end)
        return blank is not None and blank.end() >= start

    def is_spoken(self, position: int) -> bool:
        """Say whether ``position`` stands between quotation marks opened on the same line."""
        start = max(self.text.rfind("\n", 0, position), position - 2 * LONGEST_FURNITURE) + 1
        before = self.text[start:position]
        open_marks = before.count("“") + before.count("„") - before.count("”")
        return open_marks > 0 or before.count('"') % 2 == 1 or before.lstrip().startswith(">")


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return ``spans`` in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
