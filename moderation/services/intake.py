"""From a save to a snapshot and a queued scan, in the transaction of the save."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from django.db import IntegrityError, models
from django.db.models import Q
from django.utils import timezone

from moderation.conf import settings
from moderation.corpus import get_corpus
from moderation.dispatch import Job, get_dispatcher
from moderation.models import Scan, ScanState, Snapshot, Subject
from moderation.models.scans import ScanReason
from moderation.services import cases
from moderation.services.database import (
    after_commit,
    moderation_db,
    tables_exist,
    write_transaction,
)
from moderation.services.hosts import content_type_of, find_subject, object_id_of, subject_key
from moderation.targets import Registration
from moderation.text.storage import storable, text_hash
from moderation.types import TextFormat

logger = logging.getLogger("moderation.intake")


class Reading(NamedTuple):
    """What was read off a host object: all an intake needs, and nothing that costs a query."""

    text: str
    hash: str
    format: TextFormat
    title: str
    language: str


def read(registration: Registration, obj: models.Model) -> Reading:
    """Read the text of ``obj`` as its target says. Raises whatever the site's code raises."""
    target = registration.target
    text = target.get_text(obj)
    text_format = target.get_format(obj)
    return Reading(
        text=text,
        hash=text_hash(text, text_format),
        format=text_format,
        title=storable(target.get_title(obj))[:500],
        language=storable(target.get_language(obj))[:20],
    )


def take_in(
    obj: models.Model,
    registration: Registration,
    *,
    using: str,
    reason: ScanReason = ScanReason.SAVE,
) -> int | None:
    """Write down the text of ``obj`` if it is new; return the id of the scan it now waits for.

    Costs one lookup when the text is unchanged, and three writes more when it is not. Where
    the desk's rows live in another database than the host's, they are written once the
    host's transaction has committed.
    """
    own = moderation_db()
    if not tables_exist(own):
        logger.warning("The tables of the desk are missing; run migrate. Nothing was taken in.")
        return None
    if own != using:
        later = partial(_take_in_now, obj, registration, using, reason)
        after_commit(using, f"Taking in {obj._meta.label} {obj.pk}", later)
        return None
    return _take_in_now(obj, registration, using, reason)


def _take_in_now(
    obj: models.Model, registration: Registration, using: str, reason: ScanReason
) -> int | None:
    reading = read(registration, obj)
    for last_try in (False, True):
        try:
            return _write_down(obj, registration, reading, using, reason)
        except IntegrityError:
            # Somebody else takes in the same object right now; look again.
            if last_try:
                raise
    return None


def _write_down(
    obj: models.Model,
    registration: Registration,
    reading: Reading,
    using: str,
    reason: ScanReason,
) -> int | None:
    own = moderation_db()
    key = subject_key(registration, obj, using)
    known = list(
        Snapshot.objects.using(own)
        .filter(**{f"subject__{name}": value for name, value in key.items()})
        .filter(Q(is_current=True) | Q(text_hash=reading.hash))
        .values_list("pk", "subject_id", "text_hash", "is_current")
    )
    current = next((row for row in known if row[3]), None)
    if current is not None and current[2] == reading.hash:
        return None
    with write_transaction(own):
        subject_id = known[0][1] if known else _new_subject(registration, obj, using, own)
        if current is not None:
            Snapshot.objects.using(own).filter(pk=current[0]).update(is_current=False)
        earlier = next((row[0] for row in known if row[2] == reading.hash), None)
        if earlier is not None:
            Snapshot.objects.using(own).filter(pk=earlier).update(is_current=True)
            scan = _queue_again(earlier, reason, own)
        else:
            snapshot = new_snapshot(subject_id, reading)
            snapshot.save(using=own, force_insert=True)
            scan = new_scan(snapshot, reason)
            scan.save(using=own, force_insert=True)
        if scan.state == ScanState.QUEUED:
            ask_on_commit(Job.SCAN, scan.pk, using=own)
        return scan.pk


def _new_subject(registration: Registration, obj: models.Model, using: str, own: str) -> int:
    subject = new_subject(registration, obj, using)
    subject.save(using=own, force_insert=True)
    return subject.pk


def new_subject(registration: Registration, obj: models.Model, using: str) -> Subject:
    """Build the row for a host object seen for the first time."""
    return Subject(
        content_type=content_type_of(registration),
        model_label=registration.root._meta.label_lower,
        object_id=object_id_of(registration, obj),
        database=using,
        kind=str(registration.target.kind),
    )


