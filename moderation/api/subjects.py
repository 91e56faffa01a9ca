"""Moderated host objects, their texts, and what was found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers as fields
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from moderation import permissions
from moderation.api import problems, serializers
from moderation.api.access import ModelPermission
from moderation.api.base import ReadViewSet
from moderation.api.cases import found
from moderation.api.fields import KeyField, WordField
from moderation.api.operations import operation
from moderation.models import Finding, Scan, ScanState, Snapshot, Subject
from moderation.models.scans import ScanReason
from moderation.services import intake
from moderation.types import Band, Kind, Mode, TextFormat

if TYPE_CHECKING:
    Shape = fields.Serializer[Any]
else:
    Shape = fields.Serializer


class SubjectFilters(Shape):
    """Which subjects."""

    kind = fields.ChoiceField([each.value for each in Kind], required=False)
    model_label = WordField()
    object_id = WordField()
    author_key = WordField()
    deleted = fields.BooleanField(required=False, default=None, allow_null=True)
    search = WordField(help_text="in labels")


class SubjectViewSet(ReadViewSet):
    """Moderated host objects."""

    queryset = Subject.objects.all()
    serializer_class = serializers.SubjectSerializer
    permission_classes = (ModelPermission,)
    filters = SubjectFilters

    def chosen(self, rows: QuerySet[Subject], asked: dict[str, Any]) -> QuerySet[Subject]:
        may_see_author = permissions.may_see_author(self.request.user)
        if "author_key" in asked and not may_see_author:
            raise PermissionDenied
        deleted = asked.pop("deleted")
        if deleted is not None:
            rows = rows.filter(deleted_at__isnull=not deleted)
        if search := asked.pop("search", ""):
            rows = rows.filter(_named(search, authors=may_see_author))
        if not may_see_author:
            rows = rows.select_related("author")  # whose names are left out of labels
        return rows.filter(**asked)


def _named(search: str, *, authors: bool) -> Q:
    """Return the condition for what is called so; without authors, only titles are no names."""
    if authors:
        return Q(label__icontains=search) | Q(author_label__icontains=search)
    titled = Snapshot.objects.filter(is_current=True, title__icontains=search)
    return Q(pk__in=titled.values("subject"))


class SnapshotFilters(Shape):
    """Which texts."""

    subject = KeyField()
    text_hash = WordField()
    format = fields.ChoiceField([each.value for each in TextFormat], required=False)
    is_current = fields.BooleanField(required=False, default=None, allow_null=True)


class SnapshotViewSet(ReadViewSet):
    """Texts as they were judged."""

    queryset = Snapshot.objects.all()
    serializer_class = serializers.SnapshotSerializer
    filters = SnapshotFilters

    def chosen(self, rows: QuerySet[Snapshot], asked: dict[str, Any]) -> QuerySet[Snapshot]:
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})


class ScanFilters(Shape):
    """Which scans."""

    snapshot = KeyField()
    state = fields.ChoiceField(ScanState.values, required=False)
    reason = fields.ChoiceField(ScanReason.values, required=False)


class ScanViewSet(ReadViewSet):
    """Runs of the detectors; a new one can be asked for."""

    queryset = Scan.objects.all()
    serializer_class = serializers.ScanSerializer
    permission_classes = (ModelPermission,)
    filters = ScanFilters

    @operation(
        takes=serializers.ScanRequestSerializer,
        gives=serializers.ScanSerializer,
        status=status.HTTP_202_ACCEPTED,
    )
    def create(self, request: Request) -> Response:
        """Scan the current text of a subject again, whatever the re-scan budget says."""
        scan_id = intake.request_scan(self.given()["subject"])
        if scan_id is None:
            return problems.problem(409, "no_text", _("There is no text to scan."))
        return self.shown(Scan.objects.get(pk=scan_id))


class FindingFilters(Shape):
    """Which findings."""

    scan = KeyField()
    reference = KeyField(help_text="copies of this reference document")
    detector = WordField()
    kind = WordField()
    category = WordField()
    band = fields.ChoiceField([each.value for each in Band], required=False)
    mode = fields.ChoiceField([each.value for each in Mode], required=False)


class FindingViewSet(ReadViewSet):
    """What the detectors found, with the passages."""

    queryset: QuerySet[Finding] = found()
    serializer_class = serializers.FindingSerializer
    filters = FindingFilters
