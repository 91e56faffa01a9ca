"""Reports by readers: taken in, merged into the case, and answered once it is decided."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DEFAULT_DB_ALIAS, models, router, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from moderation import signals
from moderation.conf import settings
from moderation.models import (
    Case,
    CaseState,
    Decision,
    NoticeKind,
    Outcome,
    Report,
    ReportCategory,
    ReportKind,
    ReportState,
    Snapshot,
    Subject,
)
from moderation.models.decisions import DISMISSING, RESTRICTING
from moderation.services import audit, cases, intake, links, notices, reported, transparency
from moderation.services.actors import MACHINE, READER
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import ModerationError, NotAllowed, Unusable, where
from moderation.services.hosts import find_subject, load, moment, resolve
from moderation.services.naming import full_name
from moderation.targets import Target
from moderation.text.storage import storable
from moderation.types import Kind

NAME_CHARS, ADDRESS_CHARS = 200, 500

logger = logging.getLogger("moderation.reports")

_CLOCKS = timedelta(minutes=1)
"""By so much the clocks of the site's servers may differ."""


class TooMany(ModerationError):
    """One reporter, or one address, reports too often."""

    code = "too_many_reports"


class Incomplete(Unusable):
    """A report lacks something, or has it wrong; ``faults`` say by field what."""

    code = "incomplete"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(next(iter(faults.values())))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class NewReport:
    """What somebody reports.

    ``user`` is their account, if they have one; ``address`` where the request comes from, which
    is counted and not kept. A legal notice has every element of Article 16(2) of the Digital
    Services Act: see :func:`faults`.
    """

    category: str
    text: str = ""
    kind: str = ReportKind.READER.value
    location: str = ""
    name: str = ""
    email: str = ""
    good_faith: bool = False
    user: Any = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a report: ``repeated`` if the same person had reported the text before."""

    report: Report
    repeated: bool = False


# Whether it is complete


def faults(new: NewReport) -> dict[str, str]:
    """Return what is wrong with a report, by field; nothing when it can be taken in."""
    found: dict[str, str] = {}
    if new.category not in ReportCategory.values:
        found["category"] = _("Choose what is wrong with the text.")
    if new.kind not in ReportKind.values:
        found["kind"] = _("There is no such kind of report.")
    for name, most in (
        ("text", settings.REPORT_MAX_CHARS),
        ("name", NAME_CHARS),
        ("location", ADDRESS_CHARS),
    ):
        if len(getattr(new, name)) > most:
            found[name] = _("This has more than %(most)d characters.") % {"most": most}
    if new.email and not _is_valid(validate_email, new.email):
        found["email"] = _("This is no e-mail address.")
    if new.kind == ReportKind.NOTICE:
        return {**_missing_in_notice(new), **found}
    if new.user is None and not new.email:
        found.setdefault("email", _("Tell us where you want to be answered."))
    return found


def _missing_in_notice(new: NewReport) -> dict[str, str]:
    """Check the elements of Article 16(2); who reports abuse of children need not give a name."""
    found: dict[str, str] = {}
    if not new.text.strip():
        found["text"] = _("Explain why you think that this is unlawful.")
    if not transparency.is_url(new.location):
        found["location"] = _("Give the exact address of the text.")
    if new.category != ReportCategory.MINORS:
        if not _name(new):
            found["name"] = _("A notice needs your name.")
        if not _email(new):
            found["email"] = _("A notice needs your e-mail address.")
    if not new.good_faith:
        found["good_faith"] = _("State that what you say is accurate and complete, in good faith.")
    return found


def _is_valid(validate: Any, value: str) -> bool:
    try:
        validate(value)
    except (ValidationError, ValueError):
        return False
    return True


def _name(new: NewReport) -> str:
    if new.name.strip() or new.user is None:
        return storable(new.name).strip()
    return (full_name(new.user) or str(new.user.get_username()))[:NAME_CHARS]


def _email(new: NewReport) -> str:
    """Return the address of the account; what is typed in may be anybody's."""
    return str(getattr(new.user, "email", "") or "") or storable(new.email).strip()


# Taking one in


