"""Two texts side by side: what they share in the same tone and under the same number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from moderation.admin import display
from moderation.admin.passages import Segment, segments, shorten
from moderation.types import Span

# Tones are told apart by colour, by the pattern of their line, and by the number beside them.
TONES = 6
MOST_PASSAGES = 40
AROUND_CHARS = 200
PASSAGE_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Side:
    """One of two texts: its passages by number, and where hard words are covered."""

    text: str
    spans: Mapping[int, Span]
    veils: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of one text; ``skipped`` characters before it are not shown."""

    html: SafeString
    skipped: int


@dataclass(frozen=True, slots=True)
class Panes:
    """Both texts around some of their common passages; ``pages`` count from 1.

    ``covered`` says that hard words are covered on one of the sides.
    """

    ours: list[Block]
    theirs: list[Block]
    ours_rest: int
    theirs_rest: int
    page: int
    pages: list[int]
    covered: bool


def tone(number: int) -> str:
    """Return the class of a passage, the same on both sides."""
    return f"moderation-tone moderation-tone-{number % TONES}"


def build_panes(ours: Side, theirs: Side, page: int) -> Panes | None:
    """Set two texts side by side; the passages are known by number on both sides."""
    numbers = sorted(number for number in ours.spans if number in theirs.spans)
    if not numbers:
        return None
    pages = list(range(1, (len(numbers) - 1) // MOST_PASSAGES + 2))
    page = min(max(page, 1), len(pages))
    chosen = numbers[(page - 1) * MOST_PASSAGES : page * MOST_PASSAGES]
    left, ours_rest = _pane(ours, chosen, "ours", "theirs")
    right, theirs_rest = _pane(theirs, chosen, "theirs", "ours")
    covered = bool(ours.veils or theirs.veils)
    return Panes(left, right, ours_rest, theirs_rest, page, pages, covered)


def _pane(side: Side, chosen: list[int], name: str, other: str) -> tuple[list[Block], int]:
    text = side.text
    spans = {number: side.spans[number] for number in chosen}
    # Passages count from 1; what is covered goes by the numbers below.
    veils = {-number: span for number, span in enumerate(side.veils)}
    blocks, seen, at = [], set[int](), 0
    for window in _windows(text, spans):
        cut = segments(window, {**spans, **veils})
        pieces = [_piece(text, each, name, other, seen) for each in cut]
        html = mark_safe("".join(pieces))  # noqa: S308 - the pieces come from format_html
        blocks.append(Block(html, window.start - at))
        at = window.end
    return blocks, len(text) - at


def _windows(text: str, spans: Mapping[int, Span]) -> list[Span]:
    """Return the stretches around the passages, those that touch made one."""
    windows: list[Span] = []
    for span in sorted(spans.values(), key=lambda each: each.start):
        start, end = _around(text, span)
        if windows and start <= windows[-1].end:
            windows[-1] = Span(windows[-1].start, max(end, windows[-1].end))
        else:
            windows.append(Span(start, end))
    return windows


def _around(text: str, span: Span) -> tuple[int, int]:
    """Widen a passage by some whole words to either side."""
    start, end = max(0, span.start - AROUND_CHARS), min(len(text), span.end + AROUND_CHARS)
    if start:
        blank = text.find(" ", start, span.start)
        start = blank + 1 if blank >= 0 else start
    if end < len(text):
        blank = text.rfind(" ", span.end, end)
        end = blank if blank >= 0 else end
    return start, end


def _piece(text: str, segment: Segment, side: str, other: str, seen: set[int]) -> SafeString:
    inner = display.shown(shorten(text[segment.start : segment.end], PASSAGE_CHARS))
    numbers = [number for number in segment.numbers if number > 0]
    if len(numbers) < len(segment.numbers):
        inner = display.veiled(inner)
    if not numbers:
        return inner
    new = [number for number in numbers if number not in seen]
    seen.update(new)
    links = format_html_join(
        "",
        '<a class="moderation-number" id="{}-{}" href="#{}-{}" aria-label="{}">{}</a> ',
        ((side, n, other, n, _("Passage %(number)d") % {"number": n}, n) for n in new),
    )
    return format_html(
        '<mark class="{}" data-passage="{}">{}{}</mark>',
        tone(numbers[0]),
        numbers[0],
        links,
        inner,
    )
