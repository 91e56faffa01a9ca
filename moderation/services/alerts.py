"""Telling somebody when the desk does not run as it should, and not too often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeGuard

from django.core.mail import send_mail
from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.models.webhooks import ALERT
from moderation.services import health, heartbeats, outbox
from moderation.services.database import write_transaction
from moderation.services.health import Figures

DEFAULTS: dict[str, Any] = {
    "emails": [],
    "every_minutes": 60,
    "backlog_hours": 24,
    "queue_minutes": 30,
    "sweep_minutes": 15,
    "outbox_minutes": 60,
    "dead_deliveries": 1,
    "failing_share": 0.5,
}
"""Whom to mail, how often at most, and from which value on each is worth it; 0 is never."""

WINDOW = timedelta(hours=1)
LEAST_RUNS = 5
"""Of a detector that ran less often in the window, nothing is said."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be: ``code`` is stable, ``text`` is for people."""

    code: str
    text: str
    value: float


def limits() -> dict[str, Any]:
    """Return the limits as the site wants them."""
    return {**DEFAULTS, **settings.ALERTS}


def problems() -> list[Problem]:
    """Return what is not as it should be at this moment."""
    return [*_old(health.figures()), *_failing()]


def tell() -> int:
    """Send one digest of all problems, unless there is none or one was sent a while ago.

    Goes to the addresses of ``ALERTS`` and to the webhooks that ask for alerts; returns how
    many problems it has. Of several processes that ask at once, one sends it.
    """
    found = problems()
    every = timedelta(minutes=limits()["every_minutes"])
    if not found or not heartbeats.take_turn(heartbeats.ALERTS, every):
        return 0
    try:
        with write_transaction():
            told = [{"code": each.code, "value": round(each.value, 3)} for each in found]
            outbox.announce(ALERT, {"problems": told})
        _mail(found)
    except Exception:
        heartbeats.give_back_turn(heartbeats.ALERTS)
        raise
    return len(found)


def problem_with_settings() -> str:
    """Return what is wrong with the setting ``ALERTS``; empty if nothing is."""
    given: object = settings.ALERTS
    if not isinstance(given, dict):
        return ""  # E002 says it
    for name, value in given.items():
        if name not in DEFAULTS:
            return f"there is no key {name!r}"
        if name == "emails":
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                return "'emails' is not a list of addresses"
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            return f"{name!r} is not a number from 0 on"
    return ""


def _mail(found: list[Problem]) -> None:
    to = limits()["emails"]
    if not to:
        return
    lines = "\n".join(f"- {each.text}" for each in found)
    ending = _("“manage.py moderation_doctor” says more, and what to do.")
    send_mail(_("The moderation desk needs attention"), f"{lines}\n\n{ending}\n", None, to)


def _old(now: Figures) -> Iterator[Problem]:
    hour, minute, wanted = 3600, 60, limits()
    backlog, queue = wanted["backlog_hours"] * hour, wanted["queue_minutes"] * minute
    sweep, outgoing = wanted["sweep_minutes"] * minute, wanted["outbox_minutes"] * minute
    if _reached(now.oldest_open, backlog):
        text = _("A case has been waiting for a moderator for %d hours.")
        yield Problem("backlog", text % (now.oldest_open // hour), now.oldest_open)
    if _reached(now.overdue_scan, queue):
        text = _("A text has been waiting for its scan for %d minutes.")
        yield Problem("queue", text % (now.overdue_scan // minute), now.overdue_scan)
    if _reached(now.since_sweep, sweep):
        text = _("The sweep had not run for %d minutes.")
        yield Problem("sweep", text % (now.since_sweep // minute), now.since_sweep)
    if _reached(now.outbox_lag, outgoing):
        text = _("A message to a webhook has been due for %d minutes.")
        yield Problem("outbox", text % (now.outbox_lag // minute), now.outbox_lag)
    if _reached(now.deliveries_dead, wanted["dead_deliveries"]):
        text = _("Messages to webhooks that were given up: %d.")
        yield Problem("dead_deliveries", text % now.deliveries_dead, now.deliveries_dead)


def _failing() -> Iterator[Problem]:
    share = limits()["failing_share"]
    if share <= 0:
        return
    failing = health.failing_detectors(WINDOW, share=share, least=LEAST_RUNS)
    for detector, failed in failing.items():
        text = _("The detector “%(name)s” failed on %(percent)d%% of the last hour's texts.")
        told = text % {"name": detector, "percent": round(failed * 100)}
        yield Problem(f"detector:{detector}", told, failed)


def _reached(value: float | None, limit: float) -> TypeGuard[float]:
    return value is not None and 0 < limit <= value
