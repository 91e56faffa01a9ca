"""Folders of texts, and single files."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

from moderation.management.reference_files.base import (
    MOST_BYTES,
    TOO_LARGE,
    Entry,
    Problem,
    Source,
    why_unreadable,
)
from moderation.management.reference_files.pages import reference_of_page
from moderation.management.reference_files.values import NotText, decoded
from moderation.services.references import NewReference
from moderation.types import TextFormat

FORMATS = {
    ".txt": TextFormat.PLAIN,
    ".html": TextFormat.HTML,
    ".htm": TextFormat.HTML,
    ".xhtml": TextFormat.HTML,
    ".md": TextFormat.MARKDOWN,
    ".markdown": TextFormat.MARKDOWN,
}


class Folder(Source):
    """The texts below a folder, in the order of their names; or one file."""

    def __init__(self, path: Path, encoding: str) -> None:
        super().__init__(path, encoding)
        sizes = [found.stat().st_size for found in self._files()]
        self.total = len(sizes)
        self._bytes = sum(sizes)

    @property
    def size(self) -> str:
        return f"{self.total}:{self._bytes}"

    def entries(self, after: int) -> Generator[Entry]:
        for number, path in enumerate(self._files(), start=1):
            self.done = number
            if number > after:
                place = path.relative_to(self.path).as_posix() if path != self.path else "1"
                yield Entry(number, place, document_of_file(path, self.encoding))

    def _files(self) -> Iterator[Path]:
        if self.path.is_file():
            yield self.path
            return
        root = self.path.resolve()
        for folder, below, names in os.walk(self.path):
            below.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix.lower() in FORMATS and is_inside(root, path):
                    yield path


def is_inside(root: Path, path: Path) -> bool:
    """Tell whether ``path`` is a file that lies below ``root``, links followed."""
    try:
        return path.is_file() and path.resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):
        return False


def document_of_file(path: Path, encoding: str, url: str = "") -> NewReference | Problem:
    """Read one file; ``url`` is where a page is known to have been."""
    text_format = FORMATS.get(path.suffix.lower(), TextFormat.HTML)
    is_page = text_format is TextFormat.HTML
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            return Problem(TOO_LARGE)
        text = decoded(raw, encoding, is_page=is_page)
    except OSError as error:
        return Problem(why_unreadable(error))
    except NotText as error:
        return Problem(str(error))
    if is_page:
        return reference_of_page(text, url)
    return NewReference(text, format=text_format, title=path.stem, url=url)
