"""The words of a comment that a moderator should see first, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from moderation.detectors.framing.heads import SHOUTING, Piece
from moderation.detectors.framing.weighing import Weighed
from moderation.types import Span

#: Words of a passage: evidence is read at a glance.
LONGEST = 8
#: Passages shown of one part of a comment.
MOST = 3
#: Beside the clearest word, others belong to a passage down to this share of it.
_SHARE_OF_PEAK = 0.6
#: Chosen on comments of SemEval-2021 task 5.
_TOXIC = 0.35
_WORD = re.compile(r"\S+")
_AROUND = " \t\r\n.,;:!?…\"'“”„‘’«»()[]{}<>-–—/\\|~_"


class Shown(NamedTuple):
    """A passage, by its place in the comment, and the key of the reason."""

    start: int
    end: int
    explanation: str


class _Word(NamedTuple):
    start: int
    end: int
    score: float


def shown(weighed: Weighed, category: str) -> list[Shown]:
    """Choose what to show of a part flagged for ``category``, in the order of the text.

    Turns of phrase of the category come first and name the reason; passages that the model
    marks are added; what overlaps is shown as one. There is always at least one, unless the
    part has no words.
    """
    words = list(_words(weighed))
    chosen: list[range] = []
    reasons: list[str] = []
    for found, reason in (*_phrases(weighed, category, words), *_marked(weighed, category, words)):
        touched = [n for n, each in enumerate(chosen) if _overlap(each, found)]
        if not touched and len(chosen) < MOST:
            chosen.append(found)
            reasons.append(reason)
        elif len(touched) == 1:
            chosen[touched[0]] = _joined(chosen[touched[0]], found)
    offset = weighed.part.start
    places = ((words[each[0]].start, words[each[-1]].end) for each in chosen)
    return sorted(
        Shown(offset + start, offset + end, reason)
        for (start, end), reason in zip(places, reasons, strict=True)
    )


def toxic(weighed: Weighed) -> Iterator[Span]:
    """Yield the words that make a part toxic in the usual public sense, joined where they meet."""
    found: Span | None = None
    for piece in weighed.pieces:
        if piece.toxic < _TOXIC:
            continue
        if found is not None and not weighed.text[found.end : piece.start].strip():
            found = Span(found.start, piece.end)
            continue
        if found is not None:
            yield found
        found = Span(piece.start, piece.end)
    if found is not None:
        yield found


def _overlap(first: range, other: range) -> bool:
    return first.start < other.stop and other.start < first.stop


def _joined(first: range, other: range) -> range:
    """Widen ``first`` by what overlaps it, unless it would be too long to show."""
    both = range(min(first.start, other.start), max(first.stop, other.stop))
    return first if len(both) > LONGEST else both


def _words(weighed: Weighed) -> Iterator[_Word]:
    """Yield what stands between blanks, as far as it has letters, with its clearest piece."""
    text = weighed.text
    start = end = -1
    score = 0.0
    pieces = weighed.pieces or [Piece(*m.span(), 0.0, 0.0) for m in _WORD.finditer(text)]
    for piece in chain.from_iterable(_in_words(text, piece) for piece in pieces):
        if start >= 0 and not any(map(str.isspace, text[end : piece.start])):
            end, score = max(end, piece.end), max(score, piece.passage)
            continue
        yield from _trimmed(text, start, end, score)
        start, end, score = piece.start, piece.end, piece.passage
    yield from _trimmed(text, start, end, score)


def _in_words(text: str, piece: Piece) -> Iterator[Piece]:
    """Yield the words of a name that the model saw as one; letters set apart are one word."""
    raw = text[piece.start : piece.end]
    words = list(_WORD.finditer(raw))
    if len(words) < 2 or max(map(len, raw.split())) == 1:
        yield piece
        return
    for word in words:
        yield piece._replace(start=piece.start + word.start(), end=piece.start + word.end())


def _trimmed(text: str, start: int, end: int, score: float) -> Iterator[_Word]:
    """Yield a word without the punctuation around it, if anything is left."""
    if start < 0:
        return
    raw = text[start:end]
    start += len(raw) - len(raw.lstrip(_AROUND))
    end -= len(raw) - len(raw.rstrip(_AROUND))
    if start < end:
        yield _Word(start, end, score)


def _phrases(
    weighed: Weighed, category: str, words: Sequence[_Word]
) -> Iterator[tuple[range, str]]:
    """Yield the turns of phrase of a category, the longest first."""
    found = [each for each in weighed.phrases if each.family.category == category]
    for phrase in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        inside = [n for n, w in enumerate(words) if w.start < phrase.end and phrase.start < w.end]
        if inside:
            yield range(inside[0], min(inside[-1] + 1, inside[0] + LONGEST)), phrase.family.key


def _marked(weighed: Weighed, category: str, words: Sequence[_Word]) -> Iterator[tuple[range, str]]:
    """Yield the passages that the model marks, the clearest first."""
    scores = [
        word.score if category != SHOUTING or _is_loud(weighed, word) else 0.0 for word in words
    ]
    peak = max(scores, default=0.0)
    if peak <= 0:
        return
    runs = sorted(_runs(scores, peak * _SHARE_OF_PEAK), key=lambda run: -max(_of(scores, run)))
    for run in runs:
        yield _clearest(scores, run), f"framing.{category}.wording"


def _is_loud(weighed: Weighed, word: _Word) -> bool:
    return any(loud.start <= word.start < loud.end for loud in weighed.loud)


def _of(scores: Sequence[float], run: range) -> Sequence[float]:
    return scores[run.start : run.stop]


def _clearest(scores: Sequence[float], run: range) -> range:
    """Cut a run that is too long to that part of it which says most."""
    starts = range(run.start, max(run.start, run.stop - LONGEST) + 1)
    start = max(starts, key=lambda at: sum(scores[at : at + LONGEST]))
    return range(start, min(run.stop, start + LONGEST))


def _runs(scores: Sequence[float], bound: float) -> Iterator[range]:
    """Yield the ranges where every score, or all but one inner one, reaches ``bound``."""
    start = last = -1
    for index, score in enumerate(scores):
        if score < bound:
            continue
        if start >= 0 and index - last > 2:
            yield range(start, last + 1)
            start = index
        if start < 0:
            start = index
        last = index
    if start >= 0:
        yield range(start, last + 1)
