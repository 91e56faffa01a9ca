"""Deciding cases, and taking decisions back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import permissions, signals
from moderation.conf import settings
from moderation.models import (
    ActorKind,
    Case,
    CaseState,
    Decision,
    Effect,
    Outcome,
    Policy,
    Subject,
)
from moderation.models.cases import OPEN_CASES
from moderation.models.decisions import LEAVING_OPEN, RESTRICTING
from moderation.services import audit, effects, four_eyes, notices
from moderation.services.actors import Actor, human
from moderation.services.cases import check_version
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import (
    Conflict,
    InvalidTransition,
    ModerationError,
    NotAllowed,
    PolicyRequired,
)
from moderation.services.hosts import host_database, load
from moderation.services.parties import refuse_party

_VERBS = {Outcome.ESCALATE.value: "case.escalated", Outcome.PROPOSE.value: "case.proposed"}


@dataclass(frozen=True, slots=True)
class BatchItem:
    """What became of one case of a batch: a decision, or the reason why not."""

    case_id: int
    decision: Decision | None = None
    error: ModerationError | None = None


def decide(
    case_id: int,
    *,
    outcome: str,
    actor: Any,
    version: int,
    policies: Sequence[Policy | str] = (),
    internal_note: str = "",
    public_note: str = "",
    batch_id: uuid.UUID | None = None,
    on_appeal: bool = False,
) -> Decision:
    """Decide a case as the caller saw it at ``version``, and let it take effect on the site.

    ``actor`` is an account or an :class:`Actor`; ``policies`` are rows or codes. The decision,
    its effect on the host object and the audit line stand or fall together. Where the setting
    ``FOUR_EYES`` names a policy that is cited, the first ruling is recorded as a proposal and the
    case stays open until somebody else rules alike; look at the ``outcome`` that is returned.
    ``on_appeal`` is for the one who judges an appeal: they are the second person already.

    Raises ``Conflict`` (another version, decided or held by somebody else), ``NotAllowed``,
    ``PolicyRequired``, ``InvalidTransition`` (unknown outcome, a claim that is required) or
    ``EffectFailed``.
    """
    who = actor if isinstance(actor, Actor) else human(actor)
    ruling = _outcome(outcome)
    with locked(case_id) as (case, subject, using):
        _check(case, subject, who, version, held=not (on_appeal or batch_id))
        cited = _policies(policies, using)
        if ruling in RESTRICTING and not cited:
            raise PolicyRequired(_("This outcome needs a policy."))
        proposes = not on_appeal and four_eyes.is_proposal(case, who, ruling, cited)
        decision = _write(
            case,
            who,
            outcome=Outcome.PROPOSE if proposes else ruling,
            proposed=ruling if proposes else "",
            internal_note=internal_note,
            public_note=public_note,
            batch_id=batch_id,
        )
        decision.policies.set(cited)
        effect = effects.apply(decision, subject)
        if not on_appeal:  # else the answer to the appeal tells of it
            notices.plan_for_author(decision)
        _move(case, decision)
        _tell(decision, case, who, cited, effect)
        send = partial(
            signals.case_decided.send_robust,
            sender=Decision,
            case_id=case.pk,
            decision_id=decision.pk,
            outcome=str(decision.outcome),
        )
        transaction.on_commit(lambda: send() and None, using=using, robust=True)
    return decision


def decide_batch(
    items: Iterable[tuple[int, int]],
    *,
    outcome: str,
    actor: Any,
    policies: Sequence[Policy | str] = (),
    internal_note: str = "",
    public_note: str = "",
) -> tuple[uuid.UUID, list[BatchItem]]:
    """Decide many cases, given as ``(case id, version seen)``, each for itself.

    Returns the batch's id, by which :func:`undo_batch` takes it back, and one result per case.
    """
    batch_id = uuid.uuid4()
    results = []
    for case_id, version in items:
        try:
            decision = decide(
                case_id,
                outcome=outcome,
                actor=actor,
                version=version,
                policies=policies,
                internal_note=internal_note,
                public_note=public_note,
                batch_id=batch_id,
            )
        except ModerationError as error:
            results.append(BatchItem(case_id, error=error))
        except Case.DoesNotExist:
            results.append(BatchItem(case_id, error=InvalidTransition(_("There is no such case."))))
        else:
            results.append(BatchItem(case_id, decision))
    return batch_id, results


def undo(
    decision_id: int,
    *,
    actor: Any,
    batch_id: uuid.UUID | None = None,
    on_appeal: bool = False,
) -> Decision:
    """Take back the latest decision of a case and its effect; the case is open again.

    A case that was closed as moot stays closed. ``on_appeal`` is for the one who judges an appeal
    against the decision: it takes no right to override.

    Raises ``InvalidTransition`` when it was taken back before or is not the latest one,
    ``NotAllowed`` for a colleague's decision without the right to override and for one about
    one's own content, ``Conflict`` when the case was reopened meanwhile, or ``EffectFailed``.
    """
    who = actor if isinstance(actor, Actor) else human(actor)
    original = Decision.objects.using(moderation_db()).get(pk=decision_id)
    with locked(original.case_id) as (case, subject, using):
        _check_undo(original, case, who, using, judges=on_appeal)
        reversal = _write(case, who, outcome=Outcome.UNDO, reverses=original, batch_id=batch_id)
        effect = effects.revert(original, subject)
        _move_back(case)
        if not on_appeal:  # else the judgement tells of it
            notices.plan_undone(original)
        audit.record(
            "decision.undone",
            actor=who,
            case=case,
            data={
                "decision": reversal.pk,
                "undone": original.pk,
                "batch": batch_id and str(batch_id),
                "effect": effect and effect.state,
            },
        )
        send = partial(
            signals.decision_undone.send_robust,
            sender=Decision,
            case_id=case.pk,
            decision_id=original.pk,
            undo_id=reversal.pk,
        )
        transaction.on_commit(lambda: send() and None, using=using, robust=True)
    return reversal


def undo_batch(batch_id: uuid.UUID, *, actor: Any) -> list[BatchItem]:
    """Take back every decision of a batch that can still be taken back."""
    decisions = (
        Decision.objects.using(moderation_db())
        .filter(batch_id=batch_id, reverses=None)
        .values_list("pk", "case_id")
    )
    results = []
    undo_id = uuid.uuid4()
    for decision_id, case_id in list(decisions):
        try:
            results.append(BatchItem(case_id, undo(decision_id, actor=actor, batch_id=undo_id)))
        except ModerationError as error:
            results.append(BatchItem(case_id, error=error))
    return results


def _outcome(value: str) -> Outcome:
    try:
        outcome = Outcome(value)
    except ValueError as error:
        raise InvalidTransition(_("There is no such outcome.")) from error
    if outcome == Outcome.UNDO:
        raise InvalidTransition(_("An undo names the decision it takes back."))
    if outcome == Outcome.PROPOSE:
        raise InvalidTransition(_("What is proposed has to be named."))
    return outcome


@contextmanager
def locked(case_id: int) -> Iterator[tuple[Case, Subject, str]]:
    """Open the transaction of a decision and lock host row, subject and case; yield the latter.

    In this order: a host that saves or deletes the object holds its row before the receivers
    come to the subject.
    """
    using = moderation_db()
    case = Case.objects.using(using).select_related("subject").get(pk=case_id)
    with ExitStack() as stack:
        database = host_database(case.subject)
        if database != using:
            stack.enter_context(transaction.atomic(using=database))
        stack.enter_context(write_transaction(using))
        load(case.subject, lock=True)
        subject = (
            Subject.objects.using(using).select_for_update(no_key=True).get(pk=case.subject_id)
        )
        yield Case.objects.using(using).select_for_update().get(pk=case_id), subject, using


def _check(case: Case, subject: Subject, who: Actor, version: int, *, held: bool) -> None:
    if who.kind == ActorKind.HUMAN:
        if not permissions.may_decide(who.user):
            raise NotAllowed(_("You may not decide cases."))
        refuse_party(subject, who.user)
    if not case.is_open:
        raise Conflict(_("The case is closed already."), case)
    check_version(case, version)
    if who.kind == ActorKind.HUMAN:
        if case.held_by_other(who.user):
            raise Conflict(_("A colleague is working on this case."), case)
        # The cases of a batch were looked at together, so nobody holds them one by one.
        if settings.CLAIM_ON_OPEN == "required" and held and not case.held_by(who.user):
            raise InvalidTransition(_("Claim the case before you decide it."))


def _policies(policies: Sequence[Policy | str], using: str) -> list[Policy]:
    codes = [policy for policy in policies if isinstance(policy, str)]
    rows = [policy for policy in policies if isinstance(policy, Policy)]
    found = list(Policy.objects.using(using).filter(code__in=codes))
    missing = set(codes) - {policy.code for policy in found}
    if missing:
        raise PolicyRequired(
            _("There is no policy %(code)s.") % {"code": ", ".join(sorted(missing))}
        )
    cited = rows + found
    if any(not policy.is_active for policy in cited):
        raise PolicyRequired(_("A policy that is no longer active cannot be cited."))
    return cited


def _write(case: Case, who: Actor, *, outcome: Outcome, **fields: Any) -> Decision:
    decision = Decision(
        case=case,
        case_version=case.version,
        snapshot_id=case.snapshot_id,
        outcome=outcome,
        actor_kind=who.kind,
        actor=who.user,
        actor_label=who.label,
        **fields,
    )
    decision.save(using=case._state.db)
    return decision


def _move(case: Case, decision: Decision) -> None:
    case.claimed_by, case.claim_expires_at, case.snoozed_until = None, None, None
    case.proposed_by = None
    if decision.outcome == Outcome.ESCALATE:
        case.state, case.escalated = CaseState.ESCALATED, True
    elif decision.outcome == Outcome.PROPOSE:
        case.state = CaseState.ESCALATED if case.escalated else CaseState.OPEN
        case.proposed_by = decision.actor
    else:
        case.state, case.closed_at = CaseState.DECIDED, timezone.now()
    case.version += 1
    case.save(using=case._state.db)


def _tell(
    decision: Decision, case: Case, who: Actor, cited: Sequence[Policy], effect: Effect | None
) -> None:
    """Write a decision down in the audit trail."""
    audit.record(
        _VERBS.get(decision.outcome, "case.decided"),
        actor=who,
        case=case,
        data={
            "decision": decision.pk,
            "outcome": str(decision.outcome),
            **({"proposed": str(decision.proposed)} if decision.proposed else {}),
            "policies": [policy.code for policy in cited],
            "snapshot": decision.snapshot_id,
            "batch": decision.batch_id and str(decision.batch_id),
            "effect": effect and effect.state,
        },
    )


def _check_undo(
    original: Decision, case: Case, who: Actor, using: str, *, judges: bool = False
) -> None:
    if original.outcome == Outcome.UNDO:
        raise InvalidTransition(_("An undo is not undone; decide the case again."))
    if Decision.objects.using(using).filter(reverses=original).exists():
        raise InvalidTransition(_("This decision was taken back already."))
    latest = Decision.objects.using(using).filter(case=case).order_by("-pk").first()
    if latest is None or latest.pk != original.pk:
        raise InvalidTransition(_("Only the latest decision of a case can be taken back."))
    if who.kind == ActorKind.HUMAN:
        own = original.actor_id == who.user.pk and permissions.may_decide(who.user)
        if not (own or judges) and not permissions.may_override(who.user):
            raise NotAllowed(_("You may not take back a colleague's decision."))
        refuse_party(case.subject, who.user)
    # A case that closed by itself may have left its object hidden.
    closed = (CaseState.DECIDED, CaseState.CLOSED_MOOT)
    if case.state not in (OPEN_CASES if original.outcome in LEAVING_OPEN else closed):
        raise Conflict(_("The case was reopened since."), case)
    if who.kind == ActorKind.HUMAN and case.is_open and case.held_by_other(who.user):
        raise Conflict(_("A colleague is working on this case."), case)


def _move_back(case: Case) -> None:
    """Open a case again, escalated if an escalation stands; one closed as moot stays closed."""
    rulings = Decision.objects.using(case._state.db).filter(case=case, reversed_by=None)
    case.escalated = rulings.filter(outcome=Outcome.ESCALATE).exists()
    if case.state != CaseState.CLOSED_MOOT:
        case.state = CaseState.ESCALATED if case.escalated else CaseState.OPEN
        case.closed_at = None
    case.claimed_by, case.claim_expires_at, case.snoozed_until = None, None, None
    case.proposed_by = None
    case.version += 1
    case.save(using=case._state.db)
