"""Figures about the work of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.base import DeskViewSet
from moderation.api.fields import PeriodSerializer
from moderation.api.operations import operation
from moderation.models import Case
from moderation.services import statistics

if TYPE_CHECKING:
    Shape = serializers.Serializer[Any]
else:
    Shape = serializers.Serializer


class BacklogSerializer(Shape):
    """What waits now."""

    total = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    by_state = serializers.DictField(child=serializers.IntegerField())
    by_age = serializers.DictField(child=serializers.IntegerField())


class DaySerializer(Shape):
    """What came and what was decided on one day."""

    day = serializers.DateField()
    arrivals = serializers.IntegerField()
    decisions = serializers.IntegerField()


class WaitingSerializer(Shape):
    """Seconds from the opening of a case to its decision."""

    decisions = serializers.IntegerField()
    p50_seconds = serializers.SerializerMethodField()
    p90_seconds = serializers.SerializerMethodField()

    def get_p50_seconds(self, waiting: statistics.Waiting) -> float | None:
        """Return how long half of the cases waited at most."""
        return waiting.p50.total_seconds() if waiting.p50 is not None else None

    def get_p90_seconds(self, waiting: statistics.Waiting) -> float | None:
        """Return how long nine cases in ten waited at most."""
        return waiting.p90.total_seconds() if waiting.p90 is not None else None


class PrecisionSerializer(Shape):
    """How often moderators agreed with a detector, with the 95 % interval of Wilson."""

    detector = serializers.CharField()
    band = serializers.CharField()
    right = serializers.IntegerField()
    wrong = serializers.IntegerField()
    precision = serializers.FloatField(source="share")
    interval = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)


class ActionsSerializer(Shape):
    """How many decisions took something from the author."""

    decisions = serializers.IntegerField()
    restricting = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)
    by_outcome = serializers.DictField(child=serializers.IntegerField())


class StatisticsSerializer(Shape):
    """All figures of a period; the backlog is that of this moment."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "first": "2026-05-01",
        "last": "2026-05-02",
        "backlog": {
            "total": 3,
            "oldest": "2026-05-01T09:00:00Z",
            "by_state": {"open": 2, "claimed": 1, "escalated": 0, "snoozed": 0},
            "by_age": {"hour": 1, "day": 1, "three_days": 1, "week": 0, "longer": 0},
        },
        "days": [
            {"day": "2026-05-01", "arrivals": 12, "decisions": 10},
            {"day": "2026-05-02", "arrivals": 4, "decisions": 3},
        ],
        "time_to_decide": {"decisions": 13, "p50_seconds": 840.0, "p90_seconds": 7200.0},
        "precision": [
            {
                "detector": "framing",
                "band": "likely",
                "right": 9,
                "wrong": 1,
                "precision": 0.9,
                "interval": [0.596, 0.982],
            }
        ],
        "actions": {
            "decisions": 13,
            "restricting": 8,
            "rate": 0.615,
            "by_outcome": {"hide": 8, "dismiss_allowed": 4, "dismiss_false_positive": 1},
        },
    }

    first = serializers.DateField()
    last = serializers.DateField()
    backlog = BacklogSerializer()
    days = DaySerializer(many=True)
    time_to_decide = WaitingSerializer()
    precision = PrecisionSerializer(many=True)
    actions = ActionsSerializer()


class StatisticsViewSet(DeskViewSet):
    """Figures for those who look at cases."""

    queryset = Case.objects.none()
    pagination_class = None  # type: ignore[assignment]

    @operation(asks=PeriodSerializer, gives=StatisticsSerializer)
    def figures(self, request: Request) -> Response:
        """Count what waits, what came, what was decided and how well the detectors did."""
        period = self.asked()["period"]
        return self.shown(
            {
                "first": period.first,
                "last": period.last,
                "backlog": statistics.backlog(),
                "days": statistics.flow(period),
                "time_to_decide": statistics.time_to_decide(period),
                "precision": statistics.precision(period),
                "actions": statistics.actions(period),
            }
        )
