"""Reading Markdown: CommonMark's blocks and spans, as far as they decide what a reader sees.

Two passes: the first cuts the lines into blocks and collects the names of link references, the
second reads each block. HTML in between goes through the HTML reader. Tables, ``~~`` and the
rest follow GitHub's dialect.

Known difference on purpose: ``*`` between two letters opens no emphasis. In a comment it masks
a letter (``d*mn``) far more often than it stresses half a word.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from moderation.text.html_reader import HtmlReader
from moderation.text.markdown_blocks import Block, BlockParser, Shape
from moderation.text.markdown_spans import Action, Mark, SpanParser
from moderation.text.readable import CODE, QUOTE, Readable
from moderation.types import Span


def read_markdown(raw: str, out: Readable) -> None:
    """Add what a reader sees of ``raw`` to ``out``."""
    parser = BlockParser(raw)
    blocks = parser.parse()
    html = HtmlReader(raw, out)
    writer = _Writer(raw, out, html, parser.references)
    for block in blocks:
        writer.write(block)


class _Writer:
    """Writes blocks to the readable text."""

    def __init__(self, raw: str, out: Readable, html: HtmlReader, references: set[str]) -> None:
        self._raw = raw
        self._out = out
        self._html = html
        self._references = references
        self._last_end = 0
        self._quoting = False

    def write(self, block: Block) -> None:
        if not block.lines:
            return
        begin = max(block.lines[0].start, self._last_end)
        self._out.block(self._last_end, begin, block.breaks)
        self._last_end = block.lines[-1].end
        self._quote(quoted=block.depth > 0)
        if block.shape is Shape.HTML:
            self._html_lines(block.lines)
        elif self._html.hiding:
            return
        elif block.shape is Shape.CODE:
            self._code_lines(block.lines)
        else:
            self._paragraph(block.lines, cells=block.shape is Shape.ROW)

    def _quote(self, *, quoted: bool) -> None:
        if quoted == self._quoting:
            return
        self._quoting = quoted
        if quoted:
            self._out.open(QUOTE)
        else:
            self._out.close(QUOTE)

    def _html_lines(self, lines: list[Span]) -> None:
        for place in _joined(lines):
            self._html.read(place.start, place.end)

    def _code_lines(self, lines: list[Span]) -> None:
        self._out.open(CODE)
        last_end = -1
        for start, end in lines:
            if last_end >= 0:
                self._out.replaced("\n", last_end, start)
            self._out.literal(self._raw[start:end], start)
            last_end = end
        self._out.close(CODE)

    def _paragraph(self, lines: list[Span], *, cells: bool) -> None:
        text, places = self._joined_lines(lines)
        at = 0
        for mark in SpanParser(text, self._references, cells=cells).marks():
            self._flow(text, places, at, mark.start)
            self._apply(mark, text, places)
            at = mark.end
        self._flow(text, places, at, len(text))

    def _joined_lines(self, lines: list[Span]) -> tuple[str, Sequence[int]]:
        """Return the lines as one text and, for each character, where it stands."""
        if len(lines) == 1:
            start, end = lines[0]
            return self._raw[start:end], range(start, end + 1)
        places = array("I")
        for start, end in lines:
            places.extend(range(start, end + 1))
        return "\n".join(self._raw[start:end] for start, end in lines), places

    def _flow(self, text: str, places: Sequence[int], start: int, end: int) -> None:
        while start < end and not self._html.hiding:
            newline = text.find("\n", start, end)
            last = end if newline < 0 else newline
            self._out.flowing(text[start:last], places[start])
            if newline >= 0:
                self._out.space(places[newline], places[newline] + 1)
            start = last + 1

    def _apply(self, mark: Mark, text: str, places: Sequence[int]) -> None:
        start, end = places[mark.start], places[mark.end - 1] + 1
        if mark.action is Action.MARKUP:
            for token in mark.tokens:
                first = places[token.start]
                last = places[token.end - 1] + 1 if token.end > token.start else first
                self._html.take(token._replace(start=first, end=last))
        elif self._html.hiding or mark.action is Action.DROP:
            return
        elif mark.action is Action.BREAK:
            self._out.line_break(start, end)
        elif mark.action is Action.CELL:
            self._out.space(start, end, "\t")
        elif mark.inner:
            self._code_span(text, places, mark.inner)

    def _code_span(self, text: str, places: Sequence[int], inner: Span) -> None:
        start, end = inner
        self._out.open(CODE)
        while start < end:
            newline = text.find("\n", start, end)
            last = end if newline < 0 else newline
            self._out.literal(text[start:last], places[start])
            if newline >= 0:
                self._out.space(places[newline], places[newline] + 1)
            start = last + 1
        self._out.close(CODE)


def _joined(lines: list[Span]) -> Iterator[Span]:
    """Join lines that follow on each other, so that a tag may span several."""
    start, end = lines[0]
    for line in lines[1:]:
        if line.start > end + 1:
            yield Span(start, end)
            start = line.start
        end = line.end
    yield Span(start, end)
