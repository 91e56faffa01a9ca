"""The attributes of the Perspective API, answered from what the house's detectors measure.

Programs that asked that service have thresholds of .7 or .9 in their settings. The house's
probabilities mean something else: how many of a site's comments with this score are
inflammatory, where one in twenty is. :func:`on_their_scale` gives what the same evidence
says where one in two is, which is how that service's models were trained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from moderation.conf import settings
from moderation.detectors.advertising import advertising_score
from moderation.detectors.base import Context, Deadline, Detector
from moderation.detectors.framing import FramingDetector
from moderation.detectors.framing.detector import NO_MODEL, NOT_ENGLISH
from moderation.detectors.wordlist import WordListDetector
from moderation.services import wordlists
from moderation.services.detectors import configured_detectors
from moderation.text.document import Document
from moderation.text.sentences import sentences
from moderation.types import Span, TextFormat

BASE_RATE = 0.05
"""The share of comments to act on that the house's probabilities are made for."""

MOST_SPANS = 200
"""A longer text has its rest in the last span."""

LANGUAGE = "en"
UNDETERMINED = "und"
"""The code for a text in a language that nobody could tell."""

_DIGITS = 6

#: The attribute is the highest of these scores.
_HIGHEST_OF: Mapping[str, tuple[str, ...]] = {
    "TOXICITY": ("toxicity",),
    "TOXICITY_FAST": ("toxicity",),
    "IDENTITY_ATTACK": ("dehumanise",),
    "INSULT": ("attack", "profanity_directed"),
    "PROFANITY": ("profanity",),
    "OBSCENE": ("profanity",),
    "THREAT": ("threat",),
    "INFLAMMATORY": ("framing", "rage_bait"),
    "ATTACK_ON_AUTHOR": ("attack",),
    "ATTACK_ON_COMMENTER": ("attack",),
    "SPAM": ("advertising",),
    "LIKELY_TO_REJECT": ("framing", "threat", "advertising", "blocked"),
}
#: Severe is what is toxic and one of these besides: swearing alone is not.
_SEVERE = ("dehumanise", "threat", "profanity_directed")
_ANY_LANGUAGE = frozenset({"SPAM"})
_ON_THEIR_SCALE = frozenset({"advertising", "blocked"})
_WORD_LIST = WordListDetector()

MEASURED = frozenset({*_HIGHEST_OF, "SEVERE_TOXICITY"})
UNMEASURED = frozenset(
    """AFFINITY COMPASSION CURIOSITY FLIRTATION INCOHERENT NUANCE PERSONAL_STORY REASONING
    RESPECT SEXUALLY_EXPLICIT UNSUBSTANTIAL""".split()  # noqa: SIM905
)
"""Attributes of that service for which there is nothing here to measure them by."""

_NAME = re.compile(r"(?P<name>[A-Z][A-Z_]*?)(?:_EXPERIMENTAL)?(?:@\d{1,3})?", re.ASCII)


class Unmeasured(Exception):
    """The model of the detector cannot be used; patterns alone would pass for good scores."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured in a text, each score from 0 to 1 on the scale of that service."""

    scores: Mapping[str, float]
    english: bool

    def value(self, attribute: str) -> float:
        """Return the value of one of the attributes in :data:`MEASURED`."""
        if attribute == "SEVERE_TOXICITY":
            value = min(self.scores["toxicity"], max(self.scores[name] for name in _SEVERE))
        else:
            value = max(self.scores[name] for name in _HIGHEST_OF[attribute])
        return round(value, _DIGITS)


def attribute_of(name: str) -> str | None:
    """Return the attribute a request means, without version and ``_EXPERIMENTAL``.

    None if there never was one of that name.
    """
    match = _NAME.fullmatch(name)
    known = match["name"] if match else ""
    return known if known in MEASURED or known in UNMEASURED else None


def speaks(attribute: str, language: str) -> bool:
    """Whether an attribute is measured in a language, given as its ISO or BCP 47 code."""
    if attribute not in MEASURED:
        return False
    return attribute in _ANY_LANGUAGE or language.lower().replace("_", "-").split("-")[0] == "en"


def on_their_scale(probability: float, base_rate: float = BASE_RATE) -> float:
    """Move a probability from the house's base rate to one in two, by Bayes' rule.

    Monotone: whatever ranks higher here ranks higher there; 0 and 1 stay what they are.
    """
    likely = probability * (1.0 - base_rate)
    return likely / (likely + (1.0 - probability) * base_rate)


def on_our_scale(value: float, base_rate: float = BASE_RATE) -> float:
    """Return the house's probability that :func:`on_their_scale` turns into ``value``."""
    return on_their_scale(value, 1.0 - base_rate)


def read(documents: Sequence[Document]) -> list[Reading]:
    """Measure comments as they are; nothing of them is kept.

    The site's word lists count. Raises whatever the detector raises, :class:`Unmeasured`
    without its model, and :class:`~moderation.detectors.base.TimeLimitExceeded` when the time
    of a scan is over.
    """
    if not documents:
        return []
    blocked, harmless = wordlists.phrase_lists(documents[0].kind)
    deadline = Deadline.after(settings.SCAN_TIME_LIMIT)
    context = Context(deadline=deadline, blocked=blocked, harmless=harmless)
    detector = _framing()
    return [_read(document, detector, context) for document in documents]


def spans_of(document: Document) -> Iterator[tuple[Span, Document]]:
    """Yield the sentences of a comment, each with its place in the text and as a comment."""
    plain = document.plain.text
    found = sentences(plain)
    if len(found) > MOST_SPANS:
        rest = Span(found[MOST_SPANS - 1].start, found[-1].end)
        found = [*found[: MOST_SPANS - 1], rest]
    for span in found:
        sentence = replace(document, text=plain[span.start : span.end], format=TextFormat.PLAIN)
        yield document.original_span(span.start, span.end), sentence


def _read(document: Document, detector: Detector, context: Context) -> Reading:
    assessment = detector.detect(document, context)
    if NO_MODEL in assessment.notes:
        raise Unmeasured
    plain = document.plain.text
    measured = {
        **assessment.scores,
        "advertising": advertising_score(plain),
        "blocked": 0.0,
        **(_WORD_LIST.detect(document, context).scores if context.blocked else {}),
    }
    scores = {
        name: score if name in _ON_THEIR_SCALE else on_their_scale(score)
        for name, score in measured.items()
    }
    return Reading(scores, english=NOT_ENGLISH not in assessment.notes)


def _framing() -> Detector:
    """Return the detector as the site configures it; the packaged one if it is switched off."""
    for configured in configured_detectors():
        if isinstance(configured.detector, FramingDetector):
            return configured.detector
    return _packaged(settings.FRAMING_MODEL)


@cache
def _packaged(model: str) -> Detector:
    return FramingDetector(model=model)
