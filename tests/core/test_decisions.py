from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from moderation import signals
from moderation.models import (
    Case,
    CaseState,
    Decision,
    Effect,
    EffectState,
    Event,
    Outcome,
    Policy,
)
from moderation.models.base import AppendOnlyError
from moderation.services import audit, cases, decisions, intake
from moderation.services.errors import (
    Conflict,
    EffectFailed,
    InvalidTransition,
    NotAllowed,
    PolicyRequired,
)
from moderation.services.hosts import find_subject
from tests.site.models import Article, Comment, Essay, Remark, Writer

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def comment():
    article = Article.objects.create(headline="Bridge", body="<p>Repaired.</p>")
    return Comment.objects.create(article=article, body="a badword here", author_name="guest")


@pytest.fixture
def case(comment, scan_all):
    scan_all()
    return Case.objects.get()


def hide(case, user, policy, **extra):
    return decisions.decide(
        case.pk, outcome="hide", actor=user, version=case.version, policies=[policy], **extra
    )


@pytest.mark.parametrize("outcome", ["hide", "remove", "label", "request_changes"])
def test_an_outcome_that_restricts_needs_a_policy(case, moderator, outcome):
    with pytest.raises(PolicyRequired):
        decisions.decide(case.pk, outcome=outcome, actor=moderator, version=case.version)
    assert not Decision.objects.exists()
    assert Case.objects.get().state == CaseState.OPEN


@pytest.mark.parametrize("outcome", ["dismiss_false_positive", "dismiss_allowed"])
def test_a_dismissal_needs_none_and_leaves_the_site_alone(case, comment, moderator, outcome):
    decisions.decide(case.pk, outcome=outcome, actor=moderator, version=case.version)
    comment.refresh_from_db()
    assert comment.is_public
    assert Case.objects.get().state == CaseState.DECIDED
    assert not Effect.objects.exists()


@pytest.mark.parametrize("outcome", ["undo", "explode", ""])
def test_an_outcome_there_is_not_is_refused(case, moderator, outcome):
    with pytest.raises(InvalidTransition):
        decisions.decide(case.pk, outcome=outcome, actor=moderator, version=case.version)


def test_an_unknown_or_retired_policy_cannot_be_cited(case, moderator, policy):
    with pytest.raises(PolicyRequired, match="no-such"):
        hide(case, moderator, "no-such")
    Policy.objects.filter(pk=policy.pk).update(is_active=False)
    with pytest.raises(PolicyRequired):
        hide(case, moderator, policy.code)
    assert not Decision.objects.exists()


def test_a_stale_version_gets_a_conflict_with_the_present_case(case, moderator, senior, policy):
    held = cases.claim(case.pk, user=moderator)
    with pytest.raises(Conflict) as conflict:
        hide(case, moderator, policy)  # the version from before the claim
    assert conflict.value.case.version == held.version
    assert not Decision.objects.exists()


def test_a_case_held_by_a_colleague_is_not_decided(case, moderator, senior, policy):
    held = cases.claim(case.pk, user=moderator)
    with pytest.raises(Conflict):
        hide(held, senior, policy)
    taken = cases.claim(case.pk, user=senior, take_over=True)
    hide(taken, senior, policy)
    assert Decision.objects.get().actor == senior


def test_without_the_permission_nothing_is_decided(case, make_user, policy):
    onlooker = make_user("onlooker", "view_case")
    with pytest.raises(NotAllowed):
        hide(case, onlooker, policy)
    with pytest.raises(NotAllowed):
        cases.claim(case.pk, user=onlooker)


def test_nobody_decides_about_their_own_content(moderator, policy, scan_all):
    article = Article.objects.create(headline="Mine", body="meh badword", author=moderator)
    scan_all()
    with pytest.raises(NotAllowed):
        hide(Case.objects.get(), moderator, policy)
    assert Article.objects.get(pk=article.pk).is_public


def test_undo_puts_back_what_was_before(case, comment, moderator, policy):
    decision = hide(case, moderator, policy, internal_note="rude", public_note="Please be civil.")
    undone = decisions.undo(decision.pk, actor=moderator)
    comment.refresh_from_db()
    assert comment.is_public
    assert (undone.outcome, undone.reverses) == (Outcome.UNDO, decision)
    fresh = Case.objects.get()
    assert (fresh.state, fresh.closed_at) == (CaseState.OPEN, None)
    assert fresh.version == 3
    with pytest.raises(InvalidTransition):
        decisions.undo(decision.pk, actor=moderator)
    with pytest.raises(InvalidTransition):
        decisions.undo(undone.pk, actor=moderator)
    assert audit.verify().ok


