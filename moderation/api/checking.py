"""Assessing a text that nobody has posted yet. Nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from moderation.api import problems
from moderation.conf import settings
from moderation.services import wordlists
from moderation.services.checking import as_json, check_text
from moderation.text.document import Document
from moderation.types import Kind, TextFormat

if TYPE_CHECKING:
    InputBase = serializers.Serializer[Any]
else:
    InputBase = serializers.Serializer


class CheckSerializer(InputBase):
    """The text, and what it is to be."""

    text = serializers.CharField(trim_whitespace=False, allow_blank=True)
    kind = serializers.ChoiceField(
        choices=[kind.value for kind in Kind], default=Kind.COMMENT.value
    )
    format = serializers.ChoiceField(
        choices=[each.value for each in TextFormat], default=TextFormat.PLAIN.value
    )
    title = serializers.CharField(default="", allow_blank=True, max_length=500)
    answers = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)

    def validate_text(self, text: str) -> str:
        """Refuse what is longer than ``CHECK_MAX_CHARS``."""
        return _not_too_long(text)

    def validate_answers(self, text: str) -> str:
        """Refuse what is longer than ``CHECK_MAX_CHARS``."""
        return _not_too_long(text)


class CheckThrottle(SimpleRateThrottle):
    """Counts by account, or by address for visitors without one."""

    scope = "moderation_check"

    def get_rate(self) -> str:
        rate: str = settings.CHECK_RATE
        return rate

    def get_cache_key(self, request: Request, view: APIView) -> str:
        user = request.user
        ident = user.pk if user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class CheckView(APIView):
    """What the live detectors say about a text; for everybody, a little at a time.

    Texts are not compared with those of the site: a visitor must not find out what is in it.
    """

    permission_classes = (AllowAny,)
    throttle_classes = (CheckThrottle,)
    renderer_classes = (JSONRenderer, problems.ProblemRenderer)
    parser_classes = (JSONParser,)

    def get_exception_handler(self) -> Any:
        return problems.handle

    def post(self, request: Request) -> Response:
        """Assess one text."""
        read = CheckSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        given = read.validated_data
        kind = Kind(given["kind"])
        document = Document(
            text=given["text"],
            kind=kind,
            format=TextFormat(given["format"]),
            title=given["title"],
            answers=given["answers"],
        )
        blocked, harmless = wordlists.phrase_lists(kind)
        result = check_text(document, blocked=blocked, harmless=harmless)
        return Response(as_json(result, translate=_))


def _not_too_long(text: str) -> str:
    most = settings.CHECK_MAX_CHARS
    if len(text) > most:
        message = _("More than %(most)d characters.") % {"most": most}
        raise serializers.ValidationError(message, code="max_length")
    return text
