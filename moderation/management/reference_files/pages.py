"""A saved web page: what its head says of it, and where its story stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from moderation.management.reference_files.values import moment_of
from moderation.services.references import NewReference
from moderation.text.html_reader import HtmlToken, html_tokens
from moderation.types import TextFormat

_ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])([A-Za-z][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))"""
)
_LONGEST_TAG = 4_000
_LONGEST_DATA = 200_000
_MOST_FACTS = 64
"""Blocks of linked data and parts within them that are looked at."""

_STORIES = ("article", "main")
"""Elements that hold the story, where there is exactly one of them; otherwise it is the body."""

_TITLES = ("og:title", "twitter:title", "dc.title", "headline")
_PUBLISHERS = ("og:site_name", "publisher", "dc.publisher", "application-name")
_DATES = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "dc.date.issued",
    "dc.date",
    "date",
    "pubdate",
)
_LICENCES = ("license", "dc.rights")


@dataclass(slots=True)
class _Head:
    """What a page says of itself; the first to say something is believed."""

    metas: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    facts: list[Mapping[str, Any]] = field(default_factory=list)
    title: str = ""
    language: str = ""

    def meta(self, *names: str) -> str:
        return next((self.metas[name] for name in names if self.metas.get(name)), "")

    def fact(self, name: str) -> str:
        """Return a fact of the linked data: a text, or the name of a thing."""
        for facts in self.facts:
            value = facts.get(name)
            if isinstance(value, list):
                value = next(iter(value), None)
            if isinstance(value, dict):
                value = value.get("name")
            if isinstance(value, str) and value.strip():
                return value
        return ""


def reference_of_page(html: str, url: str = "") -> NewReference:
    """Return the document that a page is; ``url`` is where it is known to have been."""
    head, start, end = _read(html)
    title = head.meta(*_TITLES) or head.fact("headline") or head.title
    return NewReference(
        text=html[start:end],
        format=TextFormat.HTML,
        title=title,
        url=_address(head.links.get("canonical") or head.meta("og:url"), url),
        publisher=head.meta(*_PUBLISHERS) or head.fact("publisher"),
        licence=head.links.get("license") or head.meta(*_LICENCES) or head.fact("license"),
        published_at=moment_of(head.meta(*_DATES)) or moment_of(head.fact("datePublished")),
        language=head.language,
    )


def _address(canonical: str, url: str) -> str:
    """Return the address a page prefers, if it is one of its own site; else where it was."""
    try:
        address = urljoin(url, canonical.strip())
        if urlsplit(address).scheme not in ("http", "https"):
            return url
        own = not url or _site(address) == _site(url)
    except ValueError:
        return url
    return address if own else url


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _read(html: str) -> tuple[_Head, int, int]:
    """Return what the head says, and where the story begins and ends."""
    head = _Head()
    opened: dict[str, list[int]] = {name: [] for name in (*_STORIES, "body")}
    closed: dict[str, int] = {}
    for token in html_tokens(html):
        if token.piece == "open":
            if token.name in opened:
                opened[token.name].append(token.end)
            else:
                _take(head, token, html)
        elif token.piece == "close" and token.name in opened:
            closed[token.name] = token.start
        elif token.piece == "raw" and token.name == "title" and not head.title:
            head.title = unescape(html[token.start : token.end][:_LONGEST_TAG]).strip()
        elif token.piece == "raw" and token.name == "script":
            _take_facts(head, html[token.start : token.end])
    story = next((name for name in _STORIES if len(opened[name]) == 1), "body")
    start = opened[story][0] if opened[story] else 0
    end = closed.get(story, 0)
    return head, start, end if end > start else len(html)


def _take(head: _Head, token: HtmlToken, html: str) -> None:
    if token.name not in ("meta", "link", "html"):
        return
    told = _attributes(html[token.start : min(token.end, token.start + _LONGEST_TAG)])
    if token.name == "html":
        head.language = head.language or told.get("lang", "")
    elif token.name == "meta":
        name = told.get("property") or told.get("name") or told.get("itemprop") or ""
        head.metas.setdefault(name.lower(), told.get("content", "").strip())
    else:
        for relation in told.get("rel", "").lower().split():
            head.links.setdefault(relation, told.get("href", "").strip())


def _attributes(tag: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(next(filter(None, found.groups()[1:]), ""))
        for found in _ATTRIBUTE.finditer(tag)
    }


def _take_facts(head: _Head, script: str) -> None:
    """Read linked data (JSON-LD); other scripts are none."""
    if len(script) > _LONGEST_DATA or len(head.facts) >= _MOST_FACTS:
        return
    if '"@context"' not in script and '"@type"' not in script:
        return
    try:
        data = json.loads(script)
    except (ValueError, RecursionError):
        return
    head.facts += [
        facts for facts in _parts(data) if "datePublished" in facts or "headline" in facts
    ][:_MOST_FACTS]


def _parts(data: Any) -> Iterator[Mapping[str, Any]]:
    for part in data if isinstance(data, list) else [data]:
        if isinstance(part, dict):
            yield part
            graph = part.get("@graph")
            if isinstance(graph, list):
                yield from (inner for inner in graph if isinstance(inner, dict))
