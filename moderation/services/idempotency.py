"""Doing what a client asks for once, however often it asks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.models import IdempotentRequest
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import ModerationError

ABANDONED_AFTER = timedelta(minutes=10)
"""A piecemeal write that has not ended by then is taken for dead, and may be asked for again."""


class KeyReused(ModerationError):
    """The key was sent before with another request."""

    code = "idempotency_key_reused"


class StillRunning(ModerationError):
    """The same request is being carried out at this moment."""

    code = "request_in_progress"


@dataclass(frozen=True, slots=True)
class Question:
    """A write as it came in: who asks, under which key, for what."""

    actor: str
    key: str
    route: str
    body: bytes

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client was told; ``again`` is what it is told in place of it the next time."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    again: Answer | None = None


def answer_once(
    question: Question, work: Callable[[], Answer], *, piecemeal: bool = False
) -> tuple[Answer, bool]:
    """Carry out ``work``, or return what it answered before; and whether it was before.

    Work and answer are committed together: a process that dies leaves both or neither, and
    who asks twice at once waits for the first answer. ``piecemeal`` work commits step by step
    instead, for batches that must not hold their locks till the end.

    Raises:
        KeyReused: the key was sent with another request.
        StillRunning: piecemeal work is not done yet.
    """
    if piecemeal:
        return _answer_piecemeal(question, work)
    with write_transaction() as using:
        row, is_new = _take(question, using)
        if not is_new:
            return _told_before(row, question), True
        answer = work()
        _keep(row, answer, using)
    return answer, False


def _answer_piecemeal(question: Question, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    with write_transaction() as using:
        row, is_new = _take(question, using)
    if not is_new:
        return _told_before(row, question), True
    try:
        answer = work()
    except BaseException:
        row.delete(using=using)
        raise
    _keep(row, answer, using)
    return answer, False


def purge() -> int:
    """Forget the answers that have been kept long enough; return how many."""
    rows = IdempotentRequest.objects.using(moderation_db())
    count, _by_model = rows.filter(expires_at__lte=timezone.now()).delete()
    return count


def _take(question: Question, using: str) -> tuple[IdempotentRequest, bool]:
    """Return the row of a request, and whether it is ours to answer."""
    now = timezone.now()
    rows = IdempotentRequest.objects.using(using)
    fresh = _asked_at(now, question)
    row, is_new = rows.get_or_create(actor=question.actor, key=question.key, defaults=fresh)
    if is_new or not _is_over(row, now):
        return row, is_new
    locked = rows.select_for_update().filter(pk=row.pk).first()
    if locked is None:  # the sweep was quicker
        return rows.get_or_create(actor=question.actor, key=question.key, defaults=fresh)
    if not _is_over(locked, now):
        return locked, False
    for name, value in fresh.items():
        setattr(locked, name, value)
    locked.save(using=using)
    return locked, True


def _asked_at(now: datetime, question: Question) -> dict[str, object]:
    return {
        "route": question.route[:500],
        "body_hash": question.body_hash,
        "status": None,
        "headers": {},
        "answer": "",
        "created_at": now,
        "expires_at": now + timedelta(seconds=settings.IDEMPOTENCY_SECONDS),
    }


def _is_over(row: IdempotentRequest, now: datetime) -> bool:
    abandoned = row.status is None and row.created_at + ABANDONED_AFTER <= now
    return abandoned or row.expires_at <= now


def _told_before(row: IdempotentRequest, question: Question) -> Answer:
    if (row.route, row.body_hash) != (question.route[:500], question.body_hash):
        raise KeyReused(_("The key was sent before, with another request."))
    if row.status is None:
        raise StillRunning(_("The same request is being carried out. Ask again in a moment."))
    return Answer(row.status, row.answer, row.headers)


def _keep(row: IdempotentRequest, answer: Answer, using: str) -> None:
    kept = answer.again or answer
    row.status, row.answer, row.headers = kept.status, kept.text, kept.headers
    row.save(using=using, update_fields=["status", "answer", "headers"])
