"""Which case comes first, and until when it should be decided.

A case weighs severity x reach x reports x age, and age doubles its weight every few days: what
waits rises, and nothing waits for ever. Whatever the time is, the order of two cases is the same as
that of the logarithms of severity x reach x reports less the moments they were opened at, in
doublings. So one number is written down when a case is opened or changes, an index keeps the queue
in order, and nobody has to go over the waiting cases to raise them.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from moderation.conf import settings
from moderation.models import Case

DOUBLES_EVERY = timedelta(days=3)
MOST_REACH = 10.0
MOST_REPORTED = 4.0
_START = datetime(2020, 1, 1, tzinfo=UTC)


def rank(case: Case) -> None:
    """Set priority and due time of ``case`` from its severity, reach, reports and opening."""
    case.priority = math.log2(weight_when_new(case)) - _doublings(case.opened_at)
    case.due_at = due_at(case.severity, case.opened_at)


def weight_when_new(case: Case) -> float:
    """Return what a case weighs before it has waited."""
    return max(case.severity, 1) * case.reach * report_factor(case.reported)


def reach_factor(reach: float | None) -> float:
    """Return what a number of readers makes of a case, from 1 (nobody, unknown) to 10.

    Every ten times as many readers count for one more.
    """
    if reach is None or not math.isfinite(reach) or reach <= 0:
        return 1.0
    return min(1 + math.log10(1 + reach), MOST_REACH)


def report_factor(weight: float) -> float:
    """Return what reports of this weight together make of a case, from 1 (none) to 4.

    Twice as many readers count for one more: a crowd cannot push everything else aside.
    """
    return min(1 + math.log2(1 + max(weight, 0.0)), MOST_REPORTED)


def age_factor(case: Case, now: datetime) -> float:
    """Return what waiting has made of a case by now: 1 for a new one."""
    return float(2 ** min(max((now - case.opened_at) / DOUBLES_EVERY, 0), 64))


def due_at(severity: int, opened: datetime) -> datetime | None:
    """Return until when a case should be decided, by the setting ``DUE_HOURS``."""
    steps = {least: hours for least, hours in settings.DUE_HOURS.items() if severity >= least}
    return opened + timedelta(hours=steps[max(steps)]) if steps else None


def _doublings(moment: datetime) -> float:
    return (moment - _START) / DOUBLES_EVERY
