"""Errors as Google's services write them: code, message, status and details.

Messages, statuses and types are those that programs look for, so nothing here is translated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

SERVICE = "commentanalyzer.googleapis.com"
_TYPES = "type.googleapis.com/"


class GoogleError(Exception):
    """A request that gets no answer but this one.

    Args:
        code: the HTTP status.
        status: Google's name for it.
        message: for people.
        details: objects with an ``@type``, for programs.
        headers: of the answer.
    """

    def __init__(
        self,
        code: HTTPStatus,
        status: str,
        message: str,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details = list(details)
        self.headers = dict(headers or {})

    def response(self) -> JsonResponse:
        """Return the answer."""
        error: dict[str, Any] = {
            "code": int(self.code),
            "message": str(self),
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return JsonResponse({"error": error}, status=self.code, headers=self.headers)


def invalid(message: str, details: Sequence[Mapping[str, Any]] = ()) -> GoogleError:
    """Return the error for a request that cannot be understood."""
    return GoogleError(HTTPStatus.BAD_REQUEST, "INVALID_ARGUMENT", message, details)


def bad_field(path: str, message: str) -> GoogleError:
    """Return the error for a value of the wrong kind at ``path`` of the request."""
    violation = {"field": path, "description": message} if path else {"description": message}
    return invalid(
        message, [{"@type": f"{_TYPES}google.rpc.BadRequest", "fieldViolations": [violation]}]
    )


def analyzer_error(error_type: str, message: str, **more: Any) -> GoogleError:
    """Return an error of the comment analyzer itself; ``error_type`` is one of its enum."""
    detail = {
        "@type": f"{_TYPES}google.commentanalyzer.v1alpha1.Error",
        "errorType": error_type,
        **more,
    }
    return invalid(message, [detail])


def unsupported(
    attribute: str, *, requested: Sequence[str], detected: Sequence[str]
) -> GoogleError:
    """Return the error for an attribute that is not measured in a text's language."""
    languages = {"requestedLanguages": requested} if requested else {"detectedLanguages": detected}
    names = ", ".join(requested or detected)
    return analyzer_error(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute {attribute} does not support request languages: {names}",
        languageNotSupportedByAttributeError={**languages, "attribute": attribute},
    )


def no_key() -> GoogleError:
    """Return the error for a request without a key."""
    return GoogleError(
        HTTPStatus.FORBIDDEN,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    )


def wrong_key() -> GoogleError:
    """Return the error for a key that does not exist, or not any more."""
    message = "API key not valid. Please pass a valid API key."
    return invalid(message, [_info("API_KEY_INVALID")])


def closed_to_key(method: str) -> GoogleError:
    """Return the error for a key that may do something else, but not this."""
    name = f"google.commentanalyzer.v1alpha1.CommentAnalyzerService.{method}"
    return GoogleError(
        HTTPStatus.FORBIDDEN,
        "PERMISSION_DENIED",
        f"Requests to this API {SERVICE} method {name} are blocked.",
        [_info("API_KEY_SERVICE_BLOCKED", methodName=name)],
    )


def exhausted(unit: str, limit: int, consumer: str, wait: int) -> GoogleError:
    """Return the error for a key that was used too often in this second, minute or day."""
    metric = "Analysis requests (AnalyzeComment)"
    message = (
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} per {unit}' of service "
        f"'{SERVICE}' for consumer '{consumer}'."
    )
    info = _info(
        "RATE_LIMIT_EXCEEDED",
        quota_metric="CommentAnalyzerService/analyze_requests",
        quota_limit=f"AnalyzeRequestsPer{unit.title()}PerProject",
        quota_limit_value=str(limit),
        quota_location="global",
        consumer=consumer,
    )
    return _too_many(message, wait, [info])


def locked_out(wait: int) -> GoogleError:
    """Return the error for an address that has sent too many wrong keys."""
    return _too_many("Too many requests with an API key that is not valid.", wait, [])


def _too_many(message: str, wait: int, details: Sequence[Mapping[str, Any]]) -> GoogleError:
    return GoogleError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "RESOURCE_EXHAUSTED",
        message,
        details,
        {"Retry-After": str(max(1, wait))},
    )


def _info(reason: str, **metadata: str) -> dict[str, Any]:
    return {
        "@type": f"{_TYPES}google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": SERVICE, **metadata},
    }
