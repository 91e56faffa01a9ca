"""Embed residue: what is left of a post of some network once its frame is gone."""

from __future__ import annotations

import re
from typing import Final

from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Line, Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.wordings import read_wordings

#: By number of different leftovers. An article may show a post or two: this never flags alone.
_WEIGHTS: Final = (0.0, 0.05, 0.14, 0.2)

_FURNITURE: Final = Furniture(read_wordings("embeds.toml"))
#: Short links that networks put at the end of a post; nobody types them.
_POST_LINK: Final = re.compile(
    r"(?:pic\.(?:twitter|x)\.com/\w{6,14}|https?://t\.co/\w{6,14}|\bfb\.watch/[\w-]{6,14})(?!\w)"
)


def embed_residue(page: Page) -> Signal:
    """Find lines and links that only the embedded post of a network leaves behind."""
    hits = [*_lines(page), *_links(page)]
    hits.sort(key=lambda hit: hit.start)
    weight = _WEIGHTS[min(len({_wording(page, hit) for hit in hits}), len(_WEIGHTS) - 1)]
    return Signal(Category.EMBED_RESIDUE, weight, tuple(hits))


def _lines(page: Page) -> list[Hit]:
    found: list[Hit] = []
    for number, line in enumerate(page.lines):
        page.check(number)
        reason = _reason(line)
        if reason:
            found.append(Hit(line.start, line.end, reason))
    return found


def _reason(line: Line) -> str:
    if line.apart or not line.words:
        return ""
    pieces = _FURNITURE.pieces(line.words)
    return pieces[0].reason if pieces else ""


def _links(page: Page) -> list[Hit]:
    return [
        Hit(match.start(), match.end(), "post_link")
        for match in _POST_LINK.finditer(page.text)
        if not page.is_apart(match.start()) and not page.is_spoken(match.start())
    ]


def _wording(page: Page, hit: Hit) -> str:
    """Two links to posts are one kind of leftover, two different captions are two."""
    return hit.reason if hit.reason == "post_link" else page.text[hit.start : hit.end].casefold()
