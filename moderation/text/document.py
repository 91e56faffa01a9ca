"""A text on its way through the detectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from moderation.text.plain import PlainText, plain_text
from moderation.types import Kind, Span, TextFormat


@dataclass(frozen=True)
class Document:
    """One text with what is known around it.

    ``text`` is the text as the host stores it and the only thing evidence offsets refer to;
    detectors read :attr:`plain` and translate their spans with :meth:`original_span`.
    ``key`` names the document in the corpus (empty: not part of it), ``author`` is an opaque
    key equal for texts of the same author, ``work`` one equal for all texts of one object.
    ``first_seen`` is when the words came in, ``published_at`` when the site or the publisher
    says it brought them out; ``revised`` says that its object had another text before, so that
    words of this one may be younger than ``published_at``. ``publisher`` and ``licence`` are
    known of reference documents; ``may_be_copied`` says that the licence covers copies on this
    site. ``parent`` is the work a comment stands under, ``answers`` the readable text that it
    answers.
    """

    text: str
    kind: Kind
    format: TextFormat = TextFormat.PLAIN
    title: str = ""
    language: str = ""
    key: str = ""
    author: str = ""
    url: str = ""
    work: str = ""
    parent: str = ""
    answers: str = ""
    publisher: str = ""
    licence: str = ""
    may_be_copied: bool = False
    first_seen: datetime | None = None
    published_at: datetime | None = None
    revised: bool = False

    @cached_property
    def plain(self) -> PlainText:
        """The readable text without markup, with the way back to :attr:`text`."""
        return plain_text(self.text, self.format)

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What one detector found out about the text and another would have to find out again."""
        return {}

    def original_span(self, start: int, end: int) -> Span:
        """Translate ``plain.text[start:end]`` into offsets of :attr:`text`."""
        return self.plain.to_original(start, end)
