"""Fields that several endpoints read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from moderation.api.serializers import LARGEST_KEY
from moderation.services.statistics import MOST_DAYS, Period

if TYPE_CHECKING:
    Shape = serializers.Serializer[Any]
else:
    Shape = serializers.Serializer

MOST_AT_ONCE = 500
EARLIEST, LATEST = date(1990, 1, 1), date(2999, 12, 31)


class KeyField(serializers.IntegerField):
    """The key of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs}, min_value=1, max_value=LARGEST_KEY)


class WordField(serializers.CharField):
    """A value that a filter compares with."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 500, **kwargs})


class PeriodSerializer(Shape):
    """The days a figure or a file is about; the last thirty unless told otherwise."""

    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        last = given.pop("last", None) or timezone.localdate()
        first = given.pop("first", None) or max(last - timedelta(days=29), EARLIEST)
        if not 0 <= (last - first).days < MOST_DAYS:
            message = _("A period has from 1 to %d days.") % MOST_DAYS
            raise serializers.ValidationError({"last": [message]}, code="period")
        return {**given, "period": Period(first, last)}

    def validate_last(self, last: date) -> date:
        """Refuse what no calendar of the site reaches."""
        return _within_reach(last)

    def validate_first(self, first: date) -> date:
        """Refuse what no calendar of the site reaches."""
        return _within_reach(first)


def _within_reach(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise serializers.ValidationError(_("There is nothing from that time."), code="period")
    return day


class SwitchSerializer(Shape):
    """Switch several rows on or off."""

    TAKEN: ClassVar[dict[str, Any]] = {"ids": [3, 4], "is_active": False}

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_KEY),
        allow_empty=False,
        max_length=MOST_AT_ONCE,
    )
    is_active = serializers.BooleanField()


class ChangedSerializer(Shape):
    """How many rows were not so before."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"changed": 2}

    changed = serializers.IntegerField(min_value=0)
