"""Which model judges: the standard one, the light one or, where both fail, patterns alone.

A model is loaded once per process, when the first comment comes, and serves all threads.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from moderation.detectors.framing import released
from moderation.detectors.framing.heads import CATEGORIES, PUBLIC, Scores
from moderation.detectors.framing.reading import Read, Reader
from moderation.detectors.framing.released import ModelError

AUTO, STANDARD, LIGHT, PATTERNS = "auto", "standard", "light", "patterns"
CHOICES = (AUTO, STANDARD, LIGHT)
PRESETS = ("cautious", "balanced", "strict")
#: What flags: the overall score and each category that a model scores.
DECIDING = ("framing", *CATEGORIES)

_RUNTIME: Mapping[str, str] = {STANDARD: "onnxruntime", LIGHT: "numpy"}

logger = logging.getLogger(__name__)


class Judge(Protocol):
    """Reads comments and says how likely they are what."""

    def is_word(self, word: str) -> bool:
        """Tell whether a lower-case word is ordinary English and no name."""
        ...

    def read(self, text: str) -> Read:
        """Return a text without disguises and names."""
        ...

    def weigh(self, reads: Sequence[Read]) -> Sequence[Scores]:
        """Return the probabilities of texts that were read, and their pieces."""
        ...


@dataclass(frozen=True)
class Model:
    """A judge with what its numbers mean.

    ``thresholds`` are those of the presets. ``hit`` is how much an unmistakable turn of phrase
    adds to a score, as a logit. ``screener`` looks through long comments beforehand.
    """

    name: str
    judge: Judge
    thresholds: Mapping[str, Mapping[str, float]]
    hit: float
    screener: Model | None = None


#: Patterns are right about eight times as often as not. What a model knows already does not
#: count twice: this much was best on comments kept for judging.
_HIT = 1.0


def load(wanted: str = AUTO) -> Model:
    """Return the model that runs where ``wanted`` is asked for; never fails for want of a file.

    Raises ``ValueError`` for a name that is not one of :data:`CHOICES`.
    """
    with _lock:
        if wanted not in _loaded:
            _loaded[wanted] = _first_usable(wanted)
        return _loaded[wanted]


def forget() -> None:
    """Load anew when a model is needed next."""
    with _lock:
        _loaded.clear()


_loaded: dict[str, Model] = {}
_lock = Lock()


def candidates(wanted: str) -> tuple[str, ...]:
    """Return the names of the models to try, in order.

    Raises ``ValueError`` for a name that is not one of :data:`CHOICES`.
    """
    if wanted not in CHOICES:
        raise ValueError(f"there is no model {wanted!r}, only {', '.join(CHOICES)}")
    if wanted == LIGHT or (wanted == AUTO and not can_run(STANDARD)):
        return (LIGHT,)
    return (STANDARD, LIGHT)


def can_run(name: str) -> bool:
    """Tell whether what a model runs on is installed."""
    try:
        return find_spec(_RUNTIME[name]) is not None
    except ValueError:  # a module without a spec stands in its place
        return False


def defects(wanted: str, folder: Path | None = None) -> Iterator[str]:
    """Yield what is wrong with the files that ``wanted`` may need, without loading a model."""
    folder = folder or released.FOLDER
    try:
        facts = released.read_facts(folder)
        names = {name for model in candidates(wanted) for name in released.names_of(facts, model)}
    except ModelError as error:
        yield str(error)
        return
    for name in sorted(names):
        try:
            released.read_checked(folder, name)
        except ModelError as error:
            yield str(error)


def _first_usable(wanted: str) -> Model:
    for name in candidates(wanted):
        try:
            return read_model(released.FOLDER, name)
        except (ModelError, ImportError) as error:
            logger.error("The framing model %r cannot be used: %s", name, error)  # noqa: TRY400 - the message says it all
    logger.error("No framing model can be used: comments are judged by patterns alone.")
    return _patterns_alone()


def read_model(folder: Path, name: str) -> Model:
    """Read the model ``light`` or ``standard`` from a folder of released files.

    Raises :class:`~moderation.detectors.framing.released.ModelError` if a file is missing or
    damaged, and ``ImportError`` if what the model runs on is not installed.
    """
    from moderation.detectors.framing.scoring import Scorer

    facts = released.read_facts(folder)
    file, *lists = released.names_of(facts, name)
    pieces, ordinary = (released.read_checked(folder, each).decode().split("\n") for each in lists)
    data, about = released.read_checked(folder, file), facts[name]
    try:
        network = _network(name, data)
        judge = Scorer(network, about["calibration"], pieces[: about["pieces"]], ordinary)
        thresholds = {preset: _thresholds(about, preset) for preset in PRESETS}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{released.FACTS} does not fit the model {name!r}") from error
    screener = None
    if name == STANDARD:
        try:
            screener = read_model(folder, LIGHT)
        except ModelError as error:
            logger.warning("Long comments take longer: %s", error)
    return Model(name, judge, thresholds, _HIT, screener)


def _network(name: str, data: bytes) -> Any:
    if name == LIGHT:
        from moderation.detectors.framing.light import LightNetwork

        return LightNetwork(data)
    from moderation.detectors.framing.standard import StandardNetwork

    return StandardNetwork(data)


def _thresholds(about: Mapping[str, Any], preset: str) -> dict[str, float]:
    return {head: float(about["thresholds"][preset][head]) for head in DECIDING}


class _Indifferent:
    """Finds every text as harmless as most."""

    def __init__(self, ordinary: Sequence[str]) -> None:
        self._reader = Reader(ordinary)

    def is_word(self, word: str) -> bool:
        return self._reader.is_word(word)

    def read(self, text: str) -> Read:
        return self._reader.read(text)

    def weigh(self, reads: Sequence[Read]) -> Sequence[Scores]:
        return [_NOTHING_KNOWN for _ in reads]


_NOTHING_KNOWN = Scores(dict.fromkeys(DECIDING, 0.02) | dict.fromkeys(PUBLIC, 0.0))
#: Lifts such a score to .6: flagged, but never as likely.
_HIT_ALONE = 4.3


def _patterns_alone() -> Model:
    try:
        ordinary = released.read_checked(released.FOLDER, released.ORDINARY).decode().split("\n")
    except ModelError:
        ordinary = []
    thresholds = dict.fromkeys(PRESETS, dict.fromkeys(DECIDING, 0.5))
    return Model(PATTERNS, _Indifferent(ordinary), thresholds, _HIT_ALONE)
