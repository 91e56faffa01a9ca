"""What both models share: from comments to calibrated scores and marked pieces."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from moderation.detectors.framing.heads import HEADS, Piece, Scores
from moderation.detectors.framing.reading import Read, Reader
from moderation.detectors.framing.wordpiece import Pieces, WordPiece

#: A model sees so many pieces of a comment at once; parts overlap by some.
MOST_PIECES = 104
_OVERLAP = 24
#: Pieces that are worked on at once: more need more memory and are not faster.
_LARGEST_BATCH = 500
_STEEPEST = 30.0
_AIMED, _SWEARING = HEADS.index("profanity_directed"), HEADS.index("profanity")


class Network(Protocol):
    """Logits for a batch of comments cut into pieces.

    Returns arrays of comments x heads and, padded, comments x pieces x piece heads.
    """

    def logits(self, batch: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]: ...


class Scorer:
    """Scores comments with a network.

    Args:
        network: gives the logits.
        calibration: slope and offset of each head's logit, in the order of ``HEADS``.
        pieces: the vocabulary; ``ordinary``: the words that are no names.
    """

    def __init__(
        self,
        network: Network,
        calibration: Mapping[str, Sequence[float]],
        pieces: Sequence[str],
        ordinary: Sequence[str],
    ) -> None:
        self._network = network
        self._reader = Reader(ordinary)
        self._wordpiece = WordPiece(pieces)
        self._slopes = np.array([calibration[head][0] for head in HEADS], np.float32)
        self._offsets = np.array([calibration[head][1] for head in HEADS], np.float32)

    def is_word(self, word: str) -> bool:
        """Tell whether a lower-case word is ordinary English and no name."""
        return self._reader.is_word(word)

    def read(self, text: str) -> Read:
        """Return a text as the network sees it."""
        return self._reader.read(text)

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score each text; of a long one each head says the most it says of any part."""
        return self.weigh([self.read(text) for text in texts])

    def weigh(self, reads: Sequence[Read]) -> list[Scores]:
        """Score texts that were read with :meth:`read`.

        Parts that look the same to the network are worked on once.
        """
        windows = [(row, cut) for row, read in enumerate(reads) for cut in self._windows(read)]
        places: dict[tuple[int, ...], int] = {}
        known = [places.setdefault(tuple(cut.numbers), len(places)) for _, cut in windows]
        wholes, marks = self._answers(list(places))
        highest = np.zeros((len(reads), len(HEADS)), np.float32)
        np.maximum.at(highest, [row for row, _ in windows], wholes[known])
        parts: list[list[tuple[Pieces, np.ndarray]]] = [[] for _ in reads]
        for (row, cut), place in zip(windows, known, strict=True):
            parts[row].append((cut, marks[place]))
        return [
            Scores(dict(zip(HEADS, row, strict=True)), partial(_pieces, read, part))
            for row, read, part in zip(highest.tolist(), reads, parts, strict=True)
        ]

    def _answers(
        self, parts: Sequence[tuple[int, ...]]
    ) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """Return the probabilities of each part, and those of its pieces."""
        wholes = np.zeros((len(parts), len(HEADS)), np.float32)
        marks: dict[int, np.ndarray] = {}
        for numbers in _alike([len(part) for part in parts]):
            whole, pieces = self._network.logits([parts[number] for number in numbers])
            chances = probability(whole * self._slopes + self._offsets)
            # Who swears at somebody swears: no text does the one without the other.
            chances[:, _AIMED] = np.minimum(chances[:, _AIMED], chances[:, _SWEARING])
            wholes[numbers] = chances
            marks.update(zip(numbers, probability(pieces), strict=True))
        return wholes, marks

    def _windows(self, read: Read) -> Iterator[Pieces]:
        """Cut a text into parts that the model can see at once, each overlapping the next."""
        end = len(read.text.rstrip())
        cut = self._wordpiece.cut(read, most=MOST_PIECES)
        yield cut
        while cut.ends[-1] < end and len(cut.numbers) == MOST_PIECES:
            cut = self._wordpiece.cut(read, cut.starts[-_OVERLAP], MOST_PIECES)
            yield cut


def _pieces(read: Read, parts: Sequence[tuple[Pieces, np.ndarray]]) -> list[Piece]:
    """Return the pieces of all parts by where they stand in the text; overlaps count once."""
    found: list[Piece] = []
    for cut, marks in parts:
        done = found[-1].end if found else 0
        for start, end, mark in zip(cut.starts, cut.ends, marks.tolist(), strict=False):
            if end > start:
                place = read.mapped.to_original(start, end)
                if place.start >= done:
                    found.append(Piece(place.start, place.end, *mark))
    return found


def _alike(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the numbers of all rows in batches of about the same length, none too large."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[number] > _LARGEST_BATCH:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def probability(logits: np.ndarray) -> np.ndarray:
    """Return the logistic function without overflowing."""
    result: np.ndarray = 1 / (1 + np.exp(-np.clip(logits, -_STEEPEST, _STEEPEST)))
    return result


def logit(chance: float) -> float:
    """Return what :func:`probability` turns into ``chance``."""
    return math.log(chance / (1 - chance))