def new_snapshot(subject_id: int, reading: Reading) -> Snapshot:
    """Build the row for a text not seen before."""
    return Snapshot(
        subject_id=subject_id,
        text_hash=reading.hash,
        text=storable(reading.text[: settings.SNAPSHOT_MAX_CHARS]),
        format=reading.format.value,
        title=reading.title,
        language=reading.language,
        length=len(reading.text),
    )


def new_scan(snapshot: Snapshot, reason: ScanReason, *, due_now: bool = False) -> Scan:
    """Build the scan a snapshot waits for; an empty text is finished before it starts."""
    now = timezone.now()
    pause = timedelta(0) if due_now else timedelta(seconds=settings.SWEEP_GRACE_SECONDS)
    return Scan(snapshot=snapshot, reason=reason, due_at=now + pause)


def _queue_again(snapshot_id: int, reason: ScanReason, own: str) -> Scan:
    waiting = (
        Scan.objects.using(own)
        .filter(snapshot_id=snapshot_id, state__in=(ScanState.QUEUED, ScanState.RUNNING))
        .first()
    )
    if waiting is not None:
        return waiting
    scan = new_scan(Snapshot(pk=snapshot_id), reason)
    scan.save(using=own, force_insert=True)
    return scan


def request_scan(subject: Subject) -> int | None:
    """Scan the current text again, whatever the re-scan budget says; return the scan's id."""
    own = moderation_db()
    with write_transaction(own):
        snapshot = (
            Snapshot.objects.using(own)
            .select_for_update()
            .filter(subject=subject, is_current=True)
            .first()
        )
        if snapshot is None:
            return None
        scan = _queue_again(snapshot.pk, ScanReason.REQUEST, own)
        # One that waits for the re-scan budget need not any longer.
        Scan.objects.using(own).filter(pk=scan.pk, state=ScanState.QUEUED).update(
            reason=ScanReason.REQUEST, due_at=timezone.now()
        )
        ask_on_commit(Job.SCAN, scan.pk, using=own)
        return scan.pk


def ask_on_commit(job: Job, *ids: int, using: str) -> None:
    """Ask the dispatcher once the rows are there for others to see."""
    after_commit(using, f"Asking for {job}", partial(_ask, job, *ids))


def _ask(job: Job, *ids: int) -> None:
    get_dispatcher().ask(job, *ids)


class BatchResult(NamedTuple):
    """What became of a batch of host rows: ids of new scans, and rows that could not be read."""

    scan_ids: list[int]
    unreadable: int


def take_in_batch(
    objects: Sequence[models.Model],
    registration: Registration,
    *,
    using: str,
    reason: ScanReason,
    rescan: bool = False,
) -> BatchResult:
    """Take in many host rows with a constant number of statements; unchanged ones cost nothing.

    ``rescan`` queues a scan for unchanged texts as well. The caller asks for the scans.
    """
    own = moderation_db()
    readings, unreadable = _read_all(objects, registration)
    known = _known_texts(list(readings), registration, using, own)
    scan_ids: list[int] = []
    fresh: list[tuple[models.Model, Reading]] = []
    for key, (obj, reading) in readings.items():
        state = known.get(key)
        if state is None:
            fresh.append((obj, reading))
        elif state.hash != reading.hash or not state.scanned:
            scan_id = _take_in_one(obj, registration, reading, state, using, reason)
            scan_ids.extend([scan_id] if scan_id else [])
        elif rescan:
            scan_ids.append(queue_again(state.snapshot_id, reason))
    scan_ids.extend(_take_in_fresh(fresh, registration, using, reason, own))
    return BatchResult(scan_ids, unreadable)


class _Known(NamedTuple):
    snapshot_id: int
    hash: str
    scanned: bool


def _read_all(
    objects: Iterable[models.Model], registration: Registration
) -> tuple[dict[str, tuple[models.Model, Reading]], int]:
    readings: dict[str, tuple[models.Model, Reading]] = {}
    unreadable = 0
    for obj in objects:
        try:
            readings[str(obj.pk)] = (obj, read(registration, obj))
        except Exception as error:  # noqa: BLE001 - the site's code; one bad row must not stop the walk
            unreadable += 1
            _log_unreadable(registration, obj, error)
    return readings, unreadable


def _known_texts(
    keys: list[str], registration: Registration, using: str, own: str
) -> dict[str, _Known]:
    rows = (
        Snapshot.objects.using(own)
        .filter(
            subject__content_type_id=content_type_of(registration).pk,
            subject__object_id__in=keys,
            subject__database=using,
            subject__deleted_at=None,
            is_current=True,
        )
        .annotate(
            scanned=models.Exists(
                Scan.objects.filter(snapshot=models.OuterRef("pk")).exclude(
                    state=ScanState.SUPERSEDED
                )
            )
        )
        .values_list("subject__object_id", "pk", "text_hash", "scanned")
    )
    return {key: _Known(pk, text, scanned) for key, pk, text, scanned in rows}


