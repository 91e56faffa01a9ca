"""What a signal family reports, and how the weights of several become one score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from moderation.types import Span

#: A weight of .35 alone scores .41, two of them .65: the steepness of the noisy-or.
_STEEPNESS: Final = 1.5


class Category(StrEnum):
    """The signal families. The value is the category of the finding."""

    PAGE_CHROME = "page_chrome"
    EMBED_RESIDUE = "embed_residue"
    MODEL_RESIDUE = "model_residue"
    STRAY_MARKUP = "stray_markup"
    KEYWORD_LINE = "keyword_line"
    TOLD_TWICE = "told_twice"
    SELF_REPETITION = "self_repetition"
    HTML_CLUES = "html_clues"


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that gave a family its weight.

    The range counts characters of the plain text, or of the text as stored where
    ``in_original`` is set (for what only the markup shows). ``masks`` says that the passage
    is no part of the story, and is better left out of a comparison with other texts.
    """

    start: int
    end: int
    reason: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    weight: float = 1.0
    in_original: bool = False
    masks: bool = True

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Signal:
    """The report of one family: how much it speaks for a scraped body, and why."""

    category: Category
    weight: float = 0.0
    hits: tuple[Hit, ...] = ()

    @property
    def score(self) -> float:
        return 1.0 - math.exp(-_STEEPNESS * self.weight)


def combined_score(signals: Iterable[Signal]) -> float:
    """Return the noisy-or of the families: the share that not all of them fail to explain.

    The product of the remainders equals ``exp(-1.5 * sum of weights)``, so a family adds the
    same evidence whatever the others found.
    """
    return 1.0 - math.prod(1.0 - signal.score for signal in signals)
