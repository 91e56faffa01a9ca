"""WARC files, as crawlers write them."""

from __future__ import annotations

from collections.abc import Generator
from math import inf
from typing import IO, Any

from moderation.management.reference_files.base import (
    MOST_BYTES,
    TOO_LARGE,
    UNREADABLE,
    Entry,
    Problem,
    Source,
    why_unreadable,
)
from moderation.management.reference_files.pages import reference_of_page
from moderation.management.reference_files.values import NotText, decoded
from moderation.services.references import NewReference

_PAGES = ("text/html", "application/xhtml+xml")
_BLOCK = 64 * 1024
_MOST_HEAD = 1024 * 1024
"""What stands before the content of a record. The library reads lines, of any length."""

_CUT = Problem("the file is cut off here")
_NO_RECORD = "not a WARC record; the rest of the file is not read"


class Warc(Source):
    """The web pages among the responses of a WARC; numbers count all its records.

    The date of a record is when the page was fetched: nobody knows from it when the page came
    out, so it is not taken for that.
    """

    dependency = "warcio"

    def entries(self, after: int) -> Generator[Entry]:
        from warcio.archiveiterator import ArchiveIterator

        number = 0
        with self.opened() as opened:
            stream = _Stream(opened)
            try:
                # HTTP is left to us: the library takes the end of the file for an orderly end,
                # even in the middle of what the server said.
                records = ArchiveIterator(stream, no_record_parse=True)
                for number, record in enumerate(records, start=1):
                    content = self._content(record, stream, skip=number <= after)
                    stream.left = _MOST_HEAD
                    self.moved()
                    if content is not None and number > after:
                        yield Entry(number, f"record {number}", content)
                if not number and self.total:
                    yield Entry(1, "record 1", Problem(_NO_RECORD))
            except _Unreadable as error:
                yield Entry(number + 1, f"record {number + 1}", Problem(str(error)))
            except Exception:  # noqa: BLE001 - the library meets damage in many ways
                yield Entry(number + 1, f"record {number + 1}", Problem(_NO_RECORD))

    def _content(
        self, record: Any, stream: _Stream, *, skip: bool
    ) -> NewReference | Problem | None:
        """Read a record to its end; return None for one that is no web page."""
        length = record.rec_headers.get_header("Content-Length")
        if length is None:
            return _CUT
        if not length.isdecimal():
            return Problem("the length of the record is no number")
        raw = None if skip else _page(record, stream)
        stream.left = inf
        while record.raw_stream.read(_BLOCK):
            pass
        if record.raw_stream.limit:
            return _CUT
        if raw is None:
            return None
        if len(raw) > MOST_BYTES:
            return Problem(TOO_LARGE)
        try:
            text = decoded(raw, self.encoding, declared=_content_type(record)[1], is_page=True)
        except NotText as error:
            return Problem(str(error))
        return reference_of_page(text, _url(record))


def _page(record: Any, stream: _Stream) -> bytes | None:
    """Return the page in a record, or None if there is none."""
    from warcio.exceptions import ArchiveLoadFailed
    from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

    if record.rec_type != "response" or not _url(record).startswith(("http:", "https:")):
        return None
    try:
        record.http_headers = StatusAndHeadersParser(["HTTP/"], verify=False).parse(
            record.raw_stream
        )
        if record.http_headers.get_statuscode() != "200":
            return None
        if _content_type(record)[0] not in _PAGES:
            return None
        stream.left = inf
        page: bytes = record.content_stream().read(MOST_BYTES + 1)
    except (EOFError, StatusAndHeadersParserException, ArchiveLoadFailed):
        return None
    return page


def _url(record: Any) -> str:
    # Some versions of wget put it in angle brackets.
    return (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")


def _content_type(record: Any) -> tuple[str, str]:
    """Return the type of a page and its encoding, as the server told them."""
    told = record.http_headers.get_header("Content-Type") or ""
    kind, _semicolon, rest = told.partition(";")
    _before, _charset, encoding = rest.lower().partition("charset=")
    return kind.strip().lower(), encoding.partition(";")[0].strip()


class _Unreadable(Exception):
    """Reading failed. The library takes an ``EOFError`` for an orderly end, so it gets this."""


class _Stream:
    """A file for the library, in pieces as they come: what is before a cut is not lost.

    Of it ``left`` bytes may be read, about.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.left: float = _MOST_HEAD
        self._read = getattr(stream, "read1", stream.read)
        self._at = 0

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        if self.left < 0:
            raise _Unreadable(_NO_RECORD)
        try:
            piece: bytes = self._read(size)
        except UNREADABLE as error:
            raise _Unreadable(why_unreadable(error)) from error
        self._at += len(piece)
        self.left -= len(piece)
        return piece
