"""What stands inside a paragraph of Markdown: emphasis, links, code, HTML, line breaks."""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum, auto
from operator import itemgetter
from typing import NamedTuple

from moderation.text.html_reader import HtmlToken, MarkupScanner
from moderation.text.markdown_blocks import normal_label
from moderation.types import Span

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


class Action(Enum):
    DROP = auto()
    CODE = auto()
    MARKUP = auto()
    BREAK = auto()
    CELL = auto()


class Mark(NamedTuple):
    """A stretch of a paragraph that is not shown as it stands."""

    start: int
    end: int
    action: Action
    inner: Span | None = None
    tokens: tuple[HtmlToken, ...] = ()


@dataclass(slots=True)
class _Stress:
    """A run of ``*``, ``_`` or ``~~`` that may open emphasis: ``left`` of it are unused."""

    start: int
    left: int


class SpanParser:
    """Finds the marks of one paragraph in a single walk."""

    def __init__(self, text: str, references: set[str], *, cells: bool) -> None:
        self._text = text
        self._references = references
        self._cells = cells
        self._marks: list[Mark] = []
        self._brackets: list[Span] = []
        self._stress: dict[str, list[_Stress]] = {"*": [], "_": [], "~": []}
        self._code_runs: dict[int, list[int]] | None = None
        self._markup = MarkupScanner(text)

    def marks(self) -> list[Mark]:
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
                    self._mark(start, end, Action.BREAK)
                else:
                    self._mark(start, start + 1, Action.DROP)
            case "hard":
                self._mark(start, end, Action.BREAK)
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
                    self._mark(start, end, Action.CELL)
        return end

    def _mark(self, start: int, end: int, action: Action) -> None:
        self._marks.append(Mark(start, end, action))

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
            Mark(start, after, Action.CODE, inner=Span(end + padded, close - padded))
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
            self._mark(opener.start + opener.left, opener.start + opener.left + used, Action.DROP)
            self._mark(end - left, end - left + used, Action.DROP)
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
        self._mark(opener.start, opener.end, Action.DROP)
        self._mark(start, after, Action.DROP)
        return after

    def _after_link_target(self, opener: Span, start: int, end: int) -> int | None:
        destination = _DESTINATION.match(self._text, end)
        if destination:
            return destination.end()
        if not self._references:
            return None
        label = _LABEL.match(self._text, end)
        if label and label[1].strip():
            return label.end() if normal_label(label[1]) in self._references else None
        if start - opener.end > _LONGEST_LABEL:
            return None
        known = normal_label(self._text[opener.end : start]) in self._references
        return (label.end() if label else end) if known else None

    def _angle(self, start: int) -> int:
        autolink = _AUTOLINK.match(self._text, start)
        if autolink:
            self._mark(start, start + 1, Action.DROP)
            self._mark(autolink.end() - 1, autolink.end(), Action.DROP)
            return autolink.end()
        after = self._markup.read(start)
        if after == start:
            return start + 1
        self._marks.append(Mark(start, after, Action.MARKUP, tokens=self._markup.tokens))
        return after


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
