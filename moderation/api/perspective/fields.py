"""Reading JSON that strangers send: every wrong value gets an error with its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from moderation.api.perspective.errors import GoogleError, bad_field, invalid

MOST_BYTES = 2_097_152
"""The largest body: a comment has 20 KB, but what it answers may come along."""

_BROKEN = "Invalid JSON payload received."
_LONE = re.compile("[\x00\ud800-\udfff]")


def read_object(request: HttpRequest) -> Fields:
    """Return the JSON object in the body of a request, whatever media type it claims.

    Raises :class:`.errors.GoogleError` for a body that is too large or no JSON object, and for
    names that an object has twice.
    """
    try:
        value = json.loads(
            _body(request).decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        raise invalid(f"{_BROKEN} Unexpected token.") from error
    if not isinstance(value, dict):
        raise invalid(f"{_BROKEN} Root element must be a message.")
    return Fields(value)


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length[:20]) > MOST_BYTES:
        raise _too_large()
    try:
        body = request.read(MOST_BYTES + 1)
    except UnreadablePostError as error:
        raise invalid(f"{_BROKEN} Unexpected end of the request.") from error
    if len(body) > MOST_BYTES:
        raise _too_large()
    return body


def _too_large() -> GoogleError:
    return invalid(f"Request payload size exceeds the limit: {MOST_BYTES} bytes.")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise invalid(f"{_BROKEN} A name stands twice in an object.")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


class Fields:
    """The fields of one JSON object at ``path`` of a request, read one by one.

    Names may be written as Google's JSON has them (``doNotStore``) or as its protocol does
    (``do_not_store``); null is as good as nothing. :meth:`end` refuses what nobody has read.
    """

    def __init__(self, value: Mapping[str, Any], path: str = "") -> None:
        self._path = path
        self._left = {_camel(name): inner for name, inner in value.items()}
        if len(self._left) != len(value):
            raise bad_field(path, f"{_BROKEN} A name stands twice in an object.")

    def text(self, name: str, *, most: int | None = None) -> str:
        """Return a string, empty if it is missing; at most ``most`` characters."""
        value = self._take(name)
        if value is None:
            return ""
        return self._checked(value, self.at(name), most)

    def texts(self, name: str, *, most: int, each: int) -> tuple[str, ...]:
        """Return a list of strings, or the only one if it stands there without a list."""
        value = self._take(name)
        values = [value] if isinstance(value, str) else self._list(value, name, most)
        return tuple(
            self._checked(inner, f"{self.at(name)}[{number}]", each)
            for number, inner in enumerate(values)
        )

    def choice(self, name: str, known: Sequence[str], type_name: str) -> str:
        """Return one of the known values, the first if none is given."""
        value = self._take(name)
        if value is None:
            return known[0]
        if value not in known:
            raise self._wrong(self.at(name), f"type.googleapis.com/{type_name}")
        return str(value)

    def flag(self, name: str) -> bool:
        """Return true or false, false if it is missing."""
        value = self._take(name)
        if not isinstance(value, bool | None):
            raise self._wrong(self.at(name), "TYPE_BOOL")
        return bool(value)

    def number(self, name: str) -> float | None:
        """Return a finite number, None if it is missing."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(self.at(name), "TYPE_FLOAT")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._wrong(self.at(name), "TYPE_FLOAT")
        return number

    def whole(self, name: str) -> int | None:
        """Return a 32-bit number that is not negative, None if it is missing."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
            raise self._wrong(self.at(name), "TYPE_INT32")
        return value

    def object(self, name: str) -> Fields | None:
        """Return an object, None if it is missing."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(self.at(name), "TYPE_MESSAGE")
        return Fields(value, self.at(name))

    def objects(self, name: str, *, most: int) -> list[Fields]:
        """Return a list of at most ``most`` objects."""
        found = []
        for number, inner in enumerate(self._list(self._take(name), name, most)):
            path = f"{self.at(name)}[{number}]"
            if not isinstance(inner, dict):
                raise self._wrong(path, "TYPE_MESSAGE")
            found.append(Fields(inner, path))
        return found

    def entries(self, name: str, *, most: int) -> Iterator[tuple[str, Fields]]:
        """Yield the entries of a map of at most ``most`` objects, by their names."""
        value = self._take(name)
        if value is None:
            return
        if not isinstance(value, dict):
            raise self._wrong(self.at(name), "TYPE_MESSAGE")
        self._few(value, name, most)
        for key, inner in value.items():
            path = f"{self.at(name)}[{key[:100]!r}]"
            if not isinstance(inner, dict):
                raise self._wrong(path, "TYPE_MESSAGE")
            yield key, Fields(inner, path)

    def end(self) -> None:
        """Refuse the fields that nobody has asked for."""
        for name in self._left:
            place = f" at '{self._path}'" if self._path else ""
            message = f'{_BROKEN} Unknown name "{name[:100]}"{place}: Cannot find field.'
            raise bad_field(self._path, _shown(message))

    def at(self, name: str) -> str:
        """Return where a field of this object is."""
        return f"{self._path}.{name}" if self._path else name

    def _take(self, name: str) -> Any:
        return self._left.pop(name, None)

    def _list(self, value: Any, name: str, most: int) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(self.at(name), "TYPE_LIST")
        self._few(value, name, most)
        return value

    def _few(self, value: Sequence[Any] | Mapping[str, Any], name: str, most: int) -> None:
        if len(value) > most:
            raise bad_field(self.at(name), f"More than {most} values at '{self.at(name)}'.")

    def _checked(self, value: Any, path: str, most: int | None) -> str:
        if not isinstance(value, str):
            raise self._wrong(path, "TYPE_STRING")
        if _LONE.search(value):
            raise bad_field(path, f"Invalid value at '{path}' (TYPE_STRING), not Unicode text.")
        if most is not None and len(value) > most:
            raise bad_field(path, f"Invalid value at '{path}', more than {most} characters.")
        return value

    def _wrong(self, path: str, kind: str) -> GoogleError:
        return bad_field(path, _shown(f"Invalid value at '{path}' ({kind})."))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _shown(message: str) -> str:
    """Return a message that can be sent, whatever names a stranger has put into it."""
    return message.encode("utf-8", "replace").decode()