def _take_in_one(
    obj: models.Model,
    registration: Registration,
    reading: Reading,
    state: _Known,
    using: str,
    reason: ScanReason,
) -> int | None:
    if state.hash == reading.hash:
        return queue_again(state.snapshot_id, reason)
    try:
        scan_id = _write_down(obj, registration, reading, using, reason)
        # The row was read a while ago: a save meanwhile must not be undone by it. One that
        # comes later finds ours and takes its place.
        now = registration.target.queryset(using).filter(pk=obj.pk).first()
        if now is not None and (latest := read(registration, now)).hash != reading.hash:
            scan_id = _write_down(now, registration, latest, using, reason)
    except IntegrityError:
        return None  # its save is being taken in at this moment
    return scan_id


def queue_again(snapshot_id: int, reason: ScanReason = ScanReason.REQUEST) -> int:
    """Queue another scan of a snapshot unless one is waiting; the caller asks for the scan."""
    own = moderation_db()
    try:
        with write_transaction(own):
            return _queue_again(snapshot_id, reason, own).pk
    except IntegrityError:
        return (
            Scan.objects.using(own)
            .filter(snapshot_id=snapshot_id, state__in=(ScanState.QUEUED, ScanState.RUNNING))
            .values_list("pk", flat=True)
            .first()
            or 0
        )


def _take_in_fresh(
    fresh: Sequence[tuple[models.Model, Reading]],
    registration: Registration,
    using: str,
    reason: ScanReason,
    own: str,
) -> list[int]:
    if not fresh:
        return []
    try:
        with write_transaction(own):
            subjects = Subject.objects.using(own).bulk_create(
                [new_subject(registration, obj, using) for obj, _reading in fresh]
            )
            snapshots = Snapshot.objects.using(own).bulk_create(
                [
                    new_snapshot(subject.pk, reading)
                    for subject, (_obj, reading) in zip(subjects, fresh, strict=True)
                ]
            )
            scans = Scan.objects.using(own).bulk_create(
                [new_scan(snapshot, reason) for snapshot in snapshots]
            )
            return [scan.pk for scan in scans]
    except IntegrityError:
        # Some of them are being saved right now: one by one, then, and skip those.
        if len(fresh) == 1:
            return []
        return [
            scan_id
            for pair in fresh
            for scan_id in _take_in_fresh([pair], registration, using, reason, own)
        ]


def forget(obj: models.Model, *, using: str) -> None:
    """The host deleted ``obj``: its open case is moot, its text no longer a source of copies."""
    own = moderation_db()
    if not tables_exist(own):
        return
    subject = find_subject(obj, using)
    if subject is None:
        return
    if own == using:
        forget_subject(subject)
    else:
        after_commit(using, f"Forgetting {subject.pk}", partial(forget_subject, subject))


def forget_subject(subject: Subject) -> None:
    """Record that the host object of ``subject`` is gone, and close its case once committed.

    The case waits for the commit because the audit trail is locked by whoever writes to it:
    a host's long transaction must not keep everybody else from it.
    """
    own = moderation_db()
    with write_transaction(own):
        now = timezone.now()
        gone = Subject.objects.using(own).filter(pk=subject.pk, deleted_at=None)
        if not gone.update(deleted_at=now):
            return
        Snapshot.objects.using(own).filter(subject=subject, is_current=True).update(
            is_current=False
        )
        Scan.objects.using(own).filter(
            snapshot__subject=subject, state__in=(ScanState.QUEUED, ScanState.RUNNING)
        ).update(state=ScanState.SUPERSEDED, finished_at=now, lease_token="")
        after_commit(own, f"Settling {subject.pk}", partial(settle_deleted, subject.pk))


def settle_deleted(subject_id: int) -> None:
    """Close the case of a deleted object and take its text out of the index."""
    own = moderation_db()
    with write_transaction(own):
        subject = Subject.objects.using(own).select_for_update(no_key=True).get(pk=subject_id)
        get_corpus().unindex(subject_id=subject_id)
        cases.close_moot(subject, "deleted")


def _log_unreadable(registration: Registration, obj: models.Model, error: Exception) -> None:
    logger.error(
        "The text of %s %s cannot be read: %s",
        registration.root._meta.label,
        obj.pk,
        type(error).__name__,
    )
