"""Boilerplate recognised the first time it is seen: by where it stands and how it is worded.

Disclaimers, terms, copyright notices, author boxes, the block about a company that ends a press
release, contacts, calls to subscribe, the salutation of a speech: the same words stand around
many stories, and having them in common is no copying. Neither place nor wording is enough.
An article may be about disclaimers, so only paragraphs of their own count, and only where
hardly any of the story stands before or after them.
"""

from __future__ import annotations

import re
import tomllib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import islice
from math import ceil
from typing import Any

from moderation.types import Span

EDGE = 0.15
"""So little of the story, as a share of it, stands before or after boilerplate."""

_ROOM = 200
"""Characters of the story that may in any case: titles and headings of a short one."""

_MOST_PARAGRAPHS = 60
"""Looked at on either side: no story has more around it."""

_LONGEST = 5000
_LONGEST_HEADING = 100
_LONGEST_ENTRY = 160
_MOST_ENTRIES = 24
_MOST_SECTION = 4
_PER_PHRASE = 250
_MOST_PHRASES = 8
"""A paragraph has a phrase for every so many characters: a long one in which a few of them occur
tells of something else. No wording has more than so many different ones."""

_LEAST_STORY = 300
"""Characters that have to remain, or else half of the text: some articles are boilerplate."""

_BLOCKS = re.compile(r"\S[^\n]*+(?:\n[^\S\n]*+\S[^\n]*+)*+")
_LINES = re.compile(r"\S[^\n]*+")
_WRAPPED = range(50, 121)
_TRIMMINGS = " \t\r\f\v\u00a0#*_•·|>\"'"
_PLAIN = str.maketrans("‘’“”„\u00a0", '\'\'""" ')
_WORD = re.compile(r"\w[\w'-]*")
_SENTENCE_ENDS = (".", "!", "?", "…")


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph, its range, and its words in lower case with plain quotes."""

    start: int
    end: int
    words: str

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of boilerplate; see the data file for its fields."""

    opens: re.Pattern[str] | None
    says: tuple[str, ...]
    least: int
    headings: re.Pattern[str] | None
    lists: bool
    longest: int

    @property
    def may_recognise(self) -> bool:
        """Whether there can be a paragraph of this kind, given the phrases there are."""
        return (self.opens is not None or bool(self.least)) and len(self.says) >= self.least

    def recognises(self, words: str) -> bool:
        return (
            len(words) <= self.longest
            and self.may_recognise
            and self._says(words, self._least_in(words))
            and (self.opens is None or self.opens.match(words) is not None)
        )

    def _least_in(self, words: str) -> int:
        dense = min(ceil(len(words) / _PER_PHRASE), _MOST_PHRASES)
        return max(self.least, dense) if self.least else 0

    def heads(self, words: str) -> bool:
        return (
            self.headings is not None
            and len(words) <= _LONGEST_HEADING
            and self.headings.fullmatch(words) is not None
        )

    def opens_or_heads(self, words: str) -> bool:
        return self.heads(words) or (self.opens is not None and self.opens.match(words) is not None)

    def goes_on(self, words: str) -> bool:
        """Say whether a paragraph belongs below a heading of this kind."""
        if self.lists:
            return len(words) <= _LONGEST_ENTRY and not words.endswith(_SENTENCE_ENDS)
        return len(words) <= _LONGEST and self._says(words, 1)

    def _says(self, words: str, least: int) -> bool:
        return len(self.says) >= least <= sum(phrase in words for phrase in self.says)


def boilerplate(text: str) -> list[Span]:
    """Return the boilerplate around the story that ``text`` (without markup) tells, in order.

    Looks at a bounded number of paragraphs from either end.
    """
    paragraphs = list(_read_paragraphs(text))
    found = _salutation(paragraphs, text)
    if len(paragraphs) > 1:
        found += _after_story(paragraphs[-_MOST_PARAGRAPHS:], len(text.strip()))
    return found if _leaves_a_story(found, text) else []


