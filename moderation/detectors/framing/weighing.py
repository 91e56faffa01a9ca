"""What the parts of a comment score: the model's numbers, turns of phrase, capitals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from moderation.detectors.framing.heads import CATEGORIES, PUBLIC, SHOUTING, Piece, Scores
from moderation.detectors.framing.models import DECIDING, Model
from moderation.detectors.framing.patterns import Phrase, phrases, takes_all_back
from moderation.detectors.framing.reading import Read, is_shouted
from moderation.text.sentences import sentences
from moderation.types import Span

#: Every score a comment gets.
NAMES = ("framing", *CATEGORIES, SHOUTING, *PUBLIC)

_AT_A_TIME = 32
#: Inflammatory comments are in capitals five times as often as others: log(5), about.
_CAPITALS = 1.7
#: Of comments that take back every hard word they have, one in twenty-five is inflammatory:
#: on comments kept for judging, this much was best.
_TAKEN_BACK = 3.0
_LEAST = 1e-6
#: What an unmistakable turn of phrase of so many words comes to by itself.
_BY_PHRASE, _FEWEST_WORDS = 0.6, 3

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


class Given(NamedTuple):
    """A part, its text, that as it was read, and the turns of phrase in it if they are known."""

    part: Part
    text: str
    read: Read
    phrases: Sequence[Phrase] | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A part with its scores and what they rest on, by its place in ``text``."""

    part: Part
    text: str
    scores: Mapping[str, float]
    answer: Scores
    phrases: Sequence[Phrase]
    loud: Sequence[Span]

    @property
    def pieces(self) -> Sequence[Piece]:
        return self.answer.pieces


class Weigher:
    """Scores texts with a model.

    Args:
        model: gives the probabilities.
        thresholds: score from which each of ``DECIDING`` flags.
        check: called now and then; raises when the time is up.
    """

    def __init__(self, model: Model, thresholds: Thresholds, check: Callable[[], None]) -> None:
        self.model = model
        self.check = check
        self._thresholds = thresholds
        self._worth = {head: shifted(thresholds[head], -model.hit) for head in DECIDING}

    def given(self, part: Part, text: str) -> Given:
        """Read a part of a comment."""
        return Given(part, text, self.model.judge.read(text))

    def parts(self, parts: Sequence[Given]) -> list[Weighed]:
        """Score parts of a comment."""
        loud = [shouted(given.text) for given in parts]
        reads = [given.read for given in parts]
        quiet = [
            self.model.judge.read(" ".join(given.text[a:b] for a, b in spans).lower())
            for spans, given in zip(loud, parts, strict=True)
            if spans
        ]
        answers = list(self._answers(self.model, [*reads, *quiet]))
        calm = iter(answers[len(reads) :])
        return [
            self._weighed(given, answer, spans, next(calm) if spans else None)
            for given, answer, spans in zip(parts, answers, loud, strict=False)
        ]

    def by_phrases(self, part: Part, text: str) -> Weighed | None:
        """Score a part that is not English by turns of phrase alone; None without any.

        A short phrase of English may be something else in another language.
        """
        found = [
            phrase
            for phrase in phrases(text, self.model.judge.is_word)
            if phrase.words >= _FEWEST_WORDS
        ]
        if not found:
            return None
        said = ("framing", *(phrase.family.category for phrase in found))
        scores = dict.fromkeys(NAMES, 0.0) | dict.fromkeys(said, _BY_PHRASE)
        return Weighed(part, text, scores, Scores({}), found, ())

    def most_suspicious(self, parts: Sequence[Given], most: int) -> Sequence[Given]:
        """Return at most so many parts, in order; a faster model chooses if there is one."""
        if len(parts) <= most:
            return parts
        model = self.model.screener or self.model
        bounds = {head: logit(model.thresholds["balanced"][head]) for head in DECIDING}
        doubts = [
            max(logit(answer.heads[head]) - bound for head, bound in bounds.items())
            for answer in self._answers(model, [given.read for given in parts])
        ]
        chosen = sorted(range(len(parts)), key=lambda at: -doubts[at])[:most]
        return [parts[at] for at in sorted(chosen)]

    def _weighed(
        self, given: Given, answer: Scores, loud: Sequence[Span], calm: Scores | None
    ) -> Weighed:
        found = self._phrases(given, answer)
        said = {phrase.family.category for phrase in found}
        doubt = given.part.doubt
        if not found and self._takes_back(given, answer):
            doubt += _TAKEN_BACK
        scores = {}
        for head in DECIDING:
            known = self.model.hit if head in said or (said and head == "framing") else 0.0
            scores[head] = shifted(answer.heads[head], known - doubt)
        scores[SHOUTING] = 0.0
        if calm is not None:
            known = _CAPITALS + (self.model.hit if said else 0.0)
            scores[SHOUTING] = shifted(calm.heads["framing"], known - doubt)
        scores |= {head: answer.heads[head] for head in PUBLIC}
        return Weighed(given.part, given.text, scores, answer, found, loud)

    def _phrases(self, given: Given, answer: Scores) -> Sequence[Phrase]:
        """Return the turns of phrase of a part, if they could decide."""
        if given.phrases is not None:
            return given.phrases
        if all(answer.heads[head] < least for head, least in self._worth.items()):
            return ()
        return tuple(phrases(given.text, self.model.judge.is_word))

    def _takes_back(self, given: Given, answer: Scores) -> bool:
        if all(answer.heads[head] < self._thresholds[head] for head in DECIDING):
            return False
        return takes_all_back(given.text, self.model.judge.is_word)

    def _answers(self, model: Model, reads: Sequence[Read]) -> Iterator[Scores]:
        for at in range(0, len(reads), _AT_A_TIME):
            self.check()
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
