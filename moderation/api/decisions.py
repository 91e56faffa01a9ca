"""Rulings, and taking them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers as fields
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api import serializers
from moderation.api.base import ReadViewSet
from moderation.api.fields import KeyField
from moderation.api.operations import operation
from moderation.models import ActorKind, Decision, Outcome
from moderation.services import decisions

if TYPE_CHECKING:
    Shape = fields.Serializer[Any]
else:
    Shape = fields.Serializer

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class DecisionFilters(Shape):
    """Which decisions."""

    case = KeyField()
    outcome = fields.ChoiceField(Outcome.values, required=False)
    actor_kind = fields.ChoiceField(ActorKind.values, required=False)
    actor = serializers.account_key(required=False, help_text="the key of the moderator's account")
    batch_id = fields.UUIDField(required=False)


class DecisionViewSet(ReadViewSet):
    """Rulings. They are never changed; an undo is a ruling of its own."""

    queryset: QuerySet[Decision] = Decision.objects.select_related("reversed_by").prefetch_related(
        "policies"
    )
    serializer_class = serializers.DecisionSerializer
    filters = DecisionFilters

    @operation(
        takes=serializers.BatchSerializer,
        gives=serializers.BatchResultSerializer,
        status=status.HTTP_207_MULTI_STATUS,
        piecemeal=True,
    )
    def create(self, request: Request) -> Response:
        """Decide many cases alike, each for itself; the answer says what became of each."""
        given = self.given()
        batch, results = decisions.decide_batch(
            [(item["case"], item["version"]) for item in given["cases"]],
            outcome=given["outcome"],
            actor=self.actor,
            policies=given["policies"],
            internal_note=given["internal_note"],
            public_note=given["public_note"],
        )
        return self.shown({"batch": batch, "results": results})

    @operation(gives=serializers.DecisionSerializer, status=status.HTTP_201_CREATED)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back the latest decision of a case."""
        original = get_object_or_404(Decision.objects.only("pk"), pk=pk)
        return self.shown(decisions.undo(original.pk, actor=self.actor))

    @operation(
        gives=serializers.BatchResultSerializer,
        status=status.HTTP_207_MULTI_STATUS,
        piecemeal=True,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path=f"batches/(?P<batch>{_UUID})/undo",
        url_name="undo-batch",
    )
    def undo_batch(self, request: Request, batch: str) -> Response:
        """Take back whatever can still be taken back of a batch."""
        if not Decision.objects.filter(batch_id=batch, reverses=None).exists():
            raise NotFound(_("There is no such batch."))
        results = decisions.undo_batch(UUID(batch), actor=self.actor)
        return self.shown({"batch": batch, "results": results})
