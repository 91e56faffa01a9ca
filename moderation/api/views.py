"""The endpoints. Each reads rows or calls one service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from moderation.api import problems, serializers
from moderation.api.access import MayView, ModelPermission
from moderation.api.paging import KeysetPagination
from moderation.models import (
    Case,
    CaseState,
    Decision,
    Event,
    Evidence,
    Finding,
    Policy,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.models.cases import TO_DO, in_category
from moderation.services import cases, decisions, intake
from moderation.services.actors import human
from moderation.types import Band, Kind

if TYPE_CHECKING:
    DeskBase = viewsets.GenericViewSet[Any]
else:
    DeskBase = viewsets.GenericViewSet

_UNDO_BATCH = r"batches/(?P<batch>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/undo"


class DeskViewSet(DeskBase):
    """What all endpoints have in common. Authentication and throttles are the site's own."""

    permission_classes: tuple[type[BasePermission], ...] = (MayView,)
    renderer_classes = (JSONRenderer, problems.ProblemRenderer)
    parser_classes = (JSONParser,)
    pagination_class = KeysetPagination
    throttle_scope = "moderation"
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)

    def get_exception_handler(self) -> Any:
        return problems.handle

    def get_ordering(self) -> tuple[str, ...]:
        """Return the fields that rows are listed by, the key left out."""
        return self.ordering

    def given(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """Return the validated body of the request."""
        read = serializer(data=self.request.data, context=self.get_serializer_context())
        read.is_valid(raise_exception=True)
        data: dict[str, Any] = read.validated_data
        return data

    def choice(self, name: str, known: Any) -> str | None:
        """Return a query parameter that has to be one of ``known``."""
        value = self.request.query_params.get(name)
        if value is not None and value not in set(known):
            message = f"Not one of {', '.join(sorted(known))}."
            raise ValidationError({name: [message]})
        return value

    def number(self, name: str) -> int | None:
        """Return a query parameter that has to be the key of a row."""
        value = self.request.query_params.get(name)
        if value is None:
            return None
        if not value.isdecimal() or len(value) > 18:
            raise ValidationError({name: ["Not a number."]})
        return int(value)


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, DeskViewSet):
    """Rows to be read, in pages and one by one."""


