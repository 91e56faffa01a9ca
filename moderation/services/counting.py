"""Counts that only grow, kept in the database: the same for every process that is asked.

What has ended since the last time is added up by the end's index and added to the counts, so
that a question costs what happened since, however much there is, and what retention removes
stays counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, QuerySet, Sum, Value, When
from django.db.models import CharField as Text
from django.utils import timezone

from moderation.models import DetectorRun, Finding, Heartbeat, Scan, Tally
from moderation.models.scans import FINISHED_SCANS
from moderation.services import heartbeats
from moderation.services.database import moderation_db, write_transaction

SETTLED = timedelta(seconds=60)
"""What has ended so long ago has been committed: an end is written right before its commit."""

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the histograms, in seconds."""

SCANS, RUNS, FINDINGS = "scans", "runs", "findings"
SCAN_SECONDS, RUN_SECONDS = "scan_seconds", "run_seconds"
SUM = "sum"
"""The label of a histogram's sum, where its buckets have their bound."""


class Growth(NamedTuple):
    """So much more of something."""

    name: str
    labels: tuple[str, ...]
    value: float


def count_up() -> None:
    """Add what has ended since the last time; of several who ask at once, one does."""
    until = timezone.now() - SETTLED
    with write_transaction() as using:
        marks = Heartbeat.objects.using(using)
        marks.get_or_create(name=heartbeats.COUNTS, defaults={"at": until})
        mark = marks.select_for_update().get(name=heartbeats.COUNTS)
        if mark.at >= until:
            return
        for each in _ended(mark.at, until, using):
            _add(each, using)
        mark.at = until
        mark.save(using=using)


def counts() -> dict[str, dict[tuple[str, ...], float]]:
    """Return all counts by name and labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for name, labels, value in Tally.objects.using(moderation_db()).values_list(
        "name", "labels", "value"
    ):
        found.setdefault(name, {})[tuple(json.loads(labels))] = value
    return found


def _ended(since: datetime, until: datetime, using: str) -> Iterator[Growth]:
    scans = Scan.objects.using(using).filter(finished_at__gt=since, finished_at__lte=until)
    runs = DetectorRun.objects.using(using).filter(finished_at__gt=since, finished_at__lte=until)
    done = scans.filter(state__in=FINISHED_SCANS)
    found = Finding.objects.using(using).filter(
        scan__finished_at__gt=since, scan__finished_at__lte=until
    )
    yield from _grouped(SCANS, scans, "state")
    yield from _grouped(RUNS, runs, "detector", "state")
    yield from _grouped(FINDINGS, found, "detector", "band", "mode")
    yield from _seconds(SCAN_SECONDS, done)
    yield from _seconds(RUN_SECONDS, runs, "detector")


def _grouped(name: str, rows: QuerySet[Any], *labels: str) -> Iterator[Growth]:
    grouped = rows.order_by().values_list(*labels).annotate(Count("pk"))
    for *values, number in grouped:
        yield Growth(name, tuple(map(str, values)), number)


def _seconds(name: str, rows: QuerySet[Any], *labels: str) -> Iterator[Growth]:
    """Yield how many took how long, by the first bound they are within, and the sum."""
    bounds = [When(duration_ms__lte=bound * 1000, then=Value(str(bound))) for bound in BUCKETS]
    within = Case(*bounds, default=Value("+Inf"), output_field=Text())
    grouped = rows.order_by().annotate(within=within).values_list(*labels, "within")
    for *values, number, took in grouped.annotate(Count("pk"), took=Sum("duration_ms")):
        *own, bound = map(str, values)
        yield Growth(name, (*own, bound), number)
        yield Growth(name, (*own, SUM), took / 1000)


def _add(count: Growth, using: str) -> None:
    rows: QuerySet[Tally] = Tally.objects.using(using)
    labels = json.dumps(count.labels)
    row, is_new = rows.get_or_create(
        name=count.name, labels=labels, defaults={"value": count.value}
    )
    if not is_new:
        rows.filter(pk=row.pk).update(value=F("value") + count.value)
