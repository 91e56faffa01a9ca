"""Whom a text names as its origin: in its lines, its dateline and byline, its page's head.

A credit is read where pages and papers put it, in the first and the last lines, and never in
a quotation or in code. What it says is not judged here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from importlib import resources
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from moderation.detectors.scraped.sites import host_of, site_of
from moderation.text.document import Document
from moderation.types import Span, TextFormat

_MOST_LINES: Final = 10
"""Credits stand in so many lines at either end."""
_END_CHARACTERS: Final = 6_000
_PIECE: Final = 500
"""Of a longer line the beginning and the end are read."""
_FIRST_LINES: Final = 6
_SHORT_LINE: Final = 120
_LONGEST_NAME: Final = 80
_MOST_TAGS: Final = 1_000


class CreditKind(StrEnum):
    """How a text names its origin."""

    ADDRESS = "address"
    """The head of a page gives the address that it is at home at."""
    ORIGIN = "origin"
    """A line says where the text came out."""
    AGENCY = "agency"
    """A dateline, a byline or a note names a news agency."""
    COPYRIGHT = "copyright"
    """A line says who has the rights."""
    OWN = "own"
    """A line says that the text came out here first."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Somebody whom a text names as its origin.

    ``name`` is as the text spells it, or as an agency is called; ``said`` is all that was
    said there, a title perhaps. ``addresses`` are those given for it. ``span`` counts
    characters of the text as the host stores it.
    """

    kind: CreditKind
    span: Span
    name: str = ""
    said: str = ""
    addresses: tuple[str, ...] = ()
    agency: str = ""

    @property
    def sites(self) -> frozenset[str]:
        """What somebody has registered of the hosts of :attr:`addresses`."""
        return frozenset(site_of(host) for host in map(host_of, self.addresses) if host)


def credits_of(document: Document) -> tuple[Credit, ...]:
    """Return whom ``document`` names as its origin, each once, in the order of the text."""
    known: tuple[Credit, ...] | None = document.kept.get("credits")
    if known is None:
        known = document.kept["credits"] = _read_credits(document)
    return known


def _read_credits(document: Document) -> tuple[Credit, ...]:
    found = [*_in_head(document), *_in_lines(document)]
    once: dict[tuple[CreditKind, str, tuple[str, ...]], Credit] = {}
    for credit in sorted(found, key=lambda each: each.span):
        once.setdefault((credit.kind, name_key(credit.name), credit.addresses), credit)
    return tuple(once.values())


def name_key(name: str) -> str:
    """Return what two spellings of one name have in common; empty where there is no name."""
    words = _WORD.findall(name.casefold())
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return "".join(words)


def agency_of(name: str) -> str:
    """Return the news agency that goes by ``name`` or that the host ``name`` is of, or nothing."""
    return _AGENCIES.get(name_key(name), "")


# The head of a page


_TAG: Final = re.compile(r"<(link|meta)(?=\s)([^<>]{0,3000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"(?<![\w:.-])([a-z][\w:.-]*+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))",
    re.IGNORECASE,
)


def _in_head(document: Document) -> Iterator[Credit]:
    if document.format is TextFormat.PLAIN:
        return
    for tag in islice(_TAG.finditer(document.text), _MOST_TAGS):
        attributes = {
            name.lower(): unescape(double or single or bare).strip()
            for name, double, single, bare in _ATTRIBUTE.findall(tag[2])
        }
        address = _declared_address(attributes)
        if address:
            yield Credit(CreditKind.ADDRESS, Span(*tag.span()), addresses=(address,))


def _declared_address(attributes: Mapping[str, str]) -> str:
    if attributes.get("rel", "").lower() in {"canonical", "amphtml"}:
        return attributes.get("href", "")
    if attributes.get("property", "").lower() == "og:url":
        return attributes.get("content", "")
    return ""


# The lines


class _Piece(NamedTuple):
    """The readable ``text`` of a line or of an end of one, which begins at ``start``."""

    text: str
    start: int
    line: Span
    number: int

    @property
    def opens_line(self) -> bool:
        return self.start == self.line.start

    @property
    def ends_line(self) -> bool:
        return self.start + len(self.text) == self.line.end


def _in_lines(document: Document) -> Iterator[Credit]:
    for piece in _pieces(document):
        folded = piece.text.casefold()
        for wording in _WORDINGS:
            if any(stem in folded for stem in wording.stems):
                yield from _worded(document, piece, wording)
        if piece.opens_line:
            yield from _agencies_of_line(document, piece)


def _pieces(document: Document) -> Iterator[_Piece]:
    """Yield what is read of the first and the last lines, without what is quoted or code."""
    text = document.plain.text
    apart = [*document.plain.quoted, *document.plain.code]
    for number, line in enumerate(_end_lines(text)):
        if any(span.start <= line.start < span.end for span in apart):
            continue
        if line.end - line.start <= _PIECE:
            yield _Piece(text[line.start : line.end], line.start, line, number)
            continue
        yield _Piece(text[line.start : line.start + _PIECE], line.start, line, number)
        # From the end of a sentence on: a piece must not begin in the midst of one.
        cut = text.find(". ", line.end - _PIECE, line.end)
        if cut >= 0:
            yield _Piece(text[cut + 2 : line.end], cut + 2, line, number)


def _end_lines(text: str) -> Iterator[Span]:
    head = _lines(text, 0, min(len(text), _END_CHARACTERS))
    first = list(islice(head, _MOST_LINES))
    reached = first[-1].end if first else 0
    tail = list(_lines(text, max(reached, len(text) - _END_CHARACTERS), len(text)))
    yield from chain(first, tail[-_MOST_LINES:])


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    for found in _LINE.finditer(text, start, end):
        yield Span(*found.span())


def _worded(document: Document, piece: _Piece, wording: _Wording) -> Iterator[Credit]:
    for pattern in wording.patterns:
        found = pattern.search(piece.text)
        if found is None:
            continue
        said = found["name"]
        name = _name_in(said)
        end = found.start("name") + len(name)
        span = _original(document, piece, found.start(), end)
        addresses = (*_linked(document, span, piece.start + end), *_spelled_out(name))
        agency = agency_of(name) or next(filter(None, map(_agency_at, addresses)), "")
        kind = wording.kind
        if kind is CreditKind.OWN:
            # "Published here", where "here" is a link, says that it was elsewhere.
            kind, name, said = (CreditKind.ORIGIN if addresses else kind), "", ""
        elif not (name_key(name) or addresses) or (kind is CreditKind.AGENCY and not agency):
            continue
        yield Credit(kind, span, name, said, addresses, agency)


def _name_in(said: str) -> str:
    """Return the name at the start of what was said."""
    end = _NAME_ENDS.search(said)
    name = said[: end.start()] if end else said
    return name[:_LONGEST_NAME].rstrip(_TRIMMINGS)


def _linked(document: Document, span: Span, end: int) -> tuple[str, ...]:
    """Return the addresses linked in ``span``, which is where the readable text reaches ``end``."""
    if document.format is TextFormat.PLAIN:
        return ()
    # Markdown gives the address of a link after its words.
    if end < len(document.plain.text):
        reached = max(span.end, document.original_span(end, end + 1).start)
    else:
        reached = len(document.text)
    links = _LINK.finditer(document.text, span.start, reached)
    return tuple(unescape(link[1] or link[2]) for link in islice(links, 3))


def _spelled_out(name: str) -> tuple[str, ...]:
    found = _HOST.search(name)
    return () if found is None else (found[0] if "//" in found[0] else f"//{found[0]}",)


def _agency_at(address: str) -> str:
    return agency_of(site_of(host_of(address)))


def _agencies_of_line(document: Document, piece: _Piece) -> Iterator[Credit]:
    dateline = _DATELINE.match(piece.text) if piece.number < _FIRST_LINES else None
    if dateline is not None:
        named = dateline["agency"] or dateline["wire"]
    else:
        is_short = piece.ends_line and len(piece.text) <= _SHORT_LINE
        byline = _BYLINE.match(piece.text) if is_short else None
        named = byline["agency"] if byline is not None else ""
    found = dateline.end() if dateline is not None else len(piece.text)
    for part in _SEVERAL.split(named):
        agency = agency_of(part)
        if agency:
            span = _original(document, piece, 0, found)
            yield Credit(CreditKind.AGENCY, span, agency, agency=agency)


def _original(document: Document, piece: _Piece, start: int, end: int) -> Span:
    return document.original_span(piece.start + start, piece.start + end)


# The tables


class _Wording(NamedTuple):
    kind: CreditKind
    stems: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]


def _read_wordings(data: Mapping[str, Any]) -> tuple[_Wording, ...]:
    fragments: dict[str, str] = {}
    for name, pattern in data["fragments"].items():
        fragments[name] = _filled(pattern, fragments)
    return tuple(
        _Wording(
            CreditKind(kind),
            tuple(data[kind]["stems"]),
            tuple(_compiled(pattern, fragments) for pattern in data[kind]["patterns"]),
        )
        for kind in ("origin", "own", "copyright", "agency")
    )


def _compiled(pattern: str, fragments: Mapping[str, str]) -> re.Pattern[str]:
    uncaptured = re.sub(r"(?<!\\)\((?!\?)", "(?:", _filled(pattern, fragments))
    return re.compile(uncaptured.replace(" ", r"(?:[ \u00a0]{1,3})"), re.IGNORECASE)


def _filled(pattern: str, fragments: Mapping[str, str]) -> str:
    for name, fragment in fragments.items():
        pattern = pattern.replace(f"<{name}>", fragment)
    return pattern


def _read_agencies(agencies: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the agency behind every name and host, by their keys."""
    return {name_key(name): shown for shown, names in agencies.items() for name in (shown, *names)}


