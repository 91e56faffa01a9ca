"""Words with their places, for every script.

Scripts that put spaces between words give words. Scripts that do not give overlapping runs of
characters instead, one starting at every character, so that neither side of a comparison has
to agree on where words begin. How long a run is decides how much the same number of tokens
says, and the detectors count tokens: fingerprints take five in a row, alignment three.

A Han character or kana carries roughly six to seven bits, a letter of Thai, Lao, Khmer or
Burmese roughly three, an English word roughly ten. Runs of 4 and of 12 characters make five
tokens in a row span 8 and 16 characters, about the fifty bits of five English words, and three
tokens 6 and 14, about the thirty of three. Longer runs would lose edited copies (any edit
spoils every run over it), shorter ones would find the same set phrase everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

from moderation.text._marks import MARKS


class Token(NamedTuple):
    """A word, case folded, and the range it stands at."""

    text: str
    start: int
    end: int


DENSE = 4
"""Characters per token in Han, Hiragana and Katakana."""

SPARSE = 12
"""Characters per token in Thai, Lao, Khmer, Burmese and their neighbours."""

_DENSE_SCRIPTS = (
    "\u3005-\u3007\u3041-\u3096\u3099-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
)
_SPARSE_SCRIPTS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u1049\u1050-\u109f"
    "\u1780-\u17d3\u17d7\u17dc-\u17dd\u1950-\u19df\u1a20-\u1aad\ua9e0-\ua9fe\uaa60-\uaadd"
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SPACED_WORD = re.compile(r"([^\W_]+(?:['’][^\W_]+)?)")
_UNSPACED = re.compile(f"[{_DENSE_SCRIPTS}{_SPARSE_SCRIPTS}]")
_DENSE = re.compile(f"[{_DENSE_SCRIPTS}]")
_ANY_MARK = re.compile(f"[{MARKS}]")
_token = partial(tuple.__new__, Token)


def words(text: str, *, dense: int = DENSE, sparse: int = SPARSE) -> list[Token]:
    """Return the words of ``text`` in order, case folded.

    ``dense`` and ``sparse`` set how many characters a token has in scripts without spaces
    (see the module's text); there a run of n characters gives n - dense + 1 tokens, and a
    shorter one gives one.
    """
    pattern, unspaced = _pattern_for(text)
    found = _split(pattern, text)
    return list(_with_runs(found, dense, sparse)) if unspaced else found


def spaced_words(text: str) -> list[str] | None:
    """Return what :func:`words` gives without the places, several times as fast.

    None where ``text`` has a script without spaces: there the places decide what a word is.
    """
    pattern, unspaced = _pattern_for(text)
    if unspaced:
        return None
    folded = text.casefold()
    if len(folded) == len(text):
        return pattern.findall(folded)
    return [word.casefold() for word in pattern.findall(text)]


def _pattern_for(text: str) -> tuple[re.Pattern[str], bool]:
    """Choose the cheapest pattern for the characters there are; True for unspaced scripts."""
    if text.isascii():
        return _SPACED_WORD, False
    odd = "".join(set(_NOT_ASCII.findall(text)))
    unspaced = _UNSPACED.search(odd) is not None
    return (_any_word() if unspaced or _ANY_MARK.search(odd) else _SPACED_WORD), unspaced


@lru_cache(maxsize=1)
def _any_word() -> re.Pattern[str]:
    letters = rf"[^\W_{_DENSE_SCRIPTS}{_SPARSE_SCRIPTS}]+"
    # Vowel signs and accents are no letters to ``re`` but parts of words all the same.
    word = rf"{letters}(?:[{MARKS}]+(?:{letters})?)*+"
    return re.compile(rf"({word}(?:['’]{word})?|[{_DENSE_SCRIPTS}]+|[{_SPARSE_SCRIPTS}]+)")


def _split(pattern: re.Pattern[str], text: str) -> list[Token]:
    folded = text.casefold()
    aligned = len(folded) == len(text)
    # [between, word, between, word, ..., between]: the offsets are running sums.
    parts = pattern.split(folded if aligned else text)
    bounds = list(accumulate(map(len, parts)))
    found = parts[1::2] if aligned else [word.casefold() for word in parts[1::2]]
    return list(map(_token, zip(found, bounds[0::2], bounds[1::2], strict=False)))


def _with_runs(found: list[Token], dense: int, sparse: int) -> Iterator[Token]:
    for token in found:
        if _UNSPACED.match(token.text) is None:
            yield token
            continue
        size = dense if _DENSE.match(token.text) else sparse
        text, start, _ = token
        for at in range(max(len(text) - size, 0) + 1):
            piece = text[at : at + size]
            yield Token(piece, start + at, start + at + len(piece))
