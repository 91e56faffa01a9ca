"""Page chrome: what a site puts around a story, and a copying program takes along with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from moderation.detectors.scraped.embeds import is_residue
from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Line, Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import Strength, Wording, read_data, read_wordings

#: Chrome stands before or after the story: within this share of its prose from either end.
EDGE: Final = 0.15
#: So many different pieces vouch for one another, wherever they stand.
AGREEING: Final = 3
#: A list of links below "You may also like" is taken along up to this many lines.
_LONGEST_LIST: Final = 8
_LONGEST_TITLE: Final = 120

_WEIGHTS: Final = {Strength.WEAK: 0.05, Strength.FAIR: 0.175, Strength.STRONG: 0.35}
#: Single words such as "Comments" never flag a body, however many there are.
_MOST_WEAK: Final = 0.14
#: Another fair line with the same reason says less than the first.
_AGAIN: Final = 0.5
#: Sites put dates and credits into the texts of their own authors.
#: A share bar is one thing, however many buttons it has.
_MOST_OF: Final = {"byline": 0.13, "credit": 0.1, "share_bar": 0.3}
_MOST: Final = 0.5
#: A row of so many different buttons says more than one button.
_ROW: Final = 3

_FURNITURE: Final = Furniture(read_wordings("chrome.toml"))

_WORDS: Final = read_data("words.toml")
_PAGE: Final = frozenset(_WORDS["page"].split())
_LITTLE: Final = frozenset(_WORDS["little"].split())
#: Manuals list their options with other signs.
_BARE: Final = re.compile(r"[\w ,.!?&'/-]+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_PAGE_WORDS: Final = Wording("page_words", Strength.FAIR, "")
_PAGE_WORD: Final = Wording("page_words", Strength.WEAK, "")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line recognised as furniture: which wording counts for it, and how much."""

    number: int
    line: Line
    wording: Wording
    strength: Strength


def page_chrome(page: Page) -> Signal:
    """Find the lines that are page chrome.

    A line counts at the edges of the body; further inside, where pages put such lines or
    where several agree. A body that is about such lines counts them one step lower.
    """
    pieces = _believable(_furniture_lines(page), page)
    if not pieces:
        return Signal(Category.PAGE_CHROME)
    return Signal(Category.PAGE_CHROME, _weight(pieces), tuple(_hits(pieces, page.lines)))


def _furniture_lines(page: Page) -> list[_Piece]:
    found: list[_Piece] = []
    menu: list[_Piece] = []
    for number, line in enumerate(page.lines):
        page.check(number)
        if not line.words or line.apart:
            continue
        wordings = _FURNITURE.pieces(line.words) or _page_words(line.words)
        # Posts speak of themselves in the words of pages, too.
        if not wordings or is_residue(line.words):
            continue
        strongest = max(wordings, key=lambda wording: wording.strength)
        strength = _strength(wordings, line.words)
        piece = _Piece(number, line, strongest, strength or Strength.WEAK)
        if strength is not None:
            found.append(piece)
        if piece.strength is Strength.WEAK:
            if menu and menu[-1].number < number - 1:
                menu = []
            menu.append(piece)
            if len({entry.line.words for entry in menu}) == _ROW:
                found = [*(each for each in found if each not in menu), *_as_menu(menu)]
            elif len(menu) > _ROW and strength is None:
                found.append(piece)
    return found


def _as_menu(entries: Sequence[_Piece]) -> list[_Piece]:
    """Buttons one below the other are a row as good as those side by side."""
    first, *others = entries
    return [replace(first, strength=Strength.FAIR), *others]


def _strength(wordings: Sequence[Wording], words: str) -> Strength | None:
    """Return how much the pieces of one line say together; None for nothing."""
    row = min(len(wordings), len(set(words.split()))) >= _ROW
    if not row and all(wording.rows_only for wording in wordings):
        return None
    strongest = max(wording.strength for wording in wordings)
    return max(strongest, Strength.FAIR) if row else strongest


def _page_words(words: str) -> Sequence[Wording]:
    """Return a wording for a line that says nothing in other words than those of pages."""
    if not _BARE.fullmatch(words):
        return ()
    telling = {word for word in _WORD.findall(words) if word not in _LITTLE}
    if not telling or not all(word in _PAGE or word.removesuffix("s") in _PAGE for word in telling):
        return ()
    return (_PAGE_WORDS,) if len(telling) > 1 else (_PAGE_WORD,)


def _believable(pieces: list[_Piece], page: Page) -> list[_Piece]:
    if not pieces:
        return []
    edges = _edges(page.lines, {piece.number for piece in pieces})
    agree = len({piece.line.words for piece in pieces}) >= AGREEING
    prose = page.prose_without([piece.line.span for piece in pieces])
    believable: list[_Piece] = []
    for piece in pieces:
        at_edge = piece.number in edges
        if is_about(piece.wording.reason, prose):
            if at_edge and piece.strength > Strength.WEAK:
                lower = Strength(piece.strength - 1)
                believable.append(_Piece(piece.number, piece.line, piece.wording, lower))
        elif at_edge or piece.wording.anywhere or agree:
            believable.append(piece)
    return believable


def _edges(lines: Sequence[Line], furniture: set[int]) -> set[int]:
    """Return the furniture with little prose before or after it; furniture is no prose."""
    prose = [
        0 if number in furniture else line.end - line.start for number, line in enumerate(lines)
    ]
    before = list(accumulate(prose))
    room = EDGE * before[-1]
    return {
        number
        for number in furniture
        if before[number] <= room or before[-1] - before[number] <= room
    }


def _weight(pieces: Iterable[_Piece]) -> float:
    """Add up different lines; the same line again adds nothing."""
    strengths: dict[str, tuple[str, Strength]] = {}
    for piece in pieces:
        _, known = strengths.get(piece.line.words, ("", Strength.WEAK))
        strengths[piece.line.words] = (piece.wording.reason, max(piece.strength, known))
    counts = Counter(strengths.values())
    firm = weak = 0.0
    for reason in {reason for reason, _ in counts}:
        most = _MOST_OF.get(reason, _MOST)
        fair = counts[reason, Strength.FAIR]
        firm += _WEIGHTS[Strength.STRONG] * counts[reason, Strength.STRONG]
        light = min(_WEIGHTS[Strength.FAIR] * (1 + _AGAIN * (fair - 1)), most) if fair else 0.0
        firm += light
        weak += min(_WEIGHTS[Strength.WEAK] * counts[reason, Strength.WEAK], most - light)
    return min(firm + min(weak, _MOST_WEAK), _MOST)


def _hits(pieces: Sequence[_Piece], lines: Sequence[Line]) -> Iterable[Hit]:
    taken = {piece.number for piece in pieces}
    for piece in pieces:
        end = piece.line.end
        if piece.wording.opens_list:
            end = _end_of_list(piece.number, lines, taken)
        yield Hit(
            piece.line.start,
            end,
            piece.wording.reason,
            weight=_WEIGHTS[piece.strength] / _WEIGHTS[Strength.STRONG],
        )


def _end_of_list(heading: int, lines: Sequence[Line], taken: set[int]) -> int:
    """Return where the titles of other stories below a heading end.

    A short line right before prose is a heading of the story itself, not the last title.
    """
    last = heading
    for number in range(heading + 1, min(heading + 1 + _LONGEST_LIST, len(lines))):
        if number in taken:
            break
        if not _is_title(lines[number]):
            return lines[max(last - 1, heading)].end
        last = number
    return lines[last].end


def _is_title(line: Line) -> bool:
    return bool(line.words) and not line.apart and line.end - line.start <= _LONGEST_TITLE
