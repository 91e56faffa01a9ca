"""Statements of reasons, in the form of the Transparency Database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from moderation.api.base import ReadViewSet
from moderation.api.exports import JSON_LINES, ExportViewSet
from moderation.api.fields import KeyField, PeriodSerializer
from moderation.api.operations import operation
from moderation.models import Decision, StatementOfReasons
from moderation.services import statements

if TYPE_CHECKING:
    StatementShape = serializers.ModelSerializer[StatementOfReasons]
    Shape = serializers.Serializer[Any]
else:
    StatementShape = serializers.ModelSerializer
    Shape = serializers.Serializer

JSON = "application/json"


class StatementSerializer(StatementShape):
    """Why a text was restricted; ``document`` is as the Transparency Database takes it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        "decision": 40,
        "puid": "decision-40-20260504T110000000000",
        "document": {
            "puid": "decision-40-20260504T110000000000",
            "decision_visibility": ["DECISION_VISIBILITY_CONTENT_DISABLED"],
            "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            "incompatible_content_ground": "Be civil",
            "incompatible_content_explanation": "Argue about the matter.",
            "incompatible_content_illegal": "No",
            "category": "STATEMENT_CATEGORY_CYBER_VIOLENCE",
            "decision_facts": "The content is a text (comment).",
            "content_type": ["CONTENT_TYPE_TEXT"],
            "content_date": "2026-05-04",
            "application_date": "2026-05-04",
            "source_type": "SOURCE_VOLUNTARY",
            "automated_detection": "Yes",
            "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        },
        "created_at": "2026-05-04T11:00:31Z",
    }

    document = serializers.DictField(read_only=True)

    class Meta:
        model = StatementOfReasons
        fields = ("id", "decision", "puid", "document", "created_at")
        read_only_fields = fields


class StatementFilters(Shape):
    """Which statements."""

    decision = KeyField()


class StatementViewSet(ReadViewSet):
    """Statements of reasons: written down once the undo window of a decision is over."""

    queryset = StatementOfReasons.objects.all()
    serializer_class = StatementSerializer
    filters = StatementFilters


class StatementQuery(PeriodSerializer):
    """Which days, in which form."""

    form = serializers.ChoiceField(["json", "jsonl"], default="json")


class StatementFile(Shape):
    """The statements about the standing decisions of a period."""

    EXAMPLES: ClassVar[dict[str, Any]] = {
        JSON: {"statements": [{"puid": "decision-40-20260504T110000000000"}]},
        JSON_LINES: '{"puid": "decision-40-20260504T110000000000"}\n',
    }


class StatementExportViewSet(ExportViewSet):
    """The statements as a file."""

    queryset = Decision.objects.none()

    @operation(asks=StatementQuery, gives=StatementFile, media=(JSON, JSON_LINES))
    def statements(self, request: Request) -> StreamingHttpResponse:
        """Write out the statements of a period, without what was taken back."""
        asked = self.asked()
        rows = statements.exported(asked["period"])
        if asked["form"] == "jsonl":
            return self._file("statements", rows, (), "jsonl")
        disposition = 'attachment; filename="statements.json"'
        return StreamingHttpResponse(
            statements.as_json(rows),
            content_type=JSON,
            headers={"Content-Disposition": disposition},
        )
