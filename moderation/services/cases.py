"""Opening, merging, claiming and closing cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import permissions, signals
from moderation.conf import settings
from moderation.models import (
    Case,
    CaseState,
    Decision,
    Finding,
    Outcome,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.models.cases import OPEN_CASES, TO_DO
from moderation.models.scans import FINISHED_SCANS
from moderation.services import audit, reported
from moderation.services.actors import MACHINE, Actor, human
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import (
    Conflict,
    InvalidTransition,
    ModerationError,
    NotAllowed,
)
from moderation.services.finding import DESCRIBED, describe
from moderation.services.parties import refuse_party, why_not
from moderation.services.severity import severity_of
from moderation.types import Band, Mode

# What the findings of a scan mean for the queue


def review(snapshot: Snapshot, scan: Scan) -> Case | None:
    """Open, reopen, refresh or close the subject's case as the findings of ``scan`` demand.

    Runs in the transaction that writes the findings, with the subject locked. A decided case
    stays decided as long as the text does.
    """
    using = moderation_db()
    findings = list(
        Finding.objects.using(using)
        .filter(scan=scan, mode=Mode.LIVE.value)
        .exclude(band=Band.NONE.value)
    )
    case = _latest(snapshot.subject_id, using)
    if case is not None and case.is_open:
        return _refresh(case, snapshot, scan, findings)
    if not findings:
        return case if case is not None and _was_mended(case, snapshot, scan) else None
    if case is None:
        return _open(snapshot, findings, using)
    if case.snapshot_id == snapshot.pk:
        return None
    return _reopen(case, snapshot, findings)


def case_for_report(subject: Subject, snapshot: Snapshot) -> tuple[Case, str]:
    """Return the subject's case, locked: the open one, the one that ruled on this text, a new one.

    With it comes what happened to it, which is put on record by :func:`note_report`. Runs with
    the subject locked.
    """
    using = moderation_db()
    case = _latest(subject.pk, using)
    if case is None:
        case = Case(subject=subject, snapshot=snapshot, opened_at=timezone.now())
        case.band = Band.NONE.value
        case.save(using=using)
        return case, "case.opened"
    if not case.is_open and case.snapshot_id != snapshot.pk:
        case.opened_at, case.snapshot, case.proposed_by = timezone.now(), snapshot, None
        _to_open(case)
        _save(case)
        return case, "case.reopened"
    return case, ""


def note_report(case: Case, snapshot: Snapshot, happened: str) -> None:
    """Let the reports of an open case count, in its order and not in its version.

    One who reads the case just then may still decide it.
    """
    using = case._state.db
    findings = Finding.objects.using(using).filter(
        scan__snapshot=snapshot, scan__state__in=FINISHED_SCANS, mode=Mode.LIVE.value
    )
    _summarise(case, snapshot, list(findings.exclude(band=Band.NONE.value)))
    case.save(using=using, update_fields=[*DESCRIBED, *_SUMMARISED])
    if happened:
        audit.record(happened, case=case, data={"categories": case.categories, "why": "report"})
        _announce_opened(case, reopened=happened == "case.reopened")


def _latest(subject_id: int, using: str | None) -> Case | None:
    """Return the subject's open or decided case, locked."""
    return (
        Case.objects.using(using)
        .select_for_update()
        .filter(subject_id=subject_id)
        .exclude(state=CaseState.CLOSED_MOOT)
        .order_by("-pk")
        .first()
    )


def _was_mended(case: Case, snapshot: Snapshot, scan: Scan) -> bool:
    """Close a case whose author was asked for changes and has made them: nothing is found now."""
    if case.snapshot_id == snapshot.pk or scan.state not in (ScanState.DONE, ScanState.SKIPPED):
        return False
    rulings = Decision.objects.using(case._state.db).filter(case=case, reversed_by=None)
    latest = rulings.exclude(outcome=Outcome.UNDO).order_by("-pk").first()
    if latest is None or latest.outcome != Outcome.REQUEST_CHANGES:
        return False
    _close_moot(case, "edited clean")
    return True


def _open(snapshot: Snapshot, findings: list[Finding], using: str) -> Case:
    case = Case(subject=snapshot.subject, snapshot=snapshot, opened_at=timezone.now())
    _summarise(case, snapshot, findings)
    case.save(using=using)
    audit.record("case.opened", case=case, data={"categories": case.categories})
    _announce_opened(case, reopened=False)
    return case


def _reopen(case: Case, snapshot: Snapshot, findings: list[Finding]) -> Case:
    case.opened_at = timezone.now()
    _summarise(case, snapshot, findings)
    case.snapshot = snapshot
    case.proposed_by = None
    _to_open(case)
    _save(case)
    audit.record("case.reopened", case=case, data={"why": "text changed"})
    _announce_opened(case, reopened=True)
    return case


