"""Celery tasks: ids in, one service call out. No text passes through the broker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from moderation.services import deliveries, heartbeats, notices, scanning, sweep
from moderation.services.errors import where

logger = logging.getLogger("moderation.tasks")


@shared_task(name="moderation.scan", ignore_result=True)
def scan(*scan_ids: int) -> None:
    """Run these scans; ones that are finished, running or gone are passed over.

    Raises ``RuntimeError`` when one was broken off; the others are run all the same.
    """
    _each(scanning.run_scan, "Scan", scan_ids)


@shared_task(name="moderation.deliver", ignore_result=True)
def deliver(*delivery_ids: int) -> None:
    """Send these messages; ones that are not due, or being sent by somebody else, stay.

    Raises ``RuntimeError`` when one was broken off; the others are sent all the same.
    """
    _each(deliveries.deliver, "Delivery", delivery_ids)


@shared_task(name="moderation.sweep", ignore_result=True)
def run_sweep() -> None:
    """Ask again for what got stuck, and take in what the signals missed."""
    sweep.sweep()


@shared_task(name="moderation.notify", ignore_result=True)
def notify(*notice_ids: int) -> None:
    """Send these notices; sent ones, and ones that somebody else is sending, are passed over."""
    for notice_id in notice_ids:
        notices.send(notice_id)


def _each(work: Callable[[int], object], what: str, ids: Sequence[int]) -> None:
    heartbeats.beat(heartbeats.WORKER, coarse=True)
    failed = 0
    for row_id in ids:
        try:
            work(row_id)
        except SoftTimeLimitExceeded:
            raise  # the rest is asked for again
        except Exception as error:  # noqa: BLE001 - the others of the group are not to blame
            failed += 1
            logger.error("%s %s was broken off: %s", what, row_id, where(error))  # noqa: TRY400 - a trace may hold text
    if failed:
        raise RuntimeError(f"{failed} of {len(ids)} were broken off; the log says where")
