"""Embed residue: what is left of a post of some network once its frame is gone."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.wordings import read_wordings

#: By number of different kinds. An article may show a post or two: this never flags alone.
_WEIGHTS: Final = (0.0, 0.05, 0.14, 0.2)

_MOST_LINKS: Final = 100

_FURNITURE: Final = Furniture(read_wordings("embeds.toml"))
#: Short links that networks put at the end of a post; nobody types them.
_POST_LINK: Final = re.compile(
    r"(?:pic\.(?:twitter|x)\.com/\w{6,14}|https?://t\.co/\w{6,14}|\bfb\.watch/[\w-]{6,14})(?!\w)"
)


def embed_residue(page: Page) -> Signal:
    """Find lines and links that only the embedded post of a network leaves behind."""
    hits = [*_lines(page), *_links(page)]
    hits.sort(key=lambda hit: hit.start)
    weight = _WEIGHTS[min(len({hit.reason for hit in hits}), len(_WEIGHTS) - 1)]
    return Signal(Category.EMBED_RESIDUE, weight, tuple(hits))


def _lines(page: Page) -> list[Hit]:
    found: list[Hit] = []
    for number, line in enumerate(page.lines):
        page.check(number)
        pieces = () if line.apart else _FURNITURE.pieces(line.words)
        if pieces:
            found.append(Hit(line.start, line.end, pieces[0].reason))
    return found


def is_residue(words: str) -> bool:
    """Say whether a line, in normal form, is left over from an embedded post."""
    return bool(_FURNITURE.pieces(words))


def _links(page: Page) -> list[Hit]:
    links = (
        Hit(match.start(), match.end(), "post_link")
        for match in _POST_LINK.finditer(page.text)
        if not page.is_apart(match.start()) and not page.is_spoken(match.start())
    )
    return list(islice(links, _MOST_LINKS))
