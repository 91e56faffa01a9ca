"""A comment as the detector reads it: sentences of plain tokens, names and groups masked.

Spelling variants of the same thing ("ur", "you're", "you are") become the same tokens, so
that patterns and weights stay few. Every token remembers the characters it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from moderation.detectors.framing import lexicon
from moderation.detectors.framing.groups import (
    ADJECTIVES,
    AFTER_A_SIDE,
    AGENT_ENDINGS,
    COMPANIONS,
    GROUP_WORDS,
    PRONOUNS,
    SIDES,
)

#: The neutral token for a person or group, for a number, an address and a reader's handle.
WHO, NUMBER, LINK, HANDLE = "<who>", "<num>", "<url>", "<at>"

#: Longer sentences are cut: a regular expression never sees more than this many tokens.
MAX_TOKENS = 60
#: What is longer than this is no word; only its beginning is read.
MAX_WORD = 40

_TOKEN = re.compile(
    r"https?://\S+|www\.\S+"
    r"|@\w[\w.-]*"
    r"|[^\W\d_][\w*#]*(?:'[^\W\d_]+)?(?:-[^\W\d_]+)*"
    r"|\d[\d.,:]*\w*"
    r"|[.!?…]+|\n|[,;:]"
)
_SENTENCE_END = re.compile(r"[.!?…]+|\n")
_QUOTATION = re.compile(r"\"[^\"\n]{2,300}\"|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){3,200}'(?!\w)")
#: So many words must stand outside of quotation marks for what is inside to count as quoted.
_MIN_FRAME = 3

_EXPANSIONS = {
    "u": "you", "ur": "your", "urself": "yourself", "ya": "you", "yall": "you", "youse": "you",
    "y'all": "you", "r": "are", "ppl": "people", "n": "and", "im": "i am", "ive": "i have",
    "youre": "you are", "youve": "you have", "youll": "you will", "theyre": "they are",
    "theyll": "they will", "hes": "he is", "thats": "that is", "whats": "what is",
    "dont": "do not", "doesnt": "does not", "didnt": "did not", "isnt": "is not",
    "arent": "are not", "wasnt": "was not", "werent": "were not", "cant": "can not",
    "cannot": "can not", "couldnt": "could not", "wouldnt": "would not", "wont": "will not",
    "won't": "will not", "can't": "can not", "shan't": "shall not", "shouldnt": "should not",
    "havent": "have not", "hasnt": "has not", "aint": "is not", "ain't": "is not",
    "gonna": "going to", "gotta": "got to", "wanna": "want to", "em": "them", "tho": "though",
    "cos": "because", "cuz": "because", "bc": "because", "stfu": "shut the fuck up",
    "gtfo": "get the fuck out", "kys": "kill yourself", "pos": "piece of shit",
}  # fmt: skip
# fmt: off
_SUBJECTS = frozenset({"he", "she", "it", "that", "what", "who", "there", "here", "where", "how",
                       "everyone", "nobody"})  # after these, "'s" is "is"
# fmt: on
_SUFFIXES = {"re": "are", "ve": "have", "ll": "will", "m": "am", "d": "would", "s": "s"}


@dataclass(frozen=True, slots=True)
class Token:
    """``word`` is what is judged, ``start``..``end`` where it stands in the normalised text."""

    word: str
    start: int
    end: int
    quoted: bool = False
    shouted: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """Consecutive tokens and the same as one string, for patterns."""

    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        return " ".join(token.word for token in self.tokens)

    @property
    def length(self) -> int:
        """Number of characters of its tokens."""
        return sum(token.end - token.start for token in self.tokens)


def sentences(text: str, is_word: Callable[[str], bool]) -> Iterator[Sentence]:
    """Cut ``text`` into sentences of masked tokens, in time linear in its length.

    ``is_word`` says whether a lower-case word is ordinary English; a capitalised word that is
    not counts as a name.
    """
    quotations = _quotations(text)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        if _SENTENCE_END.match(match[0]):
            tokens.extend(_mark(match))
        else:
            quoted = quotations.covers(match.start())
            tokens.extend(_read(match, is_word, quoted=quoted))
            if len(tokens) < MAX_TOKENS:
                continue
        if tokens:
            yield Sentence(tuple(_merged(tokens)))
            tokens = []
    if tokens:
        yield Sentence(tuple(_merged(tokens)))


class _Ranges:
    """Ascending ranges, asked about in ascending order."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        self._ranges = ranges
        self._next = 0

    def covers(self, position: int) -> bool:
        while self._next < len(self._ranges) and self._ranges[self._next][1] <= position:
            self._next += 1
        return self._next < len(self._ranges) and self._ranges[self._next][0] <= position


