"""Finding the phrases of a list in a text, at the borders of words and through disguises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from moderation.text.normalise import normalise
from moderation.text.tokens import Token, words
from moderation.types import Band, Span

LONGEST_PHRASE = 20
"""Words of a phrase that are looked at; nobody forbids whole paragraphs."""

_ANY_ENDING = "*"
_SHORTEST_STEM = 2
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a list.

    ``text`` is one word or several; a word that ends in ``*`` stands for all that begin so.
    With ``endings`` a word stands for its regular English forms as well. ``category`` and
    ``band`` are what a text with a blocked phrase gets. ``key`` names the line.
    """

    text: str
    category: str = "blocked"
    band: Band = Band.POSSIBLE
    endings: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found at a range of the given text."""

    phrase: Phrase
    span: Span


@dataclass(frozen=True, slots=True)
class _Pattern:
    phrase: Phrase
    words: tuple[_Word, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    forms: frozenset[str] = frozenset()
    beginning: str = ""

    def fits(self, word: str) -> bool:
        return word in self.forms or (bool(self.beginning) and word.startswith(self.beginning))


@dataclass(frozen=True)
class PhraseList:
    """Phrases, made ready to be looked for; the work per text does not grow with their number."""

    phrases: tuple[Phrase, ...] = ()
    _by_form: dict[str, list[_Pattern]] = field(init=False, repr=False, compare=False)
    _by_beginning: dict[int, dict[str, list[_Pattern]]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_form: defaultdict[str, list[_Pattern]] = defaultdict(list)
        by_beginning: defaultdict[int, dict[str, list[_Pattern]]] = defaultdict(dict)
        for phrase in self.phrases:
            pattern = _Pattern(phrase, tuple(_words_of(phrase)))
            if not pattern.words:
                continue
            first = pattern.words[0]
            for form in first.forms:
                by_form[form].append(pattern)
            if first.beginning:
                by_beginning[len(first.beginning)].setdefault(first.beginning, []).append(pattern)
        object.__setattr__(self, "_by_form", dict(by_form))
        object.__setattr__(self, "_by_beginning", dict(by_beginning))

    def __bool__(self) -> bool:
        return bool(self._by_form or self._by_beginning)

    def find(self, text: str) -> Iterator[Match]:
        """Yield where phrases stand in ``text``, ordered by their start.

        Disguised spellings count (see :func:`moderation.text.normalise.normalise`), parts of
        words do not. What stands at one place under several lines is yielded for each.
        """
        if not self:
            return
        clean = normalise(text)
        found = words(clean.text, dense=1, sparse=1)
        for at, token in enumerate(found):
            for pattern in self._beginning_with(token.text):
                end = at + len(pattern.words)
                if end <= len(found) and _fits(pattern, found[at:end]):
                    yield Match(pattern.phrase, clean.to_original(token.start, found[end - 1].end))

    def _beginning_with(self, word: str) -> Iterator[_Pattern]:
        yield from self._by_form.get(word, ())
        for length, patterns in self._by_beginning.items():
            yield from patterns.get(word[:length], ())


def _fits(pattern: _Pattern, found: Sequence[Token]) -> bool:
    return all(word.fits(token.text) for word, token in zip(pattern.words, found, strict=True))


def _words_of(phrase: Phrase) -> Iterator[_Word]:
    pieces = phrase.text.split()
    for piece in pieces[:LONGEST_PHRASE]:
        tokens = words(normalise(piece).text, dense=1, sparse=1)
        for number, token in enumerate(tokens, start=1):
            last = number == len(tokens)
            if last and piece.endswith(_ANY_ENDING) and len(token.text) >= _SHORTEST_STEM:
                yield _Word(beginning=token.text)
            elif phrase.endings and last:
                yield _Word(forms=frozenset(forms(token.text)))
            else:
                yield _Word(forms=frozenset([token.text]))


def forms(word: str) -> Iterable[str]:
    """Return an English word with its regular forms; of other words the word and few more.

    They are the plural and third person, the past, the participle, the doer and the
    possessive. Words of fewer than three letters have none.
    """
    found = {word, f"{word}'s", f"{word}’s"}
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return found
    stem = word[:-1]
    if word.endswith("y") and word[-2] not in _VOWELS:
        found |= {f"{stem}ies", f"{stem}ied", f"{word}ing", f"{stem}ier"}
    elif word.endswith("e"):
        found |= {f"{word}s", f"{word}d", f"{stem}ing", f"{word}r", f"{word}rs"}
    else:
        plural = "es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s"
        doubled = word + word[-1] if _doubles(word) else word
        found |= {word + plural, f"{doubled}ed", f"{doubled}ing", f"{doubled}er", f"{doubled}ers"}
    return found


def _doubles(word: str) -> bool:
    """Tell whether the last consonant is doubled before an ending: ``spam``, not ``spoil``."""
    consonant, vowel, before = word[-1], word[-2], word[-3]
    return consonant not in _VOWELS | set("wxy") and vowel in _VOWELS and before not in _VOWELS
