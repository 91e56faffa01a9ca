"""Celery tasks: ids in, one service call out. No text passes through the broker."""

from __future__ import annotations

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from moderation.services import scanning, sweep
from moderation.services.errors import where

logger = logging.getLogger("moderation.tasks")


@shared_task(name="moderation.scan", ignore_result=True)
def scan(*scan_ids: int) -> None:
    """Run these scans; ones that are finished, running or gone are passed over.

    Raises ``RuntimeError`` when one was broken off; the others are run all the same.
    """
    failed = 0
    for scan_id in scan_ids:
        try:
            scanning.run_scan(scan_id)
        except SoftTimeLimitExceeded:
            raise  # the rest is asked for again
        except Exception as error:  # noqa: BLE001 - the others of the group are not to blame
            failed += 1
            logger.error("Scan %s was broken off: %s", scan_id, where(error))  # noqa: TRY400 - a trace may hold text
    if failed:
        raise RuntimeError(f"{failed} of {len(scan_ids)} scans were broken off; the log says where")


@shared_task(name="moderation.sweep", ignore_result=True)
def run_sweep() -> None:
    """Ask again for what got stuck, and take in what the signals missed."""
    sweep.sweep()