def submit(obj: models.Model, new: NewReport) -> Receipt:
    """Report a host object that is on the site for everybody.

    The report joins the subject's open case, or opens one. Where the text was decided as it
    stands, the case stays closed and the reporter is told how it was decided. A second report
    of the same text by the same person is merged into the first.

    Raises:
        NotAllowed: readers without an account may not report.
        Incomplete: something is missing.
        TooMany: the reporter has reported too often.
        Unusable: there is nothing that readers could see.
    """
    if new.user is None and not settings.REPORT_ANONYMOUS:
        raise NotAllowed(_("Sign in to report a text."))
    wrong = faults(new)
    if wrong:
        raise Incomplete(wrong)
    key = reporter_key(new)
    _check_rate(key, new.address)
    subject = _subject_of(obj, obj._state.db or DEFAULT_DB_ALIAS)
    with write_transaction(moderation_db()) as own:
        locked = Subject.objects.using(own).select_for_update(no_key=True).get(pk=subject.pk)
        snapshot = Snapshot.objects.using(own).filter(subject=locked, is_current=True).first()
        if locked.deleted_at is not None or snapshot is None:
            raise _gone()
        case, happened = cases.case_for_report(locked, snapshot)
        report, repeated = _write(new, key, case, snapshot, own)
        if case.is_open:
            cases.note_report(case, snapshot, happened)
        elif report.state == ReportState.WAITING and _is_settled(case):
            _answer(report, _ruling_on(report, case))
            if repeated:  # they were thanked before; otherwise the thanks say it
                _tell(report)
        _record(report, case, repeated=repeated)
    return Receipt(report, repeated)


def reporter_key(new: NewReport) -> str:
    """Return what all reports of one person have in common; empty where nobody says who it is."""
    if new.user is not None:
        return f"user:{new.user.pk}"
    email = new.email.strip().lower()
    return f"email:{_digest(email)}" if email else ""


def _digest(value: str) -> str:
    return salted_hmac("moderation.reporter", value, algorithm="sha256").hexdigest()[:40]


def _subject_of(obj: models.Model, using: str) -> Subject:
    found = resolve(obj)
    if found is None or not is_shown(found[0].target, found[1]):
        raise _gone()
    subject = find_subject(obj, using)
    if subject is None:
        intake.take_in(found[1], found[0], using=using)
        subject = find_subject(obj, using)
    if subject is None:
        raise _gone()
    return subject


def is_shown(target: Target, obj: models.Model) -> bool:
    """Whether readers see ``obj``, as far as its target says.

    Its visibility is that of what is shown, its date of publication has come, it has an address
    where its kind has one, and readers see what it stands under.
    """
    parent = target.get_parent(obj)
    under = resolve(parent) if parent is not None else None
    return _is_out(target, obj) and (under is None or _is_out(under[0].target, under[1]))


def _is_out(target: Target, obj: models.Model) -> bool:
    return (
        all(_has(obj, name, *values) for name, values in (target.visibility or {}).items())
        and _is_published(target, obj)
        and _has_page(target, obj)
    )


def _has(obj: models.Model, name: str, shown: Any, hidden: Any) -> bool:
    """Whether a visibility field has the value of what is shown; a callable's is not known."""
    value = getattr(obj, name, shown)
    if callable(shown):
        return callable(hidden) or value != hidden
    return bool(value == shown)


def _is_published(target: Target, obj: models.Model) -> bool:
    """Whether the date has come; without one it is a draft, unless the visibility knows better."""
    if target.published_at is None:
        return True
    at = moment(target.get_published_at(obj))
    return target.visibility is not None if at is None else at <= timezone.now() + _CLOCKS


def _has_page(target: Target, obj: models.Model) -> bool:
    has_address = target.url is not None or callable(getattr(obj, "get_absolute_url", None))
    if not has_address:
        return True
    try:
        return bool(target.get_url(obj))
    except Exception as error:  # noqa: BLE001 - the site's code, which a draft may be new to
        logger.warning("The address of %s cannot be told: %s", obj._meta.label, where(error))
        return False


def _gone() -> Unusable:
    # Said of what is hidden, too: nobody learns what there is.
    return Unusable(_("There is no such text on the site."))


def _write(
    new: NewReport, key: str, case: Case, snapshot: Snapshot, using: str
) -> tuple[Report, bool]:
    rows = Report.objects.using(using).select_for_update()
    known = rows.filter(case=case, snapshot=snapshot, reporter_key=key).first() if key else None
    report = known or Report(
        subject_id=case.subject_id, case=case, snapshot=snapshot, reporter_key=key
    )
    repeated = known is not None
    if not repeated:
        report.weight = reported.weight_of(new.kind, key)
    if not repeated or new.kind == ReportKind.NOTICE or report.kind == ReportKind.READER:
        _fill(report, new)
    report.times += repeated
    report.reported_at = timezone.now()
    if case.is_open:
        report.state, report.decision, report.answered_at = ReportState.WAITING, None, None
    report.save(using=using)
    return report, repeated


