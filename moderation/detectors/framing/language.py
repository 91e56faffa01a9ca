"""Is it English? The detector was made for nothing else and says so."""

from __future__ import annotations

from collections.abc import Callable

from moderation.detectors.framing.wordlists import wordlists
from moderation.detectors.framing.words import Sentence

#: Frequent words that English shares with few other languages.
_FUNCTION_WORDS = frozenset(wordlists("lexicon.txt")["function"])
_FEWEST_WORDS = 4
_MOSTLY_KNOWN = 0.7
_SOME_KNOWN, _SOME_FUNCTION_WORDS = 0.45, 0.1


def is_english(sentence: Sentence, is_word: Callable[[str], bool]) -> bool | None:
    """Tell whether a sentence is English; None if it is too short to tell."""
    words = [token.word for token in sentence.tokens if token.word[0].isalpha()]
    latin = [word for word in words if word[0] < "\u0250"]
    if len(latin) * 2 < len(words):
        return False
    if len(latin) < _FEWEST_WORDS:
        return None
    known = sum(map(is_word, latin)) / len(latin)
    function = sum(word in _FUNCTION_WORDS for word in latin) / len(latin)
    return known >= _MOSTLY_KNOWN or (known >= _SOME_KNOWN and function >= _SOME_FUNCTION_WORDS)