def test_only_the_latest_decision_is_undone_and_only_by_those_who_may(
    case, moderator, senior, make_user, policy
):
    first = hide(case, moderator, policy)
    other = make_user("other", "view_case", "decide_case")
    with pytest.raises(NotAllowed):
        decisions.undo(first.pk, actor=other)
    decisions.undo(first.pk, actor=senior)
    second = hide(Case.objects.get(), other, policy)
    with pytest.raises(InvalidTransition):
        decisions.undo(first.pk, actor=senior)
    decisions.undo(second.pk, actor=other)


def test_undo_leaves_what_the_site_changed_meanwhile(case, comment, moderator, policy):
    decision = hide(case, moderator, policy)
    Comment.objects.filter(pk=comment.pk).update(is_public=True)
    decisions.undo(decision.pk, actor=moderator)
    assert Effect.objects.get().state == EffectState.LEFT


def test_a_decision_about_a_deleted_object_is_recorded_without_effect(case, moderator, policy):
    Comment.objects.all()._raw_delete(Comment.objects.db)
    decision = hide(case, moderator, policy)
    assert decision.effect.state == EffectState.GONE
    decisions.undo(decision.pk, actor=moderator)


def test_a_state_field_and_hide_methods_work_like_a_flag(moderator, policy, scan_all):
    writer = Writer.objects.create(name="Ann")
    essay = Essay.objects.create(title="E", content="badword essay", writer=writer)
    remark = Remark(first="badword", second="remark")
    remark.about = essay
    remark.save()
    scan_all()
    made = {case.subject.model_label: hide(case, moderator, policy) for case in Case.objects.all()}
    essay.refresh_from_db()
    remark.refresh_from_db()
    assert (essay.state, remark.hidden_because) == ("withdrawn", "moderation")
    for decision in made.values():
        decisions.undo(decision.pk, actor=moderator)
    essay.refresh_from_db()
    remark.refresh_from_db()
    assert (essay.state, remark.hidden_because) == ("published", "")


def test_hiding_does_not_queue_a_scan_and_spares_other_fields(case, comment, moderator, policy):
    article = comment.article
    Article.objects.filter(pk=article.pk).update(views=7)
    before = set(comment.article._meta.model.objects.values_list("pk", flat=True))
    from moderation.models import Scan

    scans = Scan.objects.count()
    hide(case, moderator, policy)
    assert Scan.objects.count() == scans
    assert before == set(Article.objects.values_list("pk", flat=True))


