"""A comment's own words: what it quotes from its parent is somebody else's."""

from __future__ import annotations

import re

from moderation.text.plain import PlainText

_QUOTED_LINE = re.compile(r"^[^\S\n]*>.*$", re.MULTILINE)


def own_words(plain: PlainText) -> str:
    """Return the text with quoted characters replaced by line breaks, of the same length.

    Quoted is what the markup sets apart and every line that starts with ``>``. Where nothing
    else is left the text is returned as it is: there it speaks for itself.
    """
    quoted = sorted([*plain.quoted, *(line.span() for line in _QUOTED_LINE.finditer(plain.text))])
    kept, done = [], 0
    for start, end in quoted:
        if end > done:
            kept.append(plain.text[done : max(start, done)])
            kept.append("\n" * (end - max(start, done)))
            done = end
    kept.append(plain.text[done:])
    own = "".join(kept)
    return own if own.strip() else plain.text
