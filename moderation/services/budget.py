"""How often the edits of one text are scanned."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from moderation.conf import settings
from moderation.models import Scan, Snapshot
from moderation.models.scans import ScanReason


def postponed_until(scan: Scan) -> datetime | None:
    """Return when an edited text may be scanned, or None for now.

    Applies to edits alone: a first scan and one that somebody asked for are never put off.
    A scan is put off, never dropped, and the last edit made meanwhile is the one scanned.
    Discourse's budget for re-scans: more than 10 changed characters, 10 minutes between
    scans, 3 scans in 24 hours.
    """
    if scan.reason not in (ScanReason.SAVE, ScanReason.SWEEP):
        return None
    if scan.snapshot.subject.last_scanned_at is None:
        return None
    now = timezone.now()
    window = timedelta(seconds=settings.RESCAN_WINDOW_SECONDS)
    rows = (
        Scan.objects.using(scan._state.db)
        .filter(snapshot__subject_id=scan.snapshot.subject_id, finished_at__gt=now - window)
        .filter(scanned_chars__gt=0)  # one that was overtaken or found nothing to read is none
        .exclude(pk=scan.pk)
        .order_by("-finished_at")
        .values_list("finished_at", "snapshot_id")
    )
    earlier = [(at, pk) for at, pk in rows[: settings.RESCAN_MAX_SCANS] if at is not None]
    if not earlier:
        return None
    latest, snapshot_id = earlier[0]
    due = latest + timedelta(seconds=settings.RESCAN_MIN_GAP_SECONDS)
    before = Snapshot.objects.using(scan._state.db).values_list("text", flat=True)
    if _small_change(before.get(pk=snapshot_id), scan.snapshot.text):
        due = max(due, scan.created_at + timedelta(seconds=settings.RESCAN_MIN_GAP_SECONDS))
    if len(earlier) >= settings.RESCAN_MAX_SCANS:
        due = max(due, earlier[-1][0] + window)
    return due if due > now else None


def _small_change(before: str, after: str) -> bool:
    return changed_chars(before, after) <= settings.RESCAN_MIN_CHANGED_CHARS


def changed_chars(before: str, after: str) -> int:
    """Count the characters between the common beginning and the common end of two texts."""
    shorter = min(len(before), len(after))
    prefix = _common(before, after, shorter)
    suffix = _common(before[::-1], after[::-1], shorter - prefix)
    return max(len(before), len(after)) - prefix - suffix


def _common(one: str, other: str, limit: int) -> int:
    """Return how many of the first ``limit`` characters agree (halving: slices compare in C)."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
