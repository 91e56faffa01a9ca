"""Figures about the work of the desk: for the API, and for whoever draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import TruncDate
from django.utils import timezone

from moderation.models import Case, Decision, Event, Outcome, ScanState
from moderation.models.cases import OPEN_CASES
from moderation.models.decisions import LEAVING_OPEN, RESTRICTING
from moderation.services.database import moderation_db
from moderation.types import Band, Mode

AGES = (
    ("hour", timedelta(hours=1)),
    ("day", timedelta(days=1)),
    ("three_days", timedelta(days=3)),
    ("week", timedelta(days=7)),
)
"""Open cases are counted by how long they have waited: up to so long, and longer."""

LONGER = "longer"
OPENED = ("case.opened", "case.reopened")
DECIDED = ("case.decided",)
RULINGS = tuple(set(Outcome) - {Outcome.UNDO} - LEAVING_OPEN)
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last one, both included, in the site's time zone."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        return _midnight(self.last + timedelta(days=1))

    def days(self) -> Iterator[date]:
        """Yield every day of the period."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def last_days(count: int) -> Period:
    """Return the period of the last ``count`` days, today included."""
    today = timezone.localdate()
    return Period(today - timedelta(days=count - 1), today)


# What waits


@dataclass(frozen=True, slots=True)
class Backlog:
    """The open cases: how many, in which states, how old."""

    total: int
    oldest: datetime | None
    by_state: Mapping[str, int]
    by_age: Mapping[str, int]


def backlog(now: datetime | None = None) -> Backlog:
    """Count what waits; two queries."""
    at = now or timezone.now()
    rows = _cases().filter(state__in=OPEN_CASES)
    states = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    counted = rows.aggregate(oldest=Min("opened_at"), **_by_age(at))
    oldest = counted.pop("oldest")
    return Backlog(
        total=sum(states.values()),
        oldest=oldest,
        by_state={str(state): states.get(state, 0) for state in OPEN_CASES},
        by_age=counted,
    )


def _by_age(now: datetime) -> dict[str, Count]:
    counts, younger = {}, Q()
    for name, age in AGES:
        since = Q(opened_at__gt=now - age)
        counts[name] = Count("pk", filter=since & ~younger if younger else since)
        younger = since
    counts[LONGER] = Count("pk", filter=~younger)
    return counts


# What came and what was done


@dataclass(frozen=True, slots=True)
class Day:
    """How many cases were opened and decided on one day."""

    day: date
    arrivals: int
    decisions: int


def flow(period: Period) -> list[Day]:
    """Return every day of the period, the quiet ones too. What was taken back counts as done."""
    arrivals, decided = _per_day(OPENED, period), _per_day(DECIDED, period)
    return [Day(day, arrivals.get(day, 0), decided.get(day, 0)) for day in period.days()]


def _per_day(verbs: Iterable[str], period: Period) -> dict[date, int]:
    events = Event.objects.using(moderation_db()).filter(verb__in=verbs)
    events = events.filter(at__gte=period.start, at__lt=period.end).order_by()
    return dict(events.annotate(day=TruncDate("at")).values_list("day").annotate(Count("pk")))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long cases had waited when they were decided: half of them, nine in ten, at most."""

    decisions: int
    p50: timedelta | None
    p90: timedelta | None


def time_to_decide(period: Period) -> Waiting:
    """Measure from the last opening of a case to its standing decision."""
    openings = Event.objects.filter(
        case=OuterRef("case"), verb__in=OPENED, at__lte=OuterRef("created_at")
    )
    opened = Subquery(openings.order_by("-number").values("at")[:1])
    waited = ExpressionWrapper(F("created_at") - F("opened"), output_field=DurationField())
    rows = standing(period).annotate(opened=opened).filter(opened__isnull=False)
    sorted_rows = rows.annotate(waited=waited).order_by("waited").values_list("waited", flat=True)
    count = rows.count()
    return Waiting(count, _at_rank(sorted_rows, count, 0.5), _at_rank(sorted_rows, count, 0.9))


def _at_rank(rows: Any, count: int, share: float) -> timedelta | None:
    """Return the nearest-rank percentile of sorted rows."""
    if not count:
        return None
    rank = max(math.ceil(share * count), 1)
    found: timedelta | None = next(iter(rows[rank - 1 : rank]), None)
    return found


# How good the detectors are


@dataclass(frozen=True, slots=True)
class Precision:
    """How often moderators agreed with a detector in one band, with a 95 % interval.

    A true match that is allowed is right; ``wrong`` was dismissed as wrongly flagged.
    """

    detector: str
    band: str
    right: int
    wrong: int

    @property
    def share(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.right + self.wrong)


def precision(period: Period) -> list[Precision]:
    """Compare what detectors flagged with what was decided; undone decisions do not count."""
    found = "snapshot__scans__findings__"
    rows = (
        standing(period)
        .filter(
            ~Q(snapshot__scans__state=ScanState.SUPERSEDED),
            **{
                f"{found}mode": Mode.LIVE.value,
                f"{found}band__in": [Band.POSSIBLE.value, Band.LIKELY.value],
            },
        )
        .order_by()
        .values_list(f"{found}detector", f"{found}band", "outcome")
        .annotate(number=Count("pk", distinct=True))
    )
    counts: dict[tuple[str, str], list[int]] = {}
    for detector, band, outcome, number in rows:
        right_wrong = counts.setdefault((detector, band), [0, 0])
        right_wrong[outcome == Outcome.DISMISS_FALSE_POSITIVE] += number
    return [Precision(*key, right, wrong) for key, (right, wrong) in sorted(counts.items())]


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval in which a share lies with the confidence of ``z``; (0, 1) for none."""
    if not total:
        return 0.0, 1.0
    share, square = hits / total, z * z
    centre = share + square / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)


@dataclass(frozen=True, slots=True)
class Actions:
    """How many decisions took something from the author, of how many; and each outcome."""

    decisions: int
    restricting: int
    by_outcome: Mapping[str, int]

    @property
    def rate(self) -> float | None:
        return self.restricting / self.decisions if self.decisions else None


def actions(period: Period) -> Actions:
    """Count the standing decisions of a period by outcome."""
    counts = dict(standing(period).order_by().values_list("outcome").annotate(Count("pk")))
    return Actions(
        decisions=sum(counts.values()),
        restricting=sum(counts.get(outcome, 0) for outcome in RESTRICTING),
        by_outcome={str(outcome): counts[outcome] for outcome in Outcome if outcome in counts},
    )


def standing(period: Period) -> QuerySet[Decision]:
    """Return the rulings of a period that nobody has taken back."""
    rows: QuerySet[Decision] = Decision.objects.using(moderation_db()).filter(
        outcome__in=RULINGS,
        reversed_by=None,
        created_at__gte=period.start,
        created_at__lt=period.end,
    )
    return rows


def _cases() -> QuerySet[Case]:
    return Case.objects.using(moderation_db())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
