"""The description of the API, in OpenAPI 3.1. Needs the extra ``openapi``."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, is_list_serializer
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.serializers import ListSerializer

import moderation
from moderation.api.operations import Operation, operation_of
from moderation.api.problems import MEDIA_TYPE
from moderation.api.replaying import HEADER

SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Moderation desk",
    "DESCRIPTION": "What moderators do in the admin, for programs.",
    "VERSION": moderation.__version__,
    "SCHEMA_PATH_PREFIX": r"/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [],
    "PREPROCESSING_HOOKS": [],
    "EXTENSIONS_INFO": {},
    "TAGS": [],
    "SERVERS": [],
    "APPEND_COMPONENTS": {},
    "APPEND_PATHS": {},
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: why a request was refused.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "For people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "rule", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Which field, as JSON pointer."},
                    "rule": {"type": "string", "description": "Which rule it breaks."},
                    "detail": {"type": "string"},
                },
            },
        },
        "current": {"type": "object", "description": "The row as it is now, after a conflict."},
    },
    "example": {
        "type": "urn:moderation:problem:conflict",
        "title": "Conflict",
        "status": 409,
        "code": "conflict",
        "detail": "The case has changed since you opened it.",
        "current": {"id": 17, "state": "open", "version": 4},
    },
}

# What is in a file; what is not JSON is text.
_TEXT = {"type": "string"}
_FILES = {"application/json": {"type": "object"}}

_LARGEST_KEY = 10**18 - 1
_REASONS = {
    400: "The request cannot be read, or breaks a rule.",
    401: "Nobody is signed in.",
    403: "The account may not do this.",
    404: "There is no such row.",
    406: "No such media type is given.",
    409: "The row is in another state than the request needs, or has changed.",
    412: "The row has changed.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "What is asked for breaks a rule of the house.",
    428: "The request does not say which version it is about.",
    429: "Too many requests.",
}


def describe(prefix: str) -> dict[str, Any]:
    """Return the description of the API that is mounted under ``prefix``."""
    from moderation.api import urls

    with patched_settings({**SETTINGS, "SERVERS": [{"url": prefix}]}):
        generator = SchemaGenerator(patterns=urls.described, api_version="v1")
        content: dict[str, Any] = _plain(generator.get_schema(request=None, public=True))
    return content


def mounted_at() -> str:
    """Return under which address of the site the API is."""
    return reverse("moderation_api:schema").removesuffix("/v1/schema/") or "/"


def _plain(value: Any) -> Any:
    """Leave out the marks that the generator makes for itself."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key != "x-spec-enum-id"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


class DeskSchema(AutoSchema):
    """Reads what operations declare; adds refusals, headers and examples to each."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        described = super().get_operation(*args, **kwargs)
        if described is None:
            return None
        self._bound_keys(described.get("parameters", []))
        self._show_examples(described)
        described["responses"].update(self._refusals())
        return described

    # What the operation declares

    @property
    def declared(self) -> Operation:
        return operation_of(self.view)

    def get_request_serializer(self) -> Any:
        return self.declared.takes

    def get_response_serializers(self) -> Any:
        declared = self.declared
        if declared.media:
            return {(declared.status, media): _FILES.get(media, _TEXT) for media in declared.media}
        if self._is_list_action():
            return declared.gives and declared.gives(many=True)
        return {declared.status: declared.gives}

    def get_override_parameters(self) -> list[Any]:
        asks = self.view.query_shape() if hasattr(self.view, "query_shape") else None
        found: list[Any] = [asks] if asks is not None else []
        if self.method not in SAFE_METHODS and AllowAny not in self.view.permission_classes:
            told = "A write sent again with the same key is done once and answered again."
            found.append(_header(HEADER, told, {"maxLength": 255, "pattern": r"^[\x21-\x7e]+$"}))
        if self.declared.versioned:
            told = "The ETag of the row as it was seen: refused with 409 if it has changed."
            found.append(_header("If-Match", told, {"pattern": '^(W/)?"[0-9a-f]{1,20}"$'}))
        return found

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/v1/").split("/")[0]]

    def get_operation_id(self) -> str:
        """Name it as the code does: ``cases_decide``."""
        return f"{self.get_tags()[0]}_{self._action}"

    def get_description(self) -> str:  # type: ignore[override] # as the untyped AutoSchema has it
        """The whole docstring of the handler, without the one of the class."""
        handler = getattr(self.view, self._action or self.method.lower(), None)
        return " ".join((getattr(handler, "__doc__", None) or "").split())

    def map_renderers(self, attribute: str) -> list[str]:
        return ["application/json"] if attribute == "media_type" else ["json"]

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or ""

    def _is_list_action(self) -> bool:
        return self._action == "list"

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self._is_list_action() if serializer is None else is_list_serializer(serializer)

    def _get_response_for_code(
        self, serializer: Any, status_code: str, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        if self.declared.listed and serializer is not None:
            row = self.resolve_serializer(serializer, "response").ref
            serializer = {
                "type": "object",
                "required": ["results"],
                "properties": {"results": {"type": "array", "items": row}},
            }
        untyped: Any = super()
        content: dict[str, Any] = untyped._get_response_for_code(
            serializer, status_code, *args, **kwargs
        )
        content["description"] = content.get("description") or self.get_description()
        return content

    # What every operation has

    def _refusals(self) -> dict[str, Any]:
        component = ResolvedComponent(
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        return {
            str(status): {
                "description": reason,
                "content": {MEDIA_TYPE: {"schema": component.ref}},
            }
            for status, reason in _REASONS.items()
            if self.method not in SAFE_METHODS or status not in (409, 412, 413, 415, 422, 428)
        }

    def _bound_keys(self, parameters: list[dict[str, Any]]) -> None:
        for parameter in parameters:
            schema = parameter["schema"]
            if parameter["in"] == "path" and parameter["name"] in ("id", "number"):
                schema.clear()
                schema.update({"type": "integer", "minimum": 1, "maximum": _LARGEST_KEY})

    def _show_examples(self, described: dict[str, Any]) -> None:
        declared = self.declared
        if declared.takes is not None:
            for body in described["requestBody"]["content"].values():
                body["example"] = _example(declared.takes, "TAKEN")
        answer = described["responses"][str(declared.status)]
        for media, content in answer.get("content", {}).items():
            content["example"] = self._answer_example(media)

    def _answer_example(self, media: str) -> Any:
        declared = self.declared
        if declared.media:
            return declared.gives.EXAMPLES[media]  # type: ignore[union-attr]
        row = _example(declared.gives, "EXAMPLE")
        if self._is_list_action():
            return {"next": None, "results": [row]}
        return {"results": [row]} if declared.listed else row


def _example(shape: Any, name: str) -> Any:
    """Return the example of a serializer: ``TAKEN`` of what comes in, ``EXAMPLE`` of the rest."""
    if isinstance(shape, ListSerializer):
        shape = type(shape.child)
    return getattr(shape, name, None) or shape.EXAMPLE


def _header(name: str, description: str, schema: dict[str, Any]) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", **schema},
        OpenApiParameter.HEADER,
        description=description,
    )
