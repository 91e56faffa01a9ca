"""XML read piece by piece: no tree is kept, so neither a deep nor a long file takes memory.

Nothing in a file can make the reader more of it than it is, or fetch anything: a file that
declares entities is refused where it does, and so is a reference to something outside.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from typing import IO, Generic, NamedTuple, NoReturn, TypeVar
from xml.parsers import expat

from moderation.management.reference_files.base import UNREADABLE, why_unreadable

_CHUNK = 64 * 1024
_MOST_TOKEN = 4 * 1024 * 1024
"""The longest tag or comment: the parser begins it anew with every piece that it gets."""

_MOST_DEPTH = 1_000

Item = TypeVar("Item")


class Name(NamedTuple):
    """The name of an element: its namespace, and its name in it."""

    space: str
    local: str


class BrokenXml(ValueError):
    """A file that cannot be read on: in which line, and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class Handler(Generic[Item]):
    """Is told of every element; ``found`` are the items that are complete, ``stack`` is open."""

    def __init__(self) -> None:
        self.found: list[Item] = []
        self.stack: list[Name] = []

    def opened(self, name: Name, attributes: Mapping[str, str]) -> None:
        """An element has begun; it is on top of the stack."""

    def closed(self, name: Name) -> None:
        """An element has ended; it is still on top of the stack."""

    def text(self, text: str) -> None:
        """There is text in the element on top of the stack."""


def read_xml(stream: IO[bytes], handler: Handler[Item], encoding: str) -> Iterator[list[Item]]:
    """Yield the items in groups, as they become complete.

    Raises:
        BrokenXml: the file cannot be read on. All that was complete has been yielded.
    """
    parser = _Parser(handler, encoding)
    chunks = _chunks(stream)
    while True:
        broken = parser.feed(chunks)
        if handler.found:
            yield handler.found
            handler.found = []
        if broken is not None:
            raise broken
        if parser.at_end:
            return


class _Refused(ValueError):
    """Something in the file that is not read, whatever it is good for."""


class _Parser:
    """Feeds a handler."""

    def __init__(self, handler: Handler[Item], encoding: str) -> None:
        self.at_end = False
        self._handler = handler
        self._encoding = encoding
        self._fed = 0
        # What is decoded here reaches the parser as UTF-8, whatever the file declares.
        self._decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
        self._expat = expat.ParserCreate("utf-8" if encoding else None, "}")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._opened
        self._expat.EndElementHandler = self._closed
        self._expat.CharacterDataHandler = handler.text
        self._expat.EntityDeclHandler = _refuse
        self._expat.UnparsedEntityDeclHandler = _refuse
        self._expat.ExternalEntityRefHandler = _refuse

    def feed(self, chunks: Iterator[bytes]) -> BrokenXml | None:
        """Read the next piece; return what is wrong with it, if anything is."""
        try:
            chunk = next(chunks)
            self.at_end = not chunk
            if self._decoder is not None:
                chunk = self._decoder.decode(chunk, final=self.at_end).encode()
            self._expat.Parse(chunk, self.at_end)
        except expat.ExpatError as error:
            return BrokenXml(error.lineno, f"not XML: {expat.ErrorString(error.code)}")
        except UNREADABLE as error:
            return self._broken(why_unreadable(error))
        except _Refused as error:
            return self._broken(str(error))
        except UnicodeError:
            return self._broken(f"not {self._encoding}; --encoding names another encoding")
        except (ValueError, LookupError):  # what the file declares
            return self._broken("in an encoding the parser does not know; --encoding names it")
        self._fed += len(chunk)
        if self._fed - max(0, self._expat.CurrentByteIndex) > _MOST_TOKEN:
            return self._broken("a tag or comment without end")
        return None

    def _broken(self, why: str) -> BrokenXml:
        return BrokenXml(self._expat.CurrentLineNumber, why)

    def _opened(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(self._handler.stack) >= _MOST_DEPTH:
            raise _Refused("elements are nested too deeply")
        name = _name(tag)
        self._handler.stack.append(name)
        self._handler.opened(name, attributes)

    def _closed(self, _tag: str) -> None:
        self._handler.closed(self._handler.stack[-1])
        self._handler.stack.pop()


def _refuse(*_declared: object) -> NoReturn:
    raise _Refused("it declares entities, or refers to something outside")


def _name(tag: str) -> Name:
    space, _brace, local = tag.rpartition("}")
    return Name(space, local)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the file in pieces, at last an empty one. Space before the XML is passed over."""
    read = getattr(stream, "read1", stream.read)  # gives what there is before it fails
    yield read(_CHUNK).lstrip(b" \t\r\n") or b" "
    while chunk := read(_CHUNK):
        yield chunk
    yield b""
