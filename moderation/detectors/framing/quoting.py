"""A comment's own words: what it quotes from its parent is somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from moderation.text.plain import PlainText
from moderation.text.sentences import sentences
from moderation.text.tokens import words
from moderation.types import Span

_QUOTED_LINE = re.compile(r"^[^\S\n]*>.*$", re.MULTILINE)
_MARKED = re.compile(
    "|".join(f"{o}[^{o}{c}\n]{{3,2000}}{c}" for o, c in ("“”", "„“", "«»", "»«", '""'))
)
#: So many words that the other has in the same order are no accident; between quotation marks
#: fewer will do.
_FEWEST_REPEATED, _FEWEST_MARKED = 6, 2
_MOST_LOOKED_AT = 500
_ANSWERED_CHARS = 50_000


def own_words(plain: PlainText, answers: str = "") -> str:
    """Return the text with quoted characters replaced by line breaks, of the same length.

    Quoted is what the markup sets apart, every line that starts with ``>``, and every sentence
    or passage between quotation marks that the text it ``answers`` has as well. Where nothing
    else is left the text is returned as it is, and so is a text that is one quotation, without
    its marks: there it speaks for itself.
    """
    quoted = [*plain.quoted, *(line.span() for line in _QUOTED_LINE.finditer(plain.text))]
    if answers:
        quoted += _repeated(plain.text, answers[:_ANSWERED_CHARS])
    kept, done = [], 0
    for start, end in sorted(quoted):
        if end > done:
            kept.append(plain.text[done : max(start, done)])
            kept.append("\n" * (end - max(start, done)))
            done = end
    kept.append(plain.text[done:])
    own = "".join(kept)
    return _unwrapped(own if own.strip() else plain.text)


def _unwrapped(text: str) -> str:
    """Blank the quotation marks of a text that is nothing but one quotation."""
    whole = _MARKED.fullmatch(text.strip())
    if whole is None:
        return text
    first, last = text.index(whole[0][0]), text.rindex(whole[0][-1])
    return f"{text[:first]}\n{text[first + 1 : last]}\n{text[last + 1 :]}"


def _repeated(text: str, answers: str) -> Iterator[Span]:
    """Yield what ``text`` repeats of ``answers``, word for word."""
    said = _joined(answers)
    marked = (Span(*found.span()) for found in _MARKED.finditer(text))
    for spans, fewest in ((marked, _FEWEST_MARKED), (sentences(text), _FEWEST_REPEATED)):
        yield from _those_in(said, text, spans, fewest)


def _those_in(said: str, text: str, spans: Iterable[Span], fewest: int) -> Iterator[Span]:
    for span in islice(spans, _MOST_LOOKED_AT):
        repeated = _joined(text[span.start : span.end])
        if repeated.count(" ") > fewest and repeated in said:
            yield span


def _joined(text: str) -> str:
    """Return the words of a text, each between blanks."""
    return f" {' '.join(token.text for token in words(text, dense=1, sparse=1))} "
