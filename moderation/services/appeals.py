"""Appeals: the author contests a decision, and somebody else than who decided judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from moderation import permissions, signals
from moderation.conf import settings
from moderation.models import (
    Appeal,
    AppealState,
    Case,
    Decision,
    Notice,
    NoticeKind,
    NoticeState,
    Outcome,
    Policy,
)
from moderation.models.appeals import OPEN_APPEALS, RESULTS
from moderation.models.decisions import LEAVING_OPEN, RESTRICTING
from moderation.services import audit, decisions, notices, statements
from moderation.services.actors import AUTHOR, MACHINE, Actor, human
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import InvalidTransition, NotAllowed, Unusable
from moderation.services.hosts import is_author
from moderation.services.parties import refuse_party
from moderation.text.storage import storable

MOST_CHARS = 5_000
NOTE_CHARS = 10_000

# From the mildest to the gravest: what is left of a decision that is partially reversed.
_GRAVITY = (Outcome.LABEL, Outcome.REQUEST_CHANGES, Outcome.HIDE, Outcome.REMOVE)


# The author


def until(decision: Decision) -> datetime:
    """Return until when a decision may be contested: so long after the author was told."""
    told = (
        Notice.objects.using(moderation_db())
        .filter(decision=decision, kind=NoticeKind.AUTHOR_NOTIFIED, state=NoticeState.SENT)
        .values_list("sent_at", flat=True)
        .first()
    )
    return (told or decision.created_at) + timedelta(days=settings.APPEAL_DAYS)


def why_not(decision: Decision) -> str:
    """Say why a decision cannot be contested now; empty when it can."""
    if decision.outcome not in RESTRICTING:
        return _("This decision takes nothing from the author.")
    if Appeal.objects.using(moderation_db()).filter(decision=decision).exists():
        return _("This decision was contested already.")
    if Appeal.objects.using(moderation_db()).filter(ruling=decision).exists():
        return _("This decision was taken on appeal and is final.")
    if getattr(decision, "reversed_by", None) is not None:
        return _("This decision was taken back.")
    if until(decision) <= timezone.now():
        return _("The time in which this decision could be contested is over.")
    return ""


def submit(decision_id: int, *, text: str, user: Any = None) -> Appeal:
    """Contest a decision: by ``user``, its author, or by whoever came with the author's link.

    Raises:
        NotAllowed: ``user`` is not the author.
        InvalidTransition: it cannot be contested, or was already.
        Unusable: the objection is empty or too long.
    """
    using = moderation_db()
    subject = _decision(decision_id, using).case.subject
    if user is not None and not is_author(subject, user):
        raise NotAllowed(_("Only the author can contest this decision."))
    objection = _objection(text)
    with write_transaction(using):
        _lock_case({"decisions": decision_id}, using)
        decision = _decision(decision_id, using)
        reason = why_not(decision)
        if reason:
            raise InvalidTransition(reason)
        appeal = Appeal(
            decision=decision,
            text=objection,
            author=subject.author if user is None else user,
            author_label=subject.author_label,
            language=(translation.get_language() or "")[:20],
        )
        _save_new(appeal, using)
        notices.appeal_notice(NoticeKind.APPEAL_RECEIVED, appeal)
        _record("appeal.submitted", appeal, AUTHOR)
        send = partial(
            signals.appeal_submitted.send_robust,
            sender=Appeal,
            appeal_id=appeal.pk,
            decision_id=decision.pk,
        )
        transaction.on_commit(lambda: send() and None, using=using, robust=True)
    return appeal


def _objection(text: str) -> str:
    objection = storable(text).strip()
    if not objection:
        raise Unusable(_("Say why you object to the decision."))
    if len(objection) > MOST_CHARS:
        raise Unusable(_("An objection has at most %(most)d characters.") % {"most": MOST_CHARS})
    return objection


def _save_new(appeal: Appeal, using: str) -> None:
    try:
        with transaction.atomic(using=using):
            appeal.save(using=using)
    except IntegrityError as error:  # the same was sent twice at once
        raise InvalidTransition(_("This decision was contested already.")) from error


def withdraw(appeal_id: int, *, user: Any = None) -> Appeal:
    """Take an appeal back: its author, or whoever came with the author's link."""
    using = moderation_db()
    with write_transaction(using):
        appeal = _locked(appeal_id, using)
        if user is not None and not is_author(appeal.decision.case.subject, user):
            raise NotAllowed(_("Only the author can withdraw this appeal."))
        _still_open(appeal)
        _close(appeal, AppealState.WITHDRAWN, AUTHOR)
    return appeal


