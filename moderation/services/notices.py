"""Telling authors and reporters what became of it: written down first, sent once the time comes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings as django_settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation

from moderation import signals
from moderation.conf import settings
from moderation.dispatch import GROUP, Job, get_dispatcher
from moderation.models import (
    ActorKind,
    Appeal,
    Decision,
    Evidence,
    Notice,
    NoticeKind,
    NoticeState,
    Outcome,
    Report,
    ReportState,
    Subject,
)
from moderation.models.decisions import RESTRICTING
from moderation.services import links, statements
from moderation.services.database import after_commit, moderation_db, write_transaction
from moderation.services.effects import leaves_at
from moderation.services.errors import Unusable, where
from moderation.services.hosts import load, registration_of
from moderation.text.plain import plain_text
from moderation.types import Mode, TextFormat

logger = logging.getLogger("moderation.notices")

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 10
LONGEST_PAUSE = timedelta(hours=6)
MOST_PASSAGES, PASSAGE_CHARS = 3, 300


# What is written down


def plan_for_author(decision: Decision) -> None:
    """Plan to tell the author of a decision that restricts, once it may leave the house."""
    if decision.outcome in RESTRICTING:
        about = f"decision:{decision.pk}"
        row = Notice(kind=NoticeKind.AUTHOR_NOTIFIED, decision=decision, about=about)
        row.due_at = leaves_at(decision)
        row.save(using=decision._state.db)


def plan_undone(decision: Decision) -> None:
    """Plan to tell an author that a decision was taken back, if they were told of it.

    What is being sent at this moment may arrive: it is looked at again when that must be over.
    What was not begun is locked: a worker waits for the undo, and then knows of it.
    """
    rows = Notice.objects.using(decision._state.db).select_for_update()
    told = rows.filter(decision=decision, kind=NoticeKind.AUTHOR_NOTIFIED).first()
    if told is None or told.attempts == 0:
        return
    if told.state in (NoticeState.SENT, NoticeState.WAITING):
        due = timezone.now() + (timedelta() if told.state == NoticeState.SENT else LEASE)
        plan(NoticeKind.AUTHOR_UNDONE, f"decision:{decision.pk}", decision=decision, due_at=due)


def plan(kind: NoticeKind, about: str, **rows: Any) -> None:
    """Plan a notice that may leave at once; one about the same thing is planned once.

    Runs in the transaction of what it tells of.
    """
    using = moderation_db()
    notice, is_new = Notice.objects.using(using).get_or_create(
        about=f"{kind}:{about}", defaults={"kind": kind, "due_at": timezone.now(), **rows}
    )
    if is_new:
        after_commit(using, f"Asking for {Job.NOTIFY}", partial(_ask, notice.pk))


def will_answer(report: Report) -> bool:
    """Whether a notice that nobody has begun to send tells how ``report`` was answered.

    It stays so until the transaction ends: workers wait for it, and read what it has changed.
    """
    rows = Notice.objects.using(report._state.db).select_for_update()
    planned = rows.filter(
        report=report,
        decision=report.decision_id,
        kind=NoticeKind.REPORT_ANSWERED,
        state=NoticeState.WAITING,
        attempts=0,
    )
    return bool(planned)


def _ask(*ids: int) -> None:
    get_dispatcher().ask(Job.NOTIFY, *ids)


def ask_due() -> int:
    """Ask for what is due; return for how much. What nobody sends is asked for again."""
    due = Notice.objects.using(moderation_db()).filter(
        state=NoticeState.WAITING, due_at__lte=timezone.now()
    )
    keys = list(due.order_by("due_at").values_list("pk", flat=True)[: settings.SWEEP_BATCH])
    for start in range(0, len(keys), GROUP):
        _ask(*keys[start : start + GROUP])
    return len(keys)


# What is sent


@dataclass(frozen=True, slots=True)
class Message:
    """What is told, to whom; without an address only the signal tells."""

    to: str
    language: str
    context: Mapping[str, Any] = field(default_factory=dict)
    tell: Callable[[bool], object] = lambda _mailed: None


def send(notice_id: int) -> str | None:
    """Send one notice; return its state then, or None when it is not ours to send.

    May be called any number of times at once: whoever gets the lease sends it. A worker that
    dies between the mail and the record of it lets the mail go out twice, never not at all.
    """
    notice = _take(notice_id)
    if notice is None:
        return None
    try:
        message = _COMPOSE[NoticeKind(notice.kind)](notice)
        if message is None:
            return _finish(notice, NoticeState.VOID)
        mailed = bool(message.to) and _mail(notice, message)
    except Exception as error:  # noqa: BLE001 - mail servers raise what they like
        logger.error("Notice %s was not sent: %s", notice.pk, where(error))  # noqa: TRY400 - a trace may hold an address
        return _put_off(notice)
    state = _finish(notice, NoticeState.SENT)
    message.tell(mailed)
    return state


def _take(notice_id: int) -> Notice | None:
    using, now = moderation_db(), timezone.now()
    rows = Notice.objects.using(using)
    with write_transaction(using):
        due = rows.select_for_update().filter(state=NoticeState.WAITING, due_at__lte=now)
        notice = due.filter(pk=notice_id).first()
        if notice is None:
            return None
        notice.due_at, notice.attempts = now + LEASE, notice.attempts + 1
        notice.save(using=using, update_fields=["due_at", "attempts"])
        # Read under the lock: what it is about may have changed while we waited for that.
        about = ("decision__case__subject", "decision__snapshot", "report", "appeal")
        return rows.select_related(*about).get(pk=notice_id)


def _finish(notice: Notice, state: NoticeState) -> str:
    notice.state, notice.sent_at = state, timezone.now()
    notice.save(using=notice._state.db, update_fields=["state", "sent_at"])
    return state


def _put_off(notice: Notice) -> str:
    pause = min(timedelta(minutes=2**notice.attempts), LONGEST_PAUSE)
    notice.due_at = timezone.now() + pause
    if notice.attempts >= MOST_ATTEMPTS:
        notice.state = NoticeState.FAILED
    notice.save(using=notice._state.db, update_fields=["state", "due_at"])
    return notice.state


def _mail(notice: Notice, message: Message) -> bool:
    with translation.override(message.language or django_settings.LANGUAGE_CODE):
        context = {**message.context, "site_url": settings.SITE_URL}
        name = f"moderation/mail/{notice.kind}"
        subject = " ".join(render_to_string(f"{name}_subject.txt", context).split())
        body = render_to_string(f"{name}.txt", context).strip() + "\n"
    return bool(send_mail(subject, body, None, [message.to]))


# What each kind says


def _report_received(notice: Notice) -> Message | None:
    report = notice.report
    return None if report is None else _to_reporter(report, report.decision)


def is_confirmed(report: Report) -> bool:
    """Whether it is certain that whoever reported reads the mail that goes to their address."""
    own = getattr(report.reporter, "email", "")
    return bool(own) or report.email_confirmed_at is not None


def answers(user: Any) -> bool:
    """Whether ``user`` would hear what comes of a report.

    That is at the address of their account, or at one that they can confirm.
    """
    is_known = bool(getattr(user, "email", ""))
    return settings.NOTIFY_REPORTERS and (is_known or links.can_confirm())


def _report_answered(notice: Notice) -> Message | None:
    report = notice.report
    if report is None or report.state == ReportState.WAITING:
        return None  # what was decided was taken back meanwhile
    if report.decision_id != notice.decision_id:
        return None  # and was decided anew
    if not is_confirmed(report):
        return None  # anybody can give any address
    return _to_reporter(report, notice.decision)


def _to_reporter(report: Report, decision: Decision | None) -> Message | None:
    to, confirmed = getattr(report.reporter, "email", "") or report.email, is_confirmed(report)
    if not (to and settings.NOTIFY_REPORTERS):
        return None
    context = {
        "report": report,
        "what": report.subject.get_kind_display(),
        "url": links.absolute(report.subject.url),
        "confirmed": confirmed,
        "confirm_url": "" if confirmed else links.confirm_url(report),
        "automated": decision is not None and decision.actor_kind == ActorKind.MACHINE,
    }
    return Message(to, report.language, context)


def _author_notified(notice: Notice) -> Message | None:
    decision = notice.decision
    if decision is None or getattr(decision, "reversed_by", None) is not None:
        return None
    link = links.appeal_url(decision) if settings.APPEAL_DAYS else ""
    subject = decision.case.subject
    return Message(
        _author_address(subject) if settings.NOTIFY_AUTHORS else "",
        "",
        {
            **about(decision),
            "appeal_url": link,
            "appeal_until": timezone.now() + timedelta(days=settings.APPEAL_DAYS),
        },
        lambda mailed: signals.author_notified.send_robust(
            sender=Decision,
            decision_id=decision.pk,
            case_id=decision.case_id,
            mailed=mailed,
            appeal_url=link,
        ),
    )


def _author_undone(notice: Notice) -> Message | None:
    decision = notice.decision
    told = Notice.objects.using(notice._state.db).filter(
        decision=decision, kind=NoticeKind.AUTHOR_NOTIFIED, state=NoticeState.SENT
    )
    if decision is None or not settings.NOTIFY_AUTHORS or not told.exists():
        return None
    return Message(_author_address(decision.case.subject), "", about(decision))


def _to_appellant(notice: Notice) -> Message | None:
    appeal = notice.appeal
    if appeal is None or not settings.NOTIFY_AUTHORS:
        return None
    decision = appeal.decision
    context = {**about(decision), "appeal": appeal, "appeal_url": links.appeal_url(decision)}
    if appeal.ruling is not None:
        context["ruling"] = about(appeal.ruling)
    return Message(_author_address(decision.case.subject), appeal.language, context)


_COMPOSE: Mapping[NoticeKind, Callable[[Notice], Message | None]] = {
    NoticeKind.REPORT_RECEIVED: _report_received,
    NoticeKind.REPORT_ANSWERED: _report_answered,
    NoticeKind.AUTHOR_NOTIFIED: _author_notified,
    NoticeKind.AUTHOR_UNDONE: _author_undone,
    NoticeKind.APPEAL_RECEIVED: _to_appellant,
    NoticeKind.APPEAL_JUDGED: _to_appellant,
}


def about(decision: Decision) -> dict[str, Any]:
    """Return what an author is told about a decision: policies, passages, note, statement."""
    subject = decision.case.subject
    return {
        "decision": decision,
        "what": subject.get_kind_display(),
        "label": subject.label,
        "url": links.absolute(subject.url),
        "policies": list(decision.policies.all()),
        "passages": passages(decision),
        "asks_for_changes": decision.outcome == Outcome.REQUEST_CHANGES,
        "is_hidden": decision.outcome in (Outcome.HIDE, Outcome.REMOVE),
        "automated": decision.actor_kind == ActorKind.MACHINE,
        "statement": _statement(decision),
    }


def _statement(decision: Decision) -> dict[str, Any]:
    """Return the statement of reasons; nothing for what restricts nothing, or breaks a rule."""
    if decision.outcome not in RESTRICTING:
        return {}
    try:
        document: dict[str, Any] = statements.of(decision).document
    except Unusable as error:
        logger.error("Decision %s has no statement of reasons: %s", decision.pk, error)  # noqa: TRY400 - not our fault
        return {}
    return document


def passages(decision: Decision) -> list[str]:
    """Return the passages that spoke against a text, the weightiest first."""
    snapshot = decision.snapshot
    if snapshot is None:
        return []
    rows = Evidence.objects.using(decision._state.db).filter(
        finding__scan__snapshot=snapshot, finding__mode=Mode.LIVE.value
    )
    found: list[str] = []
    for passage in rows.order_by("-weight", "start", "pk")[: 10 * MOST_PASSAGES]:
        raw = snapshot.text[passage.start : min(passage.end, passage.start + 2 * PASSAGE_CHARS)]
        text = " ".join(plain_text(raw, TextFormat(snapshot.format)).text.split())[:PASSAGE_CHARS]
        if text and text not in found:
            found.append(text)
    return found[:MOST_PASSAGES]


def _author_address(subject: Subject) -> str:
    """Return where the author is reached; asked of the site each time, and never kept."""
    registration, obj = registration_of(subject), load(subject)
    if registration is not None and obj is not None:
        address = registration.target.get_author_email(obj)
        if address:
            return address
    return str(getattr(subject.author, "email", "") or "")


def appeal_notice(kind: NoticeKind, appeal: Appeal) -> None:
    """Plan to tell an author how their appeal stands."""
    plan(kind, f"appeal:{appeal.pk}", appeal=appeal, decision=appeal.decision)
