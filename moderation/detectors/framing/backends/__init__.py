"""Other judges in place of the models of the package: a service, or a model on the own disk.

They are asked by workers alone, never while somebody waits for a page. Disguises are undone and
names of people and groups replaced before a text leaves the house, as for the own models: so
that both sides of a quarrel are judged alike, and no names are sent. What a back end has no
score for, and where a passage stands, the own model says. Fails it, the own model judges alone.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from heapq import nlargest
from typing import Any, Protocol

from moderation.detectors.framing.backends.resilience import BackendError, Guard
from moderation.detectors.framing.heads import CATEGORIES, HEADS, Scores
from moderation.detectors.framing.models import DECIDING, PRESETS, Model
from moderation.detectors.framing.reading import LINK, STAND_INS, WHO, Read

__all__ = ["Backend", "BackendError", "Broken", "Guarded", "backed", "build"]

SHORT_NAMES: Mapping[str, str] = {
    "http": "moderation.detectors.framing.backends.http.HttpBackend",
    "openai": "moderation.detectors.framing.backends.openai.OpenAIBackend",
    "detoxify": "moderation.detectors.framing.backends.detoxify.DetoxifyBackend",
    "transformers": "moderation.detectors.framing.backends.transformers.TransformersBackend",
}
PATIENCE = 15.0
"""Seconds that one comment may wait for a back end."""

_THRESHOLD = 0.5
_FEW, _LEAST = 16, 1e-6
_GUARDED = ("attempts", "wait", "failures", "pause", "per_minute", "clock", "sleep")
_STAND_INS = str.maketrans(dict.fromkeys(STAND_INS, " ") | {WHO: "someone", LINK: "link"})


class Backend(Protocol):
    """What a class behind the setting has to be.

    ``name`` is recorded with findings; ``heads`` are those of :data:`.heads.HEADS` it scores;
    ``batch`` is how many texts one call may have. The constructor takes the options of the
    setting and raises ``TypeError`` or ``ValueError`` for bad ones, without loading anything.
    """

    name: str
    heads: frozenset[str]
    batch: int

    def score(self, texts: Sequence[str], seconds: float) -> Sequence[Mapping[str, float]]:
        """Return probabilities of every head for each text, within the given time.

        Raises :class:`BackendError`, or anything else, when there are none.
        """
        ...


class Guarded:
    """A back end with a :class:`Guard` before it, whose answers are believed only if they fit.

    Args:
        backend: what is asked.
        guard: how it is asked.
        thresholds: score from which each of its heads flags; .5 where none is given.
        patience: seconds that one comment may wait.
    """

    def __init__(
        self,
        backend: Backend,
        guard: Guard,
        thresholds: Mapping[str, float] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        if not backend.heads or not backend.heads <= set(HEADS):
            raise ValueError(f"a back end scores some of {', '.join(HEADS)}")
        given = dict(thresholds or {})
        own = [head for head in DECIDING if head in backend.heads]
        if backend.heads & set(CATEGORIES) and "framing" not in own:
            own.append("framing")  # the highest of them
        for head, bound in given.items():
            if head not in own or not _is_score(bound):
                raise ValueError(f"thresholds: {head!r} has no number between 0 and 1")
        if not patience > 0:
            raise ValueError("patience must be above 0")
        self.name = backend.name
        self.heads = backend.heads
        self.thresholds = {**dict.fromkeys(own, _THRESHOLD), **given}
        self.patience = patience
        self.clock = guard.clock
        self._backend, self._guard = backend, guard

    def score(self, texts: Sequence[str], until: float) -> list[Mapping[str, float]]:
        """Return probabilities of every head for each text, by ``until`` of the clock.

        Raises :class:`BackendError` when there are none.
        """
        found: list[Mapping[str, float]] = []
        size = max(self._backend.batch, 1)
        for at in range(0, len(texts), size):
            found += self._guard.call(partial(self._fitting, texts[at : at + size]), until)
        return found

    def _fitting(self, texts: Sequence[str], seconds: float) -> Sequence[Mapping[str, float]]:
        answers = self._backend.score(texts, seconds)
        if len(answers) != len(texts):
            raise BackendError("it answered another number of texts")
        for answer in answers:
            if set(answer) != self.heads or not all(map(_is_score, answer.values())):
                raise BackendError("it answered something else than scores between 0 and 1")
        return answers


class Broken:
    """Stands in for a back end that cannot be built: it is asked, and fails, each time."""

    name = "broken"
    heads = frozenset(CATEGORIES)
    batch = 1

    def score(self, texts: Sequence[str], seconds: float) -> Sequence[Mapping[str, float]]:
        raise BackendError("it cannot be built as it is set up")


def build(entry: Mapping[str, Any]) -> Guarded:
    """Build the back end that a setting names: ``{"CLASS": name or path, "OPTIONS": {...}}``.

    Raises ``ImportError``, ``AttributeError``, ``TypeError`` or ``ValueError`` if that fails.
    """
    unknown = set(entry) - {"CLASS", "OPTIONS"}
    if unknown or not isinstance(entry.get("CLASS"), str):
        raise ValueError("it is {'CLASS': name or dotted path, 'OPTIONS': {...}}")
    options = entry.get("OPTIONS", {})
    if not isinstance(options, Mapping):
        raise TypeError("OPTIONS is not a dict")
    path = SHORT_NAMES.get(entry["CLASS"], entry["CLASS"])
    module, _dot, name = path.rpartition(".")
    if not module:
        raise ValueError(f"there is no back end {path!r}, only {', '.join(SHORT_NAMES)}")
    rest = dict(options)
    guard = Guard(**{key: rest.pop(key) for key in _GUARDED if key in rest})
    around = {key: rest.pop(key) for key in ("thresholds", "patience") if key in rest}
    return Guarded(getattr(importlib.import_module(module), name)(**rest), guard, **around)


def backed(model: Model, backend: Guarded, latest: float = math.inf) -> Model:
    """Return a model for one comment that asks ``backend``, and ``model`` for the rest.

    ``latest`` is a moment of the clock by which half of the time left is used up at most.
    """
    now = backend.clock()
    until = min(now + backend.patience, (now + latest) / 2)
    thresholds = {preset: {**model.thresholds[preset], **backend.thresholds} for preset in PRESETS}
    return replace(
        model,
        name=backend.name,
        judge=_BackedJudge(model, backend, until),
        thresholds=thresholds,
        screener=model.screener or model,
    )


class _BackedJudge:
    """Reads as the own model does and scores as both do.

    Of the many parts of a long comment the back end is asked about those that the own model
    finds most suspicious; of the others it has nothing to say.
    """

    def __init__(self, model: Model, backend: Guarded, until: float) -> None:
        self._own, self._backend, self._until = model.judge, backend, until
        self._bounds = model.thresholds["balanced"]
        self._silent = dict.fromkeys(backend.heads, 0.0)
        self._known: dict[str, Mapping[str, float]] = {}
        self.is_word = model.judge.is_word
        self.read = model.judge.read

    def weigh(self, reads: Sequence[Read]) -> Sequence[Scores]:
        own = self._own.weigh(reads)
        texts = [sent(read) for read in reads]
        self._ask(dict(zip(texts, map(self._suspicion, own), strict=True)))
        return [
            _both(scores, self._known.get(text, self._silent))
            for scores, text in zip(own, texts, strict=True)
        ]

    def _ask(self, suspicions: Mapping[str, float]) -> None:
        new = [text for text in suspicions if text not in self._known]
        if len(new) > _FEW:
            new = nlargest(_FEW // 2, new, key=suspicions.__getitem__)
        if new:
            answers = self._backend.score(new, self._until)
            self._known.update(zip(new, answers, strict=True))

    def _suspicion(self, scores: Scores) -> float:
        return max(scores.heads[head] / max(self._bounds[head], _LEAST) for head in DECIDING)


def _both(own: Scores, given: Mapping[str, float]) -> Scores:
    flagging = [given[head] for head in CATEGORIES if head in given]
    overall = {"framing": max(flagging)} if flagging else {}
    return Scores({**own.heads, **overall, **given}, partial(_pieces_of, own))


def _pieces_of(scores: Scores) -> Any:
    return scores.pieces


def sent(read: Read) -> str:
    """Return what leaves the house of a text: no names, no links, no disguises."""
    return " ".join(read.text.translate(_STAND_INS).split())


def _is_score(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= 1
