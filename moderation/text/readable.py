"""Collecting what a reader sees, piece by piece, with white space as a browser lays it out."""

from __future__ import annotations

import re
from array import array
from html import unescape

from moderation.types import Span

QUOTE = "quote"
CODE = "code"

_REFERENCE = r"&(?:\#[0-9]{1,32};?|\#[xX][0-9a-fA-F]{1,32};?|[A-Za-z][A-Za-z0-9]{0,31};?)"
# A single space between two words stays as it is; those at the ends are looked at apart.
_BLANKS_OR_REFERENCE = re.compile(rf"[\t\n\r\f][ \t\n\r\f]*+|[ ][ \t\n\r\f]++|{_REFERENCE}")
_ONLY_REFERENCE = re.compile(_REFERENCE)
_BLANKS = " \t\n\r\f"


class Readable:
    """Readable text under construction, with the way back to ``raw``.

    White space between words and breaks between blocks are kept pending until the next
    visible character, so that they collapse into one separator and never stand at an end.
    """

    def __init__(self, raw: str) -> None:
        self._positions = array("I", range(len(raw) + 1))
        self._parts: list[str] = []
        self.starts = array("I")
        self.ends = array("I")
        self._breaks = 0
        self._blank = ""
        self._gap = Span(0, 0)
        self._pending = False
        self._open: dict[str, _OpenRange] = {QUOTE: _OpenRange(), CODE: _OpenRange()}

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def ranges(self, kind: str) -> tuple[Span, ...]:
        """Return the ranges of the readable text that were opened as ``kind``."""
        opened = self._open[kind]
        if opened.depth and opened.start is not None:
            return (*opened.closed, Span(opened.start, len(self.starts)))
        return tuple(opened.closed)

    def open(self, kind: str) -> None:
        self._open[kind].depth += 1
        self._pending = True

    def close(self, kind: str) -> None:
        opened = self._open[kind]
        if not opened.depth:
            return
        opened.depth -= 1
        if not opened.depth and opened.start is not None:
            opened.closed.append(Span(opened.start, len(self.starts)))
            opened.start = None

    def space(self, start: int, end: int, blank: str = " ") -> None:
        """Ask for a space (or ``blank``) before the next character."""
        self._widen_gap(start, end)
        if self._blank != "\t":
            self._blank = blank

    def block(self, start: int, end: int, breaks: int) -> None:
        """Ask for at least ``breaks`` line breaks before the next character."""
        self._widen_gap(start, end)
        self._breaks = max(self._breaks, breaks)

    def line_break(self, start: int, end: int) -> None:
        """Ask for one more line break; two make a paragraph, more are not shown."""
        self._widen_gap(start, end)
        self._breaks = min(self._breaks + 1, 2)

    def literal(self, text: str, start: int) -> None:
        """Add characters that stand one for one at ``start`` of the original."""
        if not text:
            return
        if self._pending:
            self._flush()
        end = start + len(text)
        self._parts.append(text)
        self.starts += self._positions[start:end]
        self.ends += self._positions[start + 1 : end + 1]

    def replaced(self, text: str, start: int, end: int) -> None:
        """Add characters that all stand for the original range ``start:end``."""
        if not text:
            return
        if self._pending:
            self._flush()
        self._append(text, start, end)

    def flowing(self, text: str, start: int) -> None:
        """Add running text that stands at ``start``: collapse blanks, decode references."""
        at = len(text) - len(text.lstrip(_BLANKS))
        end = len(text.rstrip(_BLANKS))
        if at:
            self.space(start, start + at)
        for found in _BLANKS_OR_REFERENCE.finditer(text, at, end):
            first, last = found.span()
            self.literal(text[at:first], start + at)
            if found[0][0] == "&":
                self._reference(found[0], start + first)
            else:
                self.space(start + first, start + last)
            at = last
        self.literal(text[at:end], start + at)
        if 0 < end < len(text):
            self.space(start + end, start + len(text))

    def preformatted(self, text: str, start: int) -> None:
        """Add text that stands at ``start`` and keeps its blanks; decode references."""
        at = 0
        for found in _ONLY_REFERENCE.finditer(text):
            self.literal(text[at : found.start()], start + at)
            self._reference(found.group(), start + found.start())
            at = found.end()
        self.literal(text[at:], start + at)

    def _reference(self, reference: str, start: int) -> None:
        decoded = unescape(reference)
        if decoded == reference:
            self.literal(reference, start)
            return
        # "&nbspword" is a reference without its semicolon and then a word.
        tail = 0 if reference[-1] == ";" else _common_tail(reference, decoded)
        head = decoded[: len(decoded) - tail]
        split = start + len(reference) - tail
        if head and not head.strip(_BLANKS):
            self.space(start, split)
        else:
            self.replaced(head, start, split)
        if tail:
            self.literal(reference[-tail:], split)

    def _widen_gap(self, start: int, end: int) -> None:
        if self._breaks or self._blank:
            start = self._gap.start
        self._gap = Span(start, end)
        self._pending = True

    def _flush(self) -> None:
        self._pending = False
        if self._breaks or self._blank:
            if self.starts:
                separator = "\n" * self._breaks or self._blank
                self._append(separator, *self._gap)
            self._breaks = 0
            self._blank = ""
        for opened in self._open.values():
            if opened.depth and opened.start is None:
                opened.start = len(self.starts)

    def _append(self, text: str, start: int, end: int) -> None:
        self._parts.append(text)
        self.starts.extend([start] * len(text))
        self.ends.extend([end] * len(text))


class _OpenRange:
    """Nested ranges of one kind; only the outermost are remembered."""

    def __init__(self) -> None:
        self.depth = 0
        self.start: int | None = None
        self.closed: list[Span] = []


def _common_tail(one: str, other: str) -> int:
    length = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine != theirs:
            break
        length += 1
    return length
