"""Readable text out of what a host stores, with the way back to the original characters."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.text.html_reader import read_html
from moderation.text.markdown_reader import read_markdown
from moderation.text.offsets import MappedText
from moderation.text.readable import CODE, QUOTE, Readable
from moderation.types import Span, TextFormat


@dataclass(frozen=True, slots=True)
class PlainText(MappedText):
    """Readable text and, per character, the original range it came from.

    ``starts`` and ``ends`` are None when nothing was changed (offsets are the same).
    ``quoted`` and ``code`` are the ranges of :attr:`text` that the markup sets apart as
    somebody else's words (``<blockquote>``, ``<q>``, lines with ``>``) and as code or
    preformatted text (``<pre>``, ``<code>``, fenced and indented code); ordered, disjoint.
    """

    quoted: tuple[Span, ...] = ()
    code: tuple[Span, ...] = ()


_READERS = {TextFormat.HTML: read_html, TextFormat.MARKDOWN: read_markdown}


def plain_text(text: str, format: TextFormat = TextFormat.PLAIN) -> PlainText:  # noqa: A002
    """Return the readable text of ``text``.

    HTML is read as a browser shows it: comments, scripts, styles, templates and titles are
    dropped, white space is collapsed, blocks stand on lines of their own. Attributes (an
    image's ``alt``) and styles are not looked at: text hidden by a style is text, since the
    host may remove the style. Markdown is read as CommonMark with tables and ``~~``.

    Never fails, whatever the text, and takes time in proportion to its length.
    """
    reader = _READERS.get(format)
    if reader is None:
        return PlainText(text)
    readable = Readable(text)
    reader(text, readable)
    plain = readable.text
    unchanged = plain == text
    return PlainText(
        text=plain,
        starts=None if unchanged else readable.starts,
        ends=None if unchanged else readable.ends,
        quoted=readable.ranges(QUOTE),
        code=readable.ranges(CODE),
    )
