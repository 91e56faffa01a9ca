"""Making HTML of the site safe to show, and readable as text. The only room that knows bleach.

Elements whose content nobody reads (scripts, styles, templates) are dropped beforehand: bleach
alone would keep their content as text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape
from typing import Protocol

import bleach

from moderation.text.html_reader import HtmlToken, readable_tokens
from moderation.text.plain import plain_text
from moderation.text.storage import storable
from moderation.types import TextFormat

TAGS = frozenset(
    """a abbr b blockquote br cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6
    hr i ins kbd li mark ol p pre q s samp small span strong sub sup table tbody td tfoot th
    thead tr u ul""".split()  # noqa: SIM905 - thirty quoted names are no better
)
ATTRIBUTES = {"a": {"href", "title"}, "abbr": {"title"}}
PROTOCOLS = frozenset({"http", "https", "mailto"})


class Sanitizer(Protocol):
    """What the desk needs of a sanitizer. Neither method ever fails."""

    def to_safe_html(self, html: str) -> str:
        """Return HTML without anything that runs, loads, submits or restyles the page."""
        ...

    def to_text(self, html: str) -> str:
        """Return the text without any markup. It is text, not HTML: escape it to show it."""
        ...


class _ReadableSanitizer(ABC):
    """What both sanitizers share: which input they refuse, and what is readable."""

    def to_safe_html(self, html: str) -> str:
        """Return HTML of harmless elements; all of it as text where it cannot be parsed."""
        html = storable(html)
        tidy = _tidied(html)
        if tidy is None:
            return escape(html)
        try:
            return self._clean(tidy)
        except Exception:  # noqa: BLE001 - whatever a parser trips over is still safe as text
            return escape(html)

    def to_text(self, html: str) -> str:
        """Return the text a reader sees."""
        return plain_text(html, TextFormat.HTML).text

    @abstractmethod
    def _clean(self, html: str) -> str: ...


class BleachSanitizer(_ReadableSanitizer):
    """Sanitizes with bleach: pure Python, always installed."""

    def _clean(self, html: str) -> str:
        # A Cleaner must not be shared between threads, so there is no use in keeping one.
        return bleach.Cleaner(
            tags=TAGS,
            attributes={tag: list(names) for tag, names in ATTRIBUTES.items()},
            protocols=PROTOCOLS,
            strip=True,
            strip_comments=True,
        ).clean(html)


class Nh3Sanitizer(_ReadableSanitizer):
    """Sanitizes with nh3 (the ``nh3`` extra): some twenty times faster.

    Raises ``ImportError`` at construction where nh3 is not installed.
    """

    def __init__(self) -> None:
        import nh3

        self._nh3 = nh3

    def _clean(self, html: str) -> str:
        return self._nh3.clean(
            html,
            tags=set(TAGS),
            attributes={"*": set()} | {tag: set(names) for tag, names in ATTRIBUTES.items()},
            url_schemes=set(PROTOCOLS),
            link_rel=None,
        )


_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_CLOSED_BY_OTHERS = frozenset(
    "p li dt dd td th tr thead tbody tfoot option body html head".split()  # noqa: SIM905
)
_HIGHEST_COST = 500_000
_COST_OF_MARKUP = 5
_LONGEST_TAG = 4096


def _tidied(html: str) -> str | None:
    """Return the readable part of the HTML in a form that parsers read in linear time.

    None if they would take minutes, or all their stack, all the same. By the standard's rules
    a tag may look at every open element, or repeat it: the work is the sum of the depths. An
    ordinary page of 10,000 tags stays far below the limit.
    """
    kept: list[str] = []
    depth = cost = 0
    for token in readable_tokens(html):
        piece = html[token.start : token.end]
        if token.piece in ("open", "close"):
            depth = max(depth + _change_of_depth(token), 0)
            cost += depth + _COST_OF_MARKUP
            if token.name in TAGS and len(piece) <= _LONGEST_TAG:
                kept.append(piece)
        else:
            cost += _COST_OF_MARKUP * (piece.count("<") + piece.count("&"))
            kept.append(piece.replace("<", "&lt;"))
        if cost > _HIGHEST_COST:
            return None
    return "".join(kept)


def _change_of_depth(token: HtmlToken) -> int:
    if token.name in _VOID or token.name in _CLOSED_BY_OTHERS:
        return 0
    return 1 if token.piece == "open" else -1