def _quotations(text: str) -> _Ranges:
    """Find what stands in quotation marks, unless that is all there is."""
    found = [match.span() for match in _QUOTATION.finditer(text)]
    if not found:
        return _Ranges([])
    framed = len(re.findall(r"\w+", _QUOTATION.sub(" ", text))) >= _MIN_FRAME
    return _Ranges(found if framed else [])


def _mark(match: re.Match[str]) -> Iterator[Token]:
    """Keep exclamation and question marks, as one token each kind."""
    for sign in "!?":
        if sign in match[0]:
            yield Token(sign, match.start(), match.end())


def _read(match: re.Match[str], is_word: Callable[[str], bool], *, quoted: bool) -> Iterator[Token]:
    """Turn one word of the text into the tokens it stands for."""
    raw, start, end = match[0], match.start(), match.end()
    shouted = len(raw) > 1 and raw.isupper()
    for word in _spelt(raw, is_word):
        yield Token(word, start, end, quoted=quoted, shouted=shouted)


def _spelt(raw: str, is_word: Callable[[str], bool]) -> list[str]:
    if raw.startswith(("http", "www.")) and "." in raw:
        return [LINK]
    if raw[0] == "@":
        return [HANDLE]
    if raw[0].isdigit():
        return [_spelt_in_digits(raw[:MAX_WORD].lower()) or NUMBER]
    if not raw[0].isalpha():
        return [raw]
    word = raw[:MAX_WORD].lower().rstrip("_")
    if "*" in word or "#" in word:
        word = _uncovered(word, is_word)
    if word in _EXPANSIONS:
        return _EXPANSIONS[word].split()
    stem, apostrophe, suffix = word.partition("'")
    if not apostrophe:
        return [_masked(word, raw, is_word)]
    if suffix == "t" and stem.endswith("n"):
        return [stem[:-1], "not"]
    tail = _SUFFIXES.get(suffix, suffix)
    if tail == "s" and stem in _SUBJECTS:
        tail = "is"
    return [_masked(stem, raw[: len(stem)], is_word), tail]


def _uncovered(word: str, is_word: Callable[[str], bool]) -> str:
    """Read a swear word behind its asterisks ("f*ck"); leave emphasis ("word*") alone."""
    stripped = word.rstrip("*#")
    if len(stripped) > 2 and is_word(stripped):
        return stripped
    joined = word.replace("*", "").replace("#", "")
    return _covered_word(word) or (joined if is_word(joined) else word)


_DIGIT_READINGS = tuple(str.maketrans("013457$8", f"o{one}eastsb") for one in "il")


def _spelt_in_digits(word: str) -> str:
    """Read "1d10t"; return "" for what is really a number."""
    if word.isdigit():
        return ""
    readings = (word.translate(table) for table in _DIGIT_READINGS)
    return next((reading for reading in readings if reading in lexicon.TOPICS), "")


_COVERED = tuple(
    word
    for words in (lexicon.PROFANITY, lexicon.INSULTS, lexicon.BAD, lexicon.BEASTS)
    for word in sorted(words)
)


@lru_cache(maxsize=1024)
def _covered_word(word: str) -> str:
    covered = re.compile(re.sub(r"\\[*#]", "[a-z]", re.escape(word)))
    return next(filter(covered.fullmatch, _COVERED), "")


_LONG_ENOUGH = 5


def _masked(word: str, raw: str, is_word: Callable[[str], bool]) -> str:
    """Replace the name of a person or group; say "he" for "she"."""
    if word in GROUP_WORDS:
        return WHO
    if word in PRONOUNS:
        return PRONOUNS[word]
    if word in ADJECTIVES or is_word(word):
        return word
    named = raw[0].isupper() and not (len(raw) > 1 and raw.isupper())
    if named or (len(word) > _LONG_ENOUGH and word.endswith(AGENT_ENDINGS)):
        return WHO
    return word


def _merged(tokens: list[Token]) -> list[Token]:
    """Make one token of a name of several words, its article and its companions."""
    merged: list[Token] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1].word if index + 1 < len(tokens) else ""
        word = token.word
        last = merged[-1] if merged else None
        if word in ADJECTIVES and (following == WHO or following in COMPANIONS):
            word = WHO
        elif word in SIDES and last is not None and last.word == "the":
            word = WHO if not following or following in AFTER_A_SIDE else word
        if last is not None and last.word == WHO and (word == WHO or word in COMPANIONS):
            merged[-1] = replace(last, end=token.end)
            continue
        if word == WHO and last is not None and last.word == "the":
            merged.pop()
        merged.append(token if word == token.word else replace(token, word=word))
    return merged
