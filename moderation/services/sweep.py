"""The broom: asks again for what was not asked for or not finished, and finds what was missed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models import F
from django.utils import timezone

from moderation.conf import settings
from moderation.dispatch import GROUP, Job, get_dispatcher
from moderation.models import Case, IndexedDocument, Scan, ScanState, Subject
from moderation.models.cases import OPEN_CASES
from moderation.models.scans import ScanReason
from moderation.services import (
    alerts,
    appeals,
    cases,
    heartbeats,
    idempotency,
    notices,
    outbox,
    reports,
    retention,
    walks,
)
from moderation.services.database import moderation_db
from moderation.services.errors import where
from moderation.services.hosts import content_type_of
from moderation.services.intake import forget_subject, settle_deleted, take_in_batch
from moderation.targets import Registration, registry

logger = logging.getLogger("moderation.sweep")

LONGEST_PAUSE = 3600
"""Seconds after which a queued scan is asked for again at the latest."""

PAGE = 200
"""Host rows read and compared at a time."""


@dataclass(slots=True)
class SweepResult:
    """What one sweep did."""

    recovered: int = 0
    asked: int = 0
    taken_in: int = 0
    forgotten: int = 0
    cases_reopened: int = 0
    reports_answered: int = 0
    appeals_expired: int = 0
    notices_asked: int = 0
    answers_purged: int = 0
    deliveries_asked: int = 0
    alerted: int = 0
    purged: int = 0
    unreadable: int = 0
    failed: int = 0


def sweep(*, complete: bool = False) -> SweepResult:
    """Bring everything that got stuck or was missed back on its way.

    One call looks at a bounded number of rows (``SWEEP_BATCH``) and remembers how far it
    came; ``complete`` looks at all of them. Safe to run at any time, also twice at once.
    """
    result = SweepResult()
    result.recovered = _recover_lost()
    result.cases_reopened = cases.release_expired()
    result.reports_answered = reports.settle_due()
    result.appeals_expired = appeals.expire_overtaken()
    result.notices_asked = notices.ask_due()
    result.answers_purged = idempotency.purge()
    for registration in registry.all():
        for alias in walks.aliases_of(registration.root):
            _look_after(registration, alias, result, complete=complete)
    _settle_deleted(result)
    result.asked = _ask_due(complete=complete)
    result.deliveries_asked = outbox.ask_due(settings.SWEEP_BATCH)
    _keep_house(result)
    return result


def _keep_house(result: SweepResult) -> None:
    """Tell of what does not run as it should, and remove what is old; neither ends the sweep."""
    try:
        result.alerted = alerts.tell()
        heartbeats.beat(heartbeats.SWEEP)  # after the alerts: they look at the time in between
        if settings.PURGE_IN_SWEEP:
            result.purged = sum(retention.purge(limit=settings.SWEEP_BATCH).values())
    except Exception as error:  # noqa: BLE001 - the scans have been asked for
        result.failed += 1
        logger.error("The sweep could not keep house: %s", where(error))  # noqa: TRY400 - a trace may hold text


def _look_after(
    registration: Registration, alias: str, result: SweepResult, *, complete: bool
) -> None:
    """Compare one model's rows in one database; its failure must not end the whole sweep."""
    try:
        _catch_up(registration, alias, result, complete=complete)
        _forget_missing(registration, alias, result, complete=complete)
    except Exception as error:  # noqa: BLE001 - the site's query, in a database of the site's
        result.failed += 1
        label = registration.root._meta.label
        logger.error("%s in %s was not looked after: %s", label, alias, where(error))  # noqa: TRY400 - a trace may hold text


def _recover_lost() -> int:
    """Queue scans whose worker died; the next attempt counts, so a poisonous text ends."""
    now = timezone.now()
    return (
        Scan.objects.using(moderation_db())
        .filter(state=ScanState.RUNNING, lease_until__lt=now)
        .update(state=ScanState.QUEUED, due_at=now, lease_token="", lease_until=None)
    )


