"""How long things are kept: each kind for its own time, and the record of what was done for ever.

What goes is the words of people; rows, counts, decisions and the audit trail stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from moderation.conf import settings
from moderation.corpus import get_corpus
from moderation.models import (
    Appeal,
    Case,
    Delivery,
    DeliveryState,
    Evidence,
    Finding,
    IdempotentRequest,
    Report,
    ReportState,
    SearchText,
    Snapshot,
    SuggestedScore,
)
from moderation.models.appeals import OPEN_APPEALS
from moderation.models.cases import OPEN_CASES
from moderation.services import audit
from moderation.services.database import moderation_db, write_transaction

BATCH = 200
"""Rows that go in one transaction: what is interrupted goes on where it stood."""


@dataclass(frozen=True, slots=True)
class Retained:
    """One kind of what is kept: which rows are older than a moment, and how they go."""

    old: Callable[[datetime, str], QuerySet[Any]]
    remove: Callable[[list[int], str], None]


def periods() -> dict[str, int]:
    """Return the days that each kind is kept, of those that are not kept for ever."""
    return {kind: settings.RETENTION[kind] for kind in KINDS if kind in settings.RETENTION}


def plan() -> dict[str, int]:
    """Return how many rows of each kind have been kept long enough."""
    using = moderation_db()
    return {kind: _old(kind, days, using).count() for kind, days in periods().items()}


def purge(kinds: Iterable[str] | None = None, *, limit: int | None = None) -> dict[str, int]:
    """Remove what has been kept long enough, in batches; return how much of each kind went.

    ``limit`` bounds the rows of each kind. May be broken off at any point and run again.
    """
    using, wanted = moderation_db(), set(KINDS if kinds is None else kinds)
    return {
        kind: _purge(kind, days, using, limit) for kind, days in periods().items() if kind in wanted
    }


def clear_texts(snapshots: list[int], using: str) -> None:
    """Remove the words of snapshots, and what quotes them; hash, length and findings stay.

    Runs in the transaction of the caller. Whoever compares new texts with these finds nothing
    any more.
    """
    rows = Snapshot.objects.using(using).filter(pk__in=snapshots)
    for subject_id in rows.filter(is_current=True).values_list("subject", flat=True):
        get_corpus().unindex(subject_id=subject_id)
    rows.update(text="", title="", author_label="")
    SearchText.objects.using(using).filter(snapshot__in=snapshots).delete()
    found = Finding.objects.using(using).filter(scan__snapshot__in=snapshots)
    Evidence.objects.using(using).filter(finding__in=found).delete()
    found.update(detail={})


def is_cleared(snapshot: Snapshot) -> bool:
    """Whether the words of a snapshot were removed: it had some."""
    return not snapshot.text and snapshot.length > 0


def problem_with_settings() -> str:
    """Return what is wrong with the setting ``RETENTION``; empty if nothing is."""
    given: object = settings.RETENTION
    for kind, days in given.items() if isinstance(given, Mapping) else ():
        if kind not in KINDS:
            return f"there is no kind {kind!r}"
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
            return f"{kind!r} is not a number of days from 1 to {_MOST_DAYS}"
    return ""


def _purge(kind: str, days: int, using: str, limit: int | None) -> int:
    removed = 0
    while limit is None or removed < limit:
        size = BATCH if limit is None else min(BATCH, limit - removed)
        with write_transaction(using):
            keys = list(_old(kind, days, using).order_by("pk").values_list("pk", flat=True)[:size])
            if not keys:
                break
            KINDS[kind].remove(keys, using)
            removed += len(keys)
            audit.record("retention.purged", data={"kind": kind, "rows": len(keys)})
    return removed


def _old(kind: str, days: int, using: str) -> QuerySet[Any]:
    return KINDS[kind].old(timezone.now() - timedelta(days=days), using)


# Texts


def _decided_texts(before: datetime, using: str) -> QuerySet[Snapshot]:
    """Return texts of which every case was closed before a moment."""
    own = Case.objects.using(using).filter(subject=OuterRef("subject"))
    recent = Q(state__in=OPEN_CASES) | Q(closed_at=None) | Q(closed_at__gte=before)
    return _untouched(using).filter(Exists(own), ~Exists(own.filter(recent)))


def _superseded_texts(before: datetime, using: str) -> QuerySet[Snapshot]:
    """Return texts that an edit or a deletion of the site has replaced, and no case is about."""
    return (
        _untouched(using)
        .filter(is_current=False, created_at__lt=before)
        .exclude(
            Exists(Case.objects.using(using).filter(snapshot=OuterRef("pk"), state__in=OPEN_CASES))
        )
    )


def _untouched(using: str) -> QuerySet[Snapshot]:
    """Return texts that are still there, and about which nobody has a complaint running."""
    contested = Appeal.objects.using(using).filter(
        decision__case__subject=OuterRef("subject"), state__in=OPEN_APPEALS
    )
    return Snapshot.objects.using(using).exclude(text="").exclude(Exists(contested))


# Reports and appeals


def _closed_reports(before: datetime, using: str) -> QuerySet[Report]:
    closed = Q(answered_at__lt=before) | Q(answered_at=None, reported_at__lt=before)
    named = Q(reporter__isnull=False)
    for name in _OF_THE_REPORTER:
        named |= ~Q(**{name: ""})
    return Report.objects.using(using).filter(closed, named).exclude(state=ReportState.WAITING)


def forget_reporters(keys: list[int], using: str) -> None:
    """Remove who complained and in which words; that somebody did, and the outcome, stays."""
    blank: dict[str, Any] = dict.fromkeys(_OF_THE_REPORTER, "")
    Report.objects.using(using).filter(pk__in=keys).update(reporter=None, **blank)


_OF_THE_REPORTER = ("text", "location", "name", "email", "reporter_key")


def _closed_appeals(before: datetime, using: str) -> QuerySet[Appeal]:
    rows = Appeal.objects.using(using).filter(closed_at__lt=before)
    return rows.exclude(text="", author_label="", author=None)


def forget_appellants(keys: list[int], using: str) -> None:
    """Remove who objected and in which words; the ruling stays."""
    rows = Appeal.objects.using(using).filter(pk__in=keys)
    rows.update(text="", author_label="", author=None)


# What programs left behind


def _deliveries(before: datetime, using: str) -> QuerySet[Delivery]:
    done = Delivery.objects.using(using).exclude(state=DeliveryState.PENDING)
    return done.filter(finished_at__lt=before)


def _suggested_scores(before: datetime, using: str) -> QuerySet[SuggestedScore]:
    return SuggestedScore.objects.using(using).filter(created_at__lt=before)


def _idempotency_keys(before: datetime, using: str) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.using(using).filter(created_at__lt=before)


def _delete(model: Any) -> Callable[[list[int], str], None]:
    def delete(keys: list[int], using: str) -> None:
        model.objects.using(using).filter(pk__in=keys).delete()

    return delete


_MOST_DAYS = 36_500

KINDS: dict[str, Retained] = {
    "decided_texts": Retained(_decided_texts, clear_texts),
    "superseded_texts": Retained(_superseded_texts, clear_texts),
    "closed_reports": Retained(_closed_reports, forget_reporters),
    "closed_appeals": Retained(_closed_appeals, forget_appellants),
    "deliveries": Retained(_deliveries, _delete(Delivery)),
    "suggested_scores": Retained(_suggested_scores, _delete(SuggestedScore)),
    "idempotency_keys": Retained(_idempotency_keys, _delete(IdempotentRequest)),
}
"""Everything that goes after a time. Events are not among it: the chain needs each of them."""
