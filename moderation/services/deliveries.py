"""Sending what is in the outbox: each message until somebody has taken it, or far too often."""

from __future__ import annotations

import http.client
import logging
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

import moderation
from moderation.conf import settings
from moderation.models import Delivery, DeliveryState, Webhook
from moderation.services import audit, outgoing
from moderation.services.actors import MACHINE, human
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import where
from moderation.services.signing import signature
from moderation.tracing import span

logger = logging.getLogger("moderation.deliveries")

FIRST_PAUSE = 10
LONGEST_PAUSE = 6 * 3600
"""Seconds between attempts: the pause doubles from the first to the longest."""

LEEWAY = 30
"""Seconds beyond the timeout after which a worker that sends is taken for dead."""

MOST_KEPT = 20
"""So many attempts of a message are kept one by one."""

_DIGITS = 20
"""A number that long is no pause; one of thousands of digits cannot even be read."""

_GONE = 410
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended: an answer, or an error for want of one."""

    duration_ms: int
    code: int | None = None
    error: str = ""
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


def deliver(delivery_id: int) -> str | None:
    """Send one message if it is due; return its state then, or None when it is not ours to send.

    May be called any number of times, by any number of workers at once: whoever moves the next
    attempt on sends it. A worker that dies has spent an attempt, and another follows.
    """
    delivery = _take(delivery_id)
    if delivery is None:
        return None
    began = timezone.now()
    with span("moderation.deliver", delivery=delivery.pk, event=delivery.event):
        attempt = _send(delivery)
    return _write_down(delivery, attempt, began)


def pause_after(attempts: int, retry_after: str = "") -> float:
    """Return how many seconds to wait after so many attempts.

    The pause doubles, up to ``LONGEST_PAUSE``, and a random half of it is left out, so that what
    failed together does not come back together. ``retry_after``, in seconds, makes it longer.
    """
    full = min(FIRST_PAUSE * 2.0 ** min(max(attempts, 1) - 1, 30), LONGEST_PAUSE)
    readable = retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < _DIGITS
    asked = int(retry_after) if readable else 0
    return max(full * random.uniform(0.5, 1.0), min(asked, LONGEST_PAUSE))  # noqa: S311 - no secret


def replay(rows: Iterable[Delivery], *, user: Any = None) -> int:
    """Send again, from the first attempt on, what was given up or delivered; return how many.

    ``user`` is who asked for it, None for the command line.
    """
    keys = [row.pk for row in rows]
    with write_transaction() as using:
        finished = Delivery.objects.using(using).filter(
            pk__in=keys, state__in=(DeliveryState.DEAD, DeliveryState.DELIVERED)
        )
        again = finished.update(
            state=DeliveryState.PENDING,
            attempts=0,
            next_at=timezone.now(),
            asked_at=None,
            finished_at=None,
        )
        if again:
            audit.record(
                "webhook.replayed",
                actor=MACHINE if user is None else human(user),
                data={"deliveries": again},
            )
    return again


def _take(delivery_id: int) -> Delivery | None:
    """Take the next attempt of a message, unless somebody else has."""
    using, now = moderation_db(), timezone.now()
    due = Delivery.objects.using(using).filter(
        pk=delivery_id, state=DeliveryState.PENDING, next_at__lte=now, webhook__is_active=True
    )
    lease = timedelta(seconds=settings.WEBHOOK_TIMEOUT + LEEWAY)
    # By the key: an UPDATE over a join would read the condition once and lock later.
    if not due.exists():
        return None
    ours = Delivery.objects.using(using).filter(
        pk=delivery_id, state=DeliveryState.PENDING, next_at__lte=now
    )
    if not ours.update(next_at=now + lease, attempts=F("attempts") + 1):
        return None
    return Delivery.objects.using(using).select_related("webhook").filter(pk=delivery_id).first()


def _send(delivery: Delivery) -> Attempt:
    body, sent_at = delivery.body.encode(), int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"django-moderation-desk/{moderation.__version__}",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(
            signature(secret, delivery.message_id, sent_at, body)
            for secret in delivery.webhook.valid_secrets()
        ),
    }
    started = time.monotonic()
    try:
        answer = outgoing.post(
            delivery.webhook.url, body, headers, seconds=settings.WEBHOOK_TIMEOUT
        )
    except outgoing.Refused as error:
        return Attempt(_ms_since(started), error=str(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Attempt(_ms_since(started), error=type(error).__name__[:100])
    except Exception as error:  # noqa: BLE001 - whatever an address provokes is an attempt that failed
        logger.error("Delivery %s was broken off: %s", delivery.pk, where(error))  # noqa: TRY400 - a trace may hold text
        return Attempt(_ms_since(started), error=type(error).__name__[:100])
    return Attempt(_ms_since(started), code=answer.status, retry_after=answer.retry_after)


def _write_down(delivery: Delivery, attempt: Attempt, began: datetime) -> str | None:
    """Write down how an attempt ended, unless another one has begun since."""
    if attempt.code == _GONE:
        _switch_off(delivery.webhook)
    with write_transaction() as using:
        ours = Delivery.objects.using(using).filter(
            pk=delivery.pk, state=DeliveryState.PENDING, attempts=delivery.attempts
        )
        now = timezone.now()
        state = _state_after(delivery, attempt)
        told: dict[str, Any] = {
            "state": state,
            "response_code": attempt.code,
            "error": attempt.error,
            "duration_ms": attempt.duration_ms,
            "history": _with(delivery.history, attempt, began),
        }
        if state == DeliveryState.PENDING:
            asked = attempt.retry_after if attempt.code in _BUSY else ""
            told["asked_at"] = None
            told["next_at"] = now + timedelta(seconds=pause_after(delivery.attempts, asked))
        else:
            told["finished_at"] = now
        return str(state) if ours.update(**told) else None


def _with(history: list[Any], attempt: Attempt, began: datetime) -> list[Any]:
    """Return the newest attempts, with one that has just ended."""
    ended = {
        "at": began.isoformat(timespec="milliseconds"),
        "status": attempt.code,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
    }
    return [*history, ended][-MOST_KEPT:]


def _state_after(delivery: Delivery, attempt: Attempt) -> DeliveryState:
    if attempt.ok:
        return DeliveryState.DELIVERED
    last = delivery.attempts >= settings.WEBHOOK_MAX_ATTEMPTS
    return DeliveryState.DEAD if last or attempt.code == _GONE else DeliveryState.PENDING


def _switch_off(webhook: Webhook) -> None:
    """Send nothing more to an address that says it is gone for good."""
    with write_transaction() as using:
        active = Webhook.objects.using(using).filter(pk=webhook.pk, is_active=True)
        if active.update(is_active=False):
            audit.record("webhook.gone", data={"webhook": webhook.pk})


def _ms_since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
