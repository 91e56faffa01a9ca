"""From a comment to scores: which parts of it are judged, and what a part's numbers come to.

A short comment is judged as a whole. A long one is judged in groups of sentences and sentence
by sentence, so that one bad sentence is not lost among a hundred good ones; since a hundred
sentences are a hundred chances of being wrong, each must then be clearer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from moderation.detectors.framing.heads import CATEGORIES, PUBLIC, SHOUTING, Piece, Scores
from moderation.detectors.framing.models import DECIDING, Model
from moderation.detectors.framing.patterns import Phrase, phrases
from moderation.detectors.framing.reading import Read, is_shouted
from moderation.text.sentences import sentences
from moderation.types import Span

#: Every score a comment gets.
NAMES = ("framing", *CATEGORIES, SHOUTING, *PUBLIC)

#: Characters that are judged at once.
_MOST_AT_ONCE = 450
#: Of more parts than this only the most suspicious are judged by the model itself.
_MOST_PARTS = 48
_AT_A_TIME = 32
#: One part of many must be clearer: by up to this much, as a logit, and by this much sooner.
_MOST_DOUBT, _DOUBT_GROWTH = 1.0, 3.0
#: Inflammatory comments are in capitals five times as often as others: log(5), about.
_CAPITALS = 1.7
#: Patterns are looked for down to this share of the score at which one could decide.
_WORTH_A_LOOK = 0.5
_LEAST = 1e-6
#: What an unmistakable turn of phrase of so many words comes to by itself.
_BY_PHRASE, _FEWEST_WORDS = 0.6, 3
_BREAK = re.compile(r"\s+")

Thresholds = Mapping[str, float]


class Part(NamedTuple):
    """Characters of a comment that are judged together.

    ``doubt`` is how much clearer they must be than a whole comment; ``grouped`` tells a whole
    comment or a group of its sentences from a sentence that is judged once more, alone.
    """

    start: int
    end: int
    doubt: float = 0.0
    grouped: bool = True


@dataclass(frozen=True, slots=True)
class Weighed:
    """A part with its scores and what they rest on, by its place in ``text``."""

    part: Part
    text: str
    scores: Mapping[str, float]
    pieces: Sequence[Piece]
    phrases: Sequence[Phrase]
    loud: Sequence[Span]


class Weigher:
    """Scores texts with a model.

    Args:
        model: gives the probabilities.
        thresholds: score from which each of ``DECIDING`` flags.
        check: called now and then; raises when the time is up.
    """

    def __init__(self, model: Model, thresholds: Thresholds, check: Callable[[], None]) -> None:
        self.model = model
        self._check = check
        self._thresholds = thresholds
        self._worth = {
            head: _WORTH_A_LOOK * shifted(thresholds[head], -model.hit) for head in DECIDING
        }

    @staticmethod
    def at_once(read: Read) -> bool:
        """Tell whether a text is short enough to be judged as a whole."""
        return len(read.text) <= _MOST_AT_ONCE

    def comment(self, text: str, read: Read) -> list[Weighed]:
        """Score the parts of a comment that was read as ``read``."""
        if self.at_once(read):
            return self.parts([(Part(0, len(text)), text, read)])
        judge = self.model.judge
        parts = [
            (part, given, judge.read(given))
            for part in parts_of(text)
            if (given := text[part.start : part.end])
        ]
        return self.parts(self._suspicious(parts))

    def parts(self, parts: Sequence[tuple[Part, str, Read]]) -> list[Weighed]:
        """Score parts, each with its text and as it was read."""
        loud = [shouted(given) for _, given, _ in parts]
        reads = [read for _, _, read in parts]
        quiet = [
            self.model.judge.read(" ".join(given[a:b] for a, b in spans).lower())
            for spans, (_, given, _) in zip(loud, parts, strict=True)
            if spans
        ]
        answers = list(self._answers(self.model, [*reads, *quiet]))
        calm = iter(answers[len(reads) :])
        return [
            self._weighed(part, given, answer, spans, next(calm) if spans else None)
            for (part, given, _), answer, spans in zip(parts, answers, loud, strict=False)
        ]

    def foreign(self, text: str, judged: str) -> Iterator[Weighed]:
        """Yield what patterns alone say of sentences that are blank in ``judged``.

        A short phrase of English may be something else in another language.
        """
        for span in islice(sentences(text), _MOST_PARTS):
            if judged[span.start : span.end].strip():
                continue
            given = text[span.start : span.end]
            found = [
                phrase
                for phrase in phrases(given, self.model.judge.is_word)
                if phrase.words >= _FEWEST_WORDS
            ]
            if found:
                scores = dict.fromkeys(NAMES, 0.0)
                scores |= dict.fromkeys((phrase.family.category for phrase in found), _BY_PHRASE)
                scores["framing"] = _BY_PHRASE
                yield Weighed(Part(*span), given, scores, (), found, ())

    def _weighed(
        self, part: Part, given: str, answer: Scores, loud: Sequence[Span], calm: Scores | None
    ) -> Weighed:
        found: tuple[Phrase, ...] = ()
        if any(answer.heads[head] >= least for head, least in self._worth.items()):
            found = tuple(phrases(given, self.model.judge.is_word))
        said = {phrase.family.category for phrase in found}
        scores = {}
        for head in DECIDING:
            known = self.model.hit if head in said or (said and head == "framing") else 0.0
            scores[head] = shifted(answer.heads[head], known - part.doubt)
        scores[SHOUTING] = 0.0
        if calm is not None:
            known = _CAPITALS + (self.model.hit if said else 0.0)
            scores[SHOUTING] = shifted(calm.heads["framing"], known - part.doubt)
        scores |= {head: answer.heads[head] for head in PUBLIC}
        return Weighed(part, given, scores, answer.pieces, found, loud)

    def _suspicious(
        self, parts: Sequence[tuple[Part, str, Read]]
    ) -> Sequence[tuple[Part, str, Read]]:
        """Choose the parts to judge: all, or those that a faster model finds most suspicious."""
        screener = self.model.screener
        if screener is None or len(parts) <= _MOST_PARTS:
            return parts
        bounds = {head: logit(screener.thresholds["balanced"][head]) for head in DECIDING}
        answers = self._answers(screener, [read for _, _, read in parts])
        doubts = [
            max(logit(answer.heads[head]) - bound for head, bound in bounds.items())
            for answer in answers
        ]
        chosen = sorted(range(len(parts)), key=lambda at: -doubts[at])[:_MOST_PARTS]
        return [parts[at] for at in sorted(chosen)]

    def _answers(self, model: Model, reads: Sequence[Read]) -> Iterator[Scores]:
        for at in range(0, len(reads), _AT_A_TIME):
            self._check()
            yield from model.judge.weigh(reads[at : at + _AT_A_TIME])


def highest(weighed: Iterable[Weighed], thresholds: Thresholds) -> dict[str, float]:
    """Return the scores of a comment: of each kind the highest of any part.

    The overall score never hides a category: where one flags, it flags as well.
    """
    scores = dict.fromkeys(NAMES, 0.0)
    for each in weighed:
        for name, score in each.scores.items():
            scores[name] = max(scores[name], score)
    flagging = [
        scores[name] for name in (*CATEGORIES, SHOUTING) if scores[name] >= thresholds[name]
    ]
    if flagging:
        scores["framing"] = max(scores["framing"], thresholds["framing"], *flagging)
    return scores


def parts_of(text: str) -> Iterator[Part]:
    """Yield groups of sentences, then single sentences; what has no end is cut."""
    single = [piece for span in sentences(text) for piece in _cut(text, span)]
    groups: list[Span] = []
    for span in single:
        if groups and span.end - groups[-1].start <= _MOST_AT_ONCE:
            groups[-1] = Span(groups[-1].start, span.end)
        else:
            groups.append(span)
    alone = set(groups)
    lone = [span for span in single if span not in alone]
    for spans, grouped in ((groups, True), (lone, False)):
        doubt = min(_MOST_DOUBT, math.log(max(1, len(spans))) / _DOUBT_GROWTH)
        for span in spans:
            yield Part(span.start, span.end, doubt, grouped)


def _cut(text: str, span: Span) -> Iterator[Span]:
    """Yield a sentence, in pieces between words if it is too long to be judged at once."""
    start = span.start
    while span.end - start > _MOST_AT_ONCE:
        gaps = list(_BREAK.finditer(text, start + _MOST_AT_ONCE // 2, start + _MOST_AT_ONCE))
        end, following = gaps[-1].span() if gaps else (start + _MOST_AT_ONCE,) * 2
        yield Span(start, end)
        start = following
    if start < span.end:
        yield Span(start, span.end)


def shouted(text: str) -> list[Span]:
    """Return what is shouted: the text if it is in capitals, or those sentences of it that are."""
    if is_shouted(text):
        return [Span(0, len(text))]
    if sum(map(str.isupper, text)) < _FEWEST_CAPITALS:
        return []
    return [span for span in sentences(text) if is_shouted(text[span.start : span.end])]


_FEWEST_CAPITALS = 12


def shifted(score: float, by: float) -> float:
    """Return a probability with its logit moved."""
    if not by:
        return score
    return 1 / (1 + math.exp(-(logit(score) + by)))


def logit(score: float) -> float:
    """Return the logit of a probability, finite even for the surest."""
    bounded = min(max(score, _LEAST), 1 - _LEAST)
    return math.log(bounded / (1 - bounded))
