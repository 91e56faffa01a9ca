"""Cutting Markdown into blocks: paragraphs, table rows, code and HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from moderation.types import Span

_QUOTE_MARKS = re.compile(r"(?: {0,3}> ?)++")
_LIST_MARK = re.compile(r" {0,3}(?:[-*+]|(?P<number>\d{1,9})[.)])(?:[ \t]{1,4}(?=[^ \t])|[ \t]|$)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]++|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=++|-++)[ \t]*+$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*+){3,}+|(?:-[ \t]*+){3,}+|(?:_[ \t]*+){3,}+)$")
_FENCE = re.compile(r" {0,3}(`{3,}+(?=[^`]*+$)|~{3,}+)")
_TABLE_RULE = re.compile(r" {0,3}\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")
_REFERENCE = re.compile(r" {0,3}\[([^\[\]]{1,999})\]:[ \t]*+\S")
_BLANK_LINE = re.compile(r"\s*+$")
_INDENT = re.compile(r"[ \t]*+")
_CODE_INDENT = 4
_TAB_STOP = 4

_HTML_BLOCKS = (
    (
        re.compile(r" {0,3}<(?:script|pre|style|textarea)(?=[\s>]|$)", re.IGNORECASE),
        re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r" {0,3}<!--"), re.compile(r"-->")),
    (re.compile(r" {0,3}<\?"), re.compile(r"\?>")),
    (re.compile(r" {0,3}<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r" {0,3}<![A-Za-z]"), re.compile(r">")),
    (
        re.compile(
            r" {0,3}</?(?:address|article|aside|blockquote|body|caption|center|col|colgroup|dd"
            r"|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame"
            r"|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|nav|noframes"
            r"|noscript|ol|optgroup|option|p|search|section|summary|table|tbody|td|template"
            r"|tfoot|th|thead|title|tr|track|ul)(?=[\s/>]|$)",
            re.IGNORECASE,
        ),
        _BLANK_LINE,
    ),
)
"""How an HTML block begins and the line with which it ends."""


class Shape(Enum):
    TEXT = auto()
    ROW = auto()
    CODE = auto()
    HTML = auto()


@dataclass(slots=True)
class Block:
    """Lines that are read together, quoted ``depth`` times.

    ``breaks`` line breaks set them off from those before.
    """

    shape: Shape
    breaks: int
    depth: int
    lines: list[Span] = field(default_factory=list)


class BlockParser:
    """Cuts lines into blocks and collects the labels of link references.

    Lists are followed only by the column in which their text starts.
    """

    def __init__(self, raw: str) -> None:
        self.references: set[str] = set()
        self._raw = raw
        self._blocks: list[Block] = []
        self._paragraph: Block | None = None
        self._code: Block | None = None
        self._fence = ""
        self._html: Block | None = None
        self._html_end = _BLANK_LINE
        self._list_column = 0
        self._after_blank = True

    def parse(self) -> list[Block]:
        at = 0
        while at < len(self._raw):
            newline = self._raw.find("\n", at)
            end = len(self._raw) if newline < 0 else newline
            self._line(at, end)
            at = end + 1
        return self._blocks

    def _line(self, start: int, end: int) -> None:
        paragraph = self._paragraph
        if paragraph and paragraph.shape is Shape.TEXT and self._raw[start].isalpha():
            # By far the most frequent case: nothing but a paragraph goes on with a letter.
            paragraph.lines.append(Span(start, end))
            return
        at, depth = self._after_quote_marks(start, end)
        if self._continues_fence(at, end, depth=depth) or self._continues_html(at, end):
            return
        line = self._raw[at:end]
        if not line.strip():
            self._paragraph = None
            self._after_blank = True
            return
        self._content(line, at, depth=depth)
        self._after_blank = False

    def _after_quote_marks(self, start: int, end: int) -> tuple[int, int]:
        if self._fence and self._code is not None and not self._code.depth:
            return start, 0
        marks = _QUOTE_MARKS.match(self._raw, start, end)
        return (marks.end(), marks[0].count(">")) if marks else (start, 0)

    def _continues_fence(self, at: int, end: int, *, depth: int) -> bool:
        if not self._fence or self._code is None:
            return False
        if self._code.depth and not depth:
            self._fence, self._code = "", None
            return False
        line = self._raw[at:end].strip()
        if line and not line.strip(self._fence[0]) and len(line) >= len(self._fence):
            self._fence, self._code = "", None
            self._after_blank = True
        else:
            self._code.lines.append(Span(at, end))
        return True

    def _continues_html(self, at: int, end: int) -> bool:
        if self._html is None:
            return False
        line = self._raw[at:end]
        if self._html_end is _BLANK_LINE and not line.strip():
            self._html = None
            self._after_blank = True
            return True
        self._html.lines.append(Span(at, end))
        if self._html_end is not _BLANK_LINE and self._html_end.search(line):
            self._html = None
        return True

    def _content(self, line: str, at: int, *, depth: int) -> None:
        skip = self._after_list_indent(line)
        code, indent = _after_columns(line, _CODE_INDENT, skip)
        if self._paragraph is None and indent >= _CODE_INDENT:
            self._add_code(Span(at + code, at + len(line)), depth=depth)
            return
        self._code = None
        if self._closes_paragraph(line, skip):
            return
        rule = _RULE.match(line, skip)
        if rule:
            self._paragraph = None
            return
        breaks = 2
        while mark := self._list_mark(line, skip):
            breaks = 2 if self._after_blank and breaks == 2 else 1
            self._paragraph = None
            skip = self._list_column = mark.end()
            inner = _QUOTE_MARKS.match(line, skip)
            if inner:
                skip, depth = inner.end(), depth + inner[0].count(">")
        self._leaf(line, at, skip, breaks, depth=depth)

    def _after_list_indent(self, line: str) -> int:
        """Return how much of the line's indent belongs to the list item it stands in."""
        if not self._list_column:
            return 0
        skip, column = _after_columns(line, self._list_column)
        if column < self._list_column and self._after_blank:
            self._list_column = column if column > 1 else 0
        return skip

    def _list_mark(self, line: str, skip: int) -> re.Match[str] | None:
        mark = _LIST_MARK.match(line, skip)
        if mark is None or self._paragraph is None:
            return mark
        # "1986. A year ..." at the start of a wrapped line is no list.
        interrupts = mark["number"] in (None, "1") and mark.end() < len(line)
        return mark if interrupts or self._list_column else None

    def _closes_paragraph(self, line: str, skip: int) -> bool:
        if self._paragraph is None:
            return False
        if _UNDERLINE.match(line, skip):
            self._paragraph = None
            return True
        if self._paragraph.shape is Shape.TEXT and _TABLE_RULE.match(line, skip):
            header = self._paragraph.lines[-1]
            if "|" not in self._raw[header.start : header.end]:
                return False
            self._paragraph.lines.pop()
            if not self._paragraph.lines:
                self._blocks.pop()
            self._paragraph = self._add(Shape.ROW, header, 2, depth=self._paragraph.depth)
            return True
        return False

    def _leaf(self, line: str, at: int, skip: int, breaks: int, *, depth: int) -> None:
        rest = Span(at + skip, at + len(line))
        fence = _FENCE.match(line, skip)
        html_end = _html_block_end(line, skip)
        heading = _HEADING.match(line, skip)
        if fence:
            self._paragraph = None
            self._fence = fence[1]
            self._code = self._add(Shape.CODE, None, 2, depth=depth)
        elif html_end:
            self._paragraph = None
            block = self._add(Shape.HTML, rest, 2, depth=depth)
            if html_end is _BLANK_LINE or not html_end.search(line, skip):
                self._html, self._html_end = block, html_end
        elif heading:
            self._paragraph = None
            text = _without_closing_sequence(line[heading.end() :])
            begin = at + heading.end()
            self._add(Shape.TEXT, Span(begin, begin + len(text)), 2, depth=depth)
        elif self._paragraph is None and (definition := _REFERENCE.match(line, skip)):
            if not definition[1].startswith("^"):
                self.references.add(normal_label(definition[1]))
                return
            self._text(line, at, definition.end() - 1, breaks, depth=depth)
        else:
            self._text(line, at, skip, breaks, depth=depth)

    def _text(self, line: str, at: int, skip: int, breaks: int, *, depth: int) -> None:
        indent = _INDENT.match(line, skip)
        begin = indent.end() if indent else skip
        place = Span(at + begin, at + len(line))
        paragraph = self._paragraph
        if paragraph is None or depth > paragraph.depth:
            self._paragraph = self._add(Shape.TEXT, place, breaks, depth=depth)
        elif paragraph.shape is Shape.ROW:
            self._paragraph = self._add(Shape.ROW, place, 1, depth=depth)
        else:
            paragraph.lines.append(place)

    def _add_code(self, place: Span, *, depth: int) -> None:
        if self._code is None or self._code.depth != depth:
            self._code = self._add(Shape.CODE, None, 2, depth=depth)
        elif self._after_blank:
            self._code.lines.append(Span(place.start, place.start))
        self._code.lines.append(place)

    def _add(self, shape: Shape, line: Span | None, breaks: int, *, depth: int) -> Block:
        block = Block(shape, breaks, depth, [line] if line else [])
        self._blocks.append(block)
        return block


def _html_block_end(line: str, skip: int) -> re.Pattern[str] | None:
    if "<" not in line[skip : skip + 4]:
        return None
    for begins, ends in _HTML_BLOCKS:
        if begins.match(line, skip):
            return ends
    return None


def _after_columns(line: str, columns: int, start: int = 0) -> tuple[int, int]:
    """Return where ``columns`` of white space from ``start`` end, and how wide they are."""
    width = 0
    at = start
    while width < columns and line[at : at + 1] in (" ", "\t"):
        width += 1 if line[at] == " " else _TAB_STOP - width % _TAB_STOP
        at += 1
    return at, width


def _without_closing_sequence(heading: str) -> str:
    stripped = heading.rstrip()
    opened = stripped.rstrip("#")
    return opened if not opened or opened[-1] in " \t" else stripped


def normal_label(text: str) -> str:
    return " ".join(text.split()).casefold()
