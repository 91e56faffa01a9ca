"""The outside texts that articles are compared with."""

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
from moderation.models import ReferenceDocument
from moderation.services import references
from moderation.services.errors import Unusable
from moderation.services.references import NewReference
from moderation.types import TextFormat

if TYPE_CHECKING:
    ReferenceShape = serializers.ModelSerializer[ReferenceDocument]
    Shape = serializers.Serializer[Any]
else:
    ReferenceShape = serializers.ModelSerializer
    Shape = serializers.Serializer

_WRITTEN = (
    "title",
    "url",
    "publisher",
    "licence",
    "may_be_copied",
    "published_at",
    "language",
    "format",
)
_KNOWN = ("id", "origin", "length", "added_at", "updated_at")
_EXAMPLE: dict[str, Any] = {
    "id": 7,
    "title": "Bridge reopens",
    "url": "https://wire.example/bridge",
    "publisher": "Example Wire",
    "licence": "",
    "may_be_copied": False,
    "published_at": "2026-05-04T06:00:00Z",
    "language": "en",
    "format": "plain",
    "is_active": True,
    "origin": "",
    "length": 45,
    "added_at": "2026-05-04T06:05:00Z",
    "updated_at": "2026-05-04T06:05:00Z",
}


class ReferenceRowSerializer(ReferenceShape):
    """A reference document without its text."""

    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE

    class Meta:
        model = ReferenceDocument
        fields = ("id", *_WRITTEN, "is_active", *_KNOWN[1:])
        read_only_fields = fields


class ReferenceSerializer(ReferenceShape):
    """A reference document. A new one replaces the one of the same address or text."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **_EXAMPLE,
        "text": "The bridge over the Ennor is open again today.",
    }
    TAKEN: ClassVar[dict[str, Any]] = {
        "title": "Bridge reopens",
        "url": "https://wire.example/bridge",
        "publisher": "Example Wire",
        "text": "The bridge over the Ennor is open again today.",
    }

    text = serializers.CharField(trim_whitespace=False)

    class Meta:
        model = ReferenceDocument
        fields = ("id", *_WRITTEN, "text", "is_active", *_KNOWN[1:])
        read_only_fields = _KNOWN

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        own = self.instance.pk if self.instance is not None else None
        try:
            double = references.has_double(new_reference(self.instance, given), other_than=own)
        except Unusable as error:
            raise serializers.ValidationError({"text": [str(error)]}, code="unusable") from error
        if double and self.instance is not None:
            message = _("This document is there already.")
            raise serializers.ValidationError({"url": [message]}, code="unique")
        return given


def new_reference(known: ReferenceDocument | None, given: dict[str, Any]) -> NewReference:
    """Lay what is given over what is known of a document."""
    told = {name: getattr(known, name) for name in (*_WRITTEN, "text")} if known else {}
    told |= {name: value for name, value in given.items() if name != "is_active"}
    return NewReference(**{**told, "format": TextFormat(told.get("format", TextFormat.PLAIN))})


class ReferenceFilters(Shape):
    """Which documents."""

    is_active = serializers.BooleanField(required=False, default=None, allow_null=True)
    may_be_copied = serializers.BooleanField(required=False, default=None, allow_null=True)
    origin = WordField()
    search = WordField(help_text="in titles, addresses and publishers")


class ReferenceViewSet(Removable, TaggedViewSet):
    """Reference documents."""

    queryset = ReferenceDocument.objects.all()
    serializer_class = ReferenceSerializer
    permission_classes = (ModelPermission,)
    filters = ReferenceFilters

    def get_queryset(self) -> QuerySet[ReferenceDocument]:
        rows = super().get_queryset()
        return rows.defer("text") if self.action == "list" else rows

    def chosen(
        self, rows: QuerySet[ReferenceDocument], asked: dict[str, Any]
    ) -> QuerySet[ReferenceDocument]:
        if search := asked.pop("search", ""):
            names = ("title", "url", "publisher")
            found = Q()
            for name in names:
                found |= Q(**{f"{name}__icontains": search})
            rows = rows.filter(found)
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})

    @operation(gives=ReferenceRowSerializer)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give the documents without their texts."""
        return super().list(request, *args, **kwargs)

    def save(self, row: ReferenceDocument, changed: dict[str, Any]) -> ReferenceDocument:
        if row._state.adding:
            key = references.put(new_reference(None, changed), actor=self.actor).id
            if changed.get("is_active") is False:
                references.set_active([key], active=False, actor=self.actor)
        else:
            known = ReferenceDocument.objects.get(pk=row.pk)
            new, key = new_reference(known, changed), row.pk
            references.change(key, new, is_active=row.is_active, actor=self.actor)
        return ReferenceDocument.objects.get(pk=key)

    def remove(self, row: ReferenceDocument) -> None:
        """Let the service remove a document."""
        references.remove(row.pk, actor=self.actor)

    @operation(takes=SwitchSerializer, gives=ChangedSerializer, piecemeal=True)
    @action(detail=False, methods=["post"], permission_classes=[MayChangeModel])
    def switch(self, request: Request) -> Response:
        """Compare articles with these documents, or no longer."""
        given = self.given()
        changed = references.set_active(given["ids"], active=given["is_active"], actor=self.actor)
        return self.shown({"changed": changed})
