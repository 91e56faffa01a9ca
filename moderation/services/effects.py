"""What a decision does to the host object, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.models import Decision, Effect, EffectState, Outcome, Subject
from moderation.models.decisions import DISMISSING, HIDING
from moderation.services.errors import EffectFailed
from moderation.services.hosts import host_database, load, registration_of
from moderation.targets import Target, own_write


def apply(decision: Decision, subject: Subject) -> Effect | None:
    """Hide or restore the host object as the outcome demands; None when nothing is to do.

    Raises ``EffectFailed`` when the site cannot do it, and then nothing was written.
    """
    action = _action(Outcome(decision.outcome), subject)
    if action is None:
        return None
    effect = Effect(decision=decision, action=action)
    registration = registration_of(subject)
    with transaction.atomic(using=host_database(subject)):
        obj = load(subject, lock=True)
        if registration is None or obj is None:
            effect.state = EffectState.GONE
        else:
            target = registration.target
            effect.before = target.visibility_values(obj)
            _write(target.hide if action == "hide" else target.restore, obj)
            effect.after = target.visibility_values(obj)
            effect.state = EffectState.APPLIED
    effect.save(using=decision._state.db)
    return effect


def revert(decision: Decision, subject: Subject) -> Effect | None:
    """Take an effect back; a value the site changed meanwhile is left as it is."""
    effect = Effect.objects.using(decision._state.db).filter(decision=decision).first()
    if effect is None or effect.state != EffectState.APPLIED:
        return effect
    registration = registration_of(subject)
    with transaction.atomic(using=host_database(subject)):
        obj = load(subject, lock=True)
        if registration is None or obj is None:
            effect.state = EffectState.GONE
        elif registration.target.visibility_values(obj) != effect.after:
            effect.state = EffectState.LEFT
        else:
            _write(lambda row: _put_back(registration.target, row, effect), obj)
            effect.state = EffectState.UNDONE
    effect.save(using=decision._state.db)
    return effect


def is_hidden(subject: Subject) -> bool:
    """Whether a decision of ours keeps the object out of sight at this moment."""
    latest = (
        Effect.objects.using(subject._state.db)
        .filter(decision__case__subject=subject, state=EffectState.APPLIED)
        .order_by("-pk")
        .first()
    )
    return latest is not None and latest.action == "hide"


def leaves_at(decision: Decision) -> datetime:
    """Return when a decision may be told outside: mails and webhooks wait for a quick undo.

    What is on the site itself is hidden or shown at once, since it can be put back.
    """
    return decision.created_at + timedelta(seconds=settings.UNDO_SECONDS)


def _action(outcome: Outcome, subject: Subject) -> str | None:
    if outcome in HIDING:
        return "hide"
    if outcome in DISMISSING and is_hidden(subject):
        return "restore"
    return None


def _put_back(target: Target, obj: models.Model, effect: Effect) -> None:
    if effect.before:
        target.write_back(obj, effect.before)
    elif effect.action == "hide":
        target.restore(obj)
    else:
        target.hide(obj)


def _write(action: Callable[[models.Model], None], obj: models.Model) -> None:
    try:
        with own_write(obj), transaction.atomic(using=obj._state.db):
            action(obj)
    except Exception as error:
        raise EffectFailed(
            _("The site could not carry this out (%(error)s).") % {"error": type(error).__name__}
        ) from error
