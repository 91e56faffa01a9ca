"""A linear model in a file that the standard library can read.

The file is the zlib-compressed concatenation of one line of JSON (see :class:`Model`), the
list of ordinary words and two tables. A table is CRC-32 keys of feature strings (little-endian
32-bit) followed by one signed byte per key and head. Nothing in it is executable.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import repeat
from typing import Any

FILE = "data/framing.bin"
#: SHA-256 of the file this version was released with; written by the training script.
DIGEST_FILE = "data/framing.sha256"
_LARGEST_FILE = 4_000_000


class ModelError(Exception):
    """The model file is missing, damaged or not the one this version was released with."""


@dataclass(frozen=True)
class Table:
    """Weights of features: ``rows[key]`` is the number of the row, ``width`` bytes long."""

    rows: Mapping[int, int]
    weights: array[int]
    scales: Sequence[float]
    biases: Sequence[float]

    def score(self, found: Iterable[str]) -> list[float]:
        """Return the logit of every head: the mean-like sum of the weights of ``found``."""
        width = len(self.scales)
        known = []
        for feature in found:
            row = self.rows.get(zlib.crc32(feature.encode("utf-8", "replace")))
            if row is not None:
                known.append(self.weights[row * width : (row + 1) * width])
        sums = map(sum, zip(*known, strict=True)) if known else repeat(0, width)
        norm = math.sqrt(len(known)) or 1.0
        return [
            total * scale / norm + bias
            for total, scale, bias in zip(sums, self.scales, self.biases, strict=True)
        ]


@dataclass(frozen=True)
class Model:
    """``heads`` score sentences, ``passages`` scores single tokens as evidence."""

    heads: Sequence[str]
    sentences: Table
    passages: Table
    words: frozenset[str]

    def is_word(self, word: str) -> bool:
        """Tell whether a lower-case word is ordinary English and no name."""
        return word in self.words

    def probabilities(self, found: Iterable[str]) -> dict[str, float]:
        """Return the calibrated probability of every head."""
        logits = self.sentences.score(found)
        return {head: sigmoid(logit) for head, logit in zip(self.heads, logits, strict=True)}


def sigmoid(logit: float) -> float:
    """Return the logistic function without overflowing."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@cache
def load() -> Model:
    """Read the packaged model once per process.

    Raises :class:`ModelError` if the file is missing or not the released one.
    """
    folder = files(__package__)
    try:
        data = folder.joinpath(FILE).read_bytes()
        digest = folder.joinpath(DIGEST_FILE).read_text("ascii").strip()
    except OSError as error:
        raise ModelError("the framing model is missing from the installation") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError("the framing model does not have the expected checksum")
    return parse(data)


def parse(data: bytes) -> Model:
    """Read a model from the bytes of its file."""
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(data, _LARGEST_FILE)
        head, _, body = raw.partition(b"\n")
        header = json.loads(head)
        size = header["words"]
        words = body[:size].decode("ascii").split()
        sentences, used = _table(header["sentences"], body[size:])
        passages, _ = _table(header["passages"], body[size + used :])
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise ModelError("the framing model is damaged") from error
    return Model(tuple(header["heads"]), sentences, passages, frozenset(words))


def _table(header: Mapping[str, Any], body: bytes) -> tuple[Table, int]:
    count, scales, biases = header["count"], header["scales"], header["biases"]
    split, end = 4 * count, (4 + len(scales)) * count
    if len(body) < end:
        raise ValueError("truncated")
    keys, weights = array("I", body[:split]), array("b", body[split:end])
    if sys.byteorder == "big":
        keys.byteswap()
    rows = {key: row for row, key in enumerate(keys)}
    return Table(rows, weights, tuple(scales), tuple(biases)), end
