"""What is said of a comment: the names, and the order of the models' numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

#: The categories that the models score. Shouting is a rule upon them.
CATEGORIES = ("attack", "dehumanise", "threat", "rage_bait", "profanity_directed")
SHOUTING = "shouting"
#: Scores in the usual public sense (swearing counts, whoever it is aimed at); never flagged.
PUBLIC = ("toxicity", "profanity")
#: The house's overall score, the categories, the public scores.
HEADS = ("framing", *CATEGORIES, *PUBLIC)
#: What the pieces of a comment are scored for: a passage to show, a toxic word.
PIECE_HEADS = ("passage", "toxic")


class Piece(NamedTuple):
    """A piece of the given text: how likely a passage to show, how likely toxic."""

    start: int
    end: int
    passage: float
    toxic: float


class Scores:
    """Calibrated probability of each head, and the pieces that were read.

    Args:
        heads: the probabilities.
        pieces: gives the pieces; called when somebody asks for them.
    """

    def __init__(
        self, heads: Mapping[str, float], pieces: Callable[[], Sequence[Piece]] = tuple
    ) -> None:
        self.heads = heads
        self._pieces = pieces

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        return self._pieces()
