"""Reading Markdown: CommonMark's blocks and spans, as far as they decide what a reader sees.

Two passes: the first cuts the lines into blocks and collects the names of link references, the
second reads each block. HTML in between goes through the HTML reader. Tables, ``~~`` and the
rest follow GitHub's dialect.

Known difference on purpose: ``*`` between two letters opens no emphasis. In a comment it masks
a letter (``d*mn``) far more often than it stresses half a word.
"""

from __future__ import annotations

import re
import string
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from operator import itemgetter
from typing import NamedTuple

from moderation.text.html_reader import HtmlReader, HtmlToken, MarkupScanner
from moderation.text.readable import CODE, QUOTE, Readable
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


class _Shape(Enum):
    TEXT = auto()
    ROW = auto()
    CODE = auto()
    HTML = auto()


@dataclass(slots=True)
class _Block:
    """Lines that are read together, quoted ``depth`` times.

    ``breaks`` line breaks set them off from those before.
    """

    shape: _Shape
    breaks: int
    depth: int
    lines: list[Span] = field(default_factory=list)


def read_markdown(raw: str, out: Readable) -> None:
    """Add what a reader sees of ``raw`` to ``out``."""
    parser = _BlockParser(raw)
    blocks = parser.parse()
    html = HtmlReader(raw, out)
    writer = _Writer(raw, out, html, parser.references)
    for block in blocks:
        writer.write(block)


class _BlockParser:
    """Cuts lines into blocks. Lists are followed only by the column their text starts in."""

    def __init__(self, raw: str) -> None:
        self.references: set[str] = set()
        self._raw = raw
        self._blocks: list[_Block] = []
        self._paragraph: _Block | None = None
        self._code: _Block | None = None
        self._fence = ""
        self._html: _Block | None = None
        self._html_end = _BLANK_LINE
        self._list_column = 0
        self._after_blank = True

    def parse(self) -> list[_Block]:
        at = 0
        while at < len(self._raw):
            newline = self._raw.find("\n", at)
            end = len(self._raw) if newline < 0 else newline
            self._line(at, end)
            at = end + 1
        return self._blocks

    def _line(self, start: int, end: int) -> None:
        paragraph = self._paragraph
        if paragraph and paragraph.shape is _Shape.TEXT and self._raw[start].isalpha():
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
        if self._paragraph.shape is _Shape.TEXT and _TABLE_RULE.match(line, skip):
            header = self._paragraph.lines[-1]
            if "|" not in self._raw[header.start : header.end]:
                return False
            self._paragraph.lines.pop()
            if not self._paragraph.lines:
                self._blocks.pop()
            self._paragraph = self._add(_Shape.ROW, header, 2, depth=self._paragraph.depth)
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
            self._code = self._add(_Shape.CODE, None, 2, depth=depth)
        elif html_end:
            self._paragraph = None
            block = self._add(_Shape.HTML, rest, 2, depth=depth)
            if html_end is _BLANK_LINE or not html_end.search(line, skip):
                self._html, self._html_end = block, html_end
        elif heading:
            self._paragraph = None
            text = _without_closing_sequence(line[heading.end() :])
            begin = at + heading.end()
            self._add(_Shape.TEXT, Span(begin, begin + len(text)), 2, depth=depth)
        elif self._paragraph is None and (definition := _REFERENCE.match(line, skip)):
            if not definition[1].startswith("^"):
                self.references.add(_label(definition[1]))
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
            self._paragraph = self._add(_Shape.TEXT, place, breaks, depth=depth)
        elif paragraph.shape is _Shape.ROW:
            self._paragraph = self._add(_Shape.ROW, place, 1, depth=depth)
        else:
            paragraph.lines.append(place)

    def _add_code(self, place: Span, *, depth: int) -> None:
        if self._code is None or self._code.depth != depth:
            self._code = self._add(_Shape.CODE, None, 2, depth=depth)
        elif self._after_blank:
            self._code.lines.append(Span(place.start, place.start))
        self._code.lines.append(place)

    def _add(self, shape: _Shape, line: Span | None, breaks: int, *, depth: int) -> _Block:
        block = _Block(shape, breaks, depth, [line] if line else [])
        self._blocks.append(block)
        return block


