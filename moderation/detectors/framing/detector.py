"""The detector: which sentences of a comment are inflammatory, why, and in which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from typing import ClassVar

from moderation.detectors.base import Context, band_for
from moderation.detectors.framing import model
from moderation.detectors.framing.evidence import shown
from moderation.detectors.framing.language import is_english
from moderation.detectors.framing.patterns import CATEGORIES
from moderation.detectors.framing.quoting import own_words
from moderation.detectors.framing.reading import Passage, read
from moderation.detectors.phrases import PhraseList
from moderation.text.document import Document
from moderation.text.normalise import Normalised, normalise
from moderation.types import Assessment, Evidence, Finding, Kind

#: A category is flagged from here on. Chosen by cross-validation on comments written for the
#: project, half of them hard cases: 4 to 5 % of the harmless ones are flagged.
THRESHOLDS: Mapping[str, float] = dict.fromkeys(CATEGORIES, 0.6) | {"threat": 0.4}
#: Lower bounds of the bands.
BANDS: Mapping[str, float] = {"possible": 0.4, "likely": 0.8}
#: Scores in the usual public sense (swearing counts, whoever it is aimed at); never flagged.
PUBLIC_SCORES = ("toxicity", "profanity")
NOT_ENGLISH = "not_assessed_language"

_SENTENCES_SHOWN = 3
#: A threat counts by its own head from this share of the likeliest category on.
_CLOSE = 0.5
_DIGITS = 4
#: A score of nothing is no finding, even at a threshold of 0.
_LOWEST = 10.0**-_DIGITS


class FramingDetector:
    """Find comments that attack, dehumanise, threaten, incite, swear or shout at someone.

    Args:
        thresholds: score from which a category is flagged; missing ones keep their default.
        bands: lower bounds of ``possible`` and ``likely``; missing ones keep their default.

    Raises ``TypeError`` or ``ValueError`` for an unknown category or band or a number outside
    of 0..1, and :class:`~moderation.detectors.framing.model.ModelError` if the packaged model
    is not intact.
    """

    name: ClassVar[str] = "framing"
    version: ClassVar[str] = "1"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.COMMENT})
    informative: ClassVar[frozenset[str]] = frozenset(PUBLIC_SCORES)

    def __init__(
        self,
        *,
        thresholds: Mapping[str, float] | None = None,
        bands: Mapping[str, float] | None = None,
    ) -> None:
        self._thresholds = _overridden(
            "thresholds", THRESHOLDS, {} if thresholds is None else thresholds
        )
        self._bands = _overridden("bands", BANDS, {} if bands is None else bands)
        if self._bands["possible"] > self._bands["likely"]:
            raise ValueError("bands: possible must not be higher than likely")

    def detect(self, document: Document, context: Context) -> Assessment:
        """Judge a comment sentence by sentence; a category scores as its worst sentence.

        What the comment quotes in quote blocks is not judged, nor what the site lists as
        harmless. Sentences in other languages
        than English are not assessed; if most of the text is, a note says so.
        """
        comment = _read(document, context)
        scores = {
            name: max((each.scores[name] for each in comment.judged), default=0.0)
            for name in (*CATEGORIES, *PUBLIC_SCORES)
        }
        scores["framing"] = max(scores[category] for category in CATEGORIES)
        return Assessment(
            findings=tuple(self._findings(comment)),
            scores=scores,
            notes=(NOT_ENGLISH,) if comment.foreign else (),
        )

    def _findings(self, comment: _Comment) -> Iterator[Finding]:
        """Yield a finding for every category that a sentence reaches the threshold of."""
        for category in CATEGORIES:
            bound = max(self._thresholds[category], _LOWEST)
            flagged = [each for each in comment.judged if each.scores[category] >= bound]
            if not flagged:
                continue
            worst = nlargest(_SENTENCES_SHOWN, flagged, key=lambda each: each.scores[category])
            score = worst[0].scores[category]
            worst.sort(key=lambda each: each.passage.sentence.tokens[0].start)
            yield Finding(
                kind=self.name,
                category=category,
                score=score,
                band=band_for(score, self._bands["possible"], self._bands["likely"]),
                threshold=self._thresholds[category],
                evidence=tuple(chain.from_iterable(comment.shown(s, category) for s in worst)),
            )


@dataclass(frozen=True, slots=True)
class _Judged:
    """A sentence and its scores."""

    passage: Passage
    scores: Mapping[str, float]
    surely_english: bool


@dataclass(frozen=True, slots=True)
class _Comment:
    """A whole comment with its assessed sentences."""

    document: Document
    clean: Normalised
    judged: Sequence[_Judged]
    foreign: bool

    def shown(self, sentence: _Judged, category: str) -> Iterator[Evidence]:
        """Yield what to show of a flagged sentence, in offsets of the stored text."""
        tokens = sentence.passage.sentence.tokens
        for each in shown(sentence.passage, category, model.load()):
            in_plain = self.clean.to_original(tokens[each.start].start, tokens[each.end - 1].end)
            start, end = self.document.original_span(*in_plain)
            yield Evidence(start, end, each.explanation, weight=sentence.scores[category])


def _read(document: Document, context: Context) -> _Comment:
    """Judge the sentences of a comment that are, or may be, English."""
    context.deadline.check()
    given = _without(own_words(document.plain, document.answers), context.harmless)
    clean = normalise(given)
    is_word = model.load().is_word
    judged: list[_Judged] = []
    letters: Counter[bool | None] = Counter()
    for passage in read(clean, given, is_word):
        context.deadline.check()
        english = is_english(passage.sentence, is_word)
        letters[english] += passage.sentence.length
        if english is not False:
            judged.append(_Judged(passage, _scores(passage), surely_english=bool(english)))
    foreign = _mostly_foreign(letters, document.language)
    if foreign:
        judged = [each for each in judged if each.surely_english]
    return _Comment(document, clean, judged, foreign)


def _without(text: str, harmless: PhraseList) -> str:
    """Replace what the site calls harmless by blanks of the same length."""
    kept, done = [], 0
    for match in harmless.find(text):
        if match.span.start >= done:
            kept += [text[done : match.span.start], " " * (match.span.end - match.span.start)]
            done = match.span.end
    return "".join([*kept, text[done:]])


def _scores(passage: Passage) -> dict[str, float]:
    probabilities = model.load().probabilities(passage.features())
    scores = category_scores(probabilities)
    if not passage.shouted:
        scores["shouting"] = 0.0
    scores |= {name: probabilities[name] for name in PUBLIC_SCORES}
    return {name: round(score, _DIGITS) for name, score in scores.items()}


def category_scores(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Turn the probabilities of the heads into one score a category.

    Whether a sentence is inflammatory at all is judged best by the head that learned just
    that ("any"); the category heads share it out. Threats, often without one hard word, also
    count by a head of their own ("menace"), unless another category is far likelier.
    """
    strongest = max(probabilities[category] for category in CATEGORIES)
    shares = {category: probabilities[category] / strongest for category in CATEGORIES}
    scores = {category: probabilities["any"] * shares[category] for category in CATEGORIES}
    menace = probabilities["menace"] * min(1.0, shares["threat"] / _CLOSE)
    scores["threat"] = max(scores["threat"], menace)
    return scores


def _mostly_foreign(letters: Mapping[bool | None, int], language: str) -> bool:
    """Decide by the letters of English (True), other (False) and too short (None) sentences.

    Only where the text itself can not tell, the ``language`` the host gave decides.
    """
    if letters[True] or letters[False]:
        return letters[False] > letters[True]
    return letters[None] > 0 and language[:2].lower() not in {"", "en"}


def _overridden(
    option: str, defaults: Mapping[str, float], given: Mapping[str, float]
) -> dict[str, float]:
    """Return the defaults with the given values in their place."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{option} must be a mapping, not {type(given).__name__}")
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"{option}: unknown name {name!r}, known are {sorted(defaults)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{option}: {name} must be a number")
        if not 0 <= value <= 1:
            raise ValueError(f"{option}: {name} must be between 0 and 1")
    return {**defaults, **given}
