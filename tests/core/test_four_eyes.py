"""Policies that take two people."""

from __future__ import annotations

import pytest

from moderation.models import Case, CaseState, Decision, Effect, Event, Outcome, Policy
from moderation.services import audit, cases, decisions
from moderation.services.errors import InvalidTransition, NotAllowed
from moderation.services.four_eyes import standing_proposal
from tests.core.conftest import ONLY_WORDS
from tests.site.models import Article, Comment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _for_two(settings):
    settings.MODERATION = {"DETECTORS": ONLY_WORDS, "FOUR_EYES": ["test-civility"]}


@pytest.fixture
def comment():
    article = Article.objects.create(headline="Bridge", body="<p>Repaired.</p>")
    return Comment.objects.create(article=article, body="a badword here", author_name="guest")


@pytest.fixture
def case(comment, scan_all):
    scan_all()
    return Case.objects.get()


@pytest.fixture
def second(make_user):
    return make_user("second", "view_case", "claim_case", "decide_case")


def rule(user, outcome="hide", policies=("test-civility",)) -> Decision:
    case = Case.objects.get()
    return decisions.decide(
        case.pk, outcome=outcome, actor=user, version=case.version, policies=policies
    )


def test_the_first_ruling_proposes_and_the_second_one_decides(
    case, comment, moderator, second, policy
):
    proposal = rule(moderator)
    waiting = Case.objects.get()
    assert (proposal.outcome, proposal.proposed) == (Outcome.PROPOSE, "hide")
    assert (waiting.state, waiting.proposed_by) == (CaseState.OPEN, moderator)
    assert Comment._base_manager.get().is_public
    assert not Effect.objects.exists()
    assert standing_proposal(waiting) == proposal
    event = Event.objects.get(verb="case.proposed")
    assert (event.data["outcome"], event.data["proposed"]) == ("propose", "hide")

    decision = rule(second)
    decided = Case.objects.get()
    assert (decision.outcome, decision.proposed) == (Outcome.HIDE, "")
    assert (decided.state, decided.proposed_by) == (CaseState.DECIDED, None)
    assert not Comment._base_manager.get().is_public
    assert standing_proposal(decided) is None
    assert audit.verify().ok


def test_nobody_confirms_their_own_proposal(case, moderator, policy):
    rule(moderator)
    for outcome in ("hide", "remove"):
        with pytest.raises(NotAllowed):
            rule(moderator, outcome)
    assert Decision.objects.count() == 1


def test_a_different_ruling_of_the_second_person_is_a_proposal_of_its_own(
    case, moderator, second, policy
):
    rule(moderator)
    other = rule(second, "remove")
    assert (other.outcome, other.proposed) == (Outcome.PROPOSE, "remove")
    assert Case.objects.get().proposed_by == second
    assert rule(moderator, "remove").outcome == Outcome.REMOVE


def test_a_policy_for_two_that_was_not_proposed_is_not_confirmed_by_the_way(
    case, moderator, second, policy, settings
):
    settings.MODERATION = {**settings.MODERATION, "FOUR_EYES": ["test-civility", "law"]}
    Policy.objects.create(code="law", title="The law")
    rule(moderator)
    assert rule(second, policies=("test-civility", "law")).outcome == Outcome.PROPOSE


def test_what_takes_nothing_from_the_author_takes_one_person(case, moderator, second, policy):
    rule(moderator)
    assert rule(second, "dismiss_allowed").outcome == Outcome.DISMISS_ALLOWED
    assert Case.objects.get().proposed_by is None


def test_other_policies_take_one_person(case, moderator, policy):
    Policy.objects.create(code="other", title="Other")
    assert rule(moderator, policies=("other",)).outcome == Outcome.HIDE


def test_a_proposal_is_taken_back_and_a_confirmed_one_too(
    case, comment, moderator, second, policy, senior
):
    proposal = rule(moderator)
    with pytest.raises(NotAllowed):
        decisions.undo(proposal.pk, actor=second)
    decisions.undo(proposal.pk, actor=moderator)
    assert Case.objects.get().proposed_by is None
    rule(second)
    decision = rule(moderator)
    assert decision.outcome == Outcome.HIDE
    decisions.undo(decision.pk, actor=moderator)
    comment.refresh_from_db()
    assert comment.is_public
    assert standing_proposal(Case.objects.get()) is None
    assert rule(moderator).outcome == Outcome.PROPOSE  # two people, again


def test_an_edited_text_voids_the_proposal(case, comment, moderator, second, policy, scan_all):
    rule(moderator)
    comment.body = "a badword, edited into quite another text"
    comment.save()
    from moderation.services.intake import request_scan

    request_scan(case.subject)
    scan_all()
    fresh = Case.objects.get()
    assert (fresh.proposed_by, standing_proposal(fresh)) == (None, None)
    assert rule(second).outcome == Outcome.PROPOSE


def test_a_claim_that_ran_out_leaves_the_proposal_standing(case, moderator, second, policy):
    rule(moderator)
    held = cases.claim(case.pk, user=second)
    released = cases.release(case.pk, user=second, version=held.version)
    assert released.proposed_by == moderator
    assert rule(second).outcome == Outcome.HIDE


def test_the_machine_does_not_confirm_itself(case, policy):
    from moderation.services.actors import MACHINE

    assert rule(MACHINE).outcome == Outcome.PROPOSE
    with pytest.raises(NotAllowed):
        rule(MACHINE)


def test_a_proposal_is_not_an_outcome_to_choose(case, moderator, policy):
    with pytest.raises(InvalidTransition):
        rule(moderator, "propose")


def test_a_batch_reports_proposals_as_what_they_are(case, moderator, policy):
    _batch, results = decisions.decide_batch(
        [(case.pk, case.version)], outcome="hide", actor=moderator, policies=["test-civility"]
    )
    assert [item.decision.outcome for item in results] == [Outcome.PROPOSE]
