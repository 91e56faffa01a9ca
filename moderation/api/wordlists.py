"""The site's own words and phrases, with what each would have found."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.access import ModelPermission
from moderation.api.base import Removable, TaggedViewSet
from moderation.api.fields import WordField
from moderation.api.operations import operation
from moderation.models import ListedPhrase, WordList
from moderation.services import wordlists
from moderation.services.errors import Unusable
from moderation.types import Kind

if TYPE_CHECKING:
    PhraseShape = serializers.ModelSerializer[ListedPhrase]
    Shape = serializers.Serializer[Any]
else:
    PhraseShape = serializers.ModelSerializer
    Shape = serializers.Serializer

MOST_SHOWN = 50
AROUND = 80


class PhraseSerializer(PhraseShape):
    """A line of the word lists."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 8,
        "list": "blocked",
        "text": "cheap watch",
        "kind": "comment",
        "endings": True,
        "band": "likely",
        "note": "",
        "is_active": True,
        "created_by": 3,
        "created_at": "2026-05-04T06:05:00Z",
        "updated_at": "2026-05-04T06:05:00Z",
    }
    TAKEN: ClassVar[dict[str, Any]] = {
        "list": "blocked",
        "text": "cheap watch",
        "kind": "comment",
        "band": "likely",
    }

    class Meta:
        model = ListedPhrase
        fields = (
            "id",
            "list",
            "text",
            "kind",
            "endings",
            "band",
            "note",
            "is_active",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "created_by", "created_at", "updated_at")
        validators: ClassVar[list[Any]] = []  # uniqueness is asked for below, after the blanks

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        row = ListedPhrase(**{name: self._value(given, name) for name in ("list", "text", "kind")})
        row.text = " ".join(row.text.split())
        problem = wordlists.problem_with(row)
        if problem:
            raise serializers.ValidationError({"text": [problem]}, code="unusable")
        same = ListedPhrase.objects.filter(list=row.list, text=row.text, kind=row.kind)
        others = same if self.instance is None else same.exclude(pk=self.instance.pk)
        if others.exists():
            message = _("This line is in the list already.")
            raise serializers.ValidationError({"text": [message]}, code="unique")
        return given

    def _value(self, given: dict[str, Any], name: str) -> str:
        return str(given[name] if name in given else getattr(self.instance, name, ""))


class PlaceSerializer(Shape):
    """A text that the phrase stands in: around the first place, for who may read texts."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "subject": 5,
        "snapshot": 9,
        "start": 12,
        "end": 23,
        "quote": "… buy a cheap watch here …",
    }

    subject = serializers.IntegerField(source="snapshot.subject_id")
    snapshot = serializers.IntegerField(source="snapshot.pk")
    start = serializers.IntegerField(source="span.start")
    end = serializers.IntegerField(source="span.end")
    quote = serializers.SerializerMethodField()

    def get_quote(self, trial: wordlists.Trial) -> str:
        """Return the readable text around the place."""
        first = max(trial.span.start - AROUND, 0)
        return trial.text[first : trial.span.end + AROUND]


class PhraseFilters(Shape):
    """Which lines."""

    list = serializers.ChoiceField(WordList.values, required=False)
    kind = serializers.ChoiceField([each.value for each in Kind], required=False)
    is_active = serializers.BooleanField(required=False, default=None, allow_null=True)
    search = WordField(help_text="in phrases and notes")


class PhraseViewSet(Removable, TaggedViewSet):
    """The word lists, blocked and harmless."""

    queryset = ListedPhrase.objects.all()
    serializer_class = PhraseSerializer
    permission_classes = (ModelPermission,)
    filters = PhraseFilters

    def chosen(self, rows: QuerySet[ListedPhrase], asked: dict[str, Any]) -> QuerySet[ListedPhrase]:
        if search := asked.pop("search", ""):
            rows = rows.filter(Q(text__icontains=search) | Q(note__icontains=search))
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})

    def save(self, row: ListedPhrase, changed: dict[str, Any]) -> ListedPhrase:
        try:
            with transaction.atomic(using=row._state.db):
                return wordlists.save(row, user=self.request.user)
        except IntegrityError as error:  # somebody else adds the same line at this moment
            raise Unusable(_("This line is in the list already.")) from error

    def remove(self, row: ListedPhrase) -> None:
        """Let the service take a line off its list."""
        wordlists.remove(row, user=self.request.user)

    @operation(takes=PhraseSerializer, gives=PlaceSerializer, listed=True)
    @action(detail=False, methods=["post"], url_path="try", url_name="try")
    def try_out(self, request: Request) -> Response:
        """Show what a line would have found in the newest texts; nothing is saved."""
        row = ListedPhrase(**self.given())
        return self.shown(list(islice(wordlists.try_out(row), MOST_SHOWN)))
