"""Is it English? The models were made for nothing else and say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from moderation.detectors.framing.wordlists import wordlists
from moderation.text.sentences import sentences
from moderation.types import Span

#: Frequent words that English shares with few other languages.
_FUNCTION_WORDS = frozenset(wordlists("lexicon.txt")["function"])
_ELSEWHERE = frozenset(wordlists("lexicon.txt")["function elsewhere"])
_WORD = re.compile(r"[^\W\d_]+")
_AFTER_LATIN = "\u0250"
_FEWEST_WORDS = 4
_FEWEST_ELSEWHERE, _SHARE_ELSEWHERE = 2, 0.2
_MOST_WORDS = 400
_SOME_KNOWN, _MOSTLY_KNOWN = 0.45, 0.7

IsWord = Callable[[str], bool]


def is_english(text: str, is_word: IsWord) -> bool | None:
    """Tell whether a text is English; None if it is too short to tell.

    Args:
        text: in lower case, without disguises and names.
        is_word: tells whether a word is ordinary English.
    """
    words = [match[0] for match in islice(_WORD.finditer(text), _MOST_WORDS)]
    latin = [word for word in words if word[0] < _AFTER_LATIN]
    if len(latin) * 2 < len(words):
        return False
    own = sum(word in _FUNCTION_WORDS for word in latin)
    others = sum(word in _ELSEWHERE for word in latin)
    if others >= max(_FEWEST_ELSEWHERE, own + 1, _SHARE_ELSEWHERE * len(latin)):
        return False
    if len(latin) < _FEWEST_WORDS:
        return None
    known = sum(map(is_word, latin)) / len(latin)
    return known >= (_SOME_KNOWN if own >= others else _MOSTLY_KNOWN)


def english_only(
    text: str, read: Callable[[str], str], is_word: IsWord, language: str = ""
) -> tuple[str, bool]:
    """Return a text with what is not English left blank, and whether that is most of it.

    Args:
        text: of any length and language.
        read: returns a part of it as :func:`is_english` wants it.
        is_word: tells whether a word is ordinary English.
        language: what the host says; it decides only where the text can not tell.
    """
    letters: Counter[bool | None] = Counter()
    told = []
    for span in sentences(text):
        english = is_english(read(text[span.start : span.end]), is_word)
        letters[english] += span.end - span.start
        told.append((span, english))
    foreign = mostly_foreign(letters, language)
    kept = [span for span, english in told if english or (english is None and not foreign)]
    return _only(text, kept), foreign


def mostly_foreign(letters: Mapping[bool | None, int], language: str) -> bool:
    """Decide by the letters of English (True), other (False) and too short (None) parts.

    What the host says of the ``language`` decides only where the text can not tell.
    """
    english, other = letters.get(True, 0), letters.get(False, 0)
    if english or other:
        return other > english
    return letters.get(None, 0) > 0 and language[:2].lower() not in {"", "en"}


def _only(text: str, kept: Iterable[Span]) -> str:
    """Return a text of the same length that is blank outside of ``kept``."""
    parts, done = [], 0
    for start, end in kept:
        parts += [" " * (start - done), text[start:end]]
        done = end
    parts.append(" " * (len(text) - done))
    return "".join(parts)
