"""Reading the body of a request, and refusing what is no honest JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

DEEPEST = 20
"""Lists and objects within each other; no endpoint needs more than three."""


class TooLarge(exceptions.APIException):
    """A body longer than the site's ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def read_body(request: Request) -> bytes:
    """Return the body as it came. Raises :class:`TooLarge`."""
    try:
        return bytes(request._request.body)
    except RequestDataTooBig as error:
        raise TooLarge(_("The body of the request is too large.")) from error


class StrictJSONParser(JSONParser):
    """Refuses duplicate keys, NaN, NUL, lone surrogates, and nesting without end."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the JSON value in ``stream``. Raises ``ParseError`` with the reason."""
        try:
            text = stream.read().decode("utf-8")
            value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        except (RecursionError, ValueError) as error:
            raise exceptions.ParseError(_("This is no valid JSON: %s") % error) from error
        _inspect(value, 0)
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key comes twice")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _inspect(value: Any, depth: int) -> None:
    """Refuse what JSON allows and no database stores."""
    if depth > DEEPEST:
        raise exceptions.ParseError(_("The JSON is nested too deeply."))
    match value:
        case str():
            _inspect_text(value)
        case list():
            for inner in value:
                _inspect(inner, depth + 1)
        case dict():
            for name, inner in value.items():
                _inspect_text(name)
                _inspect(inner, depth + 1)


def _inspect_text(text: str) -> None:
    if "\x00" in text:
        raise exceptions.ParseError(_("The JSON has a NUL character."))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise exceptions.ParseError(_("The JSON has half a surrogate pair.")) from error
