"""A comment as the framing models read it: disguises undone, names of people and groups masked.

Both models see texts through :class:`Reader` alone, in training as at a site. Names become one
neutral character, so a sentence about one camp reads like the same sentence about the other.
Masked are the words of ``groups.txt``, capitalised words that are not ordinary English, handles
and words like "unicyclists"; "she" reads as "he". Links become one character as well. Letters
are folded to lower case, so a text in capitals is marked as such.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from moderation.detectors.framing import lexicon
from moderation.detectors.framing.groups import (
    ADJECTIVES,
    AFTER_A_SIDE,
    AGENT_ENDINGS,
    COMPANIONS,
    GROUP_WORDS,
    PRONOUNS,
    SAYING_OF,
    SIDES,
)
from moderation.text.normalise import Normalised, normalise
from moderation.text.offsets import Edit, MappedText, rewrite

#: Stand-ins of one character, from Unicode's private use area: person or group, link, capitals.
WHO, LINK, CAPITALS = "\ue000", "\ue001", "\ue002"
STAND_INS = (WHO, LINK, CAPITALS)

_WORD = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+)"
    r"|(?P<handle>@\w[\w.-]*)"
    r"|(?P<signs>[a-z]{0,20}[0-9$][a-z0-9$]{0,20})"
    r"|(?P<word>[^\W\d_]+(?:[*#]+(?=[^\W\d_])[^\W\d_]+)*[*#]*(?:-[^\W\d_]+)*)"
    r"|(?P<stop>[.!?\n]+)"
)
_LONGEST_WORD = 40
_SHORTEST_SPELT = 4
_AGENT_LENGTH = 5
_CAPITAL_LETTERS = 12
_CAPITAL_SHARE = 0.6
_BESIDE = ADJECTIVES | SIDES


class Read(NamedTuple):
    """What the models see; ``mapped`` leads back to the given text."""

    mapped: MappedText
    shouted: bool

    @property
    def text(self) -> str:
        return self.mapped.text


class _Word(NamedTuple):
    """A word and what to put in its place, if anything.

    ``may_name`` says that it is no ordinary word and has a capital, but opens a sentence.
    """

    start: int
    end: int
    text: str
    instead: str | None
    may_name: bool = False


class Reader:
    """Reads comments, knowing which words are ordinary English and no names.

    Args:
        ordinary: lower-case words, the most frequent first.
    """

    def __init__(self, ordinary: Iterable[str]) -> None:
        words = tuple(dict.fromkeys(ordinary))
        self._ordinary = frozenset(words) | _KNOWN
        self._covered = lru_cache(maxsize=4096)(_Uncovering(words))
        self._spelt = lru_cache(maxsize=4096)(self._read_signs)

    def is_word(self, word: str) -> bool:
        """Tell whether a lower-case word is ordinary English and no name."""
        return word in self._ordinary

    def read(self, given: str, *, masking: bool = True) -> Read:
        """Return ``given`` as the models see it, in time linear in its length.

        Without ``masking`` only disguises are undone; training looks at some texts that way.
        """
        clean = normalise(given)
        if not masking:
            return Read(clean, is_shouted(given))
        words = list(self._words(clean, given))
        _mask_openings(words)
        _mask_adjectives(words)
        return Read(rewrite(clean, _edits(words)), is_shouted(given))

    def _words(self, clean: Normalised, given: str) -> Iterator[_Word]:
        """Yield the words with what to put in their place, ends of sentences left out."""
        opening = True
        for match in _WORD.finditer(clean.text):
            kind, (start, end) = match.lastgroup, match.span()
            if kind == "word":
                at = start if clean.starts is None else clean.starts[start]
                capital = given[at].isupper() and not given[at + 1 : at + 2].isupper()
                word = match[0][:_LONGEST_WORD]
                yield self._word(start, end, word, capital=capital, opening=opening)
            elif kind == "signs":
                yield _Word(start, end, "", self._spelt(match[0]))
            elif kind != "stop":
                yield _Word(start, end, "", LINK if kind == "link" else WHO)
            opening = kind == "stop"

    def _word(self, start: int, end: int, word: str, *, capital: bool, opening: bool) -> _Word:
        if "*" in word or "#" in word:
            return _Word(start, start + len(word), "", self._covered(word))
        if word in PRONOUNS:
            return _Word(start, end, "", PRONOUNS[word])
        is_name = self._is_name(word, named=capital and not opening)
        may_name = capital and opening and self._is_name(word, named=True)
        return _Word(start, end, word, WHO if is_name else None, may_name)

    def _read_signs(self, word: str) -> str:
        """Read "7h3y" and "p4r4$173", which the normaliser leaves; "100k" is no word."""
        letters = sum(map(str.isalpha, word))
        for table in _LEET:
            plain = word.translate(table)
            longer = letters > 1 and len(word) >= _SHORTEST_SPELT
            if plain in _ABUSIVE_SET or (longer and plain in self._ordinary):
                return plain
        return word

    def _is_name(self, word: str, *, named: bool) -> bool:
        if word in GROUP_WORDS:
            return True
        if word in self._ordinary or word in ADJECTIVES or len(word) == 1:
            return False
        return named or (len(word) > _AGENT_LENGTH and word.endswith(AGENT_ENDINGS))


def _mask_openings(words: list[_Word]) -> None:
    """Mask unknown words that open a sentence and that something is said of ("Brelians are")."""
    for index, (word, following) in enumerate(pairwise(words)):
        names = following.instead == WHO or following.text in COMPANIONS
        told_of = names or following.text in SAYING_OF
        if word.may_name and told_of and following.start - word.end <= 1:
            words[index] = word._replace(instead=WHO)


def _mask_adjectives(words: list[_Word]) -> None:
    """Mask ordinary words that name a group beside others ("poor people", "the left")."""
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        if word.text not in _BESIDE:
            continue
        following = words[index + 1] if index + 1 < len(words) else None
        if following is not None and following.start - word.end > 1:
            following = None
        if word.text in ADJECTIVES:
            named = following is not None and (
                following.instead == WHO or following.text in COMPANIONS
            )
        else:
            article = index > 0 and words[index - 1].text == "the"
            named = article and (following is None or following.text in AFTER_A_SIDE)
        if named:
            words[index] = word._replace(instead=WHO)


def _edits(words: list[_Word]) -> Iterator[Edit]:
    """Yield the replacements, each name with its article and companions as one."""
    name: Edit | None = None
    before: _Word | None = None
    for word in words:
        adjoining = before is not None and word.start - before.end <= 1
        if name is not None and adjoining and (word.instead == WHO or word.text in COMPANIONS):
            name = name._replace(end=word.end)
        else:
            if name is not None:
                yield name
                name = None
            if word.instead == WHO:
                article = adjoining and before is not None and before.text == "the"
                name = Edit(before.start if article and before else word.start, word.end, WHO)
            elif word.instead is not None and word.instead != word.text:
                yield Edit(word.start, word.end, word.instead)
        before = word
    if name is not None:
        yield name


def is_shouted(given: str) -> bool:
    """Tell whether a text is mostly in capitals, and more than an abbreviation."""
    capitals = sum(map(str.isupper, given))
    if capitals < _CAPITAL_LETTERS:
        return False
    return capitals >= _CAPITAL_SHARE * sum(map(str.isalpha, given))


_ABUSIVE = tuple(
    word
    for words in (lexicon.PROFANITY, lexicon.INSULTS, lexicon.BAD, lexicon.BEASTS)
    for word in sorted(words)
)
_ABUSIVE_SET = frozenset(_ABUSIVE)
_LEET = tuple(str.maketrans("0134578$", f"o{one}eastbs") for one in "il")
_KNOWN = _ABUSIVE_SET | lexicon.TOPICS.keys() | lexicon.ROLES.keys() | lexicon.FILLERS


class _Uncovering:
    """Reads words behind asterisks: "f*ck", "id**t"."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_shape: dict[tuple[int, str], list[str]] = defaultdict(list)
        for word in dict.fromkeys((*_ABUSIVE, *words)):
            self._by_shape[len(word), word[0]].append(word)

    def __call__(self, word: str) -> str:
        """Return the word meant, or what is left without the signs at its end."""
        covered = re.compile(re.sub(r"\\[*#]", "[a-z]", re.escape(word)))
        bare = word.rstrip("*#")
        if bare in self._by_shape.get((len(bare), word[0]), ()):
            return bare
        shaped = self._by_shape.get((len(word), word[0]), ())
        return next(filter(covered.fullmatch, shaped), word)
