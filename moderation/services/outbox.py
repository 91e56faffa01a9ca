"""What programs are to be told, written down in the transaction of what it tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils import timezone

from moderation.conf import settings
from moderation.dispatch import GROUP, Job, get_dispatcher
from moderation.models import Case, Delivery, DeliveryState, Event, Webhook
from moderation.services.database import after_commit, moderation_db

ASK_AGAIN_AFTER = timedelta(minutes=10)
"""A message that a worker was asked to send, and that is still due, is asked for again then."""

_UNDO = "decision.undone"

WAITING = frozenset({"case.decided", "case.escalated", "case.proposed", _UNDO})
"""What can be taken back, and so leaves only when the time for that is over."""

_TOLD = (
    *("decision", "undone", "outcome", "proposed", "policies", "snapshot", "batch", "effect"),
    *("why", "until", "note", "report", "appeal"),
)
"""What of an event's data goes out: ids, codes and moments. Accounts stay inside."""


def note(event: Event, case: Case, webhooks: Sequence[Webhook], using: str) -> None:
    """Write a message about ``event`` for each of ``webhooks``, in the same transaction.

    A decision that is taken back before its message left was never taken, as far as programs
    are concerned: its message is cancelled, and nothing is said of the undo.
    """
    if event.verb == _UNDO:
        unaware = _cancel(event.data.get("undone"), using)
        webhooks = [webhook for webhook in webhooks if webhook.pk not in unaware]
    leaves_at = event.at
    if event.verb in WAITING:
        leaves_at += timedelta(seconds=settings.UNDO_SECONDS)
    body = message(event.verb, event.at, _told(event, case))
    rows = [
        Delivery(
            webhook=webhook,
            event=event.verb,
            event_number=event.number,
            case=case,
            decision_id=event.data.get("decision"),
            body=body,
            next_at=leaves_at,
        )
        for webhook in webhooks
    ]
    put(rows, using)


def announce(event: str, data: Mapping[str, Any], webhooks: Sequence[Webhook] = ()) -> list[int]:
    """Write a message that is about no case, for the given programs or all that want it.

    Runs in the transaction of the caller; returns the keys of the messages.
    """
    using, now = moderation_db(), timezone.now()
    body = message(event, now, data)
    told = webhooks or wanting(event, using)
    rows = [Delivery(webhook=each, event=event, body=body, next_at=now) for each in told]
    return put(rows, using)


def put(rows: Sequence[Delivery], using: str) -> list[int]:
    """Write messages, ask for those that may leave at once, and return the keys of all."""
    written = Delivery.objects.using(using).bulk_create(rows)
    now = timezone.now()
    due = [row.pk for row in written if row.next_at <= now]
    if due:
        after_commit(using, "Asking for deliveries", lambda: _ask(due))
    return [row.pk for row in written]


def ask_due(limit: int) -> int:
    """Ask for the messages that are due; return how many were asked for."""
    now = timezone.now()
    unasked = Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN_AFTER)
    due = (
        Delivery.objects.using(moderation_db())
        .filter(unasked, state=DeliveryState.PENDING, next_at__lte=now, webhook__is_active=True)
        .order_by("next_at", "pk")
        .values_list("pk", flat=True)
    )
    return _ask(list(due[:limit]))


def message(event: str, at: datetime, data: Mapping[str, Any]) -> str:
    """Return a message in the form of Standard Webhooks, as it goes over the wire."""
    content = {"type": event, "timestamp": at, "data": data}
    return json.dumps(content, cls=DjangoJSONEncoder, separators=(",", ":"))


def _ask(keys: Sequence[int]) -> int:
    """Ask in small groups; what is not handed over is still due when the sweep comes by."""
    dispatcher, asked = get_dispatcher(), 0
    for start in range(0, len(keys), GROUP):
        group = keys[start : start + GROUP]
        if not dispatcher.ask(Job.DELIVER, *group):
            break
        rows = Delivery.objects.using(moderation_db()).filter(pk__in=group)
        rows.filter(state=DeliveryState.PENDING).update(asked_at=timezone.now())
        asked += len(group)
    return asked


def wanting(event: str, using: str) -> list[Webhook]:
    """Return the programs that are to be told of ``event``."""
    active = Webhook.objects.using(using).filter(is_active=True).order_by("pk")
    return [webhook for webhook in active if webhook.wants(event)]


def concerns(event: str, using: str) -> bool:
    """Whether ``event`` may have to be noted: an undo takes back what only others asked for."""
    return event == _UNDO or bool(wanting(event, using))


def _cancel(decision_id: Any, using: str) -> set[int]:
    """Take messages about a decision back; return the webhooks that never hear of it.

    One that has been tried once may have arrived, whatever the answer was.
    """
    waiting = Delivery.objects.using(using).filter(
        decision_id=decision_id, state=DeliveryState.PENDING, attempts=0
    )
    unaware = dict(waiting.select_for_update().values_list("pk", "webhook_id"))
    Delivery.objects.using(using).filter(pk__in=unaware).update(
        state=DeliveryState.CANCELLED, finished_at=timezone.now()
    )
    return set(unaware.values())


def _told(event: Event, case: Case) -> dict[str, Any]:
    subject = case.subject
    return {
        "event": event.number,
        "case": {
            "id": case.pk,
            "version": case.version,
            "state": str(case.state),
            "severity": case.severity,
            "band": str(case.band),
            "categories": case.categories,
        },
        "subject": {
            "id": subject.pk,
            "model": subject.model_label,
            "object_id": subject.object_id,
            "kind": subject.kind,
            "url": subject.url,
        },
        **{name: event.data[name] for name in _TOLD if event.data.get(name) is not None},
    }
