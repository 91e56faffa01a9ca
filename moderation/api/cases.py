"""The queue, and what is done to a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers as fields
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from moderation import permissions
from moderation.api import problems, serializers
from moderation.api.base import ReadViewSet
from moderation.api.fields import KeyField, WordField
from moderation.api.operations import operation
from moderation.models import (
    Case,
    CaseNote,
    CaseState,
    Decision,
    Event,
    Evidence,
    Finding,
    Scan,
    ScanState,
)
from moderation.models.cases import TO_DO, by_detector, in_category
from moderation.models.search import found_by
from moderation.services import cases, decisions, intake, notes
from moderation.services.colleagues import colleagues_of
from moderation.services.errors import NotAllowed
from moderation.types import Band, Kind

if TYPE_CHECKING:
    Shape = fields.Serializer[Any]
else:
    Shape = fields.Serializer

TO_DO_NAME, ALL = "to_do", "all"
ORDERINGS: dict[str, tuple[str, ...]] = {
    "priority": ("-priority",),
    "severity": ("-severity",),
    "newest": ("-opened_at",),
    "oldest": ("opened_at",),
    "updated": ("-updated_at",),
}
NEWEST_EVENTS = 200


class CaseFilters(Shape):
    """Which cases, in which order."""

    state = fields.ChoiceField([TO_DO_NAME, ALL, *CaseState.values], default=TO_DO_NAME)
    order = fields.ChoiceField(list(ORDERINGS), default="priority")
    kind = fields.ChoiceField([each.value for each in Kind], required=False)
    band = fields.ChoiceField([each.value for each in Band], required=False)
    category = WordField(help_text="`kind/category` of a finding")
    detector = WordField(help_text="with a finding of it")
    section = WordField(help_text="of the site")
    policy = WordField(help_text="the code of one that a standing decision cites")
    overdue = fields.BooleanField(required=False, default=False)
    subject = KeyField()
    assignee = fields.RegexField(
        rf"^(me|none|others|{serializers.account_pattern()})$",
        required=False,
        help_text="`me`, `none`, `others`, or the key of an account; an expired claim is none",
    )
    author = WordField(help_text="the author key of a subject")
    language = WordField(help_text="of the text, as the site names it")
    model = WordField(help_text="the model label of the subjects")
    opened_after = fields.DateTimeField(required=False)
    opened_before = fields.DateTimeField(required=False)
    search = WordField(help_text="in texts, titles and labels")


class CaseViewSet(ReadViewSet):
    """The queue."""

    queryset = Case.objects.select_related("subject")
    serializer_class = serializers.CaseSerializer
    filters = CaseFilters

    def get_ordering(self) -> tuple[str, ...]:
        """The order asked for; the most urgent first unless told otherwise."""
        return ORDERINGS[self.asked()["order"]]

    def chosen(self, rows: QuerySet[Case], asked: dict[str, Any]) -> QuerySet[Case]:
        if asked["state"] == TO_DO_NAME:
            rows = rows.filter(state__in=TO_DO)
        elif asked["state"] != ALL:
            rows = rows.filter(state=asked["state"])
        for name, lookup in _LOOKUPS.items():
            if name in asked:
                rows = rows.filter(**{lookup: asked[name]})
        for name, condition in _CONDITIONS.items():
            if name in asked:
                rows = rows.filter(condition(asked[name]))
        if asked["overdue"]:
            rows = rows.filter(due_at__lt=timezone.now(), state__in=TO_DO)
        if "assignee" in asked:
            rows = rows.filter(self._held(asked["assignee"]))
        if "author" in asked:
            rows = rows.filter(subject__author_key=self._author(asked["author"]))
        may_see_author = permissions.may_see_author(self.request.user)
        if "search" in asked:
            rows = found_by(rows, asked["search"], authors=may_see_author)
        # The labels are told without the authors' names, so these have to be known.
        return rows if may_see_author else rows.select_related("subject__author")

    def _held(self, assignee: str) -> Q:
        held = Q(claimed_by__isnull=False, claim_expires_at__gt=timezone.now())
        mine = Q(claimed_by=self.request.user.pk)
        match assignee:
            case "me":
                return held & mine
            case "none":
                return ~held
            case "others":
                return held & ~mine
        return held & Q(claimed_by=assignee)

    def _author(self, key: str) -> str:
        if not permissions.may_see_author(self.request.user):
            raise PermissionDenied
        return key

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a case; its version is the ``ETag``."""
        return self._versioned(self.get_object())

    # What is known of a case

    @operation(gives=serializers.FindingSerializer, listed=True)
    @action(detail=True, methods=["get"])
    def findings(self, request: Request, pk: str) -> Response:
        """Give what the newest scan of the case's text found, with the passages."""
        case = get_object_or_404(Case, pk=self._key(pk))
        rows = found().filter(scan__snapshot=case.snapshot_id)
        rows = rows.exclude(scan__state=ScanState.SUPERSEDED)
        return self.shown(rows.order_by("-score", "pk"))

    @operation(gives=serializers.EventSerializer, listed=True)
    @action(detail=True, methods=["get"])
    def timeline(self, request: Request, pk: str) -> Response:
        """Give what happened to the case, the newest of it first."""
        rows = Event.objects.filter(case=self._key(pk)).order_by("-number")
        return self.shown(rows[:NEWEST_EVENTS])

    @operation(gives=serializers.NoteSerializer, listed=True)
    @action(detail=True, methods=["get"])
    def notes(self, request: Request, pk: str) -> Response:
        """Give what moderators noted on the case, the newest first."""
        rows = CaseNote.objects.filter(case=self._key(pk)).order_by("-pk")
        return self.shown(rows[:NEWEST_EVENTS])

    # What is done to a case

    @operation(takes=serializers.NoteSerializer, gives=serializers.NoteSerializer, status=201)
    @notes.mapping.post
    def note(self, request: Request, pk: str) -> Response:
        """Write an internal note on the case."""
        text = self.given()["text"]
        return self.shown(notes.add(self._key(pk), user=request.user, text=text))

    @operation(takes=serializers.ClaimSerializer, gives=serializers.CaseSerializer, versioned=True)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Hold a case."""
        given = self.given()
        case = cases.claim(
            self._key(pk),
            user=request.user,
            version=self._version(given),
            take_over=given["take_over"],
        )
        return self._changed(case)

    @operation(
        takes=serializers.VersionSerializer, gives=serializers.CaseSerializer, versioned=True
    )
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Give a case back to the queue."""
        version = self._version(self.given())
        return self._changed(cases.release(self._key(pk), user=request.user, version=version))

    @operation(takes=serializers.AssignSerializer, gives=serializers.CaseSerializer, versioned=True)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give a case to a colleague; for those who may override."""
        given = self.given()
        key = self._key(pk)
        colleague = get_user_model()._default_manager.filter(pk=given["to"]).first()
        if colleague is None:  # told like one who may not: nobody learns who has an account
            raise NotAllowed(_("This colleague may not decide cases."))
        case = cases.assign(key, user=request.user, to=colleague, version=self._version(given))
        return self._changed(case)

    @operation(gives=serializers.ColleagueSerializer, listed=True)
    @action(detail=True, methods=["get"])
    def colleagues(self, request: Request, pk: str) -> Response:
        """Give the colleagues whom the case can be given to, a hundred at most."""
        case = get_object_or_404(Case.objects.select_related("subject"), pk=self._key(pk))
        if not permissions.may_override(request.user):
            raise PermissionDenied
        return self.shown(colleagues_of(request.user, for_case=case).accounts)

    @operation(takes=serializers.SnoozeSerializer, gives=serializers.CaseSerializer, versioned=True)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Put a case aside until a moment to come."""
        given = self.given()
        case = cases.snooze(
            self._key(pk),
            user=request.user,
            until=given["until"],
            version=self._version(given),
        )
        return self._changed(case)

    @operation(
        takes=serializers.DecideSerializer,
        gives=serializers.DecisionSerializer,
        status=status.HTTP_201_CREATED,
        versioned=True,
    )
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Decide a case as it was seen."""
        given = self.given()
        version = self._version(given)
        if version is None:
            raise problems.PreconditionRequired
        decision = decisions.decide(
            self._key(pk),
            outcome=given["outcome"],
            actor=self.actor,
            version=version,
            policies=given["policies"],
            internal_note=given["internal_note"],
            public_note=given["public_note"],
        )
        return self.shown(decision)

    @operation(gives=serializers.ScanSerializer, status=status.HTTP_202_ACCEPTED)
    @action(detail=True, methods=["post"])
    def scan(self, request: Request, pk: str) -> Response:
        """Scan the text again, as it is now; for those who may decide."""
        case = get_object_or_404(Case.objects.select_related("subject"), pk=self._key(pk))
        if not permissions.may_decide(request.user):
            raise PermissionDenied
        scan_id = intake.request_scan(case.subject)
        if scan_id is None:
            return problems.problem(409, "no_text", _("There is no text to scan."))
        return self.shown(Scan.objects.get(pk=scan_id))

    def _key(self, pk: str) -> int:
        return get_object_or_404(Case.objects.only("pk"), pk=pk).pk

    def _version(self, given: dict[str, Any]) -> int | None:
        """Return the version the caller saw: from ``If-Match``, or from the body."""
        tag = self.request.headers.get("If-Match", "").strip()
        if not tag or tag == "*":
            version: int | None = given.get("version")
            return version
        number = tag.removeprefix("W/").strip('"')
        if not (number.isascii() and number.isdecimal()) or len(number) > 9:
            raise ValidationError({"If-Match": [_("Not the ETag of a case.")]})
        return int(number)

    def _changed(self, case: Case) -> Response:
        return self._versioned(Case.objects.select_related("subject").get(pk=case.pk))

    def _versioned(self, case: Case) -> Response:
        return self.shown(case, headers={"ETag": f'"{case.version}"'})


def _cites(code: str) -> Q:
    standing = Decision.objects.filter(case=OuterRef("pk"), policies__code=code, reversed_by=None)
    return Q(Exists(standing))


_CONDITIONS: dict[str, Callable[[str], Q]] = {
    "category": in_category,
    "detector": by_detector,
    "policy": _cites,
}
_LOOKUPS: dict[str, str] = {
    "kind": "kind",
    "band": "band",
    "subject": "subject",
    "language": "language",
    "section": "section",
    "model": "subject__model_label",
    "opened_after": "opened_at__gte",
    "opened_before": "opened_at__lt",
}


def found() -> QuerySet[Finding]:
    """Return findings with what their serializer reads."""
    passages = Prefetch("evidence", Evidence.objects.order_by("start", "end", "pk"))
    return Finding.objects.select_related("scan").prefetch_related(passages)