def _fill(report: Report, new: NewReport) -> None:
    """Say what was said last; a later report of one reader does not soften their legal notice."""
    report.kind, report.category = new.kind, new.category
    report.text = storable(new.text).strip()
    report.location = storable(new.location).strip()
    report.good_faith = new.good_faith
    report.reporter = new.user
    if report.email.lower() != _email(new).lower():
        report.email_confirmed_at = None
    report.name, report.email = _name(new), _email(new)
    report.language = (translation.get_language() or "")[:20]


def _record(report: Report, case: Case, *, repeated: bool) -> None:
    using = report._state.db
    notices.plan(NoticeKind.REPORT_RECEIVED, f"report:{_addressed(report)}", report=report)
    audit.record(
        "report.repeated" if repeated else "report.received",
        actor=READER,  # the trail is read by more people than may know which account it was
        case=case,
        data={"report": report.pk, "kind": report.kind, "category": report.category},
    )
    send = partial(
        signals.report_received.send_robust,
        sender=Report,
        report_id=report.pk,
        case_id=case.pk,
        repeated=repeated,
    )
    transaction.on_commit(lambda: send() and None, using=using, robust=True)


# How often


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _check_rate(key: str, address: str) -> None:
    most, window = _rate(settings.REPORT_RATE)
    since = timezone.now() - timedelta(seconds=window)
    mine = Report.objects.using(moderation_db()).filter(reporter_key=key, reported_at__gt=since)
    if key and mine.count() >= most:
        raise TooMany(_("You have reported a great deal in a short time. Try again later."))
    if address and _counted(f"moderation_reports_{_digest(address)}", window) > most:
        raise TooMany(_("You have reported a great deal in a short time. Try again later."))


def _rate(rate: str) -> tuple[int, int]:
    number, _slash, unit = rate.partition("/")
    return int(number), _SECONDS[unit[0]]


def _counted(name: str, window: int) -> int:
    """Count one more under ``name``; the count begins anew after ``window`` seconds."""
    cache.add(name, 0, window)
    try:
        return cache.incr(name)
    except ValueError:  # it ran out in between
        cache.set(name, 1, window)
        return 1


# Answering


def settle_due() -> int:
    """Answer what was decided and can no longer be undone quickly; return how many reports.

    What was answered and whose decision was taken back since waits again: its reporter is told
    anew once it is decided.
    """
    using = moderation_db()
    _wait_again(using)
    until = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    due = Report.objects.using(using).filter(
        state=ReportState.WAITING,
        case__state__in=(CaseState.DECIDED, CaseState.CLOSED_MOOT),
        case__closed_at__lte=until,
    )
    ids = due.order_by("case_id").values_list("case_id", flat=True).distinct()
    return sum(_settle(case_id, using) for case_id in list(ids[: settings.SWEEP_BATCH]))


def _wait_again(using: str) -> None:
    undone = Report.objects.using(using).filter(
        state__in=(ReportState.CONFIRMED, ReportState.REJECTED), decision__reversed_by__isnull=False
    )
    ids = list(undone.values_list("pk", flat=True)[: settings.SWEEP_BATCH])
    Report.objects.using(using).filter(pk__in=ids).update(
        state=ReportState.WAITING, decision=None, answered_at=None
    )


def _settle(case_id: int, using: str) -> int:
    with write_transaction(using):
        case = Case.objects.using(using).select_for_update().get(pk=case_id)
        if not _is_settled(case):
            return 0
        rows = Report.objects.using(using).select_for_update()
        waiting = list(rows.filter(case=case, state=ReportState.WAITING).order_by("pk"))
        for report in waiting:
            _answer(report, _ruling_on(report, case))
            _tell(report)
        if waiting:
            told = {"reports": [report.pk for report in waiting]}
            audit.record("report.answered", actor=MACHINE, case=case, data=told)
    return len(waiting)


