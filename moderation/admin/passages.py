"""Passages on their way to a page: offsets of the stored text become pieces of the shown one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from moderation.text.offsets import MappedText
from moderation.text.plain import plain_text
from moderation.types import Span, TextFormat


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text that the same evidence covers from end to end; ``numbers`` ascend."""

    start: int
    end: int
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage with a little of what stands around it."""

    before: str
    passage: str
    after: str


def shown_span(shown: MappedText, start: int, end: int) -> Span:
    """Translate a range of the original text into the readable one: ``to_original`` undone.

    A range that holds nothing readable (a tag, an attribute) becomes an empty span where it
    would stand.
    """
    if shown.starts is None or shown.ends is None:
        size = len(shown.text)
        first = min(max(start, 0), size)
        return Span(first, max(first, min(end, size)))
    first = bisect_right(shown.ends, start)
    last = max(first, bisect_left(shown.starts, end))
    # A break between paragraphs stands for all the tags there.
    return Span(first, first if shown.text[first:last].isspace() else last)


def segments(window: Span, spans: Mapping[int, Span]) -> list[Segment]:
    """Cut ``window`` wherever a span begins or ends; spans are known by number, and may overlap.

    Sweeps over the ends of the spans once, so that the cost lies in what it returns.
    """
    begins: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for number, span in spans.items():
        start, end = max(span.start, window.start), min(span.end, window.end)
        if start < end:
            begins.setdefault(start, []).append(number)
            ends.setdefault(end, []).append(number)
    cuts = sorted({window.start, window.end, *begins, *ends})
    covering: list[int] = []
    pieces = []
    for start, end in pairwise(cuts):
        for number in ends.get(start, ()):
            covering.remove(number)
        for number in begins.get(start, ()):
            insort(covering, number)
        pieces.append(Segment(start, end, tuple(covering)))
    return pieces


def quote(text: str, span: Span, *, context: int, longest: int) -> Quote:
    """Cut a passage out of ``text``; more than ``longest`` characters lose their middle."""
    before = text[max(0, span.start - context) : span.start]
    after = text[span.end : span.end + context]
    if span.start > context:
        before = f"…{_from_word(before)}"
    if span.end + context < len(text):
        after = f"{_to_word(after)}…"
    return Quote(before, shorten(text[span.start : span.end], longest), after)


def shorten(text: str, longest: int) -> str:
    """Leave the beginning and the end of a text that is longer than ``longest``."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} […] {text[-half:]}"


def quote_from_window(
    window: str, offset: int, span: Span, text_format: TextFormat, *, context: int, longest: int
) -> Quote:
    """Quote a passage when only ``window``, which stands at ``offset``, was read of the text.

    A tag that the window's edge cut in two would be read as text, so its rest is left out.
    """
    cut = 0
    if offset and text_format is TextFormat.HTML:
        cut = min(_end_of_cut_tag(window), max(0, span.start - offset))
    shown = plain_text(window[cut:], text_format)
    at = offset + cut
    passage = shown_span(shown, max(0, span.start - at), max(0, span.end - at))
    return quote(shown.text, passage, context=context, longest=longest)


def _end_of_cut_tag(window: str) -> int:
    closing = window.find(">")
    opening = window.find("<")
    return closing + 1 if closing >= 0 and (opening < 0 or closing < opening) else 0


def _from_word(text: str) -> str:
    _rest, _blank, words = text.partition(" ")
    return words or text


def _to_word(text: str) -> str:
    words, _blank, _rest = text.rpartition(" ")
    return words or text
