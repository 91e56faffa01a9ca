"""The words of a flagged sentence that a moderator should see first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moderation.detectors.framing.features import token_features
from moderation.detectors.framing.model import Model, sigmoid
from moderation.detectors.framing.reading import Passage

#: Longer passages are cut: evidence is read at a glance.
LONGEST = 12
_AT_MOST = 3
_CLEAR = 0.5
#: Beside the clearest word, its neighbours belong to the passage down to this share of it.
_SHARE_OF_PEAK = 0.6


@dataclass(frozen=True, slots=True)
class Shown:
    """``tokens[start:end]`` of a sentence and the key of the reason."""

    start: int
    end: int
    explanation: str


def shown(passage: Passage, category: str, model: Model) -> list[Shown]:
    """Choose what to show of a sentence flagged for ``category``, in the order of the text.

    Patterns of the category come first and name the reason; other passages that the model
    marks are added; what overlaps is shown as one. There is always at least one.
    """
    chosen: list[Shown] = []
    for candidate in (*_patterns(passage, category), *_marked(passage, category, model)):
        touched = [
            each for each in chosen if each.start < candidate.end and candidate.start < each.end
        ]
        if not touched and len(chosen) < _AT_MOST:
            chosen.append(candidate)
        elif len(touched) == 1:
            chosen[chosen.index(touched[0])] = _joined(touched[0], candidate)
    return sorted(chosen, key=lambda each: each.start)


def _joined(first: Shown, other: Shown) -> Shown:
    """Widen ``first`` by what overlaps it, unless it would be too long to show."""
    start, end = min(first.start, other.start), max(first.end, other.end)
    return first if end - start > LONGEST else Shown(start, end, first.explanation)


def _patterns(passage: Passage, category: str) -> Iterator[Shown]:
    """Yield the hits of a category, the longest first."""
    hits = [h for h in passage.hits if h.family.category == category and not h.guarded]
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        yield Shown(hit.start, min(hit.end, hit.start + LONGEST), hit.family.key)


def _marked(passage: Passage, category: str, model: Model) -> Iterator[Shown]:
    """Yield the passages the model marks, or around its clearest word if it marks none."""
    scores = _token_scores(passage, model)
    key = f"framing.{category}.wording"
    peak = max(range(len(scores)), key=scores.__getitem__)
    bound = _CLEAR if scores[peak] >= _CLEAR else scores[peak] * _SHARE_OF_PEAK
    runs = sorted(_runs(scores, bound), key=lambda run: -max(scores[run[0] : run[1]]))
    for start, end in runs if scores[peak] >= _CLEAR else runs[:1]:
        yield Shown(start, min(end, start + LONGEST), key)


def _token_scores(passage: Passage, model: Model) -> list[float]:
    sentence = passage.sentence
    logits = (
        model.passages.score(token_features(sentence, index))[0]
        for index in range(len(sentence.tokens))
    )
    return [sigmoid(logit) for logit in logits]


def _runs(scores: list[float], bound: float) -> Iterator[tuple[int, int]]:
    """Yield the ranges where every score, or all but one inner one, reaches ``bound``."""
    start = last = -1
    for index, score in enumerate(scores):
        if score < bound:
            continue
        if start >= 0 and index - last > 2:
            yield start, last + 1
            start = index
        if start < 0:
            start = index
        last = index
    if start >= 0:
        yield start, last + 1