def _is_settled(case: Case) -> bool:
    """Whether a case is closed, and was long enough ago not to be taken back at once."""
    until = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    return not case.is_open and case.closed_at is not None and case.closed_at <= until


def _ruling_on(report: Report, case: Case) -> Decision | None:
    """Return the decision that answers a report; None where the case closed without one."""
    standing: models.QuerySet[Decision] = Decision.objects.using(case._state.db).filter(
        Q(outcome__in=RESTRICTING) | Q(outcome__in=DISMISSING), case=case, reversed_by=None
    )
    if case.state == CaseState.CLOSED_MOOT:
        standing = standing.filter(created_at__gte=report.created_at)
    return standing.order_by("-pk").first()


def _answer(report: Report, decision: Decision | None) -> None:
    if decision is None:
        report.state = ReportState.MOOT
    elif Outcome(decision.outcome) in RESTRICTING:
        report.state = ReportState.CONFIRMED
    else:
        report.state = ReportState.REJECTED
    report.decision, report.answered_at = decision, timezone.now()
    report.save(update_fields=["state", "decision", "answered_at"])
    send = partial(
        signals.report_answered.send_robust,
        sender=Report,
        report_id=report.pk,
        state=str(report.state),
    )
    transaction.on_commit(lambda: send() and None, using=report._state.db, robust=True)


def _tell(report: Report) -> None:
    about = f"report:{report.pk}:{report.decision_id or 'moot'}"
    notices.plan(NoticeKind.REPORT_ANSWERED, about, report=report, decision=report.decision)


# The address of who reports


def of_link(token: str) -> Report:
    """Return the report that a link for confirming an address is about.

    Raises:
        Unusable: the link is not ours, too old, or of an address that the report has no more.
    """
    key = links.confirms(token)
    rows = Report.objects.using(moderation_db())
    report = None if key is None else rows.filter(pk=key).first()
    if report is None or not links.is_confirmation(token, report):
        raise Unusable(_("This link is not valid, or not any more."))
    return report


def confirm_address(token: str) -> Report:
    """Note that the reporter reads their mail, and tell them what was decided already.

    Raises ``Unusable`` as :func:`of_link` does.
    """
    with write_transaction(moderation_db()) as using:
        key = of_link(token).pk
        report = Report.objects.using(using).select_for_update().get(pk=key)
        if report.email_confirmed_at is None and links.is_confirmation(token, report):
            report.email_confirmed_at = timezone.now()
            report.save(using=using, update_fields=["email_confirmed_at"])
            if not report.is_waiting and not notices.will_answer(report):
                about = f"confirmed:{_addressed(report)}"
                decision = report.decision
                notices.plan(NoticeKind.REPORT_ANSWERED, about, report=report, decision=decision)
    return report


def _addressed(report: Report) -> str:
    """Name a report and its address: another one is written to anew, the same one is not."""
    return f"{report.pk}:{links.mark_of(report.email)}"


# Finding what is reported


def target_of(label: str, object_id: str) -> models.Model:
    """Return the host object that ``app.model`` and key name, as readers report it.

    Raises:
        Unusable: there is none, or readers do not see it: which of them is not said.
    """
    obj = load(_named(label, object_id))
    found = resolve(obj) if obj is not None else None
    if obj is None or found is None or not is_shown(found[0].target, obj):
        raise _gone()
    return obj


def url_of(obj: models.Model) -> str:
    """Return where readers find ``obj``; nothing where the site does not say."""
    found = resolve(obj)
    return found[0].target.get_url(found[1]) if found is not None else ""


def name_of(obj: models.Model) -> str:
    """Return what to call ``obj`` to readers: its title, or what it is and by whom."""
    found = resolve(obj)
    if found is None:
        return ""
    target, row = found[0].target, found[1]
    title, author = target.get_title(row), target.get_author_label(row)
    kind = _("comment") if target.kind == Kind.COMMENT.value else _("article")
    by = _("%(kind)s by %(name)s") % {"kind": kind, "name": author} if author else kind
    return title or by


def _named(label: str, object_id: str) -> Subject:
    """Return a subject, not saved, that stands for a label and a key somebody sent."""
    if "\x00" in object_id or not 0 < len(object_id) <= 255 or label.count(".") != 1:
        raise _gone()
    try:
        alias = router.db_for_read(apps.get_model(label))
    except LookupError as error:
        raise _gone() from error
    return Subject(model_label=label.lower(), object_id=object_id, database=alias)
