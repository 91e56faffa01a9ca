"""The site's own thresholds: tried, put to work, taken back; and what one would have meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.access import MayManageDetectors
from moderation.api.base import ReadViewSet
from moderation.api.fields import WordField
from moderation.api.operations import operation
from moderation.models import Threshold, ThresholdState
from moderation.services import thresholds, workbench

if TYPE_CHECKING:
    ThresholdShape = serializers.ModelSerializer[Threshold]
    Shape = serializers.Serializer[Any]
else:
    ThresholdShape = serializers.ModelSerializer
    Shape = serializers.Serializer


class ThresholdSerializer(ThresholdShape):
    """From which score a category is flagged."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 2,
        "detector": "framing",
        "category": "attack",
        "section": "sports",
        "value": 0.6,
        "slope": 1.0,
        "offset": 0.0,
        "state": "shadow",
        "reason": "Fans are rough with each other.",
        "created_by": 3,
        "created_label": "mia",
        "created_at": "2026-05-04T06:05:00Z",
        "tried_at": "2026-05-04T06:10:00Z",
        "live_at": None,
        "retired_at": None,
    }

    class Meta:
        model = Threshold
        fields = (
            "id",
            "detector",
            "category",
            "section",
            "value",
            "slope",
            "offset",
            "state",
            "reason",
            "created_by",
            "created_label",
            "created_at",
            "tried_at",
            "live_at",
            "retired_at",
        )
        read_only_fields = fields


class NewThresholdSerializer(ThresholdShape):
    """A threshold to be tried; without a section it is one of the whole site."""

    TAKEN: ClassVar[dict[str, Any]] = {
        "detector": "framing",
        "category": "attack",
        "section": "sports",
        "value": 0.6,
        "reason": "Fans are rough with each other.",
    }

    value = serializers.FloatField(min_value=0, max_value=1)

    class Meta:
        model = Threshold
        fields = ("detector", "category", "section", "value", "reason")


class ThresholdFilters(Shape):
    """Which thresholds."""

    detector = WordField()
    category = WordField()
    section = WordField()
    state = serializers.ChoiceField(ThresholdState.values, required=False)


class PastSerializer(Shape):
    """Which category to look at, where, how far back, and what a case takes."""

    detector = WordField(required=True)
    category = WordField(required=True)
    section = WordField(default="", help_text="of the site; empty for all of it")
    days = serializers.IntegerField(min_value=1, max_value=365, default=30)
    minutes = serializers.IntegerField(min_value=1, max_value=120, default=2)


class PointSerializer(Shape):
    """What one threshold would have meant; hours are a moderator's, each day."""

    threshold = serializers.FloatField()
    per_day = serializers.FloatField()
    right = serializers.IntegerField()
    wrong = serializers.IntegerField()
    missed = serializers.IntegerField()
    precision = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)
    hours = serializers.FloatField()


class WorkbenchSerializer(Shape):
    """Every threshold held against past scans and decisions; ``cut`` says there were more."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "scanned": 1200,
        "decided": 40,
        "days": 30.0,
        "cut": False,
        "own": 0.5,
        "points": [
            {
                "threshold": 0.5,
                "per_day": 4.0,
                "right": 27,
                "wrong": 9,
                "missed": 3,
                "precision": 0.75,
                "recall": 0.9,
                "hours": 0.13,
            }
        ],
    }

    scanned = serializers.IntegerField()
    decided = serializers.IntegerField()
    days = serializers.FloatField()
    cut = serializers.BooleanField()
    own = serializers.FloatField(allow_null=True, help_text="what the detector has by itself")
    points = PointSerializer(many=True)


class ThresholdViewSet(ReadViewSet):
    """Thresholds, for those who may change what is flagged. None is changed: a new one is made."""

    queryset = Threshold.objects.all()
    serializer_class = ThresholdSerializer
    permission_classes = (MayManageDetectors,)
    filters = ThresholdFilters

    @operation(
        takes=NewThresholdSerializer, gives=ThresholdSerializer, status=status.HTTP_201_CREATED
    )
    def create(self, request: Request) -> Response:
        """Write a draft that nothing looks at yet."""
        return self.shown(thresholds.draft(Threshold(**self.given()), actor=self.actor))

    @operation(gives=ThresholdSerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_out(self, request: Request, **_key: str) -> Response:
        """Record from now on what a draft would flag."""
        return self._moved(thresholds.try_out)

    @operation(gives=ThresholdSerializer)
    @action(detail=True, methods=["post"], url_path="live")
    def put_live(self, request: Request, **_key: str) -> Response:
        """Let a threshold on trial decide what is flagged."""
        return self._moved(thresholds.put_live)

    @operation(gives=ThresholdSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, **_key: str) -> Response:
        """Take a threshold back."""
        return self._moved(thresholds.retire)

    @operation(asks=PastSerializer, gives=WorkbenchSerializer)
    @action(detail=False, methods=["get"])
    def workbench(self, request: Request) -> Response:
        """Say what each threshold of a category would have meant."""
        asked = self.asked()
        what = asked["detector"], asked["category"]
        past = workbench.material(*what, section=asked["section"], days=asked["days"])
        return self.shown(
            {
                "scanned": len(past.scores),
                "decided": len(past.judged),
                "days": past.days,
                "cut": past.cut,
                "own": workbench.own_threshold(*what),
                "points": workbench.points(past, workbench.GRID, minutes=asked["minutes"]),
            }
        )

    def _moved(self, move: Callable[..., Threshold]) -> Response:
        return self.shown(move(self.get_object(), actor=self.actor))
