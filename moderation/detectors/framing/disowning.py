"""Hard words that a comment does not say itself: quoted, denied, reported, about oneself."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.detectors.framing.lexicon import ROLES
from moderation.detectors.framing.wordlists import wordlists
from moderation.detectors.framing.words import Token

_COPULAS = frozenset({"is", "are", "am", "was", "were", "be"})
_DENIED = frozenset({"a", "an", "all", "every", "being"})
_NOBODY = frozenset({"nobody", "none", "neither", "nor"})
_REPORTING = frozenset(wordlists("lexicon.txt")["reporting"])
_OWN = frozenset({"am", "myself", "feel", "felt"})
_REACH, _REACH_OF_REPORTS = 4, 5
_STOPS = frozenset({",", ";", ":", "!", "?", "but", "because", "yourself"})


def disowned(tokens: Sequence[Token]) -> list[bool]:
    """Return for each token whether hard words there are not the writer's own about others.

    That is what stands in quotation marks, and some words after a denial ("is not"), a report
    ("she called him") or the writer ("I am"), up to the next comma or "but". Denials and "I
    am" also end where somebody else comes in ("I am sick of these ...").
    """
    marks = []
    denied = reported = 0
    for index, token in enumerate(tokens):
        word = token.word
        if word in _STOPS:
            denied = reported = 0
        elif ROLES.get(word) in {"you", "them"}:
            denied = 0
        marks.append(token.quoted or denied > 0 or reported > 0)
        denied, reported = max(denied - 1, 0), max(reported - 1, 0)
        if _denies(tokens, index):
            denied = _REACH
        elif word in _REPORTING:
            reported = _REACH_OF_REPORTS
    return marks


def _denies(tokens: Sequence[Token], index: int) -> bool:
    word = tokens[index].word
    if word != "not":
        return word in _NOBODY or word in _OWN
    before = tokens[index - 1].word if index else ""
    after = tokens[index + 1].word if index + 1 < len(tokens) else ""
    return before in _COPULAS or after in _DENIED
