"""Reading HTML as a browser does: a tokenizer that cannot fail and what it lets a reader see.

The tokenizer follows the states of the WHATWG HTML standard (section 13.2.5) as far as they
decide what is text and what is not. It reads every character once, whatever the input:
:mod:`html.parser` has several constructs (unclosed comments, declarations, tags) that take
quadratic time, and gives line numbers where offsets are needed.

Known difference on purpose: a tag that the text never closes with ``>`` is shown as text. A
browser hides the rest of such a document, but other renderers do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from moderation.text.readable import CODE, QUOTE, Readable

Piece = Literal["text", "raw", "open", "close"]


class HtmlToken(NamedTuple):
    """A stretch of HTML. ``raw`` is the content of an element that knows no tags inside."""

    piece: Piece
    start: int
    end: int
    name: str = ""


# Possessive throughout: a failed match costs one look at each character.
_TAG = re.compile(
    r"""</?([A-Za-z][^\s/>]*+)
    (?: [^>=]++
      | =\s*+ (?: "[^"]*+" | '[^']*+' | [^"'>\s][^>\s]*+ | (?=>) )
    )*+ >""",
    re.VERBOSE,
)
_TAG_NAME = re.compile(r"</?([A-Za-z][^\s/>]*+)")
_COMMENT_END = re.compile(r"--!?>")


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


RAW_ELEMENTS = _names("script style xmp iframe noembed noframes textarea title plaintext")
UNREADABLE_ELEMENTS = _names("script style template noscript title iframe noembed noframes")

_PARAGRAPHS = _names("p h1 h2 h3 h4 h5 h6 blockquote pre ul ol dl table figure hr xmp plaintext")
_LINES = _names("""address article aside body caption center dd details dialog dir div dt fieldset
    figcaption footer form header hgroup html legend li main menu nav optgroup option search
    section select summary tbody textarea tfoot thead tr""")
_CELLS = frozenset(("td", "th"))
_QUOTES = frozenset(("blockquote", "q"))
_CODES = _names("pre code kbd samp tt xmp plaintext")


def html_tokens(raw: str, start: int = 0, end: int | None = None) -> Iterator[HtmlToken]:
    """Split ``raw[start:end]`` into text and tags; comments and declarations are left out.

    Never fails. Adjacent text is one token unless something left out stands in between.
    """
    markup = MarkupScanner(raw, start, end)
    text_start = at = start
    while (at := raw.find("<", at, markup.end)) >= 0:
        after = markup.read(at)
        if after == at:
            at += 1
            continue
        if at > text_start:
            yield HtmlToken("text", text_start, at)
        yield from markup.tokens
        text_start = at = after
    if text_start < markup.end:
        yield HtmlToken("text", text_start, markup.end)


class MarkupScanner:
    """Reads what begins with a ``<``, at rising offsets of one text."""

    def __init__(self, raw: str, start: int = 0, end: int | None = None) -> None:
        self.end = len(raw) if end is None else end
        self.tokens: tuple[HtmlToken, ...] = ()
        self._raw = raw
        self._last_close = raw.rfind(">", start, self.end)
        self._quotes_close = True

    def read(self, at: int) -> int:
        """Return where the markup at ``at`` ends, ``at`` itself if there is none.

        :attr:`tokens` then has what was read: nothing for a comment, a tag, or the tag and
        the content of an element that knows no tags inside.
        """
        self.tokens = ()
        follower = self._raw[at + 1 : min(at + 3, self.end)]
        if follower[:1] in ("!", "?") or (follower[:1] == "/" and not _is_letter(follower[1:])):
            return self._after_declaration(at) if len(follower) > 1 else at
        named = _TAG_NAME.match(self._raw, at, self.end) if at < self._last_close else None
        return self._after_tag(at, named.group(1).lower()) if named else at

    def _after_tag(self, at: int, name: str) -> int:
        tag = _TAG.match(self._raw, at, self.end) if self._quotes_close else None
        # One tag whose quotes never close is enough: from then on quotes do not count, or
        # many such tags would each be read to the end.
        self._quotes_close = tag is not None
        tag_end = tag.end() if tag else self._raw.index(">", at) + 1
        if self._raw[at + 1] == "/":
            self.tokens = (HtmlToken("close", at, tag_end, name),)
            return tag_end
        self.tokens = (HtmlToken("open", at, tag_end, name),)
        if name not in RAW_ELEMENTS:
            return tag_end
        raw_end = self._end_of_raw(name, tag_end)
        self.tokens += (HtmlToken("raw", tag_end, raw_end, name),)
        return raw_end

    def _after_declaration(self, at: int) -> int:
        if not self._raw.startswith("<!--", at, self.end):
            close = self._raw.find(">", at + 2, self.end)
            return self.end if close < 0 else close + 1
        for empty in ("<!-->", "<!--->"):
            if self._raw.startswith(empty, at, self.end):
                return at + len(empty)
        close_comment = _COMMENT_END.search(self._raw, at + 4, self.end)
        return close_comment.end() if close_comment else self.end

    def _end_of_raw(self, name: str, at: int) -> int:
        if name == "plaintext":
            return self.end
        close = _raw_end(name).search(self._raw, at, self.end)
        return close.start() if close else self.end


def readable_tokens(raw: str) -> Iterator[HtmlToken]:
    """Split ``raw`` as :func:`html_tokens`, without scripts, styles, templates and the like."""
    hiding = _Hiding()
    return (token for token in html_tokens(raw) if not hiding.hides(token))


def read_html(raw: str, out: Readable, start: int = 0, end: int | None = None) -> None:
    """Add what a reader sees of ``raw[start:end]`` to ``out``."""
    reader = HtmlReader(raw, out)
    reader.read(start, end)


class HtmlReader:
    """Turns HTML tokens into readable text. What is open stays open between the calls."""

    def __init__(self, raw: str, out: Readable) -> None:
        self._raw = raw
        self._out = out
        self._hiding = _Hiding()
        self._preformatted = 0
        self._row_started = False

    def read(self, start: int = 0, end: int | None = None) -> None:
        for token in html_tokens(self._raw, start, end):
            self.take(token)

    @property
    def hiding(self) -> bool:
        """Whether an element without readable text is open."""
        return self._hiding.active

    def take(self, token: HtmlToken) -> None:
        """Show one token's text, or lay out around its tag."""
        if self._hiding.hides(token):
            return
        if token.piece == "open":
            self._open(token)
        elif token.piece == "close":
            self._close(token)
        else:
            self._text(token)

    def _text(self, token: HtmlToken) -> None:
        text = self._raw[token.start : token.end]
        if token.name in ("xmp", "plaintext"):
            self._out.literal(text, token.start)
        elif self._preformatted or token.name == "textarea":
            self._out.preformatted(text, token.start)
        else:
            self._out.flowing(text, token.start)

    def _open(self, token: HtmlToken) -> None:
        name = token.name
        self._lay_out(token)
        if name in _QUOTES:
            self._out.open(QUOTE)
        if name in _CODES:
            self._out.open(CODE)
        if name == "pre":
            self._preformatted += 1

    def _close(self, token: HtmlToken) -> None:
        name = token.name
        if name in _QUOTES:
            self._out.close(QUOTE)
        if name in _CODES:
            self._out.close(CODE)
        if name == "pre" and self._preformatted:
            self._preformatted -= 1
        if name not in _CELLS and name != "br":
            self._lay_out(token)

    def _lay_out(self, token: HtmlToken) -> None:
        name, start, end = token.name, token.start, token.end
        if name in _PARAGRAPHS:
            self._out.block(start, end, 2)
        elif name in _LINES:
            self._out.block(start, end, 1)
        elif name == "br":
            self._out.line_break(start, end)
        elif name in _CELLS:
            self._out.space(start, end, "\t")


class _Hiding:
    """Follows the subtrees that have no readable text."""

    def __init__(self) -> None:
        self._name = ""
        self._depth = 0

    @property
    def active(self) -> bool:
        return self._depth > 0

    def hides(self, token: HtmlToken) -> bool:
        """Tell whether the token belongs to such a subtree, its own tags included."""
        if not self._depth:
            if token.name not in UNREADABLE_ELEMENTS:
                return False
            if token.piece == "open":
                self._name, self._depth = token.name, 1
            return True
        if token.name == self._name:
            if token.piece == "open":
                self._depth += 1
            elif token.piece == "close":
                self._depth -= 1
        return True


@cache
def _raw_end(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()
