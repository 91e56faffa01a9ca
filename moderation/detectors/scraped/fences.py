"""Code fences: those that hold code, and those that a text was cut out from between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from moderation.types import Span

#: A line of three marks, or what typographic quotes make of them ("“`"), and a language.
_FENCE: Final = re.compile(
    r"^[ \t]{0,3}(?:(?P<marks>```|~~~|''')|[“”\"]`{1,2}|`{1,2}[“”\"]|``)"
    r"[ \t]*(?P<language>[A-Za-z+]{0,12})[ \t]*\r?$",
    re.MULTILINE,
)
#: Assistants hand over whole texts in fences of these languages.
_OF_A_TEXT: Final = frozenset({"html", "markdown", "md", "text", "plaintext", "txt"})


@dataclass(frozen=True, slots=True)
class Fences:
    """The fence lines that are leftovers, and the ranges between fences that are code."""

    stray: tuple[Span, ...]
    code: tuple[Span, ...]


def read_fences(text: str) -> Fences:
    """Pair the fence lines of ``text``.

    A fence that nothing closes is a leftover, so is one that word processing has mangled, and
    so is a pair around more than half of the text whose language says that it holds prose.
    """
    stray: list[Span] = []
    code: list[Span] = []
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if fence["marks"] is None:
            stray.append(_span(fence))
        elif opening is None:
            opening = fence
        elif fence["marks"] == opening["marks"] and not fence["language"]:
            if _wraps_a_text(opening, fence, text):
                stray += [_span(opening), _span(fence)]
            else:
                code.append(Span(opening.start(), fence.end()))
            opening = None
    if opening is not None:
        stray.append(_span(opening))
    return Fences(tuple(sorted(stray)), tuple(code))


def _wraps_a_text(opening: re.Match[str], closing: re.Match[str], text: str) -> bool:
    inside = closing.start() - opening.end()
    return opening["language"].lower() in _OF_A_TEXT and inside > len(text) / 2


def _span(match: re.Match[str]) -> Span:
    return Span(*match.span())
