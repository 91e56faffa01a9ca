"""Model residue: what a language model said about its text, or to whoever asked for it.

Sayings are looked for where a sentence begins, outside quotation marks, block quotations and
code: there an author does not speak as an assistant does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from moderation.detectors.scraped.page import Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import Strength, one_of, read_wordings
from moderation.types import Span

#: By number of different passages, the last for all that follow.
_STRONG: Final = (0.0, 0.6, 0.8)
_FAIR: Final = (0.0, 0.2, 0.4)
_WEAK: Final = (0.0, 0.05, 0.14)
_GAPS: Final = (0.0, 0.2, 0.35)
_MOST: Final = 0.8
_MOST_HITS: Final = 100
_LIGHT: Final = 0.3

_SAYINGS: Final = read_wordings("sayings.toml")
_NAMED: Final = {f"w{number}": saying for number, saying in enumerate(_SAYINGS)}
#: A bullet or a number may come first, but no quotation mark.
_SAYING: Final = re.compile(rf"[^\w\"'«]{{0,6}}+(?:{one_of(_SAYINGS)})")
_LEFTOVERS: Final = {
    leftover.reason: re.compile(leftover.pattern) for leftover in read_wordings("leftovers.toml")
}


def model_residue(page: Page) -> Signal:
    """Find openings, sign-offs, refusals, prompts, self-praise, artefacts and placeholders.

    In a body about language models a saying counts as an author's; in one about templates a
    placeholder does not count at all.
    """
    sayings, gaps = [*_sayings(page), *_addresses(page)], _gaps(page)
    artefacts = _artefacts(page)
    hits = sorted(
        [*(hit for hit, _ in sayings), *artefacts, *gaps], key=lambda hit: (hit.start, hit.end)
    )
    if not hits:
        return Signal(Category.MODEL_RESIDUE)
    prose = page.prose_without([Span(hit.start, hit.end) for hit in hits])
    strengths = [
        Strength.FAIR if strength is Strength.STRONG and is_about(hit.reason, prose) else strength
        for hit, strength in sayings
    ]
    strengths += [Strength.STRONG] * len({page.text[hit.start : hit.end] for hit in artefacts})
    gap_weight = 0.0 if is_about("placeholder", prose) else _nth(_GAPS, len(gaps))
    weight = min(_weight(strengths) + gap_weight, _MOST)
    return Signal(Category.MODEL_RESIDUE, weight, tuple(hits) if weight else ())


def _weight(strengths: list[Strength]) -> float:
    return (
        _nth(_STRONG, strengths.count(Strength.STRONG))
        + _nth(_FAIR, strengths.count(Strength.FAIR))
        + _nth(_WEAK, strengths.count(Strength.WEAK))
    )


def _nth(weights: tuple[float, ...], number: int) -> float:
    return weights[min(number, len(weights) - 1)]


def _sayings(page: Page) -> Iterator[tuple[Hit, Strength]]:
    text = page.lower
    taken = 0
    for number, (start, end) in enumerate(page.sentences):
        page.check(number)
        if start < taken:
            continue
        match = _SAYING.match(text, start)
        if (
            match is None
            or match.lastgroup is None
            or page.is_apart(start)
            or page.is_spoken(start)
        ):
            continue
        wording = _NAMED[match.lastgroup]
        taken = max(end, match.end())
        strength = wording.strength
        yield (
            Hit(
                start,
                taken,
                wording.reason,
                weight=strength / Strength.STRONG,
                masks=strength is Strength.STRONG,
            ),
            strength,
        )


def _addresses(page: Page) -> list[tuple[Hit, Strength]]:
    """Addresses stand in attributes as often as in the text."""
    found = _LEFTOVERS["chat_address"].finditer(page.document.text)
    return [
        (Hit(*match.span(), "chat_address", weight=_LIGHT, in_original=True), Strength.FAIR)
        for match in islice(found, 1)
    ]


def _artefacts(page: Page) -> list[Hit]:
    found = (
        Hit(*match.span(), "artefact")
        for match in _LEFTOVERS["artefact"].finditer(page.lower)
        if not page.is_apart(match.start())
    )
    return list(islice(found, _MOST_HITS))


def _gaps(page: Page) -> list[Hit]:
    found = (
        Hit(*match.span(), "placeholder", weight=_LIGHT, masks=False)
        for match in _LEFTOVERS["placeholder"].finditer(page.lower)
        if not page.is_apart(match.start()) and not page.is_spoken(match.start())
        if not _is_editors(page.text[match.start() : match.end()])
    )
    return list(islice(found, _MOST_HITS))


def _is_editors(bracket: str) -> bool:
    """One small word in square brackets is an editor's, or an option in a manual."""
    return bracket.startswith("[") and bracket.islower() and " " not in bracket
