"""Appeals: authors contest decisions, with their link or signed in; moderators judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.base import ReadViewSet
from moderation.api.fields import KeyField
from moderation.api.operations import operation
from moderation.api.serializers import LARGEST_KEY, LONGEST_NOTE, AuthorHidden, account_key
from moderation.models import Appeal, AppealState, Decision
from moderation.models.appeals import RESULTS
from moderation.models.decisions import CHOOSABLE
from moderation.services import appeals, links
from moderation.services.hosts import is_author

if TYPE_CHECKING:
    AppealShape = serializers.ModelSerializer[Appeal]
    Shape = serializers.Serializer[Any]
else:
    AppealShape = serializers.ModelSerializer
    Shape = serializers.Serializer


class AppealSerializer(AuthorHidden, AppealShape):
    """An objection to a decision, and how it was judged."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 6,
        "decision": 40,
        "case": 17,
        "text": "It was a quotation.",
        "author_label": "Guest",
        "state": "under_review",
        "judge": 4,
        "judge_label": "tom",
        "ruling": None,
        "public_note": "",
        "internal_note": "",
        "created_at": "2026-05-05T09:00:00Z",
        "taken_at": "2026-05-05T10:00:00Z",
        "closed_at": None,
    }

    case = serializers.IntegerField(source="decision.case_id", read_only=True)

    class Meta:
        model = Appeal
        fields = (
            "id",
            "decision",
            "case",
            "text",
            "author_label",
            "state",
            "judge",
            "judge_label",
            "ruling",
            "public_note",
            "internal_note",
            "created_at",
            "taken_at",
            "closed_at",
        )
        read_only_fields = fields


class AppealFilters(Shape):
    """Which appeals."""

    decision = KeyField()
    state = serializers.ChoiceField(AppealState.values, required=False)
    judge = account_key(required=False, help_text="the key of the moderator's account")


class WhoseSerializer(Shape):
    """Which decision: by the token of the author's link, or by its key for an author signed in."""

    TAKEN: ClassVar[dict[str, Any]] = {"decision": 40}

    token = serializers.CharField(required=False, max_length=200)
    decision = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of both says which decision it is."""
        if ("token" in given) == ("decision" in given):
            message = _("Name the decision: by its token, or by its key.")
            raise serializers.ValidationError({"token": [message]}, code="required")
        return given


class NewAppealSerializer(WhoseSerializer):
    """Why the author objects."""

    TAKEN = {"token": "NDA:1wAbCd:x0", "text": "It was a quotation."}

    text = serializers.CharField(max_length=appeals.MOST_CHARS, trim_whitespace=False)


class AppealReceiptSerializer(Shape):
    """How an appeal stands, for its author."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "appeal": 6,
        "decision": 40,
        "state": "submitted",
        "public_note": "",
    }

    appeal = serializers.IntegerField(source="pk")
    decision = serializers.IntegerField(source="decision_id")
    state = serializers.ChoiceField(AppealState.values)
    public_note = serializers.CharField()


class JudgementSerializer(Shape):
    """How an appeal is judged; ``outcome`` and ``policies`` are what is left of the decision."""

    TAKEN: ClassVar[dict[str, Any]] = {
        "result": "reversed",
        "outcome": "dismiss_allowed",
        "public_note": "You are right: it is a quotation.",
    }

    result = serializers.ChoiceField([state.value for state in RESULTS])
    outcome = serializers.ChoiceField(choices=CHOOSABLE, required=False)
    policies = serializers.ListField(
        child=serializers.CharField(max_length=50), default=list, max_length=20
    )
    public_note = serializers.CharField(
        max_length=LONGEST_NOTE, default="", allow_blank=True, trim_whitespace=False
    )
    internal_note = serializers.CharField(
        max_length=LONGEST_NOTE, default="", allow_blank=True, trim_whitespace=False
    )


class AppealViewSet(ReadViewSet):
    """What authors contest."""

    queryset = Appeal.objects.select_related("decision")
    serializer_class = AppealSerializer
    filters = AppealFilters

    def chosen(self, rows: QuerySet[Appeal], asked: dict[str, Any]) -> QuerySet[Appeal]:
        return rows.filter(**asked)

    def get_permissions(self) -> Any:
        """Authors need no account: their link says who they are."""
        by_author = self.action in ("create", "withdraw")
        return [AllowAny()] if by_author else super().get_permissions()

    # The author

    @operation(takes=NewAppealSerializer, gives=AppealReceiptSerializer, status=201)
    def create(self, request: Request) -> Response:
        """Contest a decision about one's own text, once."""
        given = self.given()
        key, user = self._contested(request, given)
        return self.shown(appeals.submit(key, text=given["text"], user=user))

    @operation(takes=WhoseSerializer, gives=AppealReceiptSerializer)
    @action(detail=False, methods=["post"], permission_classes=[AllowAny])
    def withdraw(self, request: Request) -> Response:
        """Take one's own appeal back."""
        key, user = self._contested(request, self.given())
        standing = get_object_or_404(Appeal.objects.only("pk"), decision=key)
        return self.shown(appeals.withdraw(standing.pk, user=user))

    def _contested(self, request: Request, given: dict[str, Any]) -> tuple[int, Any]:
        """Return the decision, and the author unless the token stands for them.

        What is not there, and what is somebody else's, are told alike.
        """
        if "token" in given:
            key = links.decision_of(given["token"])
            if key is None:
                raise NotFound
            return key, None
        if not request.user.is_authenticated:
            raise NotAuthenticated
        rows = Decision.objects.select_related("case__subject")
        decision = get_object_or_404(rows, pk=given["decision"])
        if not is_author(decision.case.subject, request.user):
            raise NotFound
        return decision.pk, request.user

    # The judge

    @operation(gives=AppealSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Take an appeal under review; not who took part in the decision."""
        return self.shown(appeals.take(self._key(pk), user=request.user))

    @operation(takes=JudgementSerializer, gives=AppealSerializer)
    @action(detail=True, methods=["post"])
    def judge(self, request: Request, pk: str) -> Response:
        """Judge an appeal that one has taken."""
        return self.shown(appeals.judge(self._key(pk), user=request.user, **self.given()))

    def _key(self, pk: str) -> int:
        return get_object_or_404(Appeal.objects.only("pk"), pk=pk).pk
