"""Celery tasks: ids in, one service call out. No text passes through the broker."""

from __future__ import annotations

from celery import shared_task

from moderation.services import scanning, sweep


@shared_task(name="moderation.scan", ignore_result=True)
def scan(*scan_ids: int) -> None:
    """Run these scans; ones that are finished, running or gone are passed over."""
    for scan_id in scan_ids:
        scanning.run_scan(scan_id)


@shared_task(name="moderation.sweep", ignore_result=True)
def run_sweep() -> None:
    """Ask again for what got stuck, and take in what the signals missed."""
    sweep.sweep()
