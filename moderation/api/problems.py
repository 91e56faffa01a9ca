"""Errors as RFC 9457 has them: ``application/problem+json``, with the field and the rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from moderation.services.errors import (
    Conflict,
    ModerationError,
    NotAllowed,
    PolicyRequired,
    Unusable,
)
from moderation.services.idempotency import KeyReused, StillRunning
from moderation.services.reports import TooMany

MEDIA_TYPE = "application/problem+json"
TYPES = "urn:moderation:problem:"


class ProblemRenderer(JSONRenderer):
    """JSON under the media type of problem details."""

    media_type = MEDIA_TYPE
    format = "problem"


class PreconditionRequired(exceptions.APIException):
    """A write does not say which version of the row it is about."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = _("Say which version you saw, in If-Match or as 'version'.")
    default_code = "version_required"


class StaleRow(exceptions.APIException):
    """A row was changed since the client saw it; ``current`` is the row as it is now."""

    status_code = HTTPStatus.CONFLICT
    default_detail = _("The row has changed since you read it.")
    default_code = "conflict"

    def __init__(self, current: Any, tag: str) -> None:
        super().__init__()
        self.current, self.tag = current, tag


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn an exception into a problem, as DRF's ``EXCEPTION_HANDLER`` does; None for a bug."""
    if isinstance(error, ModerationError):
        return _refused(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _rejected(error)
    return None


def problem(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Return a problem; ``code`` is stable, ``detail`` is for people."""
    content = {
        "type": f"{TYPES}{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return Response(content, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def _refused(error: ModerationError) -> Response:
    if isinstance(error, Conflict):
        case = error.case
        now = {"id": case.pk, "state": str(case.state), "version": case.version}
        headers = {"ETag": f'"{case.version}"'}
        return problem(HTTPStatus.CONFLICT, error.code, str(error), headers, current=now)
    headers = {"Retry-After": "1"} if isinstance(error, StillRunning) else {}
    return problem(_status_of(error), error.code, str(error), headers)


def _status_of(error: ModerationError) -> int:
    match error:
        case NotAllowed():
            return HTTPStatus.FORBIDDEN
        case TooMany():
            return HTTPStatus.TOO_MANY_REQUESTS
        case PolicyRequired() | Unusable() | KeyReused():
            return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.CONFLICT


def _rejected(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.ValidationError):
        errors = list(_faults(error.detail, ""))
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} faults"
        return problem(error.status_code, "invalid", detail, headers, errors=errors)
    if isinstance(error, StaleRow):
        tagged = {"ETag": error.tag}
        return problem(409, "conflict", str(error.detail), tagged, current=error.current)
    code = error.get_codes()
    return problem(
        error.status_code, code if isinstance(code, str) else "error", str(error.detail), headers
    )


def _faults(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Yield what is wrong with each field: a JSON pointer to it, the rule, and words."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = pointer if name == "non_field_errors" else f"{pointer}/{name}"
            yield from _faults(inner, own)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            own = f"{pointer}/{number}" if isinstance(inner, Mapping) else pointer
            yield from _faults(inner, own)
    else:
        yield {
            "pointer": pointer or "/",
            "rule": str(getattr(detail, "code", "invalid")),
            "detail": str(detail),
        }