def _settle_deleted(result: SweepResult) -> None:
    """Finish deletions that a crash right after the commit left half done."""
    own = models.OuterRef("pk")
    waiting = models.Exists(Case.objects.filter(subject=own, state__in=OPEN_CASES))
    indexed = models.Exists(IndexedDocument.objects.filter(subject=own))
    left = (
        Subject.objects.using(moderation_db())
        .filter(waiting | indexed, deleted_at__isnull=False)
        .values_list("pk", flat=True)
    )
    for subject_id in list(left[: settings.SWEEP_BATCH]):
        try:
            settle_deleted(subject_id)
        except Exception as error:  # noqa: BLE001 - one subject must not end the whole sweep
            result.failed += 1
            logger.error("The deletion of %s was not settled: %s", subject_id, where(error))  # noqa: TRY400 - a trace may hold text


def _ask_due(*, complete: bool) -> int:
    using, total, now = moderation_db(), 0, timezone.now()
    while True:
        due = (
            Scan.objects.using(using)
            .filter(state=ScanState.QUEUED, due_at__lte=now)
            .order_by("due_at", "pk")
            .values_list("pk", "asks")[: settings.SWEEP_BATCH]
        )
        rows = list(due)
        total += _ask(rows, using)
        if not complete or len(rows) < settings.SWEEP_BATCH:
            return total


def _ask(rows: list[tuple[int, int]], using: str) -> int:
    """Ask for scans in small groups, and put off asking again the longer the queue is.

    What could not be handed over was not asked for: the next sweep tries again. Returns how
    many were asked for.
    """
    dispatcher, asked = get_dispatcher(), 0
    for start in range(0, len(rows), GROUP):
        group = rows[start : start + GROUP]
        for pk, asks in group:
            pause = min(settings.SWEEP_GRACE_SECONDS * 2 ** min(asks, 10), LONGEST_PAUSE)
            Scan.objects.using(using).filter(pk=pk, state=ScanState.QUEUED).update(
                due_at=timezone.now() + timedelta(seconds=pause), asks=F("asks") + 1
            )
        keys = [pk for pk, _asks in group]
        if dispatcher.ask(Job.SCAN, *keys):
            asked += len(keys)
        else:
            waiting = Scan.objects.using(using).filter(pk__in=keys, state=ScanState.QUEUED)
            waiting.filter(asks__gt=0).update(due_at=timezone.now(), asks=F("asks") - 1)
    return asked


def _catch_up(
    registration: Registration, alias: str, result: SweepResult, *, complete: bool
) -> None:
    """Take in what the signals missed: the newest rows first, then on from the last position."""
    limit = None if complete else settings.SWEEP_BATCH
    if not complete:
        newest = registration.target.queryset(alias).order_by("-pk")[: min(PAGE, limit or PAGE)]
        _take_in(list(newest), registration, alias, result)
    walk = walks.Position(walks.walk_name("sweep", registration, alias))
    for page in walks.pages(registration, alias, walk, page=PAGE, limit=limit, restart=complete):
        _take_in(page, registration, alias, result)


def _take_in(
    page: list[models.Model], registration: Registration, alias: str, result: SweepResult
) -> None:
    batch = take_in_batch(page, registration, using=alias, reason=ScanReason.SWEEP)
    result.taken_in += len(batch.scan_ids)
    result.unreadable += batch.unreadable
    if batch.scan_ids:
        Scan.objects.using(moderation_db()).filter(
            pk__in=batch.scan_ids, state=ScanState.QUEUED, asks=0
        ).update(due_at=timezone.now())


def _forget_missing(
    registration: Registration, alias: str, result: SweepResult, *, complete: bool
) -> None:
    """Close what belongs to rows that were deleted without a signal."""
    using = moderation_db()
    known = Subject.objects.using(using).filter(
        content_type_id=content_type_of(registration).pk, database=alias, deleted_at=None
    )
    walk = walks.Position(walks.walk_name("gone", registration, alias))
    limit = None if complete else settings.SWEEP_BATCH
    for subjects in walks.pages_of(known, walk, page=PAGE, limit=limit, restart=complete):
        keys = [subject.object_id for subject in subjects]
        present = registration.target.queryset(alias).filter(pk__in=keys)
        alive = {str(pk) for pk in present.values_list("pk", flat=True)}
        for subject in subjects:
            if subject.object_id not in alive:
                forget_subject(subject)
                result.forgotten += 1
