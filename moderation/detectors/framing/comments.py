"""From a comment to the parts of it that are judged.

A short comment is judged as a whole. A long one is judged in groups of sentences, and sentence
by sentence where a group is suspicious, so that one bad sentence is not lost among a hundred
good ones; since a hundred sentences are a hundred chances of being wrong, each must be clearer.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from moderation.detectors.framing.language import english_only, is_english, mostly_foreign
from moderation.detectors.framing.weighing import Given, Part, Weighed, Weigher
from moderation.text.sentences import sentences
from moderation.types import Span

#: Characters that are judged at once.
_MOST_AT_ONCE = 450
#: Of more groups than this only the most suspicious are looked into.
_MOST_GROUPS = 16
#: One part of many must be clearer, as a logit: by so much at most, and by how it grows there.
_MOST_DOUBT, _DOUBT_GROWTH = 0.3, 3.0
_BREAK = re.compile(r"\s+")


def judged(text: str, language: str, weigher: Weigher) -> tuple[list[Weighed], bool]:
    """Score a comment, as far as it is English; tell whether most of it is not.

    ``language`` is what the host says of it; it decides only where the text can not tell. Of
    other languages only turns of phrase count.
    """
    if not text.strip():
        return [], False
    read = weigher.model.judge.read(text)
    if len(read.text) > _MOST_AT_ONCE:
        return _long(text, language, weigher)
    whole = Given(Part(0, len(text)), text, read)
    english = is_english(read.text, weigher.model.judge.is_word)
    if english or (english is None and not language):
        return weigher.parts([whole]), False
    kept, foreign = _english(whole, language, weigher)
    weighed = weigher.parts([kept] if kept else [])
    return [*weighed, *_by_phrases([whole] if foreign else [], weigher)], foreign


def _long(text: str, language: str, weigher: Weigher) -> tuple[list[Weighed], bool]:
    single, groups = _cut(text)
    doubt = _doubt(len(groups))
    letters: Counter[bool | None] = Counter()
    told: list[tuple[Given, bool | None]] = []
    for start, end in groups:
        weigher.check()
        given = weigher.given(Part(start, end, doubt), text[start:end])
        english = is_english(given.read.text, weigher.model.judge.is_word)
        letters[english] += end - start
        told.append((given, english))
    foreign = mostly_foreign(letters, language)
    others = [given for given, english in told if english is False or (foreign and not english)]
    left = (_english(given, language, weigher)[0] for given in others)
    kept = [given for given, english in told if english or (english is None and not foreign)]
    kept += [given for given in left if given is not None]
    chosen = weigher.most_suspicious(kept, _MOST_GROUPS)
    alone = list(_sentences(chosen, single, weigher))
    by_phrases = _by_phrases(others if foreign else [], weigher)
    return [*weigher.parts([*chosen, *alone]), *by_phrases], foreign


def _english(given: Given, language: str, weigher: Weigher) -> tuple[Given | None, bool]:
    """Return what is English of a part, if anything, and whether most of it is not."""
    judge = weigher.model.judge
    kept, foreign = english_only(
        given.text, lambda part: judge.read(part).text, judge.is_word, language
    )
    if not kept.strip():
        return None, foreign
    return (given if kept == given.text else weigher.given(given.part, kept)), foreign


def _by_phrases(parts: Sequence[Given], weigher: Weigher) -> Iterator[Weighed]:
    for given in parts[:_MOST_GROUPS]:
        weighed = weigher.by_phrases(given.part, given.text)
        if weighed is not None:
            yield weighed


def _sentences(
    chosen: Sequence[Given], single: Sequence[Span], weigher: Weigher
) -> Iterator[Given]:
    """Yield the sentences of the chosen groups that have more than one."""
    doubt = _doubt(len(single))
    for group in chosen:
        start, end = group.part.start, group.part.end
        first = bisect_left(single, start, key=lambda span: span.start)
        last = bisect_left(single, end, key=lambda span: span.start)
        for span in single[first:last] if last - first > 1 else ():
            text = group.text[span.start - start : span.end - start]
            if text.strip():
                yield weigher.given(Part(*span, doubt, grouped=False), text)


def _doubt(count: int) -> float:
    return min(_MOST_DOUBT, math.log(max(1, count)) / _DOUBT_GROWTH)


def _cut(text: str) -> tuple[list[Span], list[Span]]:
    """Return the sentences of a text, and groups of them short enough to be judged at once."""
    single = [piece for span in sentences(text) for piece in _pieces(text, span)]
    groups: list[Span] = []
    for span in single:
        if groups and span.end - groups[-1].start <= _MOST_AT_ONCE:
            groups[-1] = Span(groups[-1].start, span.end)
        else:
            groups.append(span)
    return single, groups


def _pieces(text: str, span: Span) -> Iterator[Span]:
    """Yield a sentence, between words cut into pieces if it is too long to be judged at once."""
    start = span.start
    while span.end - start > _MOST_AT_ONCE:
        gaps = list(_BREAK.finditer(text, start + _MOST_AT_ONCE // 2, start + _MOST_AT_ONCE))
        end, following = gaps[-1].span() if gaps else (start + _MOST_AT_ONCE,) * 2
        yield Span(start, end)
        start = following
    if start < span.end:
        yield Span(start, span.end)
