"""Stray markup: Markdown, HTML, shortcodes and scripts that show as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from moderation.detectors.scraped.page import Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import read_wordings
from moderation.types import Span, TextFormat

_MOST: Final = 0.4
#: Of one kind, so many passages are kept.
_KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class _Kind:
    """``at_least`` so many: what people type by themselves counts only in numbers."""

    reason: str
    weight: float
    at_least: int = 1
    masks: bool = True


_FENCE: Final = _Kind("stray_fence", 0.2)
_KINDS: Final = (
    _FENCE,
    _Kind("stray_script", 0.2),
    _Kind("stray_shortcode", 0.14),
    _Kind("stray_tag", 0.1, at_least=3),
    _Kind("stray_heading", 0.1, at_least=2, masks=False),
    _Kind("stray_emphasis", 0.05, at_least=4, masks=False),
)
_HEAVIEST: Final = max(kind.weight for kind in _KINDS)

_LEFTOVERS: Final = {
    leftover.reason: re.compile(leftover.pattern) for leftover in read_wordings("leftovers.toml")
}


def stray_markup(page: Page) -> Signal:
    """Find markup that was copied or generated as text instead of being used.

    In a Markdown body Markdown is at home: there only fences are strays that do not pair, or
    that wrap a text instead of code. A body about markup shows it on purpose.
    """
    found = [
        (kind, spans)
        for kind, spans in zip(_KINDS, _spans(page), strict=True)
        if len(spans) >= kind.at_least
    ]
    if found:
        prose = page.prose_without([])
        found = [(kind, spans) for kind, spans in found if not is_about(kind.reason, prose)]
    weight = sum(kind.weight for kind, _ in found)
    hits = (_hit(kind, span, page) for kind, spans in found for span in spans)
    return Signal(
        Category.STRAY_MARKUP, min(weight, _MOST), tuple(sorted(hits, key=lambda hit: hit.start))
    )


def _spans(page: Page) -> Iterator[Sequence[Span]]:
    """Yield the passages of each of :data:`_KINDS`."""
    at_home = page.document.format is TextFormat.MARKDOWN
    strays = page.fences.stray[:_KEPT]
    yield strays if at_home else [fence for fence in strays if not page.is_apart(fence.start)]
    yield _line_starts(page, "stray_script")
    yield _anywhere(page, "stray_shortcode")
    yield _anywhere(page, "stray_tag")
    yield () if at_home else _line_starts(page, "stray_heading")
    yield () if at_home else _anywhere(page, "stray_emphasis")


def _line_starts(page: Page, reason: str) -> Sequence[Span]:
    pattern = _LEFTOVERS[reason]
    starting = (
        line.span for line in page.lines if not line.apart and pattern.match(page.lower, line.start)
    )
    return tuple(islice(starting, _KEPT))


def _anywhere(page: Page, reason: str) -> Sequence[Span]:
    found = (
        Span(*match.span())
        for match in _LEFTOVERS[reason].finditer(page.lower)
        if not page.is_apart(match.start()) and not page.is_spoken(match.start())
    )
    return tuple(islice(found, _KEPT))


def _hit(kind: _Kind, span: Span, page: Page) -> Hit:
    in_original = kind is _FENCE and page.document.format is TextFormat.MARKDOWN
    return Hit(
        *span,
        kind.reason,
        weight=kind.weight / _HEAVIEST,
        in_original=in_original,
        masks=kind.masks and not in_original,
    )
