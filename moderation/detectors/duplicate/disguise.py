"""Words spelled so that a comparison would not recognise them, and how that may be innocent.

A copy is found whatever it looks like; that somebody took pains to hide it is a finding of its
own. Typography, other scripts and accidents leave the same characters behind, so that each
kind has its innocent uses, and a single word never counts for much.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from html import unescape
from itertools import islice
from typing import Final, NamedTuple

from moderation.detectors.base import Deadline, band_for
from moderation.detectors.duplicate.verdict import Verdict
from moderation.text.disguises import word_around
from moderation.text.document import Document
from moderation.text.normalise import skeleton
from moderation.types import Assessment, Evidence, Finding, Kind, Mode, Span, TextFormat

CATEGORY: Final = "disguise"
POSSIBLE: Final = 0.4
"""The score that five words reach alone, and two in a copy."""

#: By whether the text is a copy: so many words make the score two thirds.
_SCALES: Final = {False: 9.7, True: 3.9}
#: Alone some twenty words are likely disguised on purpose, in a copy five.
_LIKELY: Final = {False: 0.85, True: 0.7}
_MOST_EVIDENCE: Final = 100
_MOST_WORDS: Final = 1_000

_COPIES: Final = frozenset(verdict.value for verdict in Verdict)

#: Styles that people give to words for their looks.
_FOR_LOOKS: Final = 0.5


class DisguisedWord(NamedTuple):
    """A word that is not spelled the way it reads: where it stands in the readable text.

    ``weight`` is 1, or less where the spelling is a matter of looks as often.
    """

    span: Span
    kind: str
    weight: float = 1.0


def with_disguise(
    assessment: Assessment, document: Document, deadline: Deadline, *, kind: str = "duplicate"
) -> Assessment:
    """Return ``assessment`` with a finding for the disguised words of ``document``, if any.

    The text counts as a copy when the assessment finds it to be one.
    """
    if document.kind is not Kind.ARTICLE:
        return assessment
    words = disguised_words(document, deadline.check)
    if not words:
        return assessment
    copied = any(
        found.category in _COPIES and found.mode is Mode.LIVE for found in assessment.findings
    )
    score = _score(words, document.plain.text, copied=copied)
    found = _finding(words, score, document, kind, copied=copied)
    return replace(
        assessment,
        findings=(*assessment.findings, *found),
        scores={**assessment.scores, CATEGORY: score},
    )


def disguise(
    document: Document,
    *,
    copied: bool,
    check: Callable[[], None] = lambda: None,
    kind: str = "duplicate",
) -> Finding | None:
    """Return a finding for the disguised words of ``document``; None for too few.

    Args:
        document: The text. Code in it is left out.
        copied: The text is known to be a copy, for which fewer words are enough.
        check: Called now and then; may raise to end the work.
        kind: The kind of the finding.
    """
    words = disguised_words(document, check)
    score = _score(words, document.plain.text, copied=copied)
    return next(_finding(words, score, document, kind, copied=copied), None)


def _finding(
    words: list[DisguisedWord], score: float, document: Document, kind: str, *, copied: bool
) -> Iterator[Finding]:
    if score < POSSIBLE:
        return
    yield Finding(
        kind=kind,
        category=CATEGORY,
        score=score,
        band=band_for(score, POSSIBLE, _LIKELY[copied]),
        threshold=POSSIBLE,
        evidence=tuple(_evidence(words, document)),
        detail={"words": len(words), "kinds": sorted({word.kind for word in words})},
    )


def _score(words: Iterable[DisguisedWord], text: str, *, copied: bool) -> float:
    """Add up different words: one that is always spelled oddly is a name, or a slip."""
    weights = {text[word.span.start : word.span.end].casefold(): word.weight for word in words}
    return 1.0 - math.exp(-sum(weights.values()) / _SCALES[copied])


def _evidence(words: Iterable[DisguisedWord], document: Document) -> Iterator[Evidence]:
    for word in islice(words, _MOST_EVIDENCE):
        start, end = document.original_span(*word.span)
        yield Evidence(start, end, f"duplicate.disguise.{word.kind}", weight=word.weight)


def disguised_words(
    document: Document, check: Callable[[], None] = lambda: None
) -> list[DisguisedWord]:
    """Return the disguised words of ``document`` in order, each once, but for the innocent.

    Takes time in proportion to the length of the text.
    """
    text = document.plain.text
    found: dict[Span, DisguisedWord] = {}
    for each in (_by_characters(text), _hyphenated(text), _by_case(text), _by_markup(document)):
        check()
        for word in islice(each, _MOST_WORDS):
            found.setdefault(word.span, word)
    words = sorted(found.values())
    return _outside(document.plain.code, words)


def _outside(code: Iterable[Span], words: list[DisguisedWord]) -> list[DisguisedWord]:
    starts = [word.span.start for word in words]
    dropped: set[int] = set()
    for start, end in code:
        dropped.update(range(bisect_left(starts, start), bisect_left(starts, end)))
    return [word for number, word in enumerate(words) if number not in dropped]


# --- odd characters -------------------------------------------------------------------------

#: What no disguise can do without; most texts have none of it.
_ODD: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\xad\u0300-\u058f\u061c\u180b-\u180f\u1ab0-\u1aff\u1c80-\u1fff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u214f\u2460-\u24ff\ua720-\uab6f\ufe00-\ufe2f"
    "\ufeff\uff10-\uff5a\U00010000-\U0001ffff\U000e0000-\U000e0fff]"
)
_LATIN: Final = re.compile("[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_STYLED: Final = re.compile(
    "[\u2100-\u214f\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f110-\U0001f189]"
)
_OVERLAY: Final = re.compile("[\u0334-\u0338\u20d0-\u20f0]")
_FEWEST_LETTERS: Final = 3


def _by_characters(text: str) -> Iterator[DisguisedWord]:
    if not _ODD.search(text):
        return
    mixed = False
    whole: list[DisguisedWord] = []
    for kind, start, end in ((d.kind, d.start, d.end) for d in skeleton(text).disguises):
        given = text[start:end]
        word = DisguisedWord(Span(start, end), kind)
        if kind == "invisible":
            if not _is_broken_by_typographer(given):
                yield word
        elif kind == "bidi":
            if not _RIGHT_TO_LEFT.search(text):
                yield word
        elif kind in {"fullwidth", "combining"} or _STYLED.search(given):
            if sum(map(str.isalpha, given)) >= _FEWEST_LETTERS:
                yield word._replace(weight=_FOR_LOOKS if _is_for_looks(given, kind) else 1.0)
        elif _LATIN.search(given):
            mixed = True
            yield word
        else:
            whole.append(word)
    # By itself a word of another script is a name in its own letters.
    if mixed:
        yield from whole


def _is_for_looks(word: str, kind: str) -> bool:
    """Whole words in bold, in wide or in struck-out letters are meant to be seen."""
    if kind == "combining":
        return _OVERLAY.search(word) is not None
    return not any(char.isascii() and char.isalpha() for char in word)


_SOFT_HYPHEN: Final = "\xad"
_LIGATURE_BREAK: Final = re.compile("f\u200c")
_BREAK_HINT: Final = re.compile("(?<=[^\\W\\d_]{4})\u200b(?=[^\\W\\d_]{4})")
_MOJIBAKE: Final = re.compile("[\x80-\x9f]")
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x9f\u034f\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)


def _is_broken_by_typographer(word: str) -> bool:
    """Tell a ligature kept apart, a hint where a long word may break, and a wrong encoding."""
    rest = _LIGATURE_BREAK.sub("f", word)
    rest = _MOJIBAKE.sub("", _BREAK_HINT.sub("", rest))
    return not _INVISIBLE.search(rest) and (_SOFT_HYPHEN not in rest or _is_hyphenated(rest))


# --- soft hyphens ---------------------------------------------------------------------------

_WITH_SOFT_HYPHENS: Final = re.compile("(?<![^\\W\\d_])[^\\W\\d_]++(?:\xad++[^\\W\\d_]++)+")
_VOWELS: Final = re.compile(
    "[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿāăąēĕėęěĩīĭįıōŏőœũūŭůűųŷаеёиоуыэюяєіїўαεηιουωάέήίόύώϊϋΐΰ]"
)
#: Languages in which r and l make syllables.
_SYLLABIC: Final = re.compile("[čďěňřšťůžćđĺŕľ]", re.IGNORECASE)
_FEWEST_ON_A_SIDE: Final = 2


def _hyphenated(text: str) -> Iterator[DisguisedWord]:
    """Find words with soft hyphens where no hyphenation puts them: off the syllables."""
    if _SOFT_HYPHEN not in text:
        return
    for match in _WITH_SOFT_HYPHENS.finditer(text):
        if not _is_hyphenated(match.group()):
            yield DisguisedWord(Span(*match.span()), "invisible")


def _is_hyphenated(word: str) -> bool:
    """Every syllable has a vowel, and none of one letter is parted from its word."""
    parts = word.lower().split(_SOFT_HYPHEN)
    if not word.lower().isalpha() and any(not part for part in parts):
        return False
    if min(len(parts[0]), len(parts[-1])) < _FEWEST_ON_A_SIDE:
        return False
    if _SYLLABIC.search(word) or not _VOWELS.search(word.lower()):
        return True
    return all(_VOWELS.search(part) for part in parts)


# --- case -----------------------------------------------------------------------------------

_TURN: Final = re.compile("[A-Z][a-z][A-Z]")
#: "hElLo", and longer words the other way round ("LaTeX" is a name).
_ALTERNATING: Final = re.compile(
    r"(?<![^\W_])(?:(?:[a-z][A-Z]){2,}+[a-z]?|(?:[A-Z][a-z]){3,}+[A-Z]?)(?![^\W_])"
)


def _by_case(text: str) -> Iterator[DisguisedWord]:
    """Find words in small and capital letters by turns."""
    if not _TURN.search(text):
        return
    for match in _ALTERNATING.finditer(text):
        yield DisguisedWord(Span(*match.span()), "case", _FOR_LOOKS)


# --- markup ---------------------------------------------------------------------------------

_ENTITY: Final = re.compile(
    r"&#(?:[xX]0{0,4}[4-7][0-9a-fA-F]|0{0,4}(?:6[5-9]|[789]\d|1[01]\d|12[0-2]));?"
)
#: An element or comment with nothing in it. One with a name is a place to link to.
_NOTHING: Final = re.compile(
    r"<(?<=[a-z]<)(?:(b|i|u|s|em|strong|span|small|big|font|sub|sup|mark|tt|ins|del|bdi|bdo|cite"
    r"|abbr|label|a)(?:\s(?![^<>]{0,200}\b(?:id|name)\s*=)[^<>]{0,200})?></\1\s*>"
    r"|!--[^<>]{0,200}-->)",
    re.IGNORECASE,
)
#: What stands before and after a word in an address.
_ADDRESS_BEFORE: Final = re.compile(r"(?:@|[^\W_][.+_])\Z")
_ADDRESS_AFTER: Final = re.compile(r"@|[.+_][^\W_]")


def _by_markup(document: Document) -> Iterator[DisguisedWord]:
    """Find words with letters written as numbers, or parted by elements that show nothing."""
    stored, plain = document.text, document.plain
    if document.format is TextFormat.PLAIN or plain.starts is None or plain.ends is None:
        return
    for match in _ENTITY.finditer(stored):
        at = bisect_left(plain.starts, match.start())
        if at < len(plain.text) and plain.starts[at] == match.start():
            letter = unescape(match.group())
            if plain.text[at] == letter and letter.isalpha():
                yield from _in_word(plain.text, at)
    for match in _NOTHING.finditer(stored):
        after = bisect_left(plain.starts, match.end())
        joined = plain.text[max(after - 1, 0) : after + 1]
        if len(joined) == 2 and joined.isalpha() and plain.ends[after - 1] == match.start():
            yield from _in_word(plain.text, after)


def _in_word(text: str, at: int) -> Iterator[DisguisedWord]:
    """Yield the word around a letter, unless it is part of an address hidden from robots."""
    start, end = word_around(text, at, at + 1)
    if end - start < _FEWEST_LETTERS or _ADDRESS_AFTER.match(text, end):
        return
    if not _ADDRESS_BEFORE.search(text, max(start - 2, 0), start):
        yield DisguisedWord(Span(start, end), "entities")
