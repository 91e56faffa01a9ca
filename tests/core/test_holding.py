"""Holding cases: by opening them, by being given them; and notes on them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from moderation.models import Case, CaseNote, CaseState, Decision, Event
from moderation.models.base import AppendOnlyError
from moderation.services import audit, cases, decisions, effects, notes
from moderation.services.errors import Conflict, InvalidTransition, NotAllowed
from tests.core.conftest import ONLY_WORDS
from tests.site.models import Article

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def case(scan_all):
    Article.objects.create(headline="Bridge", body="<p>badword</p>")
    scan_all()
    return Case.objects.get()


@pytest.fixture
def second(make_user):
    return make_user("second", "view_case", "claim_case", "decide_case")


def mode(settings, value):
    settings.MODERATION = {"DETECTORS": ONLY_WORDS, "CLAIM_ON_OPEN": value}


def fresh() -> Case:
    return Case.objects.select_related("subject").get()


# Claim on opening


def test_opening_claims_nothing_unless_the_setting_says_so(case, moderator):
    assert cases.claim_on_opening(case, moderator).claimed_by is None
    assert Event.objects.filter(verb="case.claimed").count() == 0


@pytest.mark.parametrize("value", ["optional", "required"])
def test_opening_claims_a_free_case_once(case, moderator, settings, value):
    mode(settings, value)
    held = cases.claim_on_opening(case, moderator)
    assert (held.state, held.claimed_by) == (CaseState.CLAIMED, moderator)
    assert cases.claim_on_opening(fresh(), moderator).version == held.version
    assert Event.objects.filter(verb="case.claimed").count() == 1


def test_opening_late_prolongs_the_claim(case, moderator, settings):
    mode(settings, "optional")
    cases.claim_on_opening(case, moderator)
    Case.objects.update(claim_expires_at=timezone.now() + timedelta(seconds=5))
    held = cases.claim_on_opening(fresh(), moderator)
    assert held.claim_expires_at > timezone.now() + timedelta(seconds=300)


def test_opening_takes_nothing_from_others(case, moderator, second, senior, settings):
    mode(settings, "required")
    cases.claim_on_opening(case, moderator)
    for user in (second, senior):
        assert cases.claim_on_opening(fresh(), user).claimed_by == moderator
    # Two at the same moment: the second one learns whose it is.
    assert cases.claim_on_opening(case, second).claimed_by == moderator


def test_opening_claims_no_closed_no_snoozed_no_own_case(case, moderator, second, settings):
    mode(settings, "optional")
    cases.snooze(case.pk, user=second, until=timezone.now() + timedelta(hours=1))
    assert cases.claim_on_opening(fresh(), moderator).state == CaseState.SNOOZED
    Case.objects.update(state=CaseState.DECIDED, snoozed_until=None)
    assert cases.claim_on_opening(fresh(), moderator).state == CaseState.DECIDED
    Case.objects.update(state=CaseState.OPEN)
    Article._base_manager.update(author=moderator)
    assert cases.claim_on_opening(fresh(), moderator).state == CaseState.OPEN


def test_onlookers_claim_nothing(case, make_user, settings):
    mode(settings, "required")
    assert cases.claim_on_opening(case, make_user("v", "view_case")).claimed_by is None


def test_where_claims_are_required_nobody_decides_without(case, moderator, settings):
    mode(settings, "required")
    with pytest.raises(InvalidTransition, match="Claim the case"):
        decisions.decide(case.pk, outcome="dismiss_allowed", actor=moderator, version=case.version)
    held = cases.claim(case.pk, user=moderator)
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvalidTransition):
        decisions.decide(case.pk, outcome="dismiss_allowed", actor=moderator, version=held.version)
    held = cases.claim(case.pk, user=moderator)
    decisions.decide(case.pk, outcome="dismiss_allowed", actor=moderator, version=held.version)
    assert Decision.objects.count() == 1


def test_a_batch_needs_no_claims(case, moderator, settings):
    mode(settings, "required")
    _batch, done = decisions.decide_batch(
        [(case.pk, case.version)], outcome="dismiss_allowed", actor=moderator
    )
    assert done[0].error is None


# Given to a colleague


def test_a_case_is_given_to_a_colleague_for_longer(case, senior, second, moderator):
    held = cases.assign(case.pk, user=senior, to=second, version=case.version)
    assert (held.state, held.claimed_by) == (CaseState.CLAIMED, second)
    assert held.claim_expires_at > timezone.now() + timedelta(hours=23)
    prolonged = cases.claim(case.pk, user=second, version=held.version)
    assert prolonged.claim_expires_at == held.claim_expires_at
    cases.assign(case.pk, user=senior, to=moderator)
    event = Event.objects.filter(verb="case.assigned").last()
    assert event.data["to"] == f"user:{moderator.pk}"
    assert event.data["taken_from"] == f"user:{second.pk}"
    with pytest.raises(Conflict):
        decisions.decide(case.pk, outcome="dismiss_allowed", actor=second, version=fresh().version)


def test_cases_are_given_by_those_who_may_to_those_who_may(
    case, senior, second, moderator, make_user
):
    with pytest.raises(NotAllowed):
        cases.assign(case.pk, user=moderator, to=second)
    with pytest.raises(NotAllowed):
        cases.assign(case.pk, user=senior, to=make_user("onlooker", "view_case"))
    Article._base_manager.update(author=second)
    with pytest.raises(NotAllowed):
        cases.assign(case.pk, user=senior, to=second)
    with pytest.raises(Conflict):
        cases.assign(case.pk, user=senior, to=moderator, version=case.version + 1)
    Case.objects.update(state=CaseState.DECIDED)
    with pytest.raises(InvalidTransition):
        cases.assign(case.pk, user=senior, to=moderator)
    assert not Event.objects.filter(verb="case.assigned").exists()


# Notes


def test_a_note_is_kept_and_disturbs_nobody(case, moderator):
    note = notes.add(case.pk, user=moderator, text="  Same as <b>last</b> week.\x00 ")
    assert note.text == "Same as <b>last</b> week.\ufffd"
    assert (note.author, note.author_label) == (moderator, "mod")
    assert fresh().version == case.version
    event = Event.objects.get(verb="case.noted")
    assert event.data["note"] == note.pk
    assert "week" not in str(event.data)
    assert audit.verify().ok
    with pytest.raises(AppendOnlyError):
        note.save()
    with pytest.raises(AppendOnlyError):
        CaseNote.objects.all().delete()


@pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
def test_an_empty_or_endless_note_is_refused(case, moderator, text):
    with pytest.raises(InvalidTransition):
        notes.add(case.pk, user=moderator, text=text)
    assert not CaseNote.objects.exists()


def test_notes_are_for_moderators_who_are_no_party(case, moderator, make_user):
    with pytest.raises(NotAllowed):
        notes.add(case.pk, user=make_user("onlooker", "view_case"), text="hm")
    Article._base_manager.update(author=moderator)
    with pytest.raises(NotAllowed):
        notes.add(case.pk, user=moderator, text="It was a joke.")
    with pytest.raises(Case.DoesNotExist):
        notes.add(case.pk + 99, user=moderator, text="hm")


def test_a_closed_case_takes_notes(case, moderator):
    decisions.decide(case.pk, outcome="dismiss_allowed", actor=moderator, version=case.version)
    assert notes.add(case.pk, user=moderator, text="Asked the author.").case == case


# The time for a quick undo


def test_what_goes_outside_waits_for_an_undo(case, moderator, settings):
    decision = decisions.decide(
        case.pk, outcome="dismiss_allowed", actor=moderator, version=case.version
    )
    assert effects.leaves_at(decision) - decision.created_at == timedelta(seconds=30)
    settings.MODERATION = {"UNDO_SECONDS": 0}
    assert effects.leaves_at(decision) == decision.created_at


# The groups


def test_the_groups_are_made_once_and_keep_what_a_site_adds(capsys):
    from django.contrib.auth.models import Group, Permission

    call_command("moderation_roles")
    assert "Moderators: made, 4 permissions added." in capsys.readouterr().out
    moderators = Group.objects.get(name="Moderators")
    extra = Permission.objects.get(codename="view_scan")
    moderators.permissions.add(extra)
    moderators.permissions.remove(Permission.objects.get(codename="claim_case"))
    call_command("moderation_roles")
    assert "Moderators: was there, 1 permissions added." in capsys.readouterr().out
    assert Group.objects.count() == 4
    assert extra in moderators.permissions.all()
    held = set(
        Group.objects.get(name="Senior moderators").permissions.values_list("codename", flat=True)
    )
    assert held == {
        "view_case", "claim_case", "decide_case", "override_case", "see_author_identity",
    }  # fmt: skip
    managers = Group.objects.get(name="Moderation managers").permissions
    wanted = {"manage_detectors", "change_policy", "add_listedphrase", "view_decision"}
    assert wanted <= set(managers.values_list("codename", flat=True))