# The judge


def why_not_judge(appeal: Appeal, user: Any) -> str:
    """Say why ``user`` must not judge an appeal; empty when nothing speaks against it."""
    try:
        _refuse_judge(appeal, user)
    except NotAllowed as error:
        return str(error)
    return ""


def take(appeal_id: int, *, user: Any) -> Appeal:
    """Take an appeal under review. One that a colleague has needs the right to override.

    Raises:
        NotAllowed: one who may not decide, took part in the decision, or is a party to it.
        InvalidTransition: it is closed, or a colleague has it.
    """
    using = moderation_db()
    with write_transaction(using):
        appeal = _locked(appeal_id, using)
        _still_open(appeal)
        _refuse_judge(appeal, user)
        if appeal.judge_id not in (None, user.pk) and not permissions.may_override(user):
            raise InvalidTransition(_("A colleague is judging this appeal."))
        if appeal.judge_id == user.pk:
            return appeal
        appeal.state, appeal.judge, appeal.taken_at = (
            AppealState.UNDER_REVIEW,
            user,
            timezone.now(),
        )
        appeal.judge_label = human(user).label
        appeal.save(using=using)
        _record("appeal.taken", appeal, human(user))
    return appeal


def judge(
    appeal_id: int,
    *,
    user: Any,
    result: str,
    outcome: str = "",
    policies: Sequence[Policy | str] = (),
    public_note: str = "",
    internal_note: str = "",
) -> Appeal:
    """Judge an appeal that ``user`` has taken.

    ``upheld`` lets the decision stand. ``reversed`` takes it and its effect back and dismisses
    the case (``outcome``: which dismissal; allowed, unless told otherwise).
    ``partially_reversed`` puts a milder decision in its place: ``outcome`` and ``policies``.
    All of it stands or falls together.

    Raises:
        NotAllowed, InvalidTransition, PolicyRequired, EffectFailed: as deciding and undoing do.
        Unusable: there is no such result, or a note is too long.
    """
    if result not in RESULTS:
        raise Unusable(_("There is no such result."))
    if max(len(public_note), len(internal_note)) > NOTE_CHARS:
        raise Unusable(_("A note has at most %(most)d characters.") % {"most": NOTE_CHARS})
    using = moderation_db()
    contested = Appeal.objects.using(using).select_related("decision").get(pk=appeal_id).decision
    with decisions.locked(contested.case_id):
        appeal = _locked(appeal_id, using)
        _still_open(appeal)
        _refuse_judge(appeal, user)
        if appeal.state != AppealState.UNDER_REVIEW or appeal.judge_id != user.pk:
            raise InvalidTransition(_("Take the appeal before you judge it."))
        appeal.public_note, appeal.internal_note = storable(public_note), storable(internal_note)
        if result != AppealState.UPHELD:
            appeal.ruling = _rule(appeal, user, AppealState(result), outcome, policies)
        _close(appeal, AppealState(result), human(user))
        notices.appeal_notice(NoticeKind.APPEAL_JUDGED, appeal)
    return appeal


def _rule(
    appeal: Appeal,
    user: Any,
    result: AppealState,
    outcome: str,
    policies: Sequence[Policy | str],
) -> Decision:
    """Take the contested decision back, and put another one in its place."""
    original = appeal.decision
    if result == AppealState.PARTIALLY_REVERSED:
        _check_milder(original, outcome, policies)
    else:
        outcome, policies = outcome or Outcome.DISMISS_ALLOWED, ()
        if outcome not in (Outcome.DISMISS_ALLOWED, Outcome.DISMISS_FALSE_POSITIVE):
            raise InvalidTransition(_("A reversed decision ends in a dismissal."))
    undone = decisions.undo(original.pk, actor=user, on_appeal=True)
    case = Case.objects.using(undone._state.db).get(pk=original.case_id)
    if not case.is_open:  # closed by itself meanwhile: what was done is undone, nothing is to do
        return undone
    ruling = decisions.decide(
        case.pk,
        outcome=outcome,
        actor=user,
        version=case.version,
        policies=policies,
        internal_note=appeal.internal_note,
        public_note=appeal.public_note,
        on_appeal=True,
    )
    if result == AppealState.PARTIALLY_REVERSED:
        statements.of(ruling)
    return ruling


