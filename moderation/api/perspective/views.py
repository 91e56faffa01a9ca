"""The two methods and their description."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from moderation.api.perspective import errors, keys
from moderation.api.perspective.errors import GoogleError
from moderation.api.perspective.fields import Fields, read_object
from moderation.api.perspective.requests import (
    PROBABILITY,
    AnalyzeRequest,
    read_analyze,
    read_suggest,
    utf16_length,
)
from moderation.models import ApiKey, KeyScope
from moderation.services import perspective, suggestions
from moderation.services.errors import where
from moderation.services.perspective import LANGUAGE, UNDETERMINED, Reading
from moderation.text.document import Document
from moderation.types import Span

logger = logging.getLogger("moderation.perspective")

Work = Callable[[Fields, ApiKey], Mapping[str, Any]]


@csrf_exempt
@never_cache
def analyze(request: HttpRequest) -> HttpResponse:
    """``comments:analyze``: score a text; nothing of it is kept."""
    return _answer(request, KeyScope.ANALYZE, _analyze)


@csrf_exempt
@never_cache
def suggest(request: HttpRequest) -> HttpResponse:
    """``comments:suggestscore``: keep the scores that a text should have."""
    return _answer(request, KeyScope.SUGGEST, _suggest)


def discovery(request: HttpRequest) -> HttpResponse:
    """Describe the two methods, as clients that are made at run time want it."""
    if request.method not in {"GET", "HEAD"}:
        return _wrong_method("GET, HEAD").response()
    if request.GET.get("version", "v1alpha1") != "v1alpha1":
        message = "Discovery document not found for API service."
        return GoogleError(HTTPStatus.NOT_FOUND, "NOT_FOUND", message).response()
    below = reverse(f"{request.resolver_match.namespace}:discovery")  # type: ignore[union-attr]
    root = request.build_absolute_uri(below.removesuffix("$discovery/rest"))
    return JsonResponse({**_description(), "rootUrl": root, "baseUrl": root})


@cache
def _description() -> Mapping[str, Any]:
    content = files(__package__).joinpath("discovery.json").read_text("utf-8")
    description: Mapping[str, Any] = json.loads(content)
    return description


def _answer(request: HttpRequest, scope: KeyScope, work: Work) -> HttpResponse:
    try:
        if request.method != "POST":
            raise _wrong_method("POST")
        key = keys.admit(request, scope)
        return JsonResponse(work(read_object(request), key))
    except GoogleError as error:
        return error.response()


def _wrong_method(allowed: str) -> GoogleError:
    return GoogleError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "INVALID_ARGUMENT",
        "The HTTP method is not allowed here.",
        headers={"Allow": allowed},
    )


def _analyze(fields: Fields, key: ApiKey) -> Mapping[str, Any]:
    request = read_analyze(fields)
    [whole] = _measured([request.document])
    detected = [_language(whole)]
    effective = list(request.languages) or detected
    wanted = {
        name: attribute
        for name in request.thresholds
        if (attribute := _supported(name, request, detected)) is not None
    }
    parts = _parts(request, whole) if wanted else []
    scores = {}
    for name, attribute in wanted.items():
        value, threshold = whole.value(attribute), request.thresholds[name]
        if threshold is None or value >= threshold:
            scores[name] = _scores(attribute, value, parts)
    answer: dict[str, Any] = {"languages": effective, "detectedLanguages": detected}
    if scores:
        answer["attributeScores"] = scores
    if request.client_token:
        answer["clientToken"] = request.client_token
    return answer


def _suggest(fields: Fields, key: ApiKey) -> Mapping[str, Any]:
    request = read_suggest(fields)
    about = request.about
    suggestions.keep(key, about, request.suggestions)
    answer: dict[str, Any] = {}
    if request.languages:
        answer["requestedLanguages"] = list(request.languages)
    if about.client_token:
        answer["clientToken"] = about.client_token
    return answer


def _measured(documents: list[Document]) -> list[Reading]:
    try:
        return perspective.read(documents)
    except Exception as error:  # noqa: BLE001 - a detector may raise anything
        # Without a trace: it may hold the text.
        logger.error("a text could not be analysed: %s", where(error))  # noqa: TRY400
        message = "The service is currently unavailable."
        raise GoogleError(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", message) from None


def _supported(name: str, request: AnalyzeRequest, detected: list[str]) -> str | None:
    """Return the attribute that a name stands for, None if it is to be left out.

    Raises :class:`.errors.GoogleError` if it is not measured in the language of the text.
    """
    attribute = perspective.attribute_of(name)
    languages = request.languages or detected
    if attribute and all(perspective.speaks(attribute, language) for language in languages):
        return attribute
    if request.drop_unsupported:
        return None
    raise errors.unsupported(name, requested=request.languages, detected=detected)


def _parts(request: AnalyzeRequest, whole: Reading) -> list[tuple[Span, Reading]]:
    """Return what was measured in each sentence, or in all of the text if nobody asks."""
    text = request.document.text
    if not request.spans:
        return [(Span(0, utf16_length(text)), whole)]
    found = list(perspective.spans_of(request.document))
    readings = _measured([document for _, document in found])
    places = _in_utf16(text, [place for place, _ in found])
    return list(zip(places, readings, strict=True))


def _in_utf16(text: str, spans: list[Span]) -> list[Span]:
    """Translate ordered places in a text from characters to UTF-16 units."""
    found, at, units = [], 0, 0
    for span in spans:
        start = units + utf16_length(text[at : span.start])
        at, units = span.end, start + utf16_length(text[span.start : span.end])
        found.append(Span(start, units))
    return found


def _scores(attribute: str, value: float, parts: list[tuple[Span, Reading]]) -> dict[str, Any]:
    return {
        "spanScores": [
            {
                "begin": place.start,
                "end": place.end,
                "score": {"value": reading.value(attribute), "type": PROBABILITY},
            }
            for place, reading in parts
        ],
        "summaryScore": {"value": value, "type": PROBABILITY},
    }


def _language(reading: Reading) -> str:
    return LANGUAGE if reading.english else UNDETERMINED