def _any_agency(agencies: Mapping[str, Sequence[str]]) -> str:
    """Return an expression for the names of agencies; initials only in their own case."""
    names = sorted({*agencies, *chain(*agencies.values())}, key=len, reverse=True)
    return "|".join(
        re.escape(name) if name.isupper() else f"(?i:{re.escape(name)})"
        for name in names
        if "." not in name
    )


_DATA: Final = tomllib.loads(
    resources.files(__package__).joinpath("data", "credits.toml").read_text("utf-8")
)
_WORD: Final = re.compile(r"[^\W_]+")
_ARTICLES: Final = frozenset(_DATA["articles"]["words"])
_AGENCIES: Final = _read_agencies(_DATA["agencies"])
_WORDINGS: Final = _read_wordings(_DATA)

_LINE: Final = re.compile(r"[^\s][^\r\n\u2028\u2029]*")
_TRIMMINGS: Final = " \t\u00a0.,;:'\"“”„«»‘’*_-–—)]"
_NAME_ENDS: Final = re.compile(
    r"[,;|()\[\]{}–—\n]|\s-\s|[.!?:](?=\s|$)|\s(?=\d)|\s(?:"
    + "|".join(map(re.escape, _DATA["ends"]["words"]))
    + r")(?!\w)",
    re.IGNORECASE,
)
_HOST: Final = re.compile(
    r"(?:https?://)?(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![\w@-])(?:/[^\s<>\"')\]]{0,300})?",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    r"href\s?=\s?[\"']?([^\"'\s<>]{4,500})|\]\(\s?<?([^\s()<>]{4,500})", re.IGNORECASE
)

_AGENCY: Final = f"(?P<agency>{_any_agency(_DATA['agencies'])})"
_DATELINE: Final = re.compile(
    r"[^\n()/]{0,60}(?:\((?P<agency>[^\n()]{2,40})\)|/(?P<wire>[A-Za-z ]{3,20})[^\n/]{0,20}/)"
    r"\s?[.,]?\s?[-–—:]"
)
_BYLINE: Final = re.compile(
    rf"\W{{0,3}}(?:(?i:by|von|par|por|story by)\s(?:.{{0,80}}[\s,|/–—-])?|.{{2,60}}[,|/]\s?)?"
    rf"{_AGENCY}\W{{0,3}}$"
)
_SEVERAL: Final = re.compile(r"\s?[/,&+]\s?|\s(?:and|und|et|y)\s")