_INLINE = re.compile(
    r"""(?P<escape>\\(?:[!-/:-@\[-`{-~]|\n))
      | (?P<code>`++)
      | (?P<stress>\*++|_++|~~(?!~)(?<!~~~))
      | (?P<open>!?\[)
      | (?P<close>\])
      | (?P<angle><)
      | (?P<cell>\|)
      | (?P<hard>(?<!\ )\ {2,}+\n)
    """,
    re.VERBOSE,
)
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+|[^\s<>@]++@[^\s<>@]++)>")
_DESTINATION = re.compile(
    r"""\(\s*+
    (?: <[^<>\n]*+> | [^\s()<>]*+ (?: \([^\s()]*+\) [^\s()]*+ )*+ )
    (?: \s++ (?: "[^"]*+" | '[^']*+' | \([^()]*+\) ) )?+
    \s*+\)""",
    re.VERBOSE,
)
_LABEL = re.compile(r"\[([^\[\]]{0,999})\]")
_LONGEST_LABEL = 999


class _Action(Enum):
    DROP = auto()
    CODE = auto()
    MARKUP = auto()
    BREAK = auto()
    CELL = auto()


class _Mark(NamedTuple):
    """A stretch of a paragraph that is not shown as it stands."""

    start: int
    end: int
    action: _Action
    inner: Span | None = None
    tokens: tuple[HtmlToken, ...] = ()


@dataclass(slots=True)
class _Stress:
    """A run of ``*``, ``_`` or ``~~`` that may open emphasis: ``left`` of it are unused."""

    start: int
    left: int


class _Inline:
    """Finds the marks of one paragraph in a single walk."""

    def __init__(self, text: str, references: set[str], *, cells: bool) -> None:
        self._text = text
        self._references = references
        self._cells = cells
        self._marks: list[_Mark] = []
        self._brackets: list[Span] = []
        self._stress: dict[str, list[_Stress]] = {"*": [], "_": [], "~": []}
        self._code_runs: dict[int, list[int]] | None = None
        self._markup = MarkupScanner(text)

    def marks(self) -> list[_Mark]:
        """Return the marks in order; they do not overlap."""
        at = 0
        while found := _INLINE.search(self._text, at):
            at = self._take(found)
        return sorted(self._marks, key=itemgetter(0))

    def _take(self, found: re.Match[str]) -> int:
        start, end = found.span()
        match found.lastgroup:
            case "escape":
                if found.group().endswith("\n"):
                    self._mark(start, end, _Action.BREAK)
                else:
                    self._mark(start, start + 1, _Action.DROP)
            case "hard":
                self._mark(start, end, _Action.BREAK)
            case "code":
                return self._code(start, end)
            case "stress":
                self._emphasis(start, end)
            case "open":
                self._brackets.append(Span(start, end))
            case "close":
                return self._link(start, end)
            case "angle":
                return self._angle(start)
            case _:
                if self._cells:
                    self._mark(start, end, _Action.CELL)
        return end

    def _mark(self, start: int, end: int, action: _Action) -> None:
        self._marks.append(_Mark(start, end, action))

    def _code(self, start: int, end: int) -> int:
        if self._code_runs is None:
            self._code_runs = {}
            for run in re.finditer(r"`++", self._text):
                self._code_runs.setdefault(len(run.group()), []).append(run.start())
        closers = self._code_runs.get(end - start, [])
        place = bisect_left(closers, end)
        if place == len(closers):
            return end
        close = closers[place]
        inner = self._text[end:close]
        padded = inner[:1] in (" ", "\n") and inner[-1:] in (" ", "\n") and bool(inner.strip())
        after = close + end - start
        self._marks.append(
            _Mark(start, after, _Action.CODE, inner=Span(end + padded, close - padded))
        )
        return after

    def _emphasis(self, start: int, end: int) -> None:
        char = self._text[start]
        before, after = self._text[start - 1 : start], self._text[end : end + 1]
        opens, closes = _flanks(char, before, after)
        openers = self._stress[char]
        left = end - start
        while closes and left and openers:
            opener = openers[-1]
            used = min(left, opener.left)
            opener.left -= used
            self._mark(opener.start + opener.left, opener.start + opener.left + used, _Action.DROP)
            self._mark(end - left, end - left + used, _Action.DROP)
            left -= used
            if not opener.left:
                openers.pop()
        if opens and left:
            openers.append(_Stress(end - left, left))

    def _link(self, start: int, end: int) -> int:
        if not self._brackets:
            return end
        opener = self._brackets.pop()
        after = self._after_link_target(opener, start, end)
        if after is None:
            return end
        self._mark(opener.start, opener.end, _Action.DROP)
        self._mark(start, after, _Action.DROP)
        return after

    def _after_link_target(self, opener: Span, start: int, end: int) -> int | None:
        destination = _DESTINATION.match(self._text, end)
        if destination:
            return destination.end()
        if not self._references:
            return None
        label = _LABEL.match(self._text, end)
        if label and label[1].strip():
            return label.end() if _label(label[1]) in self._references else None
        if start - opener.end > _LONGEST_LABEL:
            return None
        known = _label(self._text[opener.end : start]) in self._references
        return (label.end() if label else end) if known else None

    def _angle(self, start: int) -> int:
        autolink = _AUTOLINK.match(self._text, start)
        if autolink:
            self._mark(start, start + 1, _Action.DROP)
            self._mark(autolink.end() - 1, autolink.end(), _Action.DROP)
            return autolink.end()
        after = self._markup.read(start)
        if after == start:
            return start + 1
        self._marks.append(_Mark(start, after, _Action.MARKUP, tokens=self._markup.tokens))
        return after