def test_when_the_site_cannot_hide_nothing_is_recorded(case, moderator, policy, monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError("the site says no")

    monkeypatch.setattr(Comment, "save", refuse)
    with pytest.raises(EffectFailed) as failure:
        hide(case, moderator, policy)
    assert "the site says no" not in str(failure.value)
    assert not Decision.objects.exists()
    assert Case.objects.get().state == CaseState.OPEN
    assert list(Event.objects.values_list("verb", flat=True)) == ["case.opened"]


def test_dismissing_a_hidden_object_shows_it_again(case, comment, moderator, policy, scan_all):
    hide(case, moderator, policy)
    comment.refresh_from_db()
    comment.body = "now a completely different text with a meh in it, and nothing worse"
    comment.save()
    allow_rescan()
    scan_all()
    reopened = Case.objects.get()
    assert reopened.state == CaseState.OPEN
    decision = decisions.decide(
        reopened.pk, outcome="dismiss_allowed", actor=moderator, version=reopened.version
    )
    comment.refresh_from_db()
    assert comment.is_public
    decisions.undo(decision.pk, actor=moderator)
    comment.refresh_from_db()
    assert not comment.is_public


def allow_rescan():
    """Let the first scan have been long ago, so that the budget is free."""
    from datetime import timedelta

    from moderation.models import Scan

    Scan.objects.filter(finished_at__isnull=False).update(
        finished_at=timezone.now() - timedelta(days=2)
    )


def test_escalating_keeps_the_case_open_and_can_be_undone(case, moderator, senior, policy):
    decision = decisions.decide(case.pk, outcome="escalate", actor=moderator, version=case.version)
    fresh = Case.objects.get()
    assert (fresh.state, fresh.escalated) == (CaseState.ESCALATED, True)
    held = cases.claim(case.pk, user=senior)
    back = cases.release(case.pk, user=senior, version=held.version)
    assert back.state == CaseState.ESCALATED
    decisions.undo(decision.pk, actor=moderator)
    fresh = Case.objects.get()
    assert (fresh.state, fresh.escalated) == (CaseState.OPEN, False)


def test_a_batch_answers_for_each_case_and_is_undone_as_one(moderator, policy, scan_all):
    article = Article.objects.create(headline="A", body="plain")
    for number in range(3):
        Comment.objects.create(article=article, body=f"badword {number}")
    scan_all()
    rows = list(Case.objects.order_by("pk"))
    items = [(rows[0].pk, rows[0].version), (rows[1].pk, 99), (rows[2].pk, rows[2].version)]
    items.append((10**9, 1))
    batch, results = decisions.decide_batch(
        items, outcome="hide", actor=moderator, policies=[policy]
    )
    assert [result.decision is not None for result in results] == [True, False, True, False]
    assert isinstance(results[1].error, Conflict)
    assert Comment.objects.filter(is_public=True).count() == 1
    undone = decisions.undo_batch(batch, actor=moderator)
    assert all(result.error is None for result in undone)
    assert len(undone) == 2
    assert Comment.objects.filter(is_public=True).count() == 3
    assert all(result.error for result in decisions.undo_batch(batch, actor=moderator))
    assert decisions.undo_batch(uuid.uuid4(), actor=moderator) == []
    assert audit.verify().ok


def test_decisions_and_events_are_never_changed(case, moderator, policy):
    decision = hide(case, moderator, policy)
    decision.outcome = Outcome.LABEL
    for attempt in (
        decision.save,
        decision.delete,
        Decision.objects.all().delete,
        lambda: Decision.objects.update(outcome="label"),
        Event.objects.first().delete,
        lambda: Event.objects.update(verb="nothing"),
    ):
        with pytest.raises(AppendOnlyError):
            attempt()


def test_the_record_outlives_content_and_moderator(case, comment, moderator, policy):
    hide(case, moderator, policy)
    comment.delete()
    moderator.delete()
    decision = Decision.objects.get()
    assert (decision.actor, decision.actor_label) == (None, "mod")
    assert case.subject.label
    assert audit.verify().ok


def test_signals_tell_after_the_commit(
    comment, moderator, policy, scan_all, django_capture_on_commit_callbacks
):
    heard = []

    def listen(signal, **kwargs):
        heard.append({key: kwargs[key] for key in kwargs if key.endswith(("_id", "outcome"))})

    for signal in (signals.case_opened, signals.case_decided, signals.decision_undone):
        signal.connect(listen, weak=False, dispatch_uid="test")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            scan_all()
            case = Case.objects.get()
        with django_capture_on_commit_callbacks(execute=True):
            decision = hide(case, moderator, policy)
        with django_capture_on_commit_callbacks(execute=True):
            undone = decisions.undo(decision.pk, actor=moderator)
    finally:
        for signal in (signals.case_opened, signals.case_decided, signals.decision_undone):
            signal.disconnect(dispatch_uid="test")
    assert heard == [
        {"case_id": case.pk, "subject_id": case.subject_id},
        {"case_id": case.pk, "decision_id": decision.pk, "outcome": "hide"},
        {"case_id": case.pk, "decision_id": decision.pk, "undo_id": undone.pk},
    ]


def test_a_deleted_object_closes_its_case_as_moot(
    case, comment, moderator, policy, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        comment.delete()
    fresh = Case.objects.get()
    assert fresh.state == CaseState.CLOSED_MOOT
    with pytest.raises(Conflict):
        hide(fresh, moderator, policy)
    again = Comment.objects.create(
        pk=case.subject.object_id, article=Article.objects.get(), body="x"
    )
    subject = find_subject(again, "default")
    assert subject is not None
    assert subject.pk != case.subject_id
    with django_capture_on_commit_callbacks(execute=True):
        intake.forget_subject(subject)
        intake.forget_subject(subject)
    assert Event.objects.filter(verb="case.closed_moot").count() == 1