class CaseViewSet(ReadViewSet):
    """The queue."""

    serializer_class = serializers.CaseSerializer
    ORDERINGS: ClassVar[dict[str, tuple[str, ...]]] = {
        "priority": ("-priority",),
        "newest": ("-opened_at",),
        "oldest": ("opened_at",),
        "updated": ("-updated_at",),
    }

    def get_ordering(self) -> tuple[str, ...]:
        """The order asked for; the most urgent first unless told otherwise."""
        return self.ORDERINGS[self.choice("order", self.ORDERINGS) or "priority"]

    def get_queryset(self) -> QuerySet[Case]:
        rows = Case.objects.select_related("subject")
        return self._chosen(rows) if self.action == "list" else rows

    def _chosen(self, rows: QuerySet[Case]) -> QuerySet[Case]:
        state = self.choice("state", {*CaseState.values, "to_do", "all"}) or "to_do"
        if state == "to_do":
            rows = rows.filter(state__in=TO_DO)
        elif state != "all":
            rows = rows.filter(state=state)
        if kind := self.choice("kind", {each.value for each in Kind}):
            rows = rows.filter(subject__kind=kind)
        if band := self.choice("band", {each.value for each in Band}):
            rows = rows.filter(band=band)
        if (subject := self.number("subject")) is not None:
            rows = rows.filter(subject=subject)
        match self.request.query_params.get("assignee"):
            case "me":
                rows = rows.filter(claimed_by=self.request.user.pk)
            case "none":
                rows = rows.filter(claimed_by=None)
            case None:
                pass
            case _:
                rows = rows.filter(claimed_by=self.number("assignee"))
        if category := self.request.query_params.get("category"):
            rows = rows.filter(in_category(category))
        if search := self.request.query_params.get("search"):
            rows = rows.filter(
                Q(subject__label__icontains=search)
                | Q(subject__author_label__icontains=search)
                | Q(snapshot__text__icontains=search)
            )
        return rows

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a case; its version is the ETag."""
        return _versioned(self.get_object())

    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Hold a case."""
        given = self.given(serializers.ClaimSerializer)
        case = cases.claim(
            self._key(pk),
            user=request.user,
            version=self._version(given),
            take_over=given["take_over"],
        )
        return self._changed(case)

    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Give a case back to the queue."""
        given = self.given(serializers.VersionSerializer)
        case = cases.release(self._key(pk), user=request.user, version=self._version(given))
        return self._changed(case)

    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Put a case aside until a moment to come."""
        given = self.given(serializers.SnoozeSerializer)
        case = cases.snooze(
            self._key(pk),
            user=request.user,
            until=given["until"],
            version=self._version(given),
        )
        return self._changed(case)

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Decide a case as it was seen."""
        given = self.given(serializers.DecideSerializer)
        version = self._version(given)
        if version is None:
            raise problems.PreconditionRequired
        decision = decisions.decide(
            self._key(pk),
            outcome=given["outcome"],
            actor=human(request.user),
            version=version,
            policies=given["policies"],
            internal_note=given["internal_note"],
            public_note=given["public_note"],
        )
        return Response(
            serializers.DecisionSerializer(decision).data, status=status.HTTP_201_CREATED
        )

    @action(detail=True, methods=["get"])
    def findings(self, request: Request, pk: str) -> Response:
        """Give what the newest scan of the case's text found, with the passages."""
        case = get_object_or_404(Case, pk=self._key(pk))
        rows = _findings().filter(scan__snapshot=case.snapshot_id)
        rows = rows.exclude(scan__state=ScanState.SUPERSEDED).order_by("-score", "pk")
        return Response({"results": serializers.FindingSerializer(rows, many=True).data})

    def _key(self, pk: str) -> int:
        return get_object_or_404(Case.objects.only("pk"), pk=pk).pk

    def _version(self, given: dict[str, Any]) -> int | None:
        """Return the version the caller saw: from ``If-Match``, or from the body."""
        tag = self.request.headers.get("If-Match", "").strip()
        if not tag or tag == "*":
            version: int | None = given.get("version")
            return version
        number = tag.removeprefix("W/").strip('"')
        if not number.isdecimal() or len(number) > 9:
            raise ValidationError({"If-Match": ["Not the ETag of a case."]})
        return int(number)

    def _changed(self, case: Case) -> Response:
        return _versioned(Case.objects.select_related("subject").get(pk=case.pk))


