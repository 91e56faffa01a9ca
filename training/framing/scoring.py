"""What both models share: from comments to calibrated scores and marked pieces."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from training.framing.heads import HEADS
from training.framing.reading import Read, Reader
from training.framing.wordpiece import Pieces, WordPiece

#: A model sees so many pieces of a comment at once; parts overlap by some.
MOST_PIECES = 104
_OVERLAP = 24
#: Pieces that are worked on at once: more need more memory and are not faster.
_LARGEST_BATCH = 500
_NONE = np.zeros((0, 2), np.float32)
_STEEPEST = 30.0

FACTS, PIECES, ORDINARY = "meta.json", "pieces.txt", "ordinary.txt"


class ModelError(Exception):
    """A model file is missing, damaged or not the one this version was released with."""


class Piece(NamedTuple):
    """A piece of the given text: how likely a passage to show, how likely toxic."""

    start: int
    end: int
    passage: float
    toxic: float


@dataclass(frozen=True)
class Scores:
    """Calibrated probability of each head, and the pieces that were read."""

    heads: Mapping[str, float]
    pieces: Sequence[Piece]


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

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score each text; of a long one each head says the most it says of any part."""
        reads = [self._reader.read(text) for text in texts]
        windows = [(row, cut) for row, read in enumerate(reads) for cut in self._windows(read)]
        highest = np.zeros((len(texts), len(HEADS)), np.float32)
        marks: list[np.ndarray] = [_NONE] * len(windows)
        for numbers in _alike([len(cut.numbers) for _, cut in windows]):
            whole, parts = self._network.logits([windows[n][1].numbers for n in numbers])
            rows = [windows[number][0] for number in numbers]
            np.maximum.at(highest, rows, probability(whole * self._slopes + self._offsets))
            for number, part in zip(numbers, probability(parts), strict=True):
                marks[number] = part
        pieces: list[list[Piece]] = [[] for _ in texts]
        for (row, cut), mark in zip(windows, marks, strict=True):
            pieces[row].extend(_new_pieces(reads[row], cut, mark, pieces[row]))
        return [
            Scores(dict(zip(HEADS, row, strict=True)), found)
            for row, found in zip(highest.tolist(), pieces, strict=True)
        ]

    def _windows(self, read: Read) -> Iterator[Pieces]:
        """Cut a text into parts that the model can see at once, each overlapping the next."""
        end = len(read.text.rstrip())
        cut = self._wordpiece.cut(read, most=MOST_PIECES)
        yield cut
        while cut.ends[-1] < end and len(cut.numbers) == MOST_PIECES:
            cut = self._wordpiece.cut(read, cut.starts[-_OVERLAP], MOST_PIECES)
            yield cut


def _new_pieces(
    read: Read, cut: Pieces, marks: np.ndarray, known: Sequence[Piece]
) -> Iterator[Piece]:
    """Yield the pieces of a part that no earlier part had, by where they stand in the text."""
    done = known[-1].end if known else 0
    for start, end, mark in zip(cut.starts, cut.ends, marks.tolist(), strict=False):
        if end > start:
            place = read.mapped.to_original(start, end)
            if place.start >= done:
                yield Piece(place.start, place.end, *mark)


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


def checked(folder: Path, name: str) -> bytes:
    """Return the bytes of a released file.

    Raises :class:`ModelError` if it is missing or not the one named in ``meta.json``.
    """
    try:
        data = folder.joinpath(name).read_bytes()
        digest = json.loads(folder.joinpath(FACTS).read_text("utf-8"))["sha256"][name]
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{name} is missing from the installation") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError(f"{name} does not have the expected checksum")
    return data


def load(folder: Path, name: str) -> Scorer:
    """Load the model ``light`` or ``standard`` from a folder of released files.

    Raises :class:`ModelError` if a file is missing or damaged, and ``ImportError`` if what
    the model runs on is not installed.
    """
    facts = json.loads(folder.joinpath(FACTS).read_text("utf-8"))[name]
    pieces = checked(folder, PIECES).decode("utf-8").split("\n")[: facts["pieces"]]
    ordinary = checked(folder, ORDINARY).decode("utf-8").split("\n")
    network: Network
    if name == "light":
        from training.framing.light import LightNetwork

        network = LightNetwork(checked(folder, facts["file"]))
    else:
        from training.framing.standard import StandardNetwork

        network = StandardNetwork(checked(folder, facts["file"]))
    return Scorer(network, facts["calibration"], pieces, ordinary)
