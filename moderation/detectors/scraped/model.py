"""Model residue: what a language model said about its text, or to whoever asked for it.

Sayings are looked for where a sentence begins, outside quotation marks, block quotations and
code: there an author does not speak as an assistant does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Final

from moderation.detectors.scraped.page import MOST_CHARACTERS, Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import Strength, one_of, read_data, read_wordings
from moderation.text.sentences import possible_starts

#: By number of different passages, the last for all that follow.
_STRONG: Final = (0.0, 0.6, 0.8)
_FAIR: Final = (0.0, 0.2, 0.4)
_WEAK: Final = (0.0, 0.05, 0.14)
#: A gap that may be meant, and one that nobody means.
_GAPS: Final = {Strength.FAIR: (0.0, 0.2, 0.35), Strength.STRONG: (0.0, 0.35, 0.45)}
_MOST: Final = 0.8
_MOST_HITS: Final = 100
#: Code and tables have more of these signs, stories hardly any.
_MOST_BEGINS: Final = 10_000
_LIGHT: Final = 0.3

_SAYINGS: Final = read_wordings("sayings.toml")
_NAMED: Final = {f"w{number}": saying for number, saying in enumerate(_SAYINGS)}
#: A bullet may come first, but no quotation mark, and no dash, which opens speech, too.
_BEGINNING: Final = re.compile(r"[^\w\"'«—–]{0,6}+([^\W\d_]+|(?=\d))")
#: No saying begins with another word, and few sentences begin with these.
_BEGINNINGS: Final = frozenset(read_data("sayings.toml")["beginnings"]["words"].split())
_LEFTOVERS: Final = {
    leftover.reason: re.compile(leftover.pattern) for leftover in read_wordings("leftovers.toml")
}
_PLACEHOLDERS: Final = tuple(
    (gap.strength, gap.cased, re.compile(gap.pattern))
    for gap in sorted(read_wordings("placeholders.toml"), key=lambda gap: -gap.strength)
)
#: How placeholders begin. (Literals only, for which an expression is searched fastest.)
_GAP_BEGINS: Final = re.compile(
    r"\[|\{|<|%|\*\||\$|€|£|XX|TK|TO|INSERT|ADD |PUT |ENTER|PASTE|PLACE|YOUR|COMPANY|CLIENT"
    r"|AUTHOR|BRAND|insert |Insert |lorem |Lorem "
)


def model_residue(page: Page) -> Signal:
    """Find openings, sign-offs, refusals, prompts, self-praise, artefacts and placeholders.

    In a body about language models a saying counts as an author's; in one about templates a
    placeholder does not count at all.
    """
    sayings, gaps = [*_sayings(page), *_addresses(page)], _gaps(page)
    artefacts = _artefacts(page)
    if gaps and is_about("placeholder", page.prose_around([hit.span for hit, _ in gaps])):
        gaps = []
    hits = sorted(
        [*(hit for hit, _ in (*sayings, *gaps)), *artefacts], key=lambda hit: (hit.start, hit.end)
    )
    if not hits:
        return Signal(Category.MODEL_RESIDUE)
    prose = page.prose_without([hit.span for hit in hits])
    strengths = [
        Strength.FAIR if strength is Strength.STRONG and is_about(hit.reason, prose) else strength
        for hit, strength in sayings
    ]
    strengths += [Strength.STRONG] * len({page.text[hit.start : hit.end] for hit in artefacts})
    weight = min(_weight(strengths) + _gap_weight([strength for _, strength in gaps]), _MOST)
    return Signal(Category.MODEL_RESIDUE, weight, tuple(hits) if weight else ())


def _gap_weight(strengths: list[Strength]) -> float:
    return max(_nth(weights, strengths.count(each)) for each, weights in _GAPS.items())


def _weight(strengths: list[Strength]) -> float:
    return (
        _nth(_STRONG, strengths.count(Strength.STRONG))
        + _nth(_FAIR, strengths.count(Strength.FAIR))
        + _nth(_WEAK, strengths.count(Strength.WEAK))
    )


def _nth(weights: tuple[float, ...], number: int) -> float:
    return weights[min(number, len(weights) - 1)]


def _sayings(page: Page) -> Iterator[tuple[Hit, Strength]]:
    if not _may_have_sayings(page):
        return  # nobody has to tell the sentences of most texts apart
    taken = 0
    for number, (start, end) in enumerate(page.sentences):
        page.check(number)
        match = _saying_at(page, start) if start >= taken else None
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


def _may_have_sayings(page: Page) -> bool:
    starts = possible_starts(page.text)
    return len(page.text) > MOST_CHARACTERS or any(_saying_at(page, start) for start in starts)


@cache
def _saying() -> re.Pattern[str]:
    """Compiled for the first sentence: programs that read none start without it."""
    return re.compile(one_of(_SAYINGS))


def _saying_at(page: Page, start: int) -> re.Match[str] | None:
    beginning = _BEGINNING.match(page.lower, start)
    if beginning is None or (beginning[1] and beginning[1] not in _BEGINNINGS):
        return None
    return _saying().match(page.lower, beginning.start(1))


def _addresses(page: Page) -> list[tuple[Hit, Strength]]:
    """Addresses stand in attributes as often as in the text."""
    found = _LEFTOVERS["chat_address"].finditer(page.document.text)
    return [
        (Hit(*match.span(), "chat_address", weight=_LIGHT, in_original=True), Strength.WEAK)
        for match in islice(found, 1)
    ]


def _artefacts(page: Page) -> list[Hit]:
    found = (
        Hit(*match.span(), "artefact")
        for match in _LEFTOVERS["artefact"].finditer(page.lower)
        if not page.is_apart(match.start())
    )
    return list(islice(found, _MOST_HITS))


def _gaps(page: Page) -> list[tuple[Hit, Strength]]:
    found: list[tuple[Hit, Strength]] = []
    end = 0
    begins = islice(_GAP_BEGINS.finditer(page.text), _MOST_BEGINS)
    for number, begin in enumerate(begins):
        page.check(number)
        at = begin.start()
        gap = _gap_at(at, page) if at >= end else None
        if gap is None or page.is_apart(at) or page.is_spoken(at):
            continue
        hit, _ = gap
        if not _is_editors(page.text[at : hit.end]):
            end = hit.end
            found.append(gap)
        if len(found) == _MOST_HITS:
            break
    return found


def _gap_at(start: int, page: Page) -> tuple[Hit, Strength] | None:
    for strength, cased, pattern in _PLACEHOLDERS:
        match = pattern.match(page.text if cased else page.lower, start)
        if match is not None:
            weight = strength / Strength.STRONG
            return Hit(*match.span(), "placeholder", weight=weight, masks=False), strength
    return None


def _is_editors(bracket: str) -> bool:
    """One small word in square brackets is an editor's, or an option in a manual."""
    return bracket.startswith("[") and bracket.islower() and " " not in bracket
