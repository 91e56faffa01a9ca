"""Embed residue: what is left of a post of some network once its frame is gone."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.wordings import Strength, read_wordings

#: Of every kind of residue the strongest passage counts. An article may show a post or two, so
#: that one kind never flags alone; a signature with its frame, link or stamp does.
_WEIGHTS: Final = {Strength.WEAK: 0.05, Strength.FAIR: 0.175, Strength.STRONG: 0.2}
_MOST: Final = 0.4

_MOST_LINKS: Final = 100

_FURNITURE: Final = Furniture(read_wordings("embeds.toml"))
_NUMBER: Final = re.compile(r"\d[\d.,]{0,9} ?[km]?")
#: Short links that networks put at the end of a post; nobody types them.
_POST_LINK: Final = re.compile(
    r"(?:pic\.(?:twitter|x)\.com/\w{6,14}|https?://t\.co/\w{6,14}|\bfb\.watch/[\w-]{6,14})(?!\w)"
)


def embed_residue(page: Page) -> Signal:
    """Find lines and links that only the embedded post of a network leaves behind."""
    hits = [*_lines(page), *_links(page)]
    hits.sort(key=lambda hit: hit.start)
    strongest: dict[str, float] = {}
    for hit in hits:
        strongest[hit.reason] = max(hit.weight, strongest.get(hit.reason, 0.0))
    weight = _WEIGHTS[Strength.STRONG] * sum(strongest.values())
    return Signal(Category.EMBED_RESIDUE, min(weight, _MOST), tuple(hits))


def _lines(page: Page) -> list[Hit]:
    found: list[Hit] = []
    number_before = ""
    for number, line in enumerate(page.lines):
        page.check(number)
        # The frame has a number and what it counts one below the other.
        words = f"{number_before} {line.words}" if number_before else line.words
        number_before = line.words if _NUMBER.fullmatch(line.words) else ""
        pieces = () if line.apart else _FURNITURE.pieces(words)
        if pieces:
            piece = max(pieces, key=lambda each: each.strength)
            found.append(_hit(line.start, line.end, piece.reason, piece.strength))
    return found


def _hit(start: int, end: int, reason: str, strength: Strength) -> Hit:
    return Hit(start, end, reason, weight=_WEIGHTS[strength] / _WEIGHTS[Strength.STRONG])


def is_residue(words: str) -> bool:
    """Say whether a line, in normal form, is left over from an embedded post."""
    return bool(_FURNITURE.pieces(words))


def _links(page: Page) -> list[Hit]:
    links = (
        _hit(match.start(), match.end(), "post_link", Strength.FAIR)
        for match in _POST_LINK.finditer(page.text)
        if not page.is_apart(match.start()) and not page.is_spoken(match.start())
    )
    return list(islice(links, _MOST_LINKS))