def _leaves_a_story(found: Sequence[Span], text: str) -> bool:
    taken = sum(end - start for start, end in found)
    rest = len(text.strip()) - taken
    return rest >= min(taken, _LEAST_STORY)


# Paragraphs


def _read_paragraphs(text: str) -> Iterator[_Paragraph]:
    """Yield the paragraphs at both ends: lines, but for blocks wrapped at a fixed width."""
    for block in _ends(_BLOCKS.finditer(text)):
        if _is_wrapped(text[block.start() : min(block.end(), block.start() + _LONGEST)]):
            yield _paragraph(text, *block.span())
        else:
            for line in _ends(_LINES.finditer(text, *block.span())):
                yield _paragraph(text, *line.span())


def _ends(matches: Iterator[re.Match[str]]) -> list[re.Match[str]]:
    first = list(islice(matches, _MOST_PARAGRAPHS))
    return [*first, *deque(matches, maxlen=_MOST_PARAGRAPHS)]


def _is_wrapped(block: str) -> bool:
    *lines, _last = block.split("\n")
    return bool(lines) and all(len(line.strip()) in _WRAPPED for line in lines)


def _paragraph(text: str, start: int, end: int) -> _Paragraph:
    raw = text[start : min(end, start + _LONGEST + 1)]
    plain = raw if raw.isascii() else raw.translate(_PLAIN)
    words = " ".join(plain.casefold().split())
    return _Paragraph(start, end, words.strip(_TRIMMINGS) or words)


# Before the story


def _salutation(paragraphs: Sequence[_Paragraph], text: str) -> list[Span]:
    """Return the words in which a speech addresses its listeners, if it opens with any."""
    before = 0
    for paragraph in paragraphs:
        for kind in _kinds("start"):
            opening = kind.opens and kind.opens.match(paragraph.words)
            if opening:
                length = _length_of(opening.group(), text[paragraph.start : paragraph.end])
                return [Span(paragraph.start, paragraph.start + length)]
        before += paragraph.length
        if before > _ROOM:
            break
    return []


def _length_of(words: str, raw: str) -> int:
    """Return how many characters of ``raw`` its beginning ``words``, in normal form, stands for."""
    missing = sum(not char.isspace() for char in words)
    trimmed = True
    for at, char in enumerate(raw):
        trimmed = trimmed and char in _TRIMMINGS
        missing -= not (trimmed or char.isspace())
        if missing <= 0:
            return at + 1
    return len(raw)


# After the story


def _after_story(paragraphs: Sequence[_Paragraph], total: int) -> list[Span]:
    if not any(map(_may_be_taken, _within_reach(paragraphs, total))):
        return []
    taken = _recognised(paragraphs)
    story = total - sum(paragraphs[at].length for at in taken)
    room = max(_ROOM, EDGE * story)
    found: list[Span] = []
    behind = 0
    for at in range(len(paragraphs) - 1, -1, -1):
        if at in taken:
            found.append(Span(paragraphs[at].start, paragraphs[at].end))
        else:
            behind += paragraphs[at].length
            if behind > room:
                break
    return found[::-1]


def _within_reach(paragraphs: Sequence[_Paragraph], total: int) -> Iterator[_Paragraph]:
    """Yield the last paragraphs, up to the one that is too far from the end if none is taken."""
    room = max(_ROOM, EDGE * total)
    behind = 0
    for paragraph in reversed(paragraphs):
        yield paragraph
        behind += paragraph.length
        if behind > room:
            return


def _may_be_taken(paragraph: _Paragraph) -> bool:
    """Say, at little cost, whether anything of what makes boilerplate is in a paragraph.

    Most stories end without, and need no closer look.
    """
    words = paragraph.words
    return (
        (len(words) <= _LONGEST_ENTRY and not words.endswith(_SENTENCE_ENDS))
        or _companies()[0].match(words[:_LONGEST_HEADING]) is not None
        or any(phrase in words for phrase in _all_phrases())
        or any(kind.opens_or_heads(words) for kind in _kinds("end"))
    )


