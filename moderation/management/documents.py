"""Texts from files: JSON Lines, folders of .txt and .html."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from moderation.text.document import Document
from moderation.types import Kind, TextFormat

FORMATS = {
    ".txt": TextFormat.PLAIN,
    ".html": TextFormat.HTML,
    ".htm": TextFormat.HTML,
    ".md": TextFormat.MARKDOWN,
}


_TOLD = ("answers", "author", "language", "licence", "parent", "publisher", "url")
"""What a line may tell beside its text, by the names that documents have for it."""


class BadLine(ValueError):
    """A line that is no text to check; the message says why, ``id`` is its id if it has one."""

    def __init__(self, message: str, line_id: Any = None) -> None:
        super().__init__(message)
        self.id = line_id


class Line(NamedTuple):
    """A line of JSON Lines: its number, and the object or what is wrong with it."""

    number: int
    value: Mapping[str, Any] | BadLine


def read_lines(stream: IO[bytes]) -> Iterator[Line]:
    """Yield the objects of a JSON Lines stream; blank lines are passed over."""
    for number, raw in enumerate(stream, start=1):
        if raw.strip():
            yield Line(number, _parse(raw))


def _parse(raw: bytes) -> Mapping[str, Any] | BadLine:
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return BadLine("not UTF-8")
    except (ValueError, RecursionError):
        return BadLine("not JSON")
    return value if isinstance(value, dict) else BadLine("not a JSON object")


def document_of(value: Mapping[str, Any], kind: Kind, *, key: str = "") -> Document:
    """Build a document from a line's object.

    ``text`` has to be there; ``format``, ``title``, ``author``, ``url``, ``publisher``,
    ``licence``, ``language``, ``parent``, ``answers`` and ``published_at`` may be. Raises
    ``BadLine`` for a wrong text, format or title.
    """
    line_id = value.get("id")
    text = value.get("text")
    if not isinstance(text, str):
        raise BadLine("'text' is missing" if text is None else "'text' is not a string", line_id)
    title = value.get("title")
    if title is not None and not isinstance(title, str):
        raise BadLine("'title' is not a string", line_id)
    text_format = value.get("format")
    if text_format is None:
        text_format = TextFormat.PLAIN
    if not isinstance(text_format, str) or text_format not in set(TextFormat):
        raise BadLine(f"'format' is not one of {', '.join(TextFormat)}", line_id)
    told: dict[str, Any] = {
        name: said for name in _TOLD if isinstance(said := value.get(name), str)
    }
    return Document(
        text=text,
        kind=kind,
        format=TextFormat(text_format),
        title=title or "",
        key=key,
        published_at=_moment(value.get("published_at")),
        **told,
    )


def _moment(value: Any) -> datetime | None:
    """Read an ISO 8601 date; what has no zone is taken for UTC, what is no date for none."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_corpus(path: Path, kind: Kind) -> Iterator[Document]:
    """Yield the documents of a folder (below it too) or of a JSON Lines file with ids.

    Raises ``OSError`` when it cannot be read, ``BadLine`` for a line that is no document.
    """
    if path.is_dir():
        yield from _read_folder(path, kind)
        return
    with path.open("rb") as stream:
        for line in read_lines(stream):
            if isinstance(line.value, BadLine):
                raise BadLine(f"{path}, line {line.number}: {line.value}")
            key = line.value.get("id", line.number)
            try:
                yield document_of(line.value, kind, key=str(key))
            except BadLine as error:
                raise BadLine(f"{path}, line {line.number}: {error}") from error


def _read_folder(folder: Path, kind: Kind) -> Iterator[Document]:
    for path in sorted(folder.rglob("*")):
        text_format = FORMATS.get(path.suffix.lower())
        if text_format is not None and path.is_file():
            yield Document(
                text=path.read_bytes().decode("utf-8-sig", errors="replace"),
                kind=kind,
                format=text_format,
                key=path.relative_to(folder).as_posix(),
            )
