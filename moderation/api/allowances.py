"""What may be copied on this site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.access import MayChangeModel, ModelPermission
from moderation.api.base import Removable, TaggedViewSet
from moderation.api.fields import ChangedSerializer, SwitchSerializer, WordField
from moderation.api.operations import operation
from moderation.models import Allowance, AllowanceOrigin, AllowanceScope
from moderation.services import allowances
from moderation.services.errors import Unusable

if TYPE_CHECKING:
    AllowanceShape = serializers.ModelSerializer[Allowance]
    Shape = serializers.Serializer[Any]
else:
    AllowanceShape = serializers.ModelSerializer
    Shape = serializers.Serializer


class AllowanceSerializer(AllowanceShape):
    """A line of the allow-lists."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        "scope": "source",
        "value": "wire.example",
        "note": "Licensed until 2027.",
        "origin": "moderator",
        "stories": 0,
        "is_active": True,
        "created_by": 3,
        "created_at": "2026-05-04T06:05:00Z",
        "updated_at": "2026-05-04T06:05:00Z",
    }
    TAKEN: ClassVar[dict[str, Any]] = {
        "scope": "source",
        "value": "wire.example",
        "note": "Licensed until 2027.",
    }

    value = serializers.CharField(trim_whitespace=False)

    class Meta:
        model = Allowance
        fields = (
            "id",
            "scope",
            "value",
            "note",
            "origin",
            "stories",
            "is_active",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "origin", "stories", "created_by", "created_at", "updated_at")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        known = self.instance
        if "scope" not in given and "value" not in given:
            return given
        if known is not None and known.origin == AllowanceOrigin.LEARNED:
            message = _("What was learned is what it is; it can be switched off.")
            raise serializers.ValidationError({"value": [message]}, code="fixed")
        scope = given["scope"] if "scope" in given else getattr(known, "scope", "")
        value = given["value"] if "value" in given else getattr(known, "value", "")
        try:
            given["value"] = allowances.usable(
                scope, value, other_than=None if known is None else known.pk
            )
        except Unusable as error:
            raise serializers.ValidationError({"value": [str(error)]}, code="unusable") from error
        return given


class AllowanceFilters(Shape):
    """Which lines."""

    scope = serializers.ChoiceField(AllowanceScope.values, required=False)
    origin = serializers.ChoiceField(AllowanceOrigin.values, required=False)
    is_active = serializers.BooleanField(required=False, default=None, allow_null=True)
    search = WordField(help_text="in values and notes")


class AllowanceViewSet(Removable, TaggedViewSet):
    """The allow-lists, and the boilerplate that was learned."""

    queryset = Allowance.objects.all()
    serializer_class = AllowanceSerializer
    permission_classes = (ModelPermission,)
    filters = AllowanceFilters

    def chosen(self, rows: QuerySet[Allowance], asked: dict[str, Any]) -> QuerySet[Allowance]:
        if search := asked.pop("search", ""):
            rows = rows.filter(Q(value__icontains=search) | Q(note__icontains=search))
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})

    def save(self, row: Allowance, changed: dict[str, Any]) -> Allowance:
        return allowances.save(row, actor=self.actor)

    def remove(self, row: Allowance) -> None:
        """Let the service remove a line."""
        allowances.remove(row, actor=self.actor)

    @operation(takes=SwitchSerializer, gives=ChangedSerializer, piecemeal=True)
    @action(detail=False, methods=["post"], permission_classes=[MayChangeModel])
    def switch(self, request: Request) -> Response:
        """Switch lines on or off; a learned one that is off counts as content."""
        given = self.given()
        changed = allowances.set_active(given["ids"], active=given["is_active"], actor=self.actor)
        return self.shown({"changed": changed})
