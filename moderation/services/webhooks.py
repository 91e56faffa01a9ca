"""Programs that are told: added, changed, given a new secret, tried out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.models import Webhook
from moderation.models.webhooks import EVENTS, PING
from moderation.services import audit, outbox
from moderation.services.actors import MACHINE, human
from moderation.services.database import write_transaction
from moderation.services.errors import Unusable
from moderation.services.outgoing import check_url
from moderation.services.signing import new_secret


def save(row: Webhook, *, user: Any = None) -> Webhook:
    """Write a webhook; a new one is given its secret.

    ``user`` is who asked for it, None for the command line. Raises :class:`Unusable` for an
    address that is never sent to and for events that there are not.
    """
    check_url(row.url)
    events = row.events
    if not isinstance(events, list) or not all(event in EVENTS for event in events):
        raise Unusable(_("The events of a webhook are some of %s.") % ", ".join(EVENTS))
    row.events = sorted(set(events))
    is_new = row._state.adding
    with write_transaction() as using:
        if is_new:
            row.secret = new_secret()
            row.save(using=using)
        else:
            row.save(
                using=using, update_fields=["name", "url", "events", "is_active", "updated_at"]
            )
        _record("created" if is_new else "changed", row, user, active=row.is_active)
    return row


def rotate(row: Webhook, *, user: Any = None) -> str:
    """Give a webhook a new secret and return it.

    The old one is signed with too for ``WEBHOOK_ROTATION_SECONDS``, so that the other side can
    change over without losing a message.
    """
    with write_transaction() as using:
        # Not against rows that refer to it: who writes a message has the trail that we need next.
        rows = Webhook.objects.using(using).select_for_update(no_key=True)
        current = rows.get(pk=row.pk)
        row.previous_secret, row.secret = current.secret, new_secret()
        row.previous_until = timezone.now() + timedelta(seconds=settings.WEBHOOK_ROTATION_SECONDS)
        row.save(using=using, update_fields=["secret", "previous_secret", "previous_until"])
        _record("rotated", row, user)
    return row.secret


def remove(row: Webhook, *, user: Any = None) -> None:
    """Remove a webhook, with what is in its outbox and its log."""
    with write_transaction() as using:
        _record("removed", row, user)
        row.delete(using=using)


def ping(row: Webhook, *, user: Any = None) -> int:
    """Write a message that tells nothing, to try a webhook out; return the delivery's key.

    Raises :class:`Unusable` when it is switched off.
    """
    if not row.is_active:
        raise Unusable(_("The webhook is switched off."))
    with write_transaction():
        key = outbox.announce(PING, {"webhook": row.pk}, [row])[0]
        _record("tried", row, user)
    return key


def _record(verb: str, row: Webhook, user: Any, **data: Any) -> None:
    actor = MACHINE if user is None else human(user)
    audit.record(f"webhook.{verb}", actor=actor, data={"webhook": row.pk, **data})
