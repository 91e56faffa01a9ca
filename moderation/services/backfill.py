"""Taking in what was there before the desk was installed."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from moderation.dispatch import GROUP, Job, get_dispatcher
from moderation.models import Scan, ScanState, Snapshot
from moderation.models.scans import ScanReason
from moderation.services import walks
from moderation.services.database import moderation_db
from moderation.services.intake import queue_again, take_in_batch
from moderation.services.scanning import run_scan
from moderation.targets import Registration

Progress = Callable[[int, int], None]
"""Called with (rows seen since the walk began, scans queued by this call)."""


def backfill(
    registration: Registration,
    alias: str,
    *,
    batch: int = 500,
    limit: int | None = None,
    rescan: bool = False,
    restart: bool = False,
    inline: bool = False,
    progress: Progress = lambda seen, queued: None,
) -> int:
    """Walk over all rows of one model and queue scans for new or changed texts.

    An interrupted walk goes on where it stood, unless ``restart``. ``rescan`` queues
    unchanged texts too; ``inline`` runs the scans here instead of asking a worker.
    Returns how many scans were queued.
    """
    position = walks.Position(walks.walk_name("backfill", registration, alias))
    queued = 0
    for page in walks.pages(
        registration, alias, position, page=batch, limit=limit, restart=restart
    ):
        result = take_in_batch(
            page, registration, using=alias, reason=ScanReason.BACKFILL, rescan=rescan
        )
        queued += len(result.scan_ids)
        _run_or_ask(result.scan_ids, inline=inline)
        progress(position.seen + len(page), queued)
    return queued


def scan_failed_again(*, inline: bool = False) -> int:
    """Queue another scan of every current text whose last one failed; return how many."""
    using = moderation_db()
    failed = Snapshot.objects.using(using).filter(
        is_current=True, subject__deleted_at=None, scans__state=ScanState.FAILED
    )
    scan_ids = [queue_again(pk) for pk in list(failed.order_by("pk").values_list("pk", flat=True))]
    _run_or_ask(scan_ids, inline=inline)
    return len(scan_ids)


def _run_or_ask(scan_ids: list[int], *, inline: bool) -> None:
    if inline:
        for scan_id in scan_ids:
            run_scan(scan_id)
        return
    for start in range(0, len(scan_ids), GROUP):
        group = scan_ids[start : start + GROUP]
        if not get_dispatcher().ask(Job.SCAN, *group):
            Scan.objects.using(moderation_db()).filter(pk__in=group, state=ScanState.QUEUED).update(
                due_at=timezone.now()
            )
