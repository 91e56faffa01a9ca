"""Reference documents from files: what is in them, one document after the other.

Nothing is loaded as a whole, so a file may have any size; what is wrong with one document
does not keep the others from being read.
"""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from moderation.management.reference_files.base import Entry, Problem, Source
from moderation.management.reference_files.feeds import Feed
from moderation.management.reference_files.folders import FORMATS, Folder
from moderation.management.reference_files.json_lines import JsonLines
from moderation.management.reference_files.sitemaps import Sitemap
from moderation.management.reference_files.warcs import Warc
from moderation.management.reference_files.xml_stream import BrokenXml, Handler, Name, read_xml

__all__ = [
    "Entry",
    "FileFormat",
    "MissingLibrary",
    "Problem",
    "Source",
    "UnknownFormat",
    "open_source",
]


class FileFormat(StrEnum):
    """What can be imported."""

    FOLDER = "folder"
    JSONL = "jsonl"
    FEED = "feed"
    SITEMAP = "sitemap"
    WARC = "warc"


_SOURCES: dict[FileFormat, type[Source]] = {
    FileFormat.FOLDER: Folder,
    FileFormat.JSONL: JsonLines,
    FileFormat.FEED: Feed,
    FileFormat.SITEMAP: Sitemap,
    FileFormat.WARC: Warc,
}
_BY_SUFFIX = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".warc": FileFormat.WARC,
    ".rss": FileFormat.FEED,
    ".atom": FileFormat.FEED,
    **dict.fromkeys(FORMATS, FileFormat.FOLDER),
}
_BY_ROOT = {
    "rss": FileFormat.FEED,
    "RDF": FileFormat.FEED,
    "feed": FileFormat.FEED,
    "urlset": FileFormat.SITEMAP,
    "sitemapindex": FileFormat.SITEMAP,
}


class UnknownFormat(ValueError):
    """Neither its name nor its beginning tells what a file is."""


class MissingLibrary(ImportError):
    """A format needs a library that is not installed; the message is its name."""


def open_source(path: Path, encoding: str = "", file_format: FileFormat | None = None) -> Source:
    """Return the reader for ``path``, whose format is guessed unless it is given.

    Raises:
        UnknownFormat: it cannot be guessed.
        MissingLibrary: what it takes to read it is not installed.
        OSError: the path cannot be read.
    """
    source = _SOURCES[file_format or _guess(path, encoding)]
    if source.dependency and find_spec(source.dependency) is None:
        raise MissingLibrary(source.dependency)
    if path.is_dir() and source is not Folder:
        raise UnknownFormat("a folder")
    return source(path, encoding)


def _guess(path: Path, encoding: str) -> FileFormat:
    if path.is_dir():
        return FileFormat.FOLDER
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    suffix = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
    if suffix == ".xml":
        return _guess_xml(path, encoding)
    if suffix not in _BY_SUFFIX:
        raise UnknownFormat("of no known kind")
    return _BY_SUFFIX[suffix]


def _guess_xml(path: Path, encoding: str) -> FileFormat:
    with Feed(path, encoding).opened() as stream:
        try:
            root = next((names[0] for names in read_xml(stream, _RootHandler(), encoding)), None)
        except BrokenXml:
            root = None
    if root is None or root.local not in _BY_ROOT:
        raise UnknownFormat("XML, but neither a feed nor a sitemap")
    return _BY_ROOT[root.local]


class _RootHandler(Handler[Name]):
    def opened(self, name: Name, attributes: object) -> None:
        if len(self.stack) == 1:
            self.found.append(name)