def _check_milder(original: Decision, outcome: str, policies: Sequence[Policy | str]) -> None:
    if outcome not in RESTRICTING:
        raise InvalidTransition(_("Say what is left of the decision."))
    before, after = _GRAVITY.index(Outcome(original.outcome)), _GRAVITY.index(Outcome(outcome))
    cited = {policy if isinstance(policy, str) else policy.code for policy in policies}
    same_ground = cited == {policy.code for policy in original.policies.all()}
    if after > before or (after == before and same_ground):
        raise InvalidTransition(_("What is left of the decision has to be milder than it was."))


def _refuse_judge(appeal: Appeal, user: Any) -> None:
    """Raise ``NotAllowed`` unless ``user`` may decide and had no part in what is contested."""
    if not permissions.may_decide(user):
        raise NotAllowed(_("You may not judge appeals."))
    decision = appeal.decision
    refuse_party(decision.case.subject, user)
    took_part = Decision.objects.using(moderation_db()).filter(
        case=decision.case_id, snapshot=decision.snapshot_id, actor=user, pk__lte=decision.pk
    )
    rulings = took_part.filter(outcome__in=(*RESTRICTING, Outcome.PROPOSE), reversed_by=None)
    if decision.actor_id == user.pk or rulings.exists():
        raise NotAllowed(_("Somebody else than who decided judges an appeal."))


# What ends by itself


def expire_overtaken() -> int:
    """Close appeals against decisions that no longer stand; return how many.

    A decision no longer stands once it was taken back, another one took its place, or the text
    was deleted.
    """
    using, count = moderation_db(), 0
    rows = Appeal.objects.using(using).filter(_is_overtaken(using), state__in=OPEN_APPEALS)
    for appeal_id in list(rows.order_by("pk").values_list("pk", flat=True)[: settings.SWEEP_BATCH]):
        with write_transaction(using):
            appeal = _locked(appeal_id, using)
            if appeal.is_open:  # what overtook its decision stays on record
                _close(appeal, AppealState.EXPIRED, MACHINE)
                notices.appeal_notice(NoticeKind.APPEAL_JUDGED, appeal)
                count += 1
    return count


def _is_overtaken(using: str) -> Q:
    """Return the condition for appeals against what no longer stands."""
    later = Decision.objects.using(using).filter(
        case=OuterRef("decision__case"), pk__gt=OuterRef("decision")
    )
    gone = Q(decision__case__subject__deleted_at__isnull=False)
    return gone | Q(Exists(later.exclude(outcome__in=LEAVING_OPEN)))


# Rows


def of_link(decision_id: int) -> Decision:
    """Return a decision with what its author's page needs. Raises ``Decision.DoesNotExist``."""
    return _decision(decision_id, moderation_db())


def _decision(decision_id: int, using: str) -> Decision:
    rows = Decision.objects.using(using).select_related("case__subject__author", "snapshot")
    row: Decision = rows.select_related("reversed_by").get(pk=decision_id)
    return row


def _locked(appeal_id: int, using: str) -> Appeal:
    _lock_case({"decisions__appeal": appeal_id}, using)
    appeal = Appeal.objects.using(using).select_for_update().get(pk=appeal_id)
    appeal.decision = _decision(appeal.decision_id, using)
    return appeal


def _lock_case(lookup: Mapping[str, int], using: str) -> None:
    """Lock the case before the trail is: who decides does so in this order, and both would wait."""
    rows = Case.objects.using(using).filter(**lookup).values_list("pk", flat=True)
    list(Case.objects.using(using).select_for_update().filter(pk__in=list(rows)))


def _still_open(appeal: Appeal) -> None:
    if not appeal.is_open:
        raise InvalidTransition(_("This appeal is closed."))


def _close(appeal: Appeal, state: AppealState, who: Actor) -> None:
    appeal.state, appeal.closed_at = state, timezone.now()
    appeal.save(using=appeal._state.db)
    _record(f"appeal.{state}", appeal, who)
    send = partial(
        signals.appeal_closed.send_robust, sender=Appeal, appeal_id=appeal.pk, state=str(state)
    )
    transaction.on_commit(lambda: send() and None, using=appeal._state.db, robust=True)


def _record(verb: str, appeal: Appeal, who: Actor) -> None:
    data = {"appeal": appeal.pk, "decision": appeal.decision_id, "ruling": appeal.ruling_id}
    case = appeal.decision.case
    case.refresh_from_db(using=appeal._state.db, fields=["version"])
    audit.record(verb, actor=who, case=case, data=data)
