"""The text as judged, in parts that a browser can lay out, with its evidence marked."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from moderation.admin import display
from moderation.admin.panes import tone
from moderation.admin.passages import Segment, segments
from moderation.types import Span

# A browser lays out so much text at once without a pause; the rest comes in further parts.
PART_CHARS = 100_000
MOST_NUMBERS = 4


@dataclass(frozen=True, slots=True)
class TextView:
    """One part of a text, ready to be put on the page; ``span`` counts from 1, for people."""

    html: SafeString
    part: int
    parts: list[int]
    span: Span
    length: int


@dataclass(frozen=True, slots=True)
class Looks:
    """How passages look, by number: those of the chosen source have tones, hard words a veil."""

    toned: frozenset[int] = frozenset()
    veiled: frozenset[int] = frozenset()


def text_view(text: str, spans: dict[int, Span], part: int, looks: Looks | None = None) -> TextView:
    """Mark the numbered ``spans`` in one part of ``text``."""
    looks = looks or Looks()
    parts = list(range(1, part_of(max(len(text) - 1, 0)) + 1))
    part = min(max(part, 1), len(parts))
    window = Span((part - 1) * PART_CHARS, min(part * PART_CHARS, len(text)))
    seen: set[int] = set()
    pieces = [_segment(text, segment, seen, looks) for segment in segments(window, spans)]
    html = mark_safe("".join(pieces))  # noqa: S308 - the pieces come from format_html
    return TextView(html, part, parts, Span(window.start + 1, window.end), len(text))


def part_of(offset: int) -> int:
    """Return the number of the part that the character at ``offset`` is shown in."""
    return offset // PART_CHARS + 1


def _segment(text: str, segment: Segment, seen: set[int], looks: Looks) -> SafeString:
    inner = display.shown(text[segment.start : segment.end])
    if not segment.numbers:
        return inner
    begins = [number for number in segment.numbers if number not in seen]
    seen.update(begins)
    anchors = format_html_join("", '<span id="passage-{}"></span>', ((n,) for n in begins))
    links = format_html_join(
        ",", '<a href="#evidence-{}">{}</a>', ((n, n) for n in segment.numbers[:MOST_NUMBERS])
    )
    more = len(segment.numbers) - MOST_NUMBERS
    if not looks.veiled.isdisjoint(segment.numbers):
        inner = display.veiled(inner)
    tones = next((tone(number) for number in segment.numbers if number in looks.toned), "")
    return format_html(
        "<mark{}>{}<sup>{}{}</sup>{}</mark>",
        format_html(' class="{}"', tones) if tones else "",
        anchors,
        links,
        f"+{more}" if more > 0 else "",
        inner,
    )
