"""Choosing the words and pieces that the models know."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from moderation.detectors.framing import lexicon
from moderation.detectors.framing.groups import GROUP_WORDS
from moderation.detectors.framing.reading import CAPITALS, LINK, WHO, Reader
from moderation.detectors.framing.wordpiece import SPECIAL, WordPiece

#: Where the stand-ins start from in MiniLM's vocabulary.
_LIKE = {
    WHO: ("people", "group", "men", "women", "voters", "workers", "he", "they"),
    LINK: ("http", "website", "link"),
    CAPITALS: ("!", "shouting", "loud"),
    "[PAD]": ("[PAD]",),
}
_LATIN = "\u0250"
#: How much the rank of a piece in MiniLM's vocabulary (frequent ones first) counts.
_PRIOR = 6000
_MOST_ORDINARY = 24_000


def ordinary_words(texts: Iterable[str]) -> list[str]:
    """Return words mostly written small inside of sentences, the most frequent first."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for word in re.findall(r"(?<=[a-z,] )[A-Za-z]+", text):
            if word.islower():
                small[word] += 1
            elif word[1:].islower():
                capital[word.lower()] += 1
    known = [
        word
        for word, count in sorted(small.items(), key=lambda item: (-item[1], item[0]))
        if count >= 2 and count >= 1.5 * capital[word] and word not in GROUP_WORDS
    ]
    return known[:_MOST_ORDINARY]


def given_pieces(folder: Path) -> list[str]:
    """Return the vocabulary of MiniLM in the order of its numbers."""
    numbers = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return sorted(numbers, key=numbers.__getitem__)


def choose(given: Sequence[str], reader: Reader, texts: Iterable[str], size: int) -> list[str]:
    """Return ``size`` pieces, special ones and single characters first, then by frequency.

    The beginning of the list is a good smaller vocabulary.
    """
    everything = [*given, *(piece for piece in SPECIAL if piece not in set(given))]
    cutter = WordPiece(everything)
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(cutter.cut(reader.read(text), most=400).numbers)
    for word in (*lexicon.PROFANITY, *lexicon.INSULTS, *lexicon.BAD, *lexicon.BEASTS):
        counts.update(cutter.cut(reader.read(word)).numbers * 3)
    usable = [
        number
        for number, piece in enumerate(given)
        if piece not in SPECIAL
        and not piece.startswith("[")
        and all(letter < _LATIN for letter in piece.removeprefix("##"))
    ]
    single = [n for n in usable if len(given[n].removeprefix("##")) == 1]
    ranked = sorted(set(usable) - set(single), key=lambda n: (-(counts[n] + _PRIOR / (n + 1)), n))
    return [*SPECIAL, *(given[n] for n in (*single, *ranked))][:size]


def origins(pieces: Sequence[str], given: Sequence[str]) -> list[list[int]]:
    """Return, for each of our pieces, the pieces of MiniLM that it starts from."""
    numbers = {piece: number for number, piece in enumerate(given)}
    return [[numbers[like] for like in _LIKE.get(piece, (piece,))] for piece in pieces]
