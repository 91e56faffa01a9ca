"""A text that was derived from another one and knows where each of its characters came from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from moderation.types import Span

Offsets: TypeAlias = "array[int]"
"""Compact list of offsets, four bytes each."""


@dataclass(frozen=True, slots=True)
class MappedText:
    """Derived text and, per character, the original range it came from.

    ``starts`` and ``ends`` never decrease; both are None when the offsets are the same.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def to_original(self, start: int, end: int) -> Span:
        """Translate ``text[start:end]`` into a range of the original text."""
        starts, ends = self.starts, self.ends
        if starts is None or ends is None:
            return Span(start, end)
        if start < end:
            return Span(starts[start], ends[end - 1])
        if start < len(starts):
            return Span(starts[start], starts[start])
        at = ends[-1] if ends else 0
        return Span(at, at)


class Edit(NamedTuple):
    """Replace ``text[start:end]`` by ``replacement``."""

    start: int
    end: int
    replacement: str


def rewrite(mapped: MappedText, edits: Iterable[Edit]) -> MappedText:
    """Apply edits, ordered and not overlapping, and carry the way back along.

    A replacement as long as what it replaces is mapped character by character; every
    character of any other replacement stands for the whole replaced range.
    """
    pending = tuple(edits)
    if not pending:
        return mapped
    text = mapped.text
    if all(len(edit.replacement) == edit.end - edit.start for edit in pending):
        return MappedText(_replaced(text, pending), mapped.starts, mapped.ends)
    old_starts, old_ends = _offsets_of(mapped)
    starts, ends = array("I"), array("I")
    at = 0
    for edit in pending:
        starts += old_starts[at : edit.start]
        ends += old_ends[at : edit.start]
        length = len(edit.replacement)
        if length == edit.end - edit.start:
            starts += old_starts[edit.start : edit.end]
            ends += old_ends[edit.start : edit.end]
        elif length:
            starts.extend([old_starts[edit.start]] * length)
            ends.extend([old_ends[edit.end - 1]] * length)
        at = edit.end
    starts += old_starts[at:]
    ends += old_ends[at:]
    return MappedText(_replaced(text, pending), starts, ends)


def _replaced(text: str, edits: Iterable[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += (text[at : edit.start], edit.replacement)
        at = edit.end
    parts.append(text[at:])
    return "".join(parts)


def _offsets_of(mapped: MappedText) -> tuple[Offsets, Offsets]:
    if mapped.starts is None or mapped.ends is None:
        length = len(mapped.text)
        return array("I", range(length)), array("I", range(1, length + 1))
    return array("I", mapped.starts), array("I", mapped.ends)
