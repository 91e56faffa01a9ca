"""Whole lines that a page, not an author, wrote: recognised by their wording.

A line is furniture when nothing is left of it after the known pieces are taken away, one
after the other. A sentence that mentions a piece is therefore never furniture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from moderation.detectors.scraped.wordings import Wording, one_of


class Furniture:
    """A table of wordings, compiled to one expression that eats a line piece by piece."""

    def __init__(self, wordings: tuple[Wording, ...]) -> None:
        self._wordings = {f"w{number}": wording for number, wording in enumerate(wordings)}
        # Possessive: pieces once eaten stay eaten, so that no line costs more than its length
        # times the table.
        self._piece = re.compile(
            rf"(?>(?:{one_of(wordings)})(?!\w))(?:[^\w\"'©@]|(?:and|or)(?!\w))*+"
        )

    def pieces(self, words: str) -> Sequence[Wording]:
        """Return the wordings that make up the line ``words``; none when any part is left."""
        found: list[Wording] = []
        position = 0
        while position < len(words):
            match = self._piece.match(words, position)
            if match is None or match.lastgroup is None or match.end() == position:
                return ()
            found.append(self._wordings[match.lastgroup])
            position = match.end()
        return found
