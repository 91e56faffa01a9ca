"""JSON Lines: one object per line."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from typing import IO, Any, NamedTuple

from moderation.management.reference_files.base import (
    MOST_BYTES,
    TOO_LARGE,
    UNREADABLE,
    Entry,
    Problem,
    Source,
    why_unreadable,
)
from moderation.management.reference_files.values import moment_of
from moderation.services.references import NewReference
from moderation.types import TextFormat


class _Line(NamedTuple):
    number: int
    raw: bytes
    is_cut: bool


class JsonLines(Source):
    """Objects with ``text`` (or body, content) and what is known of it."""

    def entries(self, after: int) -> Generator[Entry]:
        number = 0
        with self.opened() as stream:
            try:
                for number, raw, is_cut in _lines(stream):
                    self.moved()
                    if number > after and (is_cut or raw.strip()):
                        content = Problem(TOO_LARGE) if is_cut else self._document(raw)
                        yield Entry(number, f"line {number}", content)
            except UNREADABLE as error:
                number += 1
                yield Entry(number, f"line {number}", Problem(why_unreadable(error)))

    def _document(self, raw: bytes) -> NewReference | Problem:
        encoding = self.encoding or "utf-8"
        try:
            value = json.loads(raw.decode(encoding).removeprefix("\ufeff"))
        except UnicodeError:
            return Problem(f"not {encoding}; --encoding names another encoding")
        except (ValueError, RecursionError):
            return Problem("not JSON")
        if not isinstance(value, dict):
            return Problem("not a JSON object")
        try:
            return _reference(value)
        except _BadField as error:
            return Problem(str(error))


def _lines(stream: IO[bytes]) -> Iterator[_Line]:
    """Yield the lines, of one that is too long its beginning."""
    number = 0
    while raw := stream.readline(MOST_BYTES + 1):
        number += 1
        is_cut = len(raw) > MOST_BYTES
        yield _Line(number, raw, is_cut)
        while is_cut and raw and not raw.endswith(b"\n"):
            raw = stream.readline(MOST_BYTES)


class _BadField(ValueError):
    """A field of the wrong kind; the message names it."""


def _reference(value: Mapping[str, Any]) -> NewReference:
    text = _string(value, "text", "body", "content")
    if not text:
        raise _BadField("'text' is missing")
    text_format = _string(value, "format") or TextFormat.PLAIN.value
    if text_format not in set(TextFormat):
        raise _BadField(f"'format' is not one of {', '.join(TextFormat)}")
    return NewReference(
        text=text,
        format=TextFormat(text_format),
        title=_string(value, "title"),
        url=_string(value, "url"),
        publisher=_string(value, "publisher", "source"),
        licence=_string(value, "licence", "license"),
        published_at=_moment(value, "published_at", "date"),
        language=_string(value, "language"),
    )


def _string(value: Mapping[str, Any], *names: str) -> str:
    for name in names:
        found = value.get(name)
        if found is None:
            continue
        if not isinstance(found, str):
            raise _BadField(f"'{name}' is not a string")
        if found:
            return found
    return ""


def _moment(value: Mapping[str, Any], *names: str) -> datetime | None:
    told = _string(value, *names)
    found = moment_of(told)
    if told and found is None:
        raise _BadField(f"'{names[0]}' is not a date")
    return found
