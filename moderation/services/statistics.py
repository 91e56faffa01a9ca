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
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import TruncDate
from django.utils import timezone

from moderation.models import (
    Appeal,
    AppealState,
    Case,
    Decision,
    Event,
    Finding,
    Outcome,
    ReferenceDocument,
    Scan,
    ScanState,
    Subject,
)
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
FLAGGED = (Band.POSSIBLE.value, Band.LIKELY.value)
MOST_DAYS = 366
MOST_SOURCES = 10

_VALID_SCANS = [state.value for state in ScanState if state != ScanState.SUPERSEDED]


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


def of_ages(now: datetime) -> dict[str, Q]:
    """Return the condition for each age of a case, by its name; every case has one of them."""
    conditions, younger = {}, Q()
    for name, age in AGES:
        since = Q(opened_at__gt=now - age)
        conditions[name] = since & ~younger if younger else since
        younger = since
    conditions[LONGER] = ~younger
    return conditions


def _by_age(now: datetime) -> dict[str, Count]:
    return {name: Count("pk", filter=condition) for name, condition in of_ages(now).items()}


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
    events = events_of(verbs, period).annotate(day=TruncDate("at"))
    return dict(events.values_list("day").annotate(Count("pk")))


def events_of(verbs: Iterable[str], period: Period) -> QuerySet[Event]:
    """Return what the audit trail tells of a period, in no order."""
    rows: QuerySet[Event] = Event.objects.using(moderation_db()).filter(
        verb__in=verbs, at__gte=period.start, at__lt=period.end
    )
    return rows.order_by()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long cases had waited when they were decided: half of them, nine in ten, at most."""

    decisions: int
    p50: timedelta | None
    p90: timedelta | None


def time_to_decide(period: Period) -> Waiting:
    """Measure from the last opening of a case to its standing decision."""
    sorted_rows = waited(period).order_by("waited").values_list("waited", flat=True)
    count = sorted_rows.count()
    return Waiting(count, _at_rank(sorted_rows, count, 0.5), _at_rank(sorted_rows, count, 0.9))


def waited(period: Period) -> QuerySet[Any]:
    """Return the standing decisions of a period, each with how long its case had ``waited``."""
    openings = Event.objects.filter(
        case=OuterRef("case"), verb__in=OPENED, at__lte=OuterRef("created_at")
    )
    opened = Subquery(openings.order_by("-number").values("at")[:1])
    since = ExpressionWrapper(F("created_at") - F("opened"), output_field=DurationField())
    rows = standing(period).annotate(opened=opened).filter(opened__isnull=False)
    return rows.annotate(waited=since)


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
        judged(period)
        .order_by()
        .values_list(f"{found}detector", f"{found}band", "outcome")
        .annotate(number=Count("pk", distinct=True))
    )
    counts: dict[tuple[str, str], list[int]] = {}
    for detector, band, outcome, number in rows:
        right_wrong = counts.setdefault((detector, band), [0, 0])
        right_wrong[outcome == Outcome.DISMISS_FALSE_POSITIVE] += number
    return [Precision(*key, right, wrong) for key, (right, wrong) in sorted(counts.items())]


def judged(period: Period, **finding: str) -> QuerySet[Decision]:
    """Return the standing decisions about what detectors flagged, once for each finding.

    ``finding`` narrows that down: ``detector``, ``band``. What an earlier scan of the same text
    had found does not count.
    """
    named = {f"snapshot__scans__findings__{name}": value for name, value in finding.items()}
    return standing(period).filter(
        snapshot__scans__state__in=_VALID_SCANS,
        snapshot__scans__findings__mode=Mode.LIVE.value,
        snapshot__scans__findings__band__in=FLAGGED,
        **named,
    )


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


# Whom they copied


@dataclass(frozen=True, slots=True)
class Copied:
    """A text of the site, or a reference document, and in how many texts it was found."""

    source: Subject | ReferenceDocument
    title: str
    texts: int


def top_sources(period: Period) -> list[Copied]:
    """Return what was copied most in a period; three queries."""
    rows = list(
        copies(period)
        .values("source__subject", "reference")
        .annotate(texts=Count("scan__snapshot__subject", distinct=True), title=Max("source__title"))
        .order_by("-texts", "source__subject", "reference")[:MOST_SOURCES]
    )
    subjects = Subject.objects.using(moderation_db()).in_bulk(
        [row["source__subject"] for row in rows if row["source__subject"]]
    )
    references = ReferenceDocument.objects.using(moderation_db()).in_bulk(
        [row["reference"] for row in rows if row["reference"]]
    )
    found = []
    for row in rows:
        reference = references.get(row["reference"])
        source = reference or subjects.get(row["source__subject"])
        if source is not None:
            title = reference.title if reference else row["title"] or ""
            found.append(Copied(source, title, row["texts"]))
    return found


def copies(period: Period) -> QuerySet[Finding]:
    """Return the flagged copies of which the source is known, by when they were found."""
    rows: QuerySet[Finding] = Finding.objects.using(moderation_db()).filter(
        Q(source__isnull=False) | Q(reference__isnull=False),
        mode=Mode.LIVE.value,
        band__in=FLAGGED,
        scan__state__in=_VALID_SCANS,
        scan__finished_at__gte=period.start,
        scan__finished_at__lt=period.end,
    )
    return rows.order_by()


# What authors objected


def appeals(period: Period) -> dict[str, int]:
    """Count the appeals of a period by what has become of them, those without any left out."""
    rows = Appeal.objects.using(moderation_db()).filter(
        created_at__gte=period.start, created_at__lt=period.end
    )
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return {str(state): counts[state] for state in AppealState if state in counts}


# What did not go smoothly


@dataclass(frozen=True, slots=True)
class Trouble:
    """Scans that were given up in a period, and those that are tried again now."""

    failed: int
    retrying: int


def trouble(period: Period) -> Trouble:
    """Count the scans that did not come to an end at once; two queries."""
    scans = Scan.objects.using(moderation_db())
    ended = scans.filter(finished_at__gte=period.start, finished_at__lt=period.end)
    return Trouble(
        failed=ended.filter(state=ScanState.FAILED).count(),
        retrying=scans.filter(state=ScanState.QUEUED, attempts__gt=0).count(),
    )


def _cases() -> QuerySet[Case]:
    return Case.objects.using(moderation_db())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
