"""Running the detectors over one snapshot, so that no failure costs more than its own part."""

from __future__ import annotations

import json
import logging
import math
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connections, models, transaction
from django.db.models import F
from django.utils import timezone

from moderation import signals
from moderation.conf import settings
from moderation.corpus import DatabaseCorpus, document_of, get_corpus
from moderation.detectors.base import Context, Deadline
from moderation.dispatch import get_dispatcher
from moderation.models import (
    DetectorRun,
    Evidence,
    Finding,
    ReferenceDocument,
    RunState,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.models.scans import ACTIVE_SCANS, FINISHED_SCANS
from moderation.services import (
    allowances,
    budget,
    cases,
    erasure,
    intake,
    retention,
    thresholds,
    wordlists,
)
from moderation.services.database import moderation_db, write_transaction
from moderation.services.detectors import ConfiguredDetector, configured_detectors
from moderation.services.errors import where
from moderation.services.hosts import load, moment, registration_of, resolve, subject_key
from moderation.targets import Target
from moderation.text.document import Document
from moderation.text.plain import plain_text
from moderation.text.storage import storable
from moderation.tracing import span
from moderation.types import Assessment, Band, Mode

logger = logging.getLogger("moderation.scanning")

_COPIES = "duplicate"
"""The detector that asks the index of fingerprints, and so needs the text to be in it."""

_OUTCOME = (
    *("state", "finished_at", "lease_token", "lease_until"),
    *("note", "scores", "scanned_chars", "duration_ms"),
)
"""What a run writes to its scan."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one detector made of the text."""

    configured: ConfiguredDetector
    state: RunState
    assessment: Assessment = field(default_factory=Assessment)
    error: str = ""
    duration_ms: int = 0

    @property
    def name(self) -> str:
        return self.configured.name


def run_scan(scan_id: int) -> str | None:
    """Run one scan to its end; return its state, or None when it is not ours to run.

    May be called any number of times, by any number of workers at once: whoever gets the
    lease runs it, the others return. A worker that dies leaves a lease that runs out.
    """
    scan = _take_lease(scan_id)
    if scan is None:
        return None
    if scan.attempts > settings.SCAN_MAX_ATTEMPTS:
        return _close(scan, ScanState.FAILED, "the worker was lost each time")
    if not scan.snapshot.is_current:
        return _close(scan, ScanState.SUPERSEDED, "")
    postponed = budget.postponed_until(scan)
    if postponed is not None:
        return _postpone(scan, postponed)
    if not _describe_subject(scan.snapshot):
        intake.forget_subject(scan.snapshot.subject)
        return ScanState.SUPERSEDED
    if retention.is_cleared(scan.snapshot) and not _read_again(scan.snapshot):
        return _close(scan, ScanState.SUPERSEDED, "the text is no longer kept")
    if not scan.snapshot.text.strip():
        return _close(scan, ScanState.SKIPPED, "empty")
    document = document_of(scan.snapshot)
    started = time.monotonic()
    with span("moderation.scan", scan=scan.pk, attempt=scan.attempts, chars=len(document.text)):
        parts = _assess(scan, document)
    state = _finish(scan, parts, len(document.text), _ms_since(started))
    _learn(document, parts)
    return state


# The lease


# Every scan passes here: the ORM takes several times as long to put these together as the
# database to answer them.
_SCANS, _TEXTS, _SUBJECTS = (model._meta.db_table for model in (Scan, Snapshot, Subject))
_TAKE = (
    f"UPDATE {_SCANS} SET state = %s, started_at = %s, attempts = attempts + 1, lease_token = %s, "
    "lease_until = %s WHERE id = %s AND (state = %s OR (state = %s AND lease_until < %s))"
)
_STANDING = (
    f"SELECT text.is_current, subject.last_scanned_at FROM {_SCANS} AS scan "
    f"JOIN {_TEXTS} AS text ON text.id = scan.snapshot_id "
    f"JOIN {_SUBJECTS} AS subject ON subject.id = text.subject_id "
    "WHERE scan.id = %s AND scan.lease_token = %s AND scan.state = %s"
)
_SEEN = f"UPDATE {_SUBJECTS} SET last_scanned_at = %s WHERE id = %s"


def _take_lease(scan_id: int) -> Scan | None:
    using, now, token = moderation_db(), timezone.now(), secrets.token_hex(16)
    stored = connections[using].ops.adapt_datetimefield_value
    until = now + timedelta(seconds=settings.SCAN_LEASE_SECONDS)
    with connections[using].cursor() as cursor:
        cursor.execute(
            _TAKE,
            [
                *(ScanState.RUNNING.value, stored(now), token, stored(until), scan_id),
                *(ScanState.QUEUED.value, ScanState.RUNNING.value, stored(now)),
            ],
        )
        if not cursor.rowcount:
            return None
    ours = Scan.objects.using(using).filter(pk=scan_id, lease_token=token)
    return next(iter(ours.select_related("snapshot__subject")), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand once scan and subject are locked.

    ``is_current`` says whether the snapshot is (still) what the site says, ``is_first`` whether
    this is the first attempt at the first scan of the subject.
    """

    is_current: bool
    is_first: bool


def _lock(scan: Scan) -> Standing | None:
    """Lock the subject and our scan, or return None when the lease has passed to somebody else.

    The subject first, as everybody does who locks a subject and its rows.
    """
    connection = connections[moderation_db()]
    for_update = ""
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            for_update = " FOR UPDATE OF scan"
            lock = f"SELECT id FROM {_SUBJECTS} WHERE id = %s FOR NO KEY UPDATE"
            cursor.execute(lock, [scan.snapshot.subject_id])
        cursor.execute(_STANDING + for_update, [scan.pk, scan.lease_token, ScanState.RUNNING.value])
        found = cursor.fetchone()
    if found is None:
        return None
    is_current, scanned_at = found
    return Standing(bool(is_current), is_first=scanned_at is None and scan.attempts == 1)


def _close(scan: Scan, state: ScanState, note: str) -> str | None:
    with write_transaction(scan._state.db):
        standing = _lock(scan)
        if standing is None:
            return None
        if not standing.is_current:
            state, note = ScanState.SUPERSEDED, ""
        if state in FINISHED_SCANS and not standing.is_first:
            _supersede_earlier(scan)
        scan.note = note
        _write_end(scan, state)
        if state == ScanState.SKIPPED:
            cases.review(scan.snapshot, scan)
    return state


def _postpone(scan: Scan, until: datetime) -> str | None:
    updated = (
        Scan.objects.using(scan._state.db)
        .filter(pk=scan.pk, lease_token=scan.lease_token)
        .update(
            state=ScanState.QUEUED,
            due_at=until,
            attempts=F("attempts") - 1,
            started_at=None,
            lease_token="",
            lease_until=None,
            note="waits for the re-scan budget",
        )
    )
    return ScanState.QUEUED if updated else None


def _write_end(scan: Scan, state: ScanState) -> None:
    now = timezone.now()
    scan.state, scan.finished_at = state, now
    scan.lease_token, scan.lease_until = "", None
    scan.save(using=scan._state.db, update_fields=_OUTCOME)
    subject_id = scan.snapshot.subject_id
    connection = connections[scan._state.db or moderation_db()]
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [connection.ops.adapt_datetimefield_value(now), subject_id])
    transaction.on_commit(
        lambda: (
            signals.scan_finished.send_robust(
                sender=Scan, scan_id=scan.pk, subject_id=subject_id, state=str(state)
            )
            and None
        ),
        using=scan._state.db,
        robust=True,
    )


def _supersede_earlier(scan: Scan) -> None:
    Scan.objects.using(scan._state.db).filter(
        snapshot_id=scan.snapshot_id, state__in=FINISHED_SCANS
    ).exclude(pk=scan.pk).update(state=ScanState.SUPERSEDED)


# What stands around the text


def _describe_subject(snapshot: Snapshot) -> bool:
    """Bring author, parent, address and label up to date; False when the object is gone."""
    subject = snapshot.subject
    registration = registration_of(subject)
    if registration is None:
        return True  # no longer registered: the text is still scanned as it was taken
    obj = load(subject)
    if obj is None:
        return False
    told, known = _description(registration.target, obj), _stored(subject)
    if erasure.is_erased(subject):
        told = {name: tell for name, tell in told.items() if name not in _NAMING}
    for name, tell in told.items():
        try:
            setattr(subject, name, tell())
        except Exception as error:  # noqa: BLE001 - the site's code; the text is scanned all the same
            which = f"{subject.model_label} {subject.object_id}"
            logger.warning("The %s of %s cannot be told: %s", name, which, where(error))
    if _stored(subject) != known:
        subject.save(using=subject._state.db, update_fields=list(told))
    if snapshot.author_label != subject.author_label:
        snapshot.author_label = subject.author_label
        snapshot.save(using=snapshot._state.db, update_fields=["author_label"])
    return True


_NAMING = frozenset({"author", "author_key", "author_label", "label", "url"})
"""What of a description may tell whose text it is."""


def _read_again(snapshot: Snapshot) -> bool:
    """Take words in again that were removed after their time; False if the site has others now.

    Those of a person who was erased stay away.
    """
    subject = snapshot.subject
    registration, obj = registration_of(subject), load(subject)
    if registration is None or obj is None or erasure.is_erased(subject):
        return False
    reading = intake.read(registration, obj)
    if reading.hash != snapshot.text_hash:
        return False
    snapshot.text = storable(reading.text[: settings.SNAPSHOT_MAX_CHARS])
    snapshot.title = reading.title
    snapshot.save(using=snapshot._state.db, update_fields=["text", "title"])
    return True


def _stored(subject: Subject) -> list[Any]:
    return [getattr(subject, field.attname) for field in Subject._meta.concrete_fields]


def _description(target: Target, obj: models.Model) -> dict[str, Callable[[], Any]]:
    """Return how each part of a subject's description is read, so that one may fail alone."""
    return {
        "author": lambda: target.get_author_user(obj),
        "author_key": lambda: storable(target.get_author_key(obj))[:200],
        "author_label": lambda: storable(target.get_author_label(obj))[:200],
        "url": lambda: storable(target.get_url(obj))[:500],
        "published_at": lambda: moment(target.get_published_at(obj)),
        "section": lambda: storable(target.get_section(obj))[:100],
        "reach": lambda: target.get_reach(obj),
        "label": lambda: storable(target.get_title(obj) or str(obj))[:200],
        "parent": lambda: _subject_of(target.get_parent(obj)),
        "reply_to": lambda: _subject_of(target.get_reply_to(obj)),
    }


def _subject_of(obj: models.Model | None) -> Subject | None:
    if obj is None:
        return None
    found = resolve(obj)
    if found is None:
        return None
    registration, row = found
    key = subject_key(registration, row, row._state.db or "default")
    return Subject.objects.using(moderation_db()).filter(**key).first()


# The detectors


def _assess(scan: Scan, document: Document) -> list[Part]:
    finished = {run.detector for run in _earlier_runs(scan) if run.state == RunState.DONE}
    wanted = [
        configured
        for configured in configured_detectors()
        if configured.wants(document.kind) and configured.name not in finished
    ]
    blocked, harmless = wordlists.phrase_lists(document.kind)
    site = thresholds.in_force(scan.snapshot.subject.section)
    context = Context(
        corpus=get_corpus(),
        deadline=Deadline.after(settings.SCAN_TIME_LIMIT),
        allowed=allowances.allowed_for(scan.snapshot.subject),
        blocked=blocked,
        harmless=harmless,
        thresholds=site.by_detector,
        remote=not get_dispatcher().in_request,
    )
    parts = (
        _run(configured, document, scan.snapshot, context)
        for configured in wanted
        if configured.has_work(context)
    )
    return [replace(part, assessment=site.explain(part.assessment, part.name)) for part in parts]


def _earlier_runs(scan: Scan) -> list[DetectorRun]:
    """Return what earlier attempts wrote down: a first one has none before it."""
    if scan.attempts <= 1:
        return []
    return list(DetectorRun.objects.using(scan._state.db).filter(scan=scan))


def _run(
    configured: ConfiguredDetector, document: Document, snapshot: Snapshot, context: Context
) -> Part:
    started = time.monotonic()
    try:
        context.deadline.check()
        if configured.name == _COPIES:
            context = replace(context, corpus=get_corpus().index(snapshot.pk, document))
        assessment = configured.detector.detect(document, context)
        _put_behind(snapshot, assessment.copies)
    except Exception as error:  # noqa: BLE001 - one detector's failure is its own
        logger.error("%s failed on snapshot %s: %s", configured.name, snapshot.pk, where(error))  # noqa: TRY400 - a trace may hold text
        return Part(
            configured,
            RunState.FAILED,
            error=type(error).__name__[:200],
            duration_ms=_ms_since(started),
        )
    return Part(configured, RunState.DONE, assessment, duration_ms=_ms_since(started))


def _put_behind(original: Snapshot, copies: Iterable[str]) -> None:
    """Have the corpus take these texts for later than ``original``, and look at them again.

    They came in before it but are copies of it. Each is put in its place and queued for a scan
    in one transaction: should we not come to our end, the next attempt finds the others. It
    comes to an end because only an older text puts a younger one behind itself. A scan that is
    under way has perhaps looked for sources already, so that it loses its lease.
    """
    corpus = get_corpus()
    for key in copies:
        snapshot_id = corpus.snapshot_id(key)
        if snapshot_id is None:
            continue  # an outside text has no place among those of the site
        with write_transaction() as using:
            if not corpus.place_behind(snapshot_id, original.pk):
                continue
            active = Scan.objects.using(using).filter(snapshot=snapshot_id, state__in=ACTIVE_SCANS)
            DetectorRun.objects.using(using).filter(scan__in=active, detector=_COPIES).delete()
            active.filter(state=ScanState.RUNNING).update(
                state=ScanState.QUEUED,
                attempts=F("attempts") - 1,
                lease_token="",
                lease_until=None,
            )
            intake.request_scan(Subject.objects.using(using).get(snapshots=snapshot_id))


def _learn(document: Document, parts: Iterable[Part]) -> None:
    """Write down the boilerplate that was met; the scan stands whether or not that succeeds."""
    spans = [learned for part in parts for learned in part.assessment.learned]
    try:
        allowances.learn(
            [
                (plain_text(document.text[span.start : span.end], document.format).text, stories)
                for span, stories in spans[: allowances.MOST_LEARNED_AT_ONCE]
            ]
        )
    except Exception as error:  # noqa: BLE001 - it is nobody's verdict
        logger.error("Boilerplate could not be written down: %s", where(error))  # noqa: TRY400 - a trace may hold text


def _ms_since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


# Writing down what they said


def _finish(scan: Scan, parts: list[Part], scanned_chars: int, duration_ms: int) -> str | None:
    using = scan._state.db
    with write_transaction(using):
        standing = _lock(scan)
        if standing is None:
            return None
        if not standing.is_current:
            _write_end(scan, ScanState.SUPERSEDED)
            return ScanState.SUPERSEDED
        parts = _write_parts(scan, parts)
        scan.scanned_chars = scanned_chars
        scan.duration_ms += duration_ms
        scan.note = _note(scan.snapshot, scanned_chars)
        if not standing.is_first:
            _supersede_earlier(scan)
        failed = any(part.state == RunState.FAILED for part in parts)
        if failed and scan.attempts < settings.SCAN_MAX_ATTEMPTS:
            state = _back_off(scan)
        else:
            state = ScanState.FAILED if failed else ScanState.DONE
            _write_end(scan, state)
        if not standing.is_first or any(part.assessment.findings for part in parts):
            cases.review(scan.snapshot, scan)
    return state


def _note(snapshot: Snapshot, scanned_chars: int) -> str:
    if snapshot.length <= scanned_chars:
        return ""
    return f"the first {scanned_chars} of {snapshot.length} characters were scanned"


def _back_off(scan: Scan) -> ScanState:
    pause = settings.SCAN_BACKOFF_SECONDS * 2 ** (scan.attempts - 1)
    scan.state = ScanState.QUEUED
    scan.due_at = timezone.now() + timedelta(seconds=pause)
    scan.lease_token, scan.lease_until = "", None
    scan.save(using=scan._state.db, update_fields=[*_OUTCOME, "due_at"])
    return ScanState.QUEUED


def _write_parts(scan: Scan, parts: list[Part]) -> list[Part]:
    """Write all parts at once, or one by one if an answer cannot be stored."""
    scores, runs = scan.scores, {run.detector: run for run in _earlier_runs(scan)}
    try:
        with transaction.atomic(using=scan._state.db):
            if not runs:
                new = [_run_of(scan, part, None) for part in parts]
                DetectorRun.objects.using(scan._state.db).bulk_create(new)
            for part in parts:
                earlier = runs.get(part.configured.name)
                if runs:
                    _write_run(scan, part, earlier)
                _write_answer(scan, part, anew=earlier is None)
    except OperationalError:  # the database failed, not the detector
        raise
    except Exception:  # noqa: BLE001 - which of them it was is told below
        scan.scores = scores
        return [_write_part_or_failure(scan, part) for part in parts]
    return parts


def _write_part_or_failure(scan: Scan, part: Part) -> Part:
    """Write one part; an answer that cannot be stored is its detector's failure alone."""
    scores, runs = scan.scores, DetectorRun.objects.using(scan._state.db)
    earlier = runs.filter(scan=scan, detector=part.configured.name).first()
    attempts = earlier.attempts if earlier else 0
    try:
        with transaction.atomic(using=scan._state.db):
            _write_part(scan, part, earlier)
    except OperationalError:  # the database failed, not the detector
        raise
    except Exception as error:  # noqa: BLE001 - the answer may be anything
        name = part.configured.name
        logger.error("%s gave what cannot be stored: %s", name, where(error))  # noqa: TRY400 - a trace may hold text
        scan.scores = scores
        part = replace(
            part, state=RunState.FAILED, assessment=Assessment(), error=type(error).__name__[:200]
        )
        if earlier is not None:
            earlier.attempts = attempts
        _write_part(scan, part, earlier)
    return part


def _write_part(scan: Scan, part: Part, earlier: DetectorRun | None) -> None:
    """Write one part over what ``earlier``, the same detector's last try, had to say."""
    _write_run(scan, part, earlier)
    _write_answer(scan, part, anew=earlier is None)


def _write_run(scan: Scan, part: Part, earlier: DetectorRun | None) -> None:
    _run_of(scan, part, earlier).save(using=scan._state.db, force_insert=earlier is None)


def _run_of(scan: Scan, part: Part, earlier: DetectorRun | None) -> DetectorRun:
    run = earlier or DetectorRun(scan=scan, detector=part.configured.name, attempts=0)
    run.version = part.configured.detector.version
    run.mode = part.configured.mode.value
    run.state = part.state
    run.attempts += 1
    run.error = part.error
    run.notes = list(part.assessment.notes)
    run.duration_ms = part.duration_ms
    run.finished_at = timezone.now()
    return run


def _write_answer(scan: Scan, part: Part, *, anew: bool) -> None:
    if part.state != RunState.DONE:
        return
    scores = dict(part.assessment.scores)
    _check_finite([*scores.values(), *(found.score for found in part.assessment.findings)])
    scan.scores = {**scan.scores, part.configured.name: json.loads(json.dumps(scores))}
    _replace_findings(scan, part, anew=anew)


def _check_finite(scores: Iterable[float]) -> None:
    if not all(math.isfinite(score) for score in scores):
        raise ValueError("a score is not a number")


def _replace_findings(scan: Scan, part: Part, *, anew: bool) -> None:
    using, configured = scan._state.db, part.configured
    if not anew:
        Finding.objects.using(using).filter(scan=scan, detector=configured.name).delete()
    for found in part.assessment.findings:
        if found.band == Band.NONE:
            continue
        finding = Finding(
            scan=scan,
            detector=configured.name,
            kind=found.kind,
            category=found.category,
            score=found.score,
            band=found.band.value,
            mode=(Mode.SHADOW if Mode.SHADOW in (configured.mode, found.mode) else Mode.LIVE).value,
            threshold=found.threshold,
            source_id=_if_there(Snapshot, DatabaseCorpus.snapshot_id(found.source or ""), using),
            reference_id=_if_there(
                ReferenceDocument, DatabaseCorpus.reference_id(found.source or ""), using
            ),
            detail=dict(found.detail),
        )
        finding.save(using=using)
        Evidence.objects.using(using).bulk_create(
            Evidence(
                finding=finding,
                start=passage.start,
                end=passage.end,
                source_start=passage.source_start,
                source_end=passage.source_end,
                weight=passage.weight,
                explanation=passage.explanation,
                params=dict(passage.params),
            )
            for passage in found.evidence
        )


def _if_there(model: type[models.Model], pk: int | None, using: str | None) -> int | None:
    """Return ``pk``, or None when its row has been deleted since it was compared with.

    To try and see would not do: that a key leads nowhere comes out when all is committed.
    """
    rows = model._base_manager.using(using)
    return pk if pk is not None and rows.filter(pk=pk).exists() else None
