"""How the desk is doing: figures that cost little, read off indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import Error, connections
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from moderation.dispatch import get_dispatcher
from moderation.models import (
    Case,
    CaseState,
    Delivery,
    DeliveryState,
    DetectorRun,
    RunState,
    Scan,
    ScanState,
)
from moderation.models.cases import OPEN_CASES, TO_DO
from moderation.models.scans import ACTIVE_SCANS
from moderation.services import heartbeats
from moderation.services.database import moderation_db

SWEEP_LATE_AFTER = 600
"""Seconds without a sweep after which the desk is not ready: it is due every minute."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The desk at a moment; ages in seconds, None where there is nothing to be old."""

    scans: Mapping[str, int] = field(default_factory=dict)
    oldest_unscanned: float | None = None
    overdue_scan: float | None = None
    cases: Mapping[str, int] = field(default_factory=dict)
    oldest_open: float | None = None
    deliveries_waiting: int = 0
    deliveries_dead: int = 0
    outbox_lag: float | None = None
    since_sweep: float | None = None
    since_worker: float | None = None


def figures() -> Figures:
    """Read the present state of queue, backlog and outbox."""
    using, now = moderation_db(), timezone.now()
    scans = Scan.objects.using(using).filter(state__in=ACTIVE_SCANS)
    cases = Case.objects.using(using).filter(state__in=OPEN_CASES)
    waiting = Delivery.objects.using(using).filter(
        state=DeliveryState.PENDING, webhook__is_active=True
    )
    dead = Delivery.objects.using(using).filter(state=DeliveryState.DEAD)
    return Figures(
        scans=_by_state(scans, (ScanState.QUEUED, ScanState.RUNNING)),
        oldest_unscanned=_age(scans.aggregate(at=Min("created_at"))["at"], now),
        overdue_scan=_age(
            scans.filter(state=ScanState.QUEUED, due_at__lte=now).aggregate(at=Min("due_at"))["at"],
            now,
        ),
        cases=_by_state(cases, OPEN_CASES),
        oldest_open=_age(cases.filter(state__in=TO_DO).aggregate(at=Min("opened_at"))["at"], now),
        deliveries_waiting=waiting.count(),
        deliveries_dead=dead.count(),
        outbox_lag=_age(waiting.filter(next_at__lte=now).aggregate(at=Min("next_at"))["at"], now),
        since_sweep=_age(heartbeats.last(heartbeats.SWEEP), now),
        since_worker=_age(heartbeats.last(heartbeats.WORKER), now),
    )


def failing_detectors(since: timedelta, *, share: float, least: int) -> dict[str, float]:
    """Return the detectors of which at least ``share`` of their last runs failed, and how many.

    Of one that ran less than ``least`` times nothing is said.
    """
    rows = (
        DetectorRun.objects.using(moderation_db())
        .filter(finished_at__gt=timezone.now() - since)
        .values("detector")
        .annotate(runs=Count("pk"), failed=Count("pk", filter=Q(state=RunState.FAILED)))
        .order_by("detector")
    )
    return {
        row["detector"]: row["failed"] / row["runs"]
        for row in rows
        if row["runs"] >= least and row["failed"] / row["runs"] >= share
    }


def readiness() -> dict[str, bool]:
    """Return what the desk needs to do its work, and whether each is there."""
    try:
        connections[moderation_db()].ensure_connection()
        since_sweep = _age(heartbeats.last(heartbeats.SWEEP), timezone.now())
    except Error:
        return {"database": False}
    return {
        "database": True,
        "broker": get_dispatcher().reachable(),
        "sweep": since_sweep is not None and since_sweep < SWEEP_LATE_AFTER,
    }


def _by_state(
    rows: QuerySet[Case] | QuerySet[Scan], states: tuple[CaseState | ScanState, ...]
) -> dict[str, int]:
    found = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return {str(state): found.get(state, 0) for state in states}


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)