def _refresh(case: Case, snapshot: Snapshot, scan: Scan, findings: list[Finding]) -> Case:
    if not findings and not reported.waiting(case):
        if scan.state in (ScanState.DONE, ScanState.SKIPPED):
            why = "edited clean" if case.snapshot_id != snapshot.pk else "no longer flagged"
            _close_moot(case, why)
        return case
    before = (case.snapshot_id, case.severity, case.band, case.score, case.categories)
    if case.snapshot_id != snapshot.pk:
        case.proposed_by = None  # what was proposed was about another text
    case.snapshot = snapshot
    _summarise(case, snapshot, findings)
    if before != (snapshot.pk, case.severity, case.band, case.score, case.categories):
        _save(case)
        audit.record("case.refreshed", case=case, data={"categories": case.categories})
    else:
        # More readers or another section change the order, not what a moderator is looking at.
        case.save(using=case._state.db, update_fields=(*DESCRIBED, "detectors", "reported"))
    return case


_SUMMARISED = ("severity", "band", "score", "categories", "detectors", "reported")
"""The fields of a case that :func:`_summarise` sets, besides those of the queue."""


def _summarise(case: Case, snapshot: Snapshot, findings: list[Finding]) -> None:
    reports = reported.waiting(case)
    bands = [(Band(finding.band).rank, finding.score, finding.band) for finding in findings]
    _rank, case.score, case.band = max(bands, default=(0, 0.0, Band.NONE.value))
    case.severity = max(severity_of(findings), reported.severity(reports))
    case.reported = sum(report.weight for report in reports)
    found = {f"{finding.kind}/{finding.category}" for finding in findings}
    case.categories = sorted(found | reported.categories(reports))
    case.detectors = sorted({finding.detector for finding in findings})
    describe(case, snapshot)


def close_moot(subject: Subject, why: str) -> None:
    """Close the subject's open case: there is nothing left to decide."""
    case = (
        Case.objects.using(subject._state.db)
        .select_for_update()
        .filter(subject=subject, state__in=OPEN_CASES)
        .first()
    )
    if case is not None:
        _close_moot(case, why)


def _close_moot(case: Case, why: str) -> None:
    case.state, case.closed_at = CaseState.CLOSED_MOOT, timezone.now()
    case.proposed_by = None
    _clear_claim(case)
    _save(case)
    audit.record("case.closed_moot", case=case, data={"why": why})


def _announce_opened(case: Case, *, reopened: bool) -> None:
    send = partial(
        signals.case_opened.send_robust,
        sender=Case,
        case_id=case.pk,
        subject_id=case.subject_id,
        reopened=reopened,
    )
    transaction.on_commit(lambda: send() and None, using=case._state.db, robust=True)


# What moderators do short of deciding


def claim(case_id: int, *, user: Any, version: int | None = None, take_over: bool = False) -> Case:
    """Hold a case for ``CLAIM_SECONDS``; claiming one's own case again prolongs it.

    Raises ``Conflict`` while somebody else holds it, unless ``take_over`` is set by one who
    may override.
    """
    if not permissions.may_claim(user):
        raise NotAllowed(_("You may not claim cases."))

    def change(case: Case) -> dict[str, Any]:
        taken_from = None
        if case.held_by_other(user):
            if not (take_over and permissions.may_override(user)):
                raise Conflict(_("A colleague is working on this case."), case)
            taken_from = f"user:{case.claimed_by_id}"
        _hold(case, user, settings.CLAIM_SECONDS)
        return {"taken_from": taken_from} if taken_from else {}

    return _transition(case_id, version, "case.claimed", human(user), change)


def claim_on_opening(case: Case, user: Any) -> Case:
    """Claim a free case for one who opens it, where the setting ``CLAIM_ON_OPEN`` says so.

    Returns the case as it is then. What others hold, what waits for a second person after
    ``user`` and what ``user`` may not judge is left alone; a claim that still has half of its
    time is not prolonged, so that looking twice changes nothing.
    """
    if settings.CLAIM_ON_OPEN == "off" or case.state not in TO_DO:
        return case
    half = timezone.now() + timedelta(seconds=settings.CLAIM_SECONDS / 2)
    if case.held_by(user) and case.claim_expires_at and case.claim_expires_at > half:
        return case
    if not permissions.may_decide(user) or case.held_by_other(user):
        return case
    if case.proposed_by_id == user.pk or why_not(case.subject, user):
        return case
    try:
        return claim(case.pk, user=user, version=case.version)
    except ModerationError as error:
        # Somebody was quicker; the page shows who.
        return error.case if isinstance(error, Conflict) else case


