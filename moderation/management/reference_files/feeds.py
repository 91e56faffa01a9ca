"""RSS and Atom files."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from html import escape

from moderation.management.reference_files.base import (
    MOST_BYTES,
    TOO_LARGE,
    Entry,
    Problem,
    Source,
)
from moderation.management.reference_files.values import moment_of
from moderation.management.reference_files.xml_stream import BrokenXml, Handler, Name, read_xml
from moderation.services.references import NewReference
from moderation.types import TextFormat

_ATOM = "http://www.w3.org/2005/Atom"
_RSS = ("", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_XML_LANG = "http://www.w3.org/XML/1998/namespace}lang"
_MOST_FACT = 4_000

_ITEMS = frozenset({Name(_ATOM, "entry"), *(Name(space, "item") for space in _RSS)})
_FEEDS = frozenset({Name(_ATOM, "feed"), *(Name(space, "channel") for space in _RSS)})

# What the parts of an item, or of the feed, are called here; other modules have a "title" too.
_PARTS: Mapping[Name, str] = {
    Name(_CONTENT, "encoded"): "content",
    Name(_DUBLIN_CORE, "date"): "date",
    Name(_DUBLIN_CORE, "rights"): "rights",
    Name(_DUBLIN_CORE, "language"): "language",
    **{
        Name(space, local): part
        for space in _RSS
        for local, part in {
            "title": "title",
            "link": "link",
            "guid": "guid",
            "description": "summary",
            "pubDate": "date",
            "copyright": "rights",
            "language": "language",
        }.items()
    },
    **{
        Name(_ATOM, local): part
        for local, part in {
            "title": "title",
            "link": "link",
            "content": "content",
            "summary": "summary",
            "published": "date",
            "updated": "updated",
            "rights": "rights",
        }.items()
    },
}
_TEXTS = ("content", "summary")


@dataclass(slots=True)
class _Item:
    """What has been read of an item, or of the feed itself."""

    parts: dict[str, list[str]] = field(default_factory=dict)
    formats: dict[str, TextFormat] = field(default_factory=dict)
    chars: int = 0

    def fact(self, part: str) -> str:
        return "".join(self.parts.get(part, ()))[:_MOST_FACT].strip()


class Feed(Source):
    """The items of a feed, the newest text first as feeds have it."""

    def entries(self, after: int) -> Generator[Entry]:
        number = 0
        with self.opened() as stream:
            try:
                for items in read_xml(stream, _FeedHandler(), self.encoding):
                    self.moved()
                    for content in items:
                        number += 1
                        if number > after:
                            yield Entry(number, f"item {number}", content)
            except BrokenXml as error:
                yield Entry(number + 1, f"line {error.line}", Problem(str(error)))


class _FeedHandler(Handler[NewReference | Problem]):
    def __init__(self) -> None:
        super().__init__()
        self._feed = _Item()
        self._language = ""
        self._item: _Item | None = None
        self._part = ""
        self._part_depth = 0
        self._is_xhtml = False

    def opened(self, name: Name, attributes: Mapping[str, str]) -> None:
        if self._part:
            self._mark_up(f"<{name.local}>")
        elif name in _ITEMS:
            self._item = _Item()
        elif len(self.stack) > 1 and self.stack[-2] in (_ITEMS | _FEEDS):
            self._begin(_PARTS.get(name, ""), name, attributes)
        if name in _FEEDS:
            self._language = attributes.get(_XML_LANG, "")

    def closed(self, name: Name) -> None:
        if self._part and len(self.stack) > self._part_depth:
            self._mark_up(f"</{name.local}>")
        elif self._part:
            self._part = ""
        elif name in _ITEMS and self._item is not None:
            self.found.append(self._reference(self._item))
            self._item = None

    def text(self, text: str) -> None:
        if self._part:
            inside = len(self.stack) > self._part_depth or self._is_xhtml
            self._add(escape(text) if inside else text)

    def _begin(self, part: str, name: Name, attributes: Mapping[str, str]) -> None:
        if not part or (part == "guid" and attributes.get("isPermaLink") == "false"):
            return
        if part == "link" and name.space == _ATOM:
            if attributes.get("rel", "alternate") == "alternate":
                self._known.parts.setdefault("link", [attributes.get("href", "")])
            return
        if part in self._known.parts:
            return  # the first one counts
        self._known.parts[part] = []
        self._known.formats[part] = _format(name, attributes)
        self._part, self._part_depth = part, len(self.stack)
        self._is_xhtml = attributes.get("type") == "xhtml"

    @property
    def _known(self) -> _Item:
        return self._feed if self._item is None else self._item

    def _mark_up(self, tag: str) -> None:
        if self._part in _TEXTS:
            self._add(tag)

    def _add(self, text: str) -> None:
        known = self._known
        known.chars += len(text)
        if known.chars <= MOST_BYTES:
            known.parts[self._part].append(text)

    def _reference(self, item: _Item) -> NewReference | Problem:
        if item.chars > MOST_BYTES:
            return Problem(TOO_LARGE)
        part = next((part for part in _TEXTS if any(map(str.strip, item.parts.get(part, ())))), "")
        if not part:
            return Problem("no text")
        return NewReference(
            text="".join(item.parts[part]),
            format=item.formats[part],
            title=item.fact("title"),
            url=item.fact("link") or item.fact("guid"),
            publisher=self._feed.fact("title"),
            licence=item.fact("rights") or self._feed.fact("rights"),
            published_at=moment_of(item.fact("date")) or moment_of(item.fact("updated")),
            language=item.fact("language") or self._feed.fact("language") or self._language,
        )


def _format(name: Name, attributes: Mapping[str, str]) -> TextFormat:
    """Say what a text is written in: RSS has HTML, Atom says which."""
    if name.space == _ATOM and attributes.get("type", "text") in ("text", "text/plain"):
        return TextFormat.PLAIN
    return TextFormat.HTML
