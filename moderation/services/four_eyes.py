"""Policies that take two people: the first ruling is a proposal, the second one confirms it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.models import Case, Decision, Outcome, Policy
from moderation.models.decisions import RESTRICTING
from moderation.services.actors import Actor
from moderation.services.errors import NotAllowed


def standing_proposal(case: Case) -> Decision | None:
    """Return the proposal that waits for a second person; an edit or another ruling voids it."""
    latest = (
        Decision.objects.using(case._state.db)
        .filter(case=case)
        .prefetch_related("policies")
        .order_by("-pk")
        .first()
    )
    if latest is None or latest.outcome != Outcome.PROPOSE:
        return None
    return latest if case.is_open and latest.snapshot_id == case.snapshot_id else None


def is_proposal(case: Case, who: Actor, ruling: Outcome, cited: Sequence[Policy]) -> bool:
    """Whether a ruling only proposes: it cites a policy for two, and confirms nobody's proposal.

    Raises ``NotAllowed`` when ``who`` would confirm, or replace, a proposal of their own.
    """
    delicate = _for_two(cited)
    if ruling not in RESTRICTING or not delicate:
        return False
    proposal = standing_proposal(case)
    if proposal is None:
        return True
    if _same_person(proposal, who):
        raise NotAllowed(
            _("A second person has to confirm this. Take your proposal back to change it.")
        )
    return proposal.proposed != ruling or not delicate <= _for_two(proposal.policies.all())


def _for_two(policies: Iterable[Policy]) -> set[str]:
    return {policy.code for policy in policies} & set(settings.FOUR_EYES)


def _same_person(proposal: Decision, who: Actor) -> bool:
    if who.user is None:
        return proposal.actor_kind == who.kind
    return bool(proposal.actor_id == who.user.pk)