def assign(case_id: int, *, user: Any, to: Any, version: int | None = None) -> Case:
    """Give a case to a colleague, for ``ASSIGN_SECONDS``; for those who may override.

    Raises ``NotAllowed`` also when the colleague may not decide it, or is a party to it.
    """
    if not permissions.may_override(user):
        raise NotAllowed(_("You may not give cases to colleagues."))
    if not (permissions.may_view(to) and permissions.may_decide(to)):
        raise NotAllowed(_("This colleague may not decide cases."))

    def change(case: Case) -> dict[str, Any]:
        refuse_party(case.subject, user)
        refuse_party(case.subject, to)
        taken_from = f"user:{case.claimed_by_id}" if case.held_by_other(to) else None
        _hold(case, to, settings.ASSIGN_SECONDS)
        data = {"to": f"user:{to.pk}"}
        return {**data, "taken_from": taken_from} if taken_from else data

    return _transition(case_id, version, "case.assigned", human(user), change)


def release(case_id: int, *, user: Any, version: int | None = None) -> Case:
    """Give a claimed case back to the queue. Only the holder, or one who may override."""
    if not permissions.may_claim(user):
        raise NotAllowed(_("You may not release cases."))

    def change(case: Case) -> dict[str, Any]:
        if case.state != CaseState.CLAIMED:
            raise InvalidTransition(_("The case is not claimed."))
        if case.held_by_other(user) and not permissions.may_override(user):
            raise NotAllowed(_("The case is claimed by a colleague."))
        _to_open(case)
        return {}

    return _transition(case_id, version, "case.released", human(user), change)


def snooze(case_id: int, *, user: Any, until: datetime, version: int | None = None) -> Case:
    """Put a case aside until a moment in the future."""
    if not permissions.may_claim(user):
        raise NotAllowed(_("You may not put cases aside."))
    if until <= timezone.now():
        raise InvalidTransition(_("A case can only be put aside until a later time."))

    def change(case: Case) -> dict[str, Any]:
        refuse_party(case.subject, user)
        if case.held_by_other(user):
            raise Conflict(_("A colleague is working on this case."), case)
        _clear_claim(case)
        case.state, case.snoozed_until = CaseState.SNOOZED, until
        return {"until": until.isoformat()}

    return _transition(case_id, version, "case.snoozed", human(user), change)


def release_expired() -> int:
    """Open cases whose claim or snooze has run out; return how many."""
    using, now, count = moderation_db(), timezone.now(), 0
    expired = Case.objects.using(using).filter(
        state=CaseState.CLAIMED, claim_expires_at__lte=now
    ) | Case.objects.using(using).filter(state=CaseState.SNOOZED, snoozed_until__lte=now)
    for case_id in list(expired.values_list("pk", flat=True)[:1000]):
        with write_transaction(using):
            case = _lock(case_id, using)
            over = case.claim_expires_at or case.snoozed_until
            if (
                case.state not in (CaseState.CLAIMED, CaseState.SNOOZED)
                or over is None
                or over > now
            ):
                continue
            verb = "case.claim_expired" if case.state == CaseState.CLAIMED else "case.woken"
            _to_open(case)
            _save(case)
            audit.record(verb, actor=MACHINE, case=case)
            count += 1
    return count


def _transition(
    case_id: int,
    version: int | None,
    verb: str,
    actor: Actor,
    change: Callable[[Case], dict[str, Any]],
) -> Case:
    """Lock an open case, check the version the caller saw, change it and put it on record."""
    using = moderation_db()
    with write_transaction(using):
        case = _lock(case_id, using)
        check_version(case, version)
        if not case.is_open:
            raise InvalidTransition(_("The case is closed."))
        data = change(case)
        _save(case)
        audit.record(verb, actor=actor, case=case, data=data)
    return case


def _lock(case_id: int, using: str) -> Case:
    return Case.objects.using(using).select_for_update().get(pk=case_id)


def check_version(case: Case, version: int | None) -> None:
    """Raise ``Conflict`` when the caller looked at another version than the present one."""
    if version is not None and case.version != version:
        raise Conflict(_("The case has changed since you opened it."), case)


def _save(case: Case) -> None:
    case.version += 1
    case.save(using=case._state.db)


def _to_open(case: Case) -> None:
    case.state = CaseState.ESCALATED if case.escalated else CaseState.OPEN
    case.closed_at = None
    case.snoozed_until = None
    _clear_claim(case)


def _hold(case: Case, user: Any, seconds: int) -> None:
    """Let ``user`` hold the case; a longer time that they have already stays."""
    until = timezone.now() + timedelta(seconds=seconds)
    if case.held_by(user) and case.claim_expires_at is not None:
        until = max(until, case.claim_expires_at)
    case.state, case.claimed_by, case.claim_expires_at = CaseState.CLAIMED, user, until
    case.snoozed_until = None


def _clear_claim(case: Case) -> None:
    case.claimed_by, case.claim_expires_at = None, None
