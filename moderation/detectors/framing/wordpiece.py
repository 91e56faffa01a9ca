"""WordPiece: cutting words into the pieces that a model knows, with the characters of each.

Splits as BERT does (letters and digits against every other sign, accents taken off, longest
piece first; Wu et al. 2016, arXiv 1609.08144, as in Devlin et al. 2018, arXiv 1810.04805).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from moderation.detectors.framing.reading import CAPITALS, STAND_INS, Read

UNKNOWN, FIRST, LAST = "[UNK]", "[CLS]", "[SEP]"
SPECIAL = ("[PAD]", UNKNOWN, FIRST, LAST, *STAND_INS)

_WORD = re.compile(r"[^\W_]+|[^\s]", re.UNICODE)
_LONGEST_WORD = 40
_MOST_REMEMBERED = 50_000


class Pieces(NamedTuple):
    """Numbers of the pieces and, for each, where it stands in the read text.

    A piece that stands for nothing in the text (first, last, capitals) has an empty range.
    """

    numbers: list[int]
    starts: list[int]
    ends: list[int]


class WordPiece:
    """Cuts read texts into pieces.

    Args:
        vocabulary: the pieces in the order of their numbers; ``##`` continues a word.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._unknown = self._numbers[UNKNOWN]
        self._remembered: dict[str, tuple[tuple[int, int], ...]] = {}

    def cut(self, read: Read, start: int = 0, most: int = 128) -> Pieces:
        """Return at most ``most`` pieces of ``read`` from character ``start`` on."""
        numbers, starts, ends = [self._numbers[FIRST]], [start], [start]
        if read.shouted:
            numbers.append(self._numbers[CAPITALS])
            starts.append(start)
            ends.append(start)
        for match in _WORD.finditer(read.text, start):
            word, at = match[0], match.start()
            pieces = self._remembered.get(word)
            if pieces is None:
                pieces = self._remember(word)
            for number, length in pieces:
                numbers.append(number)
                starts.append(at)
                at += length
                ends.append(at)
            if len(numbers) >= most:
                break
        del numbers[most - 1 :], starts[most - 1 :], ends[most - 1 :]
        numbers.append(self._numbers[LAST])
        starts.append(ends[-1])
        ends.append(ends[-1])
        return Pieces(numbers, starts, ends)

    def _remember(self, word: str) -> tuple[tuple[int, int], ...]:
        pieces = tuple(self._pieces(word))
        if len(self._remembered) < _MOST_REMEMBERED:
            self._remembered[word] = pieces
        return pieces

    def _pieces(self, word: str) -> list[tuple[int, int]]:
        """Return number and length of the longest pieces from left to right."""
        plain = word if word.isascii() else _without_accents(word)
        if len(plain) != len(word) or len(plain) > _LONGEST_WORD:
            return [(self._unknown, len(word))]
        found, at = [], 0
        while at < len(plain):
            prefix = "##" if at else ""
            for end in range(len(plain), at, -1):
                number = self._numbers.get(prefix + plain[at:end])
                if number is not None:
                    found.append((number, end - at))
                    at = end
                    break
            else:
                return [(self._unknown, len(word))]
        return found


def _without_accents(word: str) -> str:
    """Return the word with accented letters as plain ones, of the same length where possible."""
    letters = (unicodedata.normalize("NFD", letter)[0] for letter in word)
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
