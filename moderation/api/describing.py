"""Where the description of the API is read. Needs the extra ``openapi``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils import translation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from moderation.api import problems
from moderation.api.openapi import describe, mounted_at
from moderation.api.throttles import DeskThrottle

MEDIA_TYPE = "application/vnd.oai.openapi+json"


class OpenAPIRenderer(JSONRenderer):
    """JSON under the media type of OpenAPI."""

    media_type = MEDIA_TYPE
    format = "openapi"


class SchemaView(APIView):
    """The description of the API in OpenAPI 3.1: it tells nothing about the site's rows."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (DeskThrottle,)
    renderer_classes = (JSONRenderer, OpenAPIRenderer, problems.ProblemRenderer)

    def get_exception_handler(self) -> Any:
        return problems.handle

    def get(self, request: Request) -> Response:
        """Give the description."""
        return Response(_described(mounted_at()))


@lru_cache(maxsize=4)
def _described(prefix: str) -> dict[str, Any]:
    with translation.override("en"):
        return describe(prefix)
