"""What the linear model sees of a sentence: a set of short strings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from moderation.detectors.framing.lexicon import ROLES, TOPICS
from moderation.detectors.framing.patterns import Hit
from moderation.detectors.framing.words import Sentence

_SHORTEST_CUT, _LONGEST_CUT = 3, 5
_SHOUTED_LETTERS = 12
_SHOUTED_SHARE = 0.6


def features(sentence: Sentence, hits: Iterable[Hit], around: Sequence[Sentence]) -> set[str]:
    """Return the features of one sentence: words, pairs, parts of words, patterns, style.

    ``around`` are the sentences before and after it; they only lend their words.
    """
    found = set(_words(sentence))
    found.update(_pairs(sentence))
    found.update(_topics(sentence))
    for token in sentence.tokens:
        found.update(_parts(token.word))
    found.update(f"p:{hit.family.key}{'?' if hit.guarded else ''}" for hit in hits)
    if is_shouted(sentence, around):
        found.add("x:shouted")
    for neighbour in around:
        found.update(f"~{token.word}" for token in neighbour.tokens)
    if around:
        everything = {name for near in (sentence, *around) for name in _named(near)}
        found.update(_together("u", everything))
    return found


def token_features(sentence: Sentence, index: int) -> set[str]:
    """Return the features of one token as a part of a passage to show."""
    words = ["<", "<", *(token.word for token in sentence.tokens), ">", ">"]
    at = index + 2
    found = {f"{step}:{words[at + step]}" for step in range(-2, 3)}
    found.add(f"b:{words[at - 1]} {words[at]}")
    found.add(f"a:{words[at]} {words[at + 1]}")
    found.update(_parts(words[at]))
    return found


def is_shouted(sentence: Sentence, around: Sequence[Sentence] = ()) -> bool:
    """Tell whether a sentence is in capitals, and not just an abbreviation among words."""
    letters, capitals = _letters(sentence)
    loud = capitals + sum(_letters(neighbour)[1] for neighbour in around)
    return capitals >= _SHOUTED_SHARE * letters > 0 and loud >= _SHOUTED_LETTERS


def _letters(sentence: Sentence) -> tuple[int, int]:
    """Count the characters of words, and of words in capitals."""
    words = [token for token in sentence.tokens if token.word[0].isalpha() or token.shouted]
    return (
        sum(token.end - token.start for token in words),
        sum(token.end - token.start for token in words if token.shouted),
    )


def _words(sentence: Sentence) -> Iterator[str]:
    for token in sentence.tokens:
        yield f"w:{token.word}"


def _pairs(sentence: Sentence) -> Iterator[str]:
    words = ["<", *(token.word for token in sentence.tokens), ">"]
    for first, second in pairwise(words):
        yield f"b:{first} {second}"
    for first, second in zip(words, words[2:], strict=False):
        yield f"s:{first} {second}"


def _topics(sentence: Sentence) -> Iterator[str]:
    """Yield what a sentence is about: topics, their order, and who goes with them."""
    words = [token.word for token in sentence.tokens]
    named = _named(sentence)
    for first, second in zip(words, named[1:], strict=False):
        if second:
            yield f"k:{first} {second}"
    for second, last in zip(named, words[1:], strict=False):
        if second:
            yield f"k:{second} {last}"
    for reach in (1, 2, 3):
        for first, second in zip(named, named[reach:], strict=False):
            if first and second:
                yield f"k:{first}+{second}"
    yield from _together("t", set(named))


def _together(kind: str, named: set[str]) -> Iterator[str]:
    present = sorted(named - {""})
    for index, first in enumerate(present):
        yield f"{kind}:{first}"
        for second in present[index + 1 :]:
            yield f"{kind}:{first}&{second}"


def _named(sentence: Sentence) -> list[str]:
    """Return the role or topic of every word ("" for most)."""
    return [ROLES.get(token.word) or TOPICS.get(token.word, "") for token in sentence.tokens]


def _parts(word: str) -> Iterator[str]:
    if not word[0].isalpha():
        return
    framed = f"^{word}$"
    for size in range(_SHORTEST_CUT, _LONGEST_CUT + 1):
        for start in range(len(framed) - size + 1):
            yield f"c:{framed[start : start + size]}"
