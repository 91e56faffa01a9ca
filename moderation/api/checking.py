"""Assessing a text that nobody has posted yet. Nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from moderation.api.base import DeskViewSet
from moderation.api.operations import operation
from moderation.api.throttles import AddressThrottle
from moderation.conf import settings
from moderation.services import thresholds, wordlists
from moderation.services.checking import as_json, check_text
from moderation.text.document import Document
from moderation.types import Kind, TextFormat

if TYPE_CHECKING:
    InputBase = serializers.Serializer[Any]
else:
    InputBase = serializers.Serializer


class CheckSerializer(InputBase):
    """The text, and what it is to be."""

    TAKEN: ClassVar[dict[str, Any]] = {
        "text": "Nobody asked you, idiot.",
        "kind": "comment",
        "answers": "I liked the old bridge better.",
    }

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


class PassageSerializer(InputBase):
    """A passage, in characters of the text, and why it is pointed at."""

    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=0)
    explanation = serializers.CharField()


class FoundSerializer(InputBase):
    """What one detector found."""

    kind = serializers.CharField()
    category = serializers.CharField()
    score = serializers.FloatField()
    band = serializers.CharField()
    evidence = PassageSerializer(many=True)
    detail = serializers.DictField(required=False)


class CheckedSerializer(InputBase):
    """What the detectors say; ``notes`` tell what was not assessed, ``error`` what failed."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "flagged": True,
        "score": 0.91,
        "band": "likely",
        "scores": {"attack": 0.91, "threat": 0.02},
        "findings": [
            {
                "kind": "framing",
                "category": "attack",
                "score": 0.91,
                "band": "likely",
                "evidence": [
                    {"start": 18, "end": 23, "explanation": "An insult, addressed to somebody."}
                ],
            }
        ],
    }

    flagged = serializers.BooleanField()
    score = serializers.FloatField()
    band = serializers.CharField()
    scores = serializers.DictField(child=serializers.FloatField())
    findings = FoundSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField(), required=False)
    error = serializers.CharField(required=False)


class CheckThrottle(AddressThrottle):
    """Counts by account, or by address for visitors without one."""

    scope = "moderation_check"

    def get_rate(self) -> str:
        rate: str = settings.CHECK_RATE
        return rate

    def get_cache_key(self, request: Request, view: Any) -> str:
        user = request.user
        ident = user.pk if user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class CheckViewSet(DeskViewSet):
    """What the live detectors say about a text; for everybody, a little at a time.

    Texts are not compared with those of the site: a visitor must not find out what is in it.
    """

    permission_classes = (AllowAny,)
    pagination_class = None  # type: ignore[assignment]

    def get_throttles(self) -> list[BaseThrottle]:
        """A rate of its own, and none besides."""
        return [CheckThrottle()]

    @operation(takes=CheckSerializer, gives=CheckedSerializer)
    def check(self, request: Request) -> Response:
        """Assess a text that nobody has posted yet. Nothing of it is kept."""
        given = self.given()
        kind = Kind(given["kind"])
        document = Document(
            text=given["text"],
            kind=kind,
            format=TextFormat(given["format"]),
            title=given["title"],
            answers=given["answers"],
        )
        blocked, harmless = wordlists.phrase_lists(kind)
        live = thresholds.in_force().live
        result = check_text(document, blocked=blocked, harmless=harmless, thresholds=live)
        return Response(as_json(result, translate=_))


def _not_too_long(text: str) -> str:
    most = settings.CHECK_MAX_CHARS
    if len(text) > most:
        message = _("More than %(most)d characters.") % {"most": most}
        raise serializers.ValidationError(message, code="max_length")
    return text
