"""Signs of life: when the sweep, a worker and the alerts were heard of last."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from moderation.models import Heartbeat
from moderation.services.database import moderation_db

SWEEP, WORKER, ALERTS, COUNTS = "sweep", "worker", "alerts", "counts"

_COARSE = timedelta(seconds=30)


def beat(name: str, *, coarse: bool = False) -> None:
    """Note that something has happened just now; ``coarse`` ones not more than twice a minute."""
    now = timezone.now()
    rows = Heartbeat.objects.using(moderation_db())
    if coarse and rows.filter(name=name, at__gt=now - _COARSE).exists():
        return
    rows.update_or_create(name=name, defaults={"at": now})


def last(name: str) -> datetime | None:
    """Return when something happened last; None if it never did."""
    rows = Heartbeat.objects.using(moderation_db()).filter(name=name)
    return rows.values_list("at", flat=True).first()


def take_turn(name: str, every: timedelta) -> bool:
    """Whether it is time again, and ours to do it: of several who ask at once, one is told yes."""
    now, rows = timezone.now(), Heartbeat.objects.using(moderation_db())
    if rows.filter(name=name).filter(Q(at__lte=now - every)).update(at=now):
        return True
    _row, is_new = rows.get_or_create(name=name, defaults={"at": now})
    return is_new


def give_back_turn(name: str) -> None:
    """Let the next one who asks try what came to nothing."""
    Heartbeat.objects.using(moderation_db()).filter(name=name).delete()
