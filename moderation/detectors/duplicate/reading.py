"""A document as copies of it are looked for: the words of its story, each with its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from moderation.detectors.base import Deadline
from moderation.detectors.duplicate.fingerprint import Fingerprint, fingerprint_of
from moderation.detectors.duplicate.masking import story_of
from moderation.detectors.duplicate.quotation import quoted_ranges
from moderation.text.document import Document
from moderation.text.normalise import unpointed
from moderation.text.tokens import Token, spaced_words, words
from moderation.types import Span

#: Index and detector each read a text; what they find is kept with it.
_WORDS, _FINGERPRINT = "duplicate.words", "duplicate.fingerprint"
_EAST_ASIAN = "\u2e80"
_DENSE_PIECE = 2
_SPARSE_PIECE = 5
_LONGEST_PIECE = 16
_SPREAD = 0x9E3779B1
_SPREAD_DROP = 12


class Reading:
    """The words of one document's story. All positions are positions of words, ranges half open.

    Raises:
        TimeLimitExceeded: ``deadline`` has passed.
    """

    def __init__(self, document: Document, deadline: Deadline | None = None) -> None:
        self.document = document
        self._plain = document.plain
        self._normal = story_of(document, deadline or Deadline())

    @cached_property
    def words(self) -> list[str]:
        """The words in their order. Most texts are never asked for the places of theirs."""
        found: list[str] | None = self.document.kept.get(_WORDS)
        if found is None:
            spaced = spaced_words(self._normal.text)
            found = [token.text for token in self._tokens] if spaced is None else spaced
            self.document.kept[_WORDS] = found
        return found

    @cached_property
    def _tokens(self) -> list[Token]:
        return _tokens_of(self._normal.text)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        found: Fingerprint | None = self.document.kept.get(_FINGERPRINT)
        if found is None:
            found = self.document.kept[_FINGERPRINT] = fingerprint_of(self.words)
        return found

    def original_span(self, start: int, end: int) -> Span:
        """Translate a range of words into characters of the text as the host stores it."""
        return self._plain.to_original(*self._readable_span(start, end))

    def quoted_words(self, start: int, end: int) -> int:
        """Count the words of a range that the text gives as somebody else's."""
        quoted = overlapping(self._quotations, start, end)
        return sum(max(0, min(end, q.end) - max(start, q.start)) for q in quoted)

    @cached_property
    def _quotations(self) -> list[Span]:
        return [
            Span(self._first_word_from(quoted.start), self._first_word_from(quoted.end))
            for quoted in quoted_ranges(self._plain)
        ]

    def _first_word_from(self, place: int) -> int:
        """Return the position of the first word that stands at or behind a character."""
        positions = range(len(self._tokens))
        return bisect_left(positions, place, key=lambda at: self._readable_span(at, at + 1).start)

    def _readable_span(self, start: int, end: int) -> Span:
        return self._normal.to_original(self._tokens[start].start, self._tokens[end - 1].end)


def overlapping(ranges: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """Return those of ordered, disjoint ``ranges`` that have a word of another in common."""
    first = bisect_right(ranges, start, key=lambda span: span.end)
    return ranges[first : bisect_left(ranges, end, lo=first, key=lambda span: span.start)]


def words_of(text: str) -> list[str]:
    """Return the words of a bare text in the form in which a :class:`Reading` has them."""
    normal = unpointed(text).text
    spaced = spaced_words(normal)
    return [token.text for token in _tokens_of(normal)] if spaced is None else spaced


def _tokens_of(normal: str) -> list[Token]:
    tokens = words(normal, dense=1, sparse=1)
    return tokens if normal.isascii() else pieces(tokens)


def pieces(tokens: Sequence[Token]) -> list[Token]:
    """Put characters of scripts without spaces together to pieces about as long as words.

    Such characters are the only tokens that touch each other. Whether a piece ends between
    two of them is decided by these two alone, as if by lot: two texts that share a passage
    cut it alike, and a changed character spoils the pieces next to it and no others. So "in
    a row", "words" and all thresholds mean much the same in every script, without a lexicon.
    """
    return [_joined(group) for group in _groups(tokens)]


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        if group and (len(group) >= _LONGEST_PIECE or _is_cut(group[-1], token)):
            yield group
            group = []
        group.append(token)
    if group:
        yield group


def _is_cut(left: Token, right: Token) -> bool:
    if left.end != right.start or right.end - right.start > 1 or left.end - left.start > 1:
        return True
    length = _DENSE_PIECE if left.text >= _EAST_ASIAN else _SPARSE_PIECE
    lot = (ord(left.text[0]) * 31 + ord(right.text[0])) * _SPREAD >> _SPREAD_DROP
    return lot % length == 0


def _joined(group: list[Token]) -> Token:
    if len(group) == 1:
        return group[0]
    return Token("".join(token.text for token in group), group[0].start, group[-1].end)
