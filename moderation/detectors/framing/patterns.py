"""Pattern families: the turns of phrase in which people attack one another.

A pattern reads one sentence of masked tokens (see :mod:`.words`), so it can be short and can
not know whom the sentence is about. The families are in ``data/patterns.txt``; the key of a
family is the reason shown to a moderator.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from moderation.detectors.framing import lexicon
from moderation.detectors.framing.disowning import disowned
from moderation.detectors.framing.wordlists import sections
from moderation.detectors.framing.words import Sentence, sentences
from moderation.text.normalise import Normalised, normalise


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of phrase: its key, the category it speaks for and how it reads."""

    key: str
    category: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A family found at ``tokens[start:end]``; ``guarded`` if the context takes it back."""

    family: Family
    start: int
    end: int
    guarded: bool


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a family reads at ``text[start:end]``, in so many words."""

    family: Family
    start: int
    end: int
    words: int


def phrases(given: str, is_word: Callable[[str], bool]) -> Iterator[Phrase]:
    """Yield what the families read in ``given`` and its context does not take back.

    ``is_word`` as in :func:`.words.sentences`.
    """
    clean = normalise(given)
    for sentence in sentences(_cased(clean, given), is_word):
        for hit in find(sentence):
            if not hit.guarded:
                first, last = sentence.tokens[hit.start], sentence.tokens[hit.end - 1]
                place = clean.to_original(first.start, last.end)
                yield Phrase(hit.family, place.start, place.end, hit.end - hit.start)


def takes_all_back(given: str, is_word: Callable[[str], bool]) -> bool:
    """Tell whether a text has hard words and says none of them itself ("they are not vermin")."""
    clean = normalise(given)
    found = [
        taken_back
        for sentence in sentences(_cased(clean, given), is_word)
        for token, taken_back in zip(sentence.tokens, disowned(sentence.tokens), strict=True)
        if token.word in lexicon.HARD
    ]
    return bool(found) and all(found)


def _cased(clean: Normalised, given: str) -> str:
    """Return the normalised text with the capitals it was written with."""
    starts = range(len(clean.text)) if clean.starts is None else clean.starts
    return "".join(
        char.upper() if given[at].isupper() and len(char.upper()) == 1 else char
        for char, at in zip(clean.text, starts, strict=True)
    )


def find(sentence: Sentence) -> Iterator[Hit]:
    """Yield every occurrence of every family in ``sentence``."""
    text = sentence.text
    ends = list(accumulate(len(token.word) + 1 for token in sentence.tokens))
    taken_back = disowned(sentence.tokens)
    for family in families():
        for match in family.pattern.finditer(text):
            start = bisect_right(ends, match.start())
            end = bisect_right(ends, match.end() - 1) + 1
            yield Hit(family, start, end, guarded=any(taken_back[start:end]))


@cache
def families() -> tuple[Family, ...]:
    """Read and compile the families once per process."""
    lists = {
        "NOUN": lexicon.INSULTS,
        "PROFANE": lexicon.PROFANE,
        "BEAST": lexicon.BEASTS,
        "BAD": lexicon.BAD,
        "FILLER": lexicon.FILLERS,
    }
    macros = {f"%{name}%": _any_of(words) for name, words in lists.items()}
    (_, definitions), *groups = sections("patterns.txt")
    for line in definitions:
        name, _, pattern = line.partition(" = ")
        macros[name] = _filled_in(pattern, macros)
    return tuple(_family(heading, lines, macros) for heading, lines in groups)


def _family(heading: str, lines: Iterable[str], macros: dict[str, str]) -> Family:
    key, category = heading.split()
    joined = _filled_in("|".join(lines), macros)
    return Family(key, category, re.compile(rf"(?<!\S)(?:{joined})(?!\S)"))


def _filled_in(pattern: str, macros: dict[str, str]) -> str:
    return re.sub("%[A-Z]+%", lambda name: macros[name[0]], pattern)


def _any_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=lambda w: (-len(w), w))) + ")"
