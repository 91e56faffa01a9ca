"""Readable text out of what a host stores, with the way back to the original characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.types import Span, TextFormat


@dataclass(frozen=True, slots=True)
class PlainText:
    """Readable text and, per character, the original range it came from.

    ``starts`` and ``ends`` are None when nothing was changed (offsets are the same).
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def to_original(self, start: int, end: int) -> Span:
        """Translate ``text[start:end]`` into a range of the original text."""
        if self.starts is None or self.ends is None:
            return Span(start, end)
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return Span(at, at)
        return Span(self.starts[start], self.ends[end - 1])


def plain_text(text: str, format: TextFormat = TextFormat.PLAIN) -> PlainText:  # noqa: A002
    """Return the readable text of ``text``."""
    raise NotImplementedError
