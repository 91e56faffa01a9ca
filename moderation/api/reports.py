"""Reports by readers: anybody may write one, moderators read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from moderation import permissions
from moderation.api.access import MayView
from moderation.api.base import ReadViewSet
from moderation.api.fields import KeyField
from moderation.api.operations import operation
from moderation.models import Report, ReportCategory, ReportKind, ReportState
from moderation.services import reported, reports
from moderation.services.addresses import address_of
from moderation.services.reports import Incomplete, NewReport

if TYPE_CHECKING:
    ReportShape = serializers.ModelSerializer[Report]
    Shape = serializers.Serializer[Any]
else:
    ReportShape = serializers.ModelSerializer
    Shape = serializers.Serializer


class ReportSerializer(ReportShape):
    """A report; who reports is told to those who may see whose texts they are."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 8,
        "subject": 5,
        "case": 17,
        "snapshot": 9,
        "kind": "reader",
        "category": "attack",
        "text": "This is about my neighbour.",
        "location": "",
        "good_faith": False,
        "reporter": None,
        "name": "",
        "email": "",
        "state": "waiting",
        "weight": 1.0,
        "confirmed": 3,
        "rejected": 1,
        "times": 1,
        "decision": None,
        "created_at": "2026-05-04T10:40:00Z",
        "reported_at": "2026-05-04T10:40:00Z",
        "answered_at": None,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._records: dict[str, reported.Record] = {}

    confirmed = serializers.SerializerMethodField()
    rejected = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            "id",
            "subject",
            "case",
            "snapshot",
            "kind",
            "category",
            "text",
            "location",
            "good_faith",
            "reporter",
            "name",
            "email",
            "state",
            "weight",
            "confirmed",
            "rejected",
            "times",
            "decision",
            "created_at",
            "reported_at",
            "answered_at",
        )
        read_only_fields = fields

    def get_confirmed(self, report: Report) -> int:
        """Return how many reports of the same person decisions confirmed."""
        return self._record(report).confirmed

    def get_rejected(self, report: Report) -> int:
        """Return how many reports of the same person decisions did not confirm."""
        return self._record(report).rejected

    def _record(self, report: Report) -> reported.Record:
        """Return the record of who reports, read once for all rows of a page."""
        if report.reporter_key not in self._records:
            rows = getattr(self.parent, "instance", None) or [report]
            keys = {report.reporter_key, *(row.reporter_key for row in rows)}
            self._records |= dict.fromkeys(keys, reported.Record()) | reported.records_of(keys)
        return self._records[report.reporter_key]

    def to_representation(self, report: Report) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(report)
        if not permissions.may_see_author(self.context["request"].user):
            told |= {"reporter": None, "name": "", "email": ""}
        return told


class ReportFilters(Shape):
    """Which reports."""

    case = KeyField()
    subject = KeyField()
    state = serializers.ChoiceField(ReportState.values, required=False)
    kind = serializers.ChoiceField(ReportKind.values, required=False)
    category = serializers.ChoiceField(ReportCategory.values, required=False)


class NewReportSerializer(Shape):
    """A text of the site, by its model and key, and what is wrong with it.

    A reader without an account says where to be answered. A legal notice (``kind``) has all of
    it: explanation, exact address, name, e-mail address, and the statement of good faith.
    """

    TAKEN: ClassVar[dict[str, Any]] = {
        "model": "newsroom.comment",
        "object_id": "812",
        "category": "attack",
        "text": "This is about my neighbour.",
        "email": "reader@mail.example",
    }

    model = serializers.CharField(max_length=200)
    object_id = serializers.CharField(max_length=255)
    kind = serializers.ChoiceField(ReportKind.values, default=ReportKind.READER.value)
    category = serializers.ChoiceField(ReportCategory.values)
    text = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)
    location = serializers.CharField(default="", allow_blank=True, max_length=500)
    name = serializers.CharField(default="", allow_blank=True, max_length=200)
    email = serializers.CharField(default="", allow_blank=True, max_length=254)
    good_faith = serializers.BooleanField(default=False)


class ReceiptSerializer(Shape):
    """What became of a report: ``state`` tells how the text, as it stands, was decided before.

    Which report it is, and whether it was made before, is told to accounts.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"report": 8, "state": "waiting", "repeated": False}

    report = serializers.IntegerField(source="report.pk", allow_null=True)
    state = serializers.ChoiceField(ReportState.values, source="report.state")
    repeated = serializers.BooleanField()

    def to_representation(self, receipt: reports.Receipt) -> dict[str, Any]:
        """Tell without an account neither key nor repetition: anybody may type in any address."""
        told: dict[str, Any] = super().to_representation(receipt)
        known = self.context["request"].user.is_authenticated
        return told if known else told | {"report": None, "repeated": False}


class MayReport(BasePermission):
    """Reading is for moderators; the service says who may report."""

    def has_permission(self, request: Request, view: Any) -> bool:
        reads = request.method in SAFE_METHODS
        return MayView().has_permission(request, view) if reads else True


class ReportViewSet(ReadViewSet):
    """What readers report."""

    queryset = Report.objects.all()
    serializer_class = ReportSerializer
    permission_classes = (MayReport,)
    filters = ReportFilters

    def get_permissions(self) -> Any:
        """Say of a report that anybody may write it, for the description too."""
        return [AllowAny()] if self.action == "create" else super().get_permissions()

    def chosen(self, rows: QuerySet[Report], asked: dict[str, Any]) -> QuerySet[Report]:
        return rows.filter(**asked)

    @operation(takes=NewReportSerializer, gives=ReceiptSerializer, status=201)
    def create(self, request: Request) -> Response:
        """Report a text that readers see; without an account, where the site allows it."""
        given = self.given()
        obj = reports.target_of(given.pop("model"), given.pop("object_id"))
        user = request.user if request.user.is_authenticated else None
        address = address_of(request)
        try:
            return self.shown(reports.submit(obj, NewReport(**given, user=user, address=address)))
        except Incomplete as error:
            raise serializers.ValidationError(
                {name: [told] for name, told in error.faults.items()}, code="incomplete"
            ) from error
