from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from moderation.models import Case, CaseState, Event, Finding, Scan, ScanState, Snapshot, Subject
from moderation.services import audit, cases, decisions, intake
from moderation.services.errors import Conflict, InvalidTransition, NotAllowed
from tests.core.test_decisions import allow_rescan
from tests.site.models import Article, Comment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def comment():
    article = Article.objects.create(headline="Bridge", body="Repaired.")
    return Comment.objects.create(article=article, body="a badword here")


@pytest.fixture
def case(comment, scan_all):
    scan_all()
    return Case.objects.get()


def edit(comment, text, scan_all):
    comment.body = text
    comment.save()
    allow_rescan()
    scan_all()


def test_a_clean_text_opens_no_case(scan_all):
    Article.objects.create(headline="Bridge", body="Repaired.")
    scan_all()
    assert Scan.objects.get().state == ScanState.DONE
    assert not Case.objects.exists()


def test_a_shadow_finding_is_recorded_and_opens_no_case(settings, scan_all):
    shadow = {"CLASS": "tests.site.detectors.WordDetector", "MODE": "shadow"}
    off = dict.fromkeys(["duplicate", "scraped", "framing"])
    settings.MODERATION = {"DETECTORS": {**off, "word": shadow}}
    Article.objects.create(headline="Bridge", body="badword")
    scan_all()
    assert Finding.objects.get().mode == "shadow"
    assert not Case.objects.exists()


def test_an_edit_that_is_still_bad_refreshes_the_same_case(case, comment, scan_all):
    edit(comment, "this is an altogether different text, and only meh", scan_all)
    fresh = Case.objects.get()
    assert fresh.pk == case.pk
    assert fresh.band == "possible"
    assert fresh.version > case.version
    assert fresh.snapshot.text.endswith("meh")


def test_an_edit_that_is_clean_closes_the_case(case, comment, scan_all):
    edit(comment, "this is an altogether different text without fault", scan_all)
    assert Case.objects.get().state == CaseState.CLOSED_MOOT
    assert Event.objects.latest("number").data["why"] == "edited clean"


def test_decided_text_stays_decided_until_it_is_edited(case, comment, moderator, scan_all):
    decisions.decide(case.pk, outcome="dismiss_allowed", actor=moderator, version=case.version)
    intake.request_scan(case.subject)
    scan_all()
    assert Case.objects.get().state == CaseState.DECIDED
    edit(comment, "an altogether different text with a badword in it", scan_all)
    fresh = Case.objects.get()
    assert (fresh.pk, fresh.state) == (case.pk, CaseState.OPEN)
    assert Event.objects.latest("number").verb == "case.reopened"


def test_claims_are_exclusive_and_run_out(case, moderator, senior):
    held = cases.claim(case.pk, user=moderator)
    assert (held.state, held.claimed_by) == (CaseState.CLAIMED, moderator)
    prolonged = cases.claim(case.pk, user=moderator, version=held.version)
    assert prolonged.claim_expires_at >= held.claim_expires_at
    with pytest.raises(Conflict):
        cases.claim(case.pk, user=senior)
    with pytest.raises(Conflict):
        cases.snooze(case.pk, user=senior, until=timezone.now() + timedelta(hours=1))
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert cases.claim(case.pk, user=senior).claimed_by == senior
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert cases.release_expired() == 1
    assert cases.release_expired() == 0
    fresh = Case.objects.get()
    assert (fresh.state, fresh.claimed_by) == (CaseState.OPEN, None)
    assert audit.verify().ok


def test_only_the_holder_or_a_senior_releases(case, moderator, make_user, senior):
    cases.claim(case.pk, user=moderator)
    with pytest.raises(NotAllowed):
        cases.release(case.pk, user=make_user("other", "claim_case"))
    with pytest.raises(NotAllowed):
        cases.release(case.pk, user=make_user("onlooker", "view_case"))
    assert cases.release(case.pk, user=senior).state == CaseState.OPEN
    with pytest.raises(InvalidTransition):
        cases.release(case.pk, user=senior)


def test_a_snoozed_case_wakes_up(case, moderator):
    with pytest.raises(InvalidTransition):
        cases.snooze(case.pk, user=moderator, until=timezone.now())
    cases.snooze(case.pk, user=moderator, until=timezone.now() + timedelta(hours=1))
    assert cases.release_expired() == 0
    Case.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert cases.release_expired() == 1
    assert Case.objects.get().state == CaseState.OPEN


def test_a_rescan_with_the_same_result_does_not_disturb_who_is_looking(case, scan_all):
    intake.request_scan(case.subject)
    scan_all()
    assert Case.objects.get().version == case.version
    assert Finding.objects.filter(scan__state=ScanState.DONE).count() == 1


@pytest.mark.parametrize(
    "double",
    [
        lambda case: Case.objects.create(
            subject=case.subject, band="likely", opened_at=timezone.now()
        ),
        lambda case: Snapshot.objects.create(
            subject=case.subject, text_hash="other", text="x", length=1
        ),
        lambda case: Subject.objects.create(
            content_type=case.subject.content_type,
            object_id=case.subject.object_id,
            database=case.subject.database,
        ),
        lambda case: Scan.objects.create(
            snapshot=case.snapshot, state=ScanState.DONE, due_at=timezone.now()
        ),
    ],
    ids=["open case", "current snapshot", "live subject", "finished scan"],
)
def test_the_database_refuses_a_second(case, double):
    with pytest.raises(IntegrityError), transaction.atomic():
        double(case)
