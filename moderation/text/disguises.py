"""Taking disguises away from a text, and remembering which they were."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from moderation.text.offsets import Edit, MappedText, rewrite
from moderation.types import Span

DisguiseKind = Literal["invisible", "bidi", "homoglyph", "fullwidth", "leet", "spaced", "combining"]


@dataclass(frozen=True, slots=True)
class Disguise:
    """A range of the given text that was not spelled the way it reads."""

    kind: DisguiseKind
    start: int
    end: int


_MOST_DISGUISES = 1000
_WORD_REACH = 32


class Work:
    """A text on its way, and what was noticed so far."""

    def __init__(self, text: str) -> None:
        self.mapped = MappedText(text)
        self.disguises: list[Disguise] = []

    @property
    def text(self) -> str:
        return self.mapped.text

    def edit(self, edits: list[Edit]) -> None:
        self.mapped = rewrite(self.mapped, edits)

    def notice(self, kind: DisguiseKind, start: int, end: int) -> None:
        """Remember a disguise at a range of the text as it is now.

        The range is widened to the words it touches: an invisible character shows nothing.
        A text with thousands of disguises is not told about each of them.
        """
        if len(self.disguises) >= _MOST_DISGUISES:
            return
        start, end = word_around(self.text, start, end)
        found = Disguise(kind, *self.mapped.to_original(start, end))
        if self.disguises and self.disguises[-1] == found:
            return
        self.disguises.append(found)


def merged(disguises: list[Disguise]) -> tuple[Disguise, ...]:
    """Join overlapping disguises of one kind."""
    joined: list[Disguise] = []
    for found in sorted(disguises, key=lambda disguise: (disguise.kind, disguise.start)):
        last = joined[-1] if joined else None
        if last and last.kind == found.kind and found.start <= last.end:
            joined[-1] = Disguise(last.kind, last.start, max(last.end, found.end))
        else:
            joined.append(found)
    return tuple(sorted(joined, key=lambda disguise: disguise.start))


def word_around(text: str, start: int, end: int) -> Span:
    """Widen a range to the word around it."""
    first, last = max(0, start - _WORD_REACH), min(len(text), end + _WORD_REACH)
    while start > first and _belongs_to_word(text[start - 1]):
        start -= 1
    while end < last and _belongs_to_word(text[end]):
        end += 1
    return Span(start, end)


def _belongs_to_word(char: str) -> bool:
    """Tell letters, digits, marks and what is invisible from spaces and punctuation."""
    return char.isalnum() or (unicodedata.category(char)[0] in "MC" and not char.isspace())
