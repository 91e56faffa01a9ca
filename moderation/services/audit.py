"""Writing and verifying the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from moderation.models import Case, ChainHead, Event
from moderation.models.events import GENESIS, chain_hash
from moderation.services import outbox
from moderation.services.actors import MACHINE, Actor
from moderation.services.database import moderation_db, write_transaction


def record(
    verb: str,
    *,
    actor: Actor = MACHINE,
    case: Case | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Append one line. Must run in the transaction of what it tells of, as its last step.

    The head of the chain is locked until that transaction ends, so lines are never out of
    order and never missing; ``data`` holds ids and codes, never text of the site. What it says
    of a case goes into the outbox for webhooks too.
    """
    using = moderation_db()
    content = dict(data or {})
    if case is not None:
        content = {"case": case.pk, "subject": case.subject_id, "version": case.version, **content}
    with write_transaction(using, savepoint=False):
        is_wanted = case is not None and outbox.concerns(verb, using)
        # Everybody who writes waits for the head: from here on, as little as possible.
        head = _locked_head(using)
        at = timezone.now()
        number = head.number + 1
        event = Event(
            number=number,
            at=at,
            verb=verb,
            actor=actor.user,
            actor_ref=actor.ref,
            actor_label=actor.label,
            case=case,
            data=content,
            previous_hash=head.hash,
            hash=chain_hash(head.hash, number, at, verb, actor.ref, content),
        )
        event.save(using=using)
        head.number, head.hash = number, event.hash
        head.save(using=using)
        if case is not None and is_wanted:
            # Asked again: whoever removes a webhook has the head, and we may have waited for it.
            outbox.note(event, case, outbox.wanting(verb, using), using)
    return event


def _locked_head(using: str) -> ChainHead:
    heads = ChainHead.objects.using(using).select_for_update()
    head = heads.filter(pk=1).first()
    if head is None:
        ChainHead.objects.using(using).bulk_create([ChainHead(pk=1)], ignore_conflicts=True)
        head = heads.get(pk=1)
    return head


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of reading the whole trail: ``problem`` is empty when it holds."""

    events: int
    head: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def verify() -> Verification:
    """Recompute the chain from its first line to its head; stop at the first break."""
    using = moderation_db()
    with transaction.atomic(using=using):
        events = Event.objects.using(using).order_by("number")
        # In this order: what others write meanwhile comes after the head that is read here.
        last = events.values_list("number", flat=True).last() or 0
        head = ChainHead.objects.using(using).filter(pk=1).first() or ChainHead(pk=1)
        if last > head.number:
            return Verification(
                last, head.hash, f"the trail ends at {last}, its head says {head.number}"
            )
        previous, count = GENESIS, 0
        for event in events.filter(number__lte=head.number).iterator(chunk_size=2000):
            count += 1
            problem = _problem(event, count, previous)
            if problem:
                return Verification(count, previous, problem)
            previous = event.hash
        if (head.number, head.hash) != (count, previous):
            return Verification(
                count, previous, f"the trail ends at {count}, its head says {head.number}"
            )
        return Verification(count, previous)


def _problem(event: Event, expected: int, previous: str) -> str:
    if event.number != expected:
        return f"event {expected} is missing"
    if event.previous_hash != previous:
        return f"event {expected} does not follow on the one before"
    if event.digest() != event.hash:
        return f"event {expected} was changed"
    return ""