class _Writer:
    """Writes blocks to the readable text."""

    def __init__(self, raw: str, out: Readable, html: HtmlReader, references: set[str]) -> None:
        self._raw = raw
        self._out = out
        self._html = html
        self._references = references
        self._last_end = 0
        self._quoting = False

    def write(self, block: _Block) -> None:
        if not block.lines:
            return
        begin = max(block.lines[0].start, self._last_end)
        self._out.block(self._last_end, begin, block.breaks)
        self._last_end = block.lines[-1].end
        self._quote(quoted=block.depth > 0)
        if block.shape is _Shape.HTML:
            self._html_lines(block.lines)
        elif self._html.hiding:
            return
        elif block.shape is _Shape.CODE:
            self._code_lines(block.lines)
        else:
            self._paragraph(block.lines, cells=block.shape is _Shape.ROW)

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
        for mark in _Inline(text, self._references, cells=cells).marks():
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

    def _apply(self, mark: _Mark, text: str, places: Sequence[int]) -> None:
        start, end = places[mark.start], places[mark.end - 1] + 1
        if mark.action is _Action.MARKUP:
            for token in mark.tokens:
                first = places[token.start]
                last = places[token.end - 1] + 1 if token.end > token.start else first
                self._html.take(token._replace(start=first, end=last))
        elif self._html.hiding or mark.action is _Action.DROP:
            return
        elif mark.action is _Action.BREAK:
            self._out.line_break(start, end)
        elif mark.action is _Action.CELL:
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


def _flanks(char: str, before: str, after: str) -> tuple[bool, bool]:
    """Tell whether a run between two characters may open and may close emphasis."""
    before_blank = not before or before.isspace()
    after_blank = not after or after.isspace()
    before_sign = before != "" and not before.isalnum() and not before_blank
    after_sign = after != "" and not after.isalnum() and not after_blank
    left = not after_blank and (not after_sign or before_blank or before_sign)
    right = not before_blank and (not before_sign or after_blank or after_sign)
    if char == "_":
        return left and (not right or before_sign), right and (not left or after_sign)
    inside_word = before in _LETTERS and after in _LETTERS and before != "" and after != ""
    return left and not inside_word, right


_LETTERS = string.ascii_letters


def _joined(lines: list[Span]) -> Iterator[Span]:
    """Join lines that follow on each other, so that a tag may span several."""
    start, end = lines[0]
    for line in lines[1:]:
        if line.start > end + 1:
            yield Span(start, end)
            start = line.start
        end = line.end
    yield Span(start, end)


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


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()
