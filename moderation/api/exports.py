"""Decisions and cases as files, a row at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from moderation import permissions
from moderation.api.base import DeskViewSet
from moderation.api.fields import PeriodSerializer
from moderation.api.operations import operation
from moderation.models import Case, Decision
from moderation.services import exports

if TYPE_CHECKING:
    Shape = serializers.Serializer[Any]
else:
    Shape = serializers.Serializer

CSV, JSON_LINES = "text/csv", "application/jsonl"


class ExportQuery(PeriodSerializer):
    """Which days, in which form, with or without the moderators' names."""

    form = serializers.ChoiceField(["csv", "jsonl"], default="csv")
    moderators = serializers.ChoiceField(
        ["pseudonyms", "names"],
        default="pseudonyms",
        help_text="`pseudonyms` stay the same from file to file; internal notes come with `names`",
    )


class DecisionFile(Shape):
    """The decisions of a period."""

    EXAMPLES: ClassVar[dict[str, str]] = {
        CSV: "id,created_at,case,…\r\n40,2026-05-04T11:00:00+00:00,17,…\r\n",
        JSON_LINES: '{"id": 40, "created_at": "2026-05-04T11:00:00Z", "case": 17, "…": "…"}\n',
    }


class CaseFile(Shape):
    """The cases that were opened in a period."""

    EXAMPLES: ClassVar[dict[str, str]] = {
        CSV: "id,opened_at,closed_at,state,…\r\n17,2026-05-04T10:30:02+00:00,,open,…\r\n",
        JSON_LINES: '{"id": 17, "opened_at": "2026-05-04T10:30:02Z", "…": "…"}\n',
    }


class MayExport(BasePermission):
    """Those who look at cases and at the rows that are written out."""

    def has_permission(self, request: Request, view: Any) -> bool:
        meta = view.queryset.model._meta
        may_see_rows = request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
        return permissions.may_view(request.user) and may_see_rows


class AnyForm(BaseContentNegotiation):
    """The query names the form; whatever a client accepts, problems are told as JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class ExportViewSet(DeskViewSet):
    """Files, streamed: as long as they are, they take no memory."""

    permission_classes = (MayExport,)
    content_negotiation_class = AnyForm
    pagination_class = None  # type: ignore[assignment]
    rate_scope = "export"

    def _file(
        self, name: str, rows: Iterable[exports.Row], columns: tuple[str, ...], form: str
    ) -> StreamingHttpResponse:
        lines = exports.as_csv(rows, columns) if form == "csv" else exports.as_json_lines(rows)
        media = f"{CSV}; charset=utf-8" if form == "csv" else JSON_LINES
        disposition = f'attachment; filename="{name}.{form}"'
        return StreamingHttpResponse(
            lines, content_type=media, headers={"Content-Disposition": disposition}
        )


class DecisionExportViewSet(ExportViewSet):
    """The decisions as a file."""

    queryset = Decision.objects.none()

    @operation(asks=ExportQuery, gives=DecisionFile, media=(CSV, JSON_LINES))
    def decisions(self, request: Request) -> StreamingHttpResponse:
        """Write out the decisions of a period."""
        asked = self.asked()
        pseudonyms = asked["moderators"] == "pseudonyms"
        rows = exports.decision_rows(asked["period"], pseudonyms=pseudonyms)
        return self._file("decisions", rows, exports.DECISION_COLUMNS, asked["form"])


class CaseExportViewSet(ExportViewSet):
    """The cases as a file."""

    queryset = Case.objects.none()

    @operation(asks=ExportQuery, gives=CaseFile, media=(CSV, JSON_LINES))
    def cases(self, request: Request) -> StreamingHttpResponse:
        """Write out the cases that were opened in a period."""
        asked = self.asked()
        pseudonyms = asked["moderators"] == "pseudonyms"
        rows = exports.case_rows(asked["period"], pseudonyms=pseudonyms)
        return self._file("cases", rows, exports.CASE_COLUMNS, asked["form"])