def _recognised(paragraphs: Sequence[_Paragraph]) -> set[int]:
    taken: set[int] = set()
    kinds = _kinds_in("\n".join(paragraph.words for paragraph in paragraphs))
    for at, paragraph in enumerate(paragraphs):
        if at in taken or not paragraph.words:
            continue
        taken |= _about_company(paragraphs, at)
        for kind in kinds:
            if kind.heads(paragraph.words):
                taken |= _section(kind, paragraphs, at)
            elif kind.recognises(paragraph.words):
                taken.add(at)
    return taken


def _kinds_in(words: str) -> list[_Kind]:
    """Return the kinds there may be, with those of their phrases that occur: most have none."""
    found = (
        replace(kind, says=tuple(phrase for phrase in kind.says if phrase in words))
        for kind in _kinds("end")
    )
    return [kind for kind in found if kind.headings is not None or kind.may_recognise]


def _section(kind: _Kind, paragraphs: Sequence[_Paragraph], heading: int) -> set[int]:
    """Return a heading with what belongs below it; a heading over something else is none."""
    end = heading + 1
    most = end + (_MOST_ENTRIES if kind.lists else _MOST_SECTION)
    while end < min(most, len(paragraphs)) and kind.goes_on(paragraphs[end].words):
        end += 1
    return set(range(heading, end)) if end > heading + 1 else set()


def _about_company(paragraphs: Sequence[_Paragraph], at: int) -> set[int]:
    """Return the block in which a company presents itself: its name above, or a colon after."""
    words = paragraphs[at].words
    headings, says = _companies()
    inline = headings.match(words[:_LONGEST_HEADING])
    if inline is None:
        return set()
    whole = headings.fullmatch(words) if len(words) <= _LONGEST_HEADING else None
    if whole is None:
        name, colon, told = words.partition(":")
        named = headings.fullmatch(name)
        presents = colon and named and _presents(told, _name(named), says)
        return {at} if presents else set()
    end = at + 1
    while end < min(at + 1 + _MOST_SECTION, len(paragraphs)):
        if not _presents(paragraphs[end].words, _name(whole), says):
            break
        end += 1
    return set(range(at, end)) if end > at + 1 else set()


def _presents(words: str, name: str, says: Sequence[str]) -> bool:
    """Say whether a paragraph soon names ``name`` and says what companies say of themselves."""
    first = _WORD.search(name)
    return (
        first is not None
        and first.group() in words[:_LONGEST_HEADING]
        and any(phrase in words for phrase in says)
    )


def _name(match: re.Match[str]) -> str:
    return next((name for name in match.groups() if name), "")


# The data file


@cache
def _kinds(place: str) -> tuple[_Kind, ...]:
    return tuple(_kind(entry) for entry in _data()["kind"] if entry["place"] == place)


@cache
def _companies() -> tuple[re.Pattern[str], tuple[str, ...]]:
    entry = _data()["companies"]
    return _any_of(entry["headings"]), _phrases(entry["says"])


@cache
def _all_phrases() -> tuple[str, ...]:
    """Return the phrases of all that stands after a story, without those that contain another."""
    said = {phrase for kind in _kinds("end") for phrase in kind.says}.union(_companies()[1])
    return tuple(
        phrase
        for phrase in sorted(said)
        if not any(other in phrase for other in said if other != phrase)
    )


def _kind(entry: Mapping[str, Any]) -> _Kind:
    return _Kind(
        opens=_any_of(entry["opens"]) if "opens" in entry else None,
        says=_phrases(entry.get("says", "")),
        least=entry.get("least", 0),
        headings=_any_of(entry["headings"]) if "headings" in entry else None,
        lists=entry.get("lists", False),
        longest=entry.get("longest", _LONGEST),
    )


def _any_of(patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in _phrases(patterns)))


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if line)


@cache
def _data() -> dict[str, Any]:
    source = resources.files(__package__).joinpath("data", "boilerplate.toml")
    return tomllib.loads(source.read_text("utf-8"))
