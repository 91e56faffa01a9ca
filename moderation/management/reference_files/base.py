"""What the readers of reference files have in common."""

from __future__ import annotations

import gzip
import zlib
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar, cast

from moderation.services.references import NewReference

MOST_BYTES = 32 * 1024 * 1024
"""A single document is not larger, in whatever it comes; the rest of such a one is not read."""

TOO_LARGE = f"larger than {MOST_BYTES // 1024 // 1024} MB"

UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading a file may raise, compressed ones included."""

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something in a file is no document. Never quotes it."""

    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a file, or what is wrong with it.

    ``number`` counts from one; to go on after it passes over everything up to it.
    """

    number: int
    place: str
    content: NewReference | Problem


class Source(ABC):
    """One path to import. ``size`` tells two states of it apart, roughly.

    ``total`` and ``done`` are for the progress line, in whatever unit suits the source.
    """

    total: int
    done: int = 0
    dependency: ClassVar[str] = ""
    """What has to be installed to read it; the extra ``reference`` has it."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.encoding = encoding
        self.total = path.stat().st_size

    @property
    def size(self) -> str:
        return str(self.total)

    @abstractmethod
    def entries(self, after: int) -> Generator[Entry]:
        """Yield the documents whose numbers are larger than ``after``, in order."""

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open the file for reading from the start, unpacked where it is compressed."""
        with self.path.open("rb") as raw:
            self._raw = raw
            packed = raw.read(len(_GZIP)) == _GZIP
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast("IO[bytes]", unpacked)

    def moved(self) -> None:
        """Note how much of the file has been read."""
        self.done = self._raw.tell()


def why_unreadable(error: BaseException) -> str:
    """Say why a file cannot be read on."""
    if isinstance(error, EOFError):
        return "the file is cut off here"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return "the compressed file is damaged here"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
