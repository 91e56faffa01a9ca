"""Sitemaps with the pages they list, saved in the folder the sitemap lies in."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from moderation.management.reference_files.base import Entry, Problem, Source
from moderation.management.reference_files.folders import FORMATS, document_of_file, is_inside
from moderation.management.reference_files.xml_stream import BrokenXml, Handler, Name, read_xml

_LONGEST_ADDRESS = 4_000
_SUFFIXES = ("", *FORMATS)


class _Location(NamedTuple):
    url: str
    is_sitemap: bool


class Sitemap(Source):
    """The pages of a sitemap; of an index of sitemaps, the pages of those that are saved too."""

    def entries(self, after: int) -> Generator[Entry]:
        root = self.path.parent.resolve()
        number = 0
        for where, found in self._locations(root):
            number += 1
            if number <= after:
                continue
            if isinstance(found, Problem):
                yield Entry(number, where, found)
            else:
                path = saved_file(root, found)
                content = (
                    document_of_file(path, self.encoding, found)
                    if path
                    else Problem("the page is not in the folder")
                )
                yield Entry(number, f"page {number}", content)

    def _locations(self, root: Path) -> Iterator[tuple[str, str | Problem]]:
        """Yield addresses of pages, and what is wrong with sitemaps, with the place of each."""
        listed: list[str] = []
        for where, found in _read(self, ""):
            if isinstance(found, _Location) and found.is_sitemap:
                listed.append(found.url)
            else:
                yield where, found if isinstance(found, Problem) else found.url
        for url in listed:
            path = saved_file(root, url)
            if path is None or path == self.path.resolve():
                yield "sitemap index", Problem("a sitemap is not in the folder")
                continue
            for where, found in _read(type(self)(path, self.encoding), f"{path.name}, "):
                if isinstance(found, Problem):
                    yield where, found
                elif not found.is_sitemap:  # an index lists no index
                    yield where, found.url


def _read(source: Source, where: str) -> Iterator[tuple[str, _Location | Problem]]:
    with source.opened() as stream:
        try:
            for found in read_xml(stream, _SitemapHandler(), source.encoding):
                source.moved()
                yield from ((where, location) for location in found)
        except BrokenXml as error:
            yield f"{where}line {error.line}", Problem(str(error))


class _SitemapHandler(Handler[_Location]):
    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def opened(self, name: Name, attributes: object) -> None:
        self._text = ""

    def closed(self, name: Name) -> None:
        parent = self.stack[-2] if len(self.stack) > 1 else Name("", "")
        # Pictures and films of a page have locations too, in namespaces of their own.
        if (
            name.local == "loc"
            and parent.local in ("url", "sitemap")
            and name.space == parent.space
        ):
            self.found.append(_Location(self._text.strip(), parent.local == "sitemap"))

    def text(self, text: str) -> None:
        if len(self._text) < _LONGEST_ADDRESS:
            self._text += text


def saved_file(root: Path, url: str) -> Path | None:
    """Return the file below ``root`` in which an address was saved, or None.

    Looked for the way mirroring tools save (host and path, or the path alone, with or without
    the suffix of the kind of page), then by the name of the file alone.
    """
    try:
        parts = urlsplit(url)
        steps = [step for step in unquote(parts.path).split("/") if step not in ("", ".")]
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return None
    if ".." in steps or "\0" in url or "\0" in "".join(steps) or ".." in host:
        return None
    for folders in ([host, *steps], steps, steps[-1:]):
        base = root.joinpath(*folders)
        candidates = [base.with_name(base.name + suffix) for suffix in _SUFFIXES] if folders else []
        candidates += [base / f"index{suffix}" for suffix in FORMATS]
        for candidate in candidates:
            if is_inside(root, candidate):
                return candidate
    return None
