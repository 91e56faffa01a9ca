"""Made-up articles for the benchmarks, as many as asked for, and what copiers do to them.

Article ``n`` is the same on every machine and in every run, so nothing has to be kept to show
it again. Its words are as unevenly frequent as those of a language and stand in stock phrases
as often as in a newspaper: of a million articles an unseen one shares a fingerprint with some
hundred and fifty by chance, and two fingerprints with about one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

SEED = 20_261
WORDS = 735
"""Of an article: 5 KB with a footer now and then, and as many fingerprints as real ones have."""

FOOTER_SHARE = 5
"""Every so manieth article ends with the footer that the whole site has, if asked to."""

_LEXICON = 60_000
_COMMONEST, _STEEPNESS = 2.7, 1.1
"""Zipf's law with Mandelbrot's correction. In 5,000 words of the made-up language two words taken
at random are the same as often as in English speeches, once in a hundred."""

_PHRASES = 100_000
_PHRASES_COMMONEST = 300.0
_WORDS_PER_PHRASE = 200
_PHRASE_LENGTHS = range(4, 9)
_PARAGRAPH = 70
_SENTENCE = 17
_FOOTER_WORDS = 150
_SOUNDS = ("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z")
_ENDINGS = ("", "", "", "n", "r", "s", "t", "l")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "io", "ou")

Words = list[str]
Array = np.ndarray[Any, Any]


@cache
def _lexicon() -> tuple[Array, Array]:
    lot = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < _LEXICON:
        syllables = 1 if len(found) < 50 else lot.choice((2, 2, 3, 3, 4))
        parts = (lot.choice(_SOUNDS) + lot.choice(_VOWELS) for _ in range(syllables))
        found["".join(parts) + lot.choice(_ENDINGS)] = None
    return np.array(list(found), dtype=object), _zipf(_LEXICON, _COMMONEST, _STEEPNESS)


@cache
def _phrases() -> tuple[list[Words], Array]:
    lot = np.random.Generator(np.random.PCG64(SEED))
    lengths = lot.integers(_PHRASE_LENGTHS.start, _PHRASE_LENGTHS.stop, size=_PHRASES)
    return [_drawn(lot, int(length)) for length in lengths], _zipf(
        _PHRASES, _PHRASES_COMMONEST, 1.0
    )


def _zipf(count: int, shift: float, steepness: float) -> Array:
    chances = np.cumsum((np.arange(count) + shift) ** -steepness)
    return chances / chances[-1]


def _drawn(lot: np.random.Generator, count: int) -> Words:
    lexicon, chances = _lexicon()
    drawn: Words = lexicon[np.searchsorted(chances, lot.random(count))].tolist()
    return drawn


def article(number: int, words: int = WORDS) -> Words:
    """Return the words of an article; those with negative numbers are in no corpus."""
    lot = np.random.Generator(np.random.PCG64([SEED, abs(number), number < 0]))
    phrases, chances = _phrases()
    found = _drawn(lot, words)
    count = words // _WORDS_PER_PHRASE
    places = (lot.random(count) * words).astype(int).tolist()
    for at, chosen in zip(places, np.searchsorted(chances, lot.random(count)), strict=True):
        phrase = phrases[chosen]
        found[at : at + len(phrase)] = phrase
    return found[:words]


@cache
def footer() -> Words:
    """Return what every page of the made-up site ends with."""
    return article(-1_000_000_007, _FOOTER_WORDS)


def with_footer(number: int, words: int = WORDS) -> Words:
    """Return an article, one in :data:`FOOTER_SHARE` with the footer."""
    return article(number, words) + (footer() if number % FOOTER_SHARE == 0 else [])


def text_of(words: Sequence[str]) -> str:
    """Write words down as prose: sentences, paragraphs."""
    return "\n\n".join(map(_sentences, _cut(words, _PARAGRAPH)))


def html_of(words: Sequence[str]) -> str:
    """Write words down as the body of a page."""
    return "\n".join(f"<p>{_sentences(part)}</p>" for part in _cut(words, _PARAGRAPH))


def _sentences(words: Sequence[str]) -> str:
    return " ".join(" ".join(part).capitalize() + "." for part in _cut(words, _SENTENCE))


def _cut(words: Sequence[str], length: int) -> Iterator[Sequence[str]]:
    return (words[at : at + length] for at in range(0, len(words), length))


# What copiers do


def edited(words: Words, share: float, lot: random.Random) -> Words:
    """Replace, drop or add to a share of the words, as somebody does who covers tracks."""
    strangers = iter(_drawn(np.random.Generator(np.random.PCG64(lot.getrandbits(64))), len(words)))
    changed: Words = []
    for word in words:
        way = lot.random() / share
        if way >= 1:
            changed.append(word)
        elif way < 0.6:
            changed.append(next(strangers))
        elif way < 0.8:
            changed += (word, next(strangers))
    return changed


def shuffled(words: Words, lot: random.Random) -> Words:
    """Put the paragraphs in another order."""
    parts = list(_cut(words, _PARAGRAPH))
    lot.shuffle(parts)
    return [word for part in parts for word in part]


def lifted(words: Words, length: int, host: Words, lot: random.Random) -> Words:
    """Put a passage of ``words`` into the middle of another article."""
    start = lot.randrange(len(words) - length)
    at = lot.randrange(len(host) // 4, 3 * len(host) // 4)
    return host[:at] + words[start : start + length] + host[at:]


def in_chrome(words: Words, host: Words, lot: random.Random) -> Words:
    """Put the whole article among as many words of teasers and menus of another page."""
    at = lot.randrange(len(host) // 4, 3 * len(host) // 4)
    return host[:at] + words + host[at:]


Edit = Callable[[Words, Words, random.Random], Words]
EDITS: dict[str, Edit] = {
    "full": lambda words, _host, _lot: words,
    "chrome": in_chrome,
    "shuffle": lambda words, _host, lot: shuffled(words, lot),
    "10 % edits": lambda words, _host, lot: edited(words, 0.1, lot),
    "30 % edits": lambda words, _host, lot: edited(words, 0.3, lot),
    "120-word lift": lambda words, host, lot: lifted(words, 120, host, lot),
    "60-word lift": lambda words, host, lot: lifted(words, 60, host, lot),
}
"""What is done to an article; the second argument is an unseen one that may take it in."""


def copies(edit: Edit, sources: Sequence[int], *, seed: int) -> Iterator[tuple[int, Words]]:
    """Yield each source with a copy of it, in hosts that are in no corpus."""
    for at, number in enumerate(sources):
        lot = random.Random(f"{seed}:{number}")
        yield number, edit(article(number), article(-1 - seed * 1_000_000 - at), lot)
