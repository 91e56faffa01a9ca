"""The words the detectors and the rest of the house share: plain frozen values, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a host object is to a reader; decides which detectors look at it."""

    ARTICLE = "article"
    COMMENT = "comment"


class TextFormat(StrEnum):
    """How the host stores its text."""

    PLAIN = "plain"
    HTML = "html"
    MARKDOWN = "markdown"


class Band(StrEnum):
    """A score in words: what a moderator reads first."""

    NONE = "none"
    POSSIBLE = "possible"
    LIKELY = "likely"

    @property
    def rank(self) -> int:
        return _BAND_RANK[self]


_BAND_RANK = {Band.NONE: 0, Band.POSSIBLE: 1, Band.LIKELY: 2}


class Mode(StrEnum):
    """A live finding opens a case; a shadow finding is only recorded."""

    LIVE = "live"
    SHADOW = "shadow"


class Span(NamedTuple):
    """Half-open range of Python characters, ``text[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One passage that speaks for a finding.

    ``start`` and ``end`` count characters of the text as the host stores it (markup
    included). For a copy, ``source_start`` and ``source_end`` do the same in the source.
    ``explanation`` is a key of :data:`moderation.detectors.explanations.MESSAGES`, filled
    with ``params``; ``weight`` (0..1) says how much the passage counts among its siblings.
    """

    start: int
    end: int
    explanation: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    weight: float = 1.0
    source_start: int | None = None
    source_end: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one detector says about one text.

    ``score`` is 0..1, ``threshold`` the score from which this category is flagged at all,
    ``source`` the corpus key of the matched document (copies only), ``detail`` JSON-ready
    facts about the match (verdict, coverage, ...), never text of the site. ``mode`` is shadow
    where only a threshold on trial flags it.
    """

    kind: str
    category: str
    score: float
    band: Band
    threshold: float
    evidence: tuple[Evidence, ...] = ()
    source: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode = Mode.LIVE


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that one detector has to say: findings, every score assessed, and what it left out.

    ``scores`` has a value for every category looked at, flagged or not. ``notes`` are
    explanation keys for what was not assessed and why (language, length, time). ``learned``
    are passages that so many stories have (the number stands with each) that they are
    boilerplate, as spans of the text. ``copies`` are corpus keys of texts that the corpus has
    before this one, and that turned out to be copies of it.
    """

    findings: tuple[Finding, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    learned: tuple[tuple[Span, int], ...] = ()
    copies: tuple[str, ...] = ()
