"""The audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers as fields
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api import serializers
from moderation.api.access import ModelPermission
from moderation.api.base import ReadViewSet
from moderation.api.fields import KeyField, WordField
from moderation.api.operations import operation
from moderation.models import Event
from moderation.services import audit

if TYPE_CHECKING:
    Shape = fields.Serializer[Any]
else:
    Shape = fields.Serializer


class EventFilters(Shape):
    """Which lines."""

    case = KeyField()
    verb = WordField()
    actor_ref = WordField()
    after = fields.DateTimeField(source="at__gte", required=False)
    before = fields.DateTimeField(source="at__lt", required=False)


class VerificationSerializer(Shape):
    """Whether the chain of hashes holds; else where it breaks."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "ok": True,
        "events": 101,
        "head": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
        "problem": "",
    }

    ok = fields.BooleanField()
    events = fields.IntegerField()
    head = fields.CharField()
    problem = fields.CharField(allow_blank=True)


class EventViewSet(ReadViewSet):
    """Everything that happened, in order."""

    queryset: QuerySet[Event] = Event.objects.all()
    serializer_class = serializers.EventSerializer
    permission_classes = (ModelPermission,)
    filters = EventFilters
    lookup_field = "number"
    ordering = ("-number",)

    @operation(gives=VerificationSerializer)
    @action(detail=False, methods=["get"])
    def verify(self, request: Request) -> Response:
        """Read the whole trail and check that nothing was changed, added or taken out."""
        return self.shown(audit.verify())
