"""Whole lines that a page, not an author, wrote: recognised by their wording.

A line is furniture when nothing is left of it after the known pieces are taken away, one
after the other. A sentence that mentions a piece is therefore never furniture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from moderation.detectors.scraped.wordings import Wording, one_of


class Furniture:
    """A table of wordings, compiled to one expression that eats a line piece by piece.

    It is compiled for the first line: programs that read none start without it.
    """

    def __init__(self, wordings: Sequence[Wording]) -> None:
        self._pieces = tuple(wording for wording in wordings if not wording.ending)
        self._endings = tuple(wording for wording in wordings if wording.ending)

    @cached_property
    def _piece(self) -> re.Pattern[str]:
        # Possessive: pieces once eaten stay eaten, so that no line costs more than its length
        # times the table.
        return re.compile(rf"(?>(?:{one_of(self._pieces)})(?!\w))(?:[^\w\"'©@]|(?:and|or)(?!\w))*+")

    @cached_property
    def _ending(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{one_of(self._endings)})$")

    def pieces(self, words: str) -> Sequence[Wording]:
        """Return the wordings that make up the line ``words``; none when any part is left."""
        found: list[Wording] = []
        position = 0
        while position < len(words):
            match = self._piece.match(words, position)
            if match is None or match.end() == position:
                return self._ends(words)
            found.append(self._pieces[_number(match)])
            position = match.end()
        return found

    def _ends(self, words: str) -> Sequence[Wording]:
        match = self._ending.search(words) if self._endings else None
        return () if match is None else (self._endings[_number(match)],)


def _number(match: re.Match[str]) -> int:
    """Return which of :func:`~.wordings.one_of` has matched."""
    return int((match.lastgroup or "w0").removeprefix("w"))