class DecisionViewSet(ReadViewSet):
    """Rulings, and taking them back."""

    serializer_class = serializers.DecisionSerializer

    def get_queryset(self) -> QuerySet[Decision]:
        rows: QuerySet[Decision] = Decision.objects.select_related("reversed_by")
        rows = rows.prefetch_related("policies")
        if self.action == "list" and (case := self.number("case")) is not None:
            rows = rows.filter(case=case)
        return rows

    def create(self, request: Request) -> Response:
        """Decide many cases alike, each for itself."""
        given = self.given(serializers.BatchSerializer)
        batch, results = decisions.decide_batch(
            [(item["case"], item["version"]) for item in given["cases"]],
            outcome=given["outcome"],
            actor=human(request.user),
            policies=given["policies"],
            internal_note=given["internal_note"],
            public_note=given["public_note"],
        )
        return _batch(batch, results)

    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back the latest decision of a case."""
        original = get_object_or_404(Decision.objects.only("pk"), pk=pk)
        reversal = decisions.undo(original.pk, actor=human(request.user))
        return Response(
            serializers.DecisionSerializer(reversal).data, status=status.HTTP_201_CREATED
        )

    @action(detail=False, methods=["post"], url_path=_UNDO_BATCH, url_name="undo-batch")
    def undo_batch(self, request: Request, batch: str) -> Response:
        """Take back whatever can still be taken back of a batch."""
        if not Decision.objects.filter(batch_id=batch, reverses=None).exists():
            return problems.problem(404, "not_found", "There is no such batch.")
        results = decisions.undo_batch(UUID(batch), actor=human(request.user))
        return _batch(batch, results)


class SubjectViewSet(ReadViewSet):
    """Moderated host objects."""

    serializer_class = serializers.SubjectSerializer
    permission_classes = (ModelPermission,)

    def get_queryset(self) -> QuerySet[Subject]:
        rows = Subject.objects.all()
        if self.action != "list":
            return rows
        for name in ("model_label", "object_id", "author_key"):
            if value := self.request.query_params.get(name):
                rows = rows.filter(**{name: value})
        return rows


class SnapshotViewSet(ReadViewSet):
    """Texts as they were judged."""

    serializer_class = serializers.SnapshotSerializer

    def get_queryset(self) -> QuerySet[Snapshot]:
        rows = Snapshot.objects.all()
        if self.action == "list" and (subject := self.number("subject")) is not None:
            rows = rows.filter(subject=subject)
        return rows


class ScanViewSet(ReadViewSet):
    """Runs of the detectors; a new one can be asked for."""

    serializer_class = serializers.ScanSerializer
    permission_classes = (ModelPermission,)

    def get_queryset(self) -> QuerySet[Scan]:
        rows = Scan.objects.all()
        if self.action == "list" and (snapshot := self.number("snapshot")) is not None:
            rows = rows.filter(snapshot=snapshot)
        return rows

    def create(self, request: Request) -> Response:
        """Scan the current text of a subject again, whatever the re-scan budget says."""
        given = self.given(serializers.ScanRequestSerializer)
        scan_id = intake.request_scan(given["subject"])
        if scan_id is None:
            return problems.problem(409, "no_text", "The subject has no current text.")
        scan = Scan.objects.get(pk=scan_id)
        return Response(serializers.ScanSerializer(scan).data, status=status.HTTP_202_ACCEPTED)


class FindingViewSet(ReadViewSet):
    """What the detectors found, with the passages."""

    serializer_class = serializers.FindingSerializer

    def get_queryset(self) -> QuerySet[Finding]:
        rows = _findings()
        if self.action != "list":
            return rows
        if (scan := self.number("scan")) is not None:
            rows = rows.filter(scan=scan)
        for name in ("detector", "kind", "category"):
            if value := self.request.query_params.get(name):
                rows = rows.filter(**{name: value})
        return rows


class PolicyViewSet(ReadViewSet):
    """The house rules."""

    serializer_class = serializers.PolicySerializer
    lookup_field = "code"
    lookup_value_regex = r"[\w-]{1,50}"
    ordering = ("pk",)

    def get_queryset(self) -> QuerySet[Policy]:
        return Policy.objects.select_related("parent")


class EventViewSet(ReadViewSet):
    """The audit trail."""

    serializer_class = serializers.EventSerializer
    permission_classes = (ModelPermission,)
    lookup_field = "number"
    ordering = ("-number",)

    def get_queryset(self) -> QuerySet[Event]:
        rows: QuerySet[Event] = Event.objects.all()
        if self.action == "list" and (case := self.number("case")) is not None:
            rows = rows.filter(case=case)
        return rows


def _versioned(case: Case) -> Response:
    return Response(serializers.CaseSerializer(case).data, headers={"ETag": f'"{case.version}"'})


def _batch(batch: Any, results: list[decisions.BatchItem]) -> Response:
    told = serializers.BatchResultSerializer({"batch": batch, "results": results})
    return Response(told.data, status=status.HTTP_207_MULTI_STATUS)


def _findings() -> QuerySet[Finding]:
    passages = Prefetch("evidence", Evidence.objects.order_by("start", "end", "pk"))
    return Finding.objects.select_related("scan").prefetch_related(passages)
