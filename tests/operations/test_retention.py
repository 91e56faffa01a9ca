"""What goes after its time, what goes on request, and what stays for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from moderation.models import (
    Allowance,
    Case,
    CaseNote,
    Decision,
    Delivery,
    Event,
    Evidence,
    Finding,
    IdempotentRequest,
    ModeratorPreference,
    Report,
    SearchText,
    Snapshot,
    Subject,
    SuggestedScore,
    Threshold,
    Webhook,
)
from moderation.services import audit, decisions, erasure, intake, notes, retention, webhooks
from moderation.services.erasure import Person
from moderation.services.errors import Unusable
from moderation.services.scanning import run_scan
from moderation.services.sweep import sweep
from tests.admin.conftest import scan_all
from tests.site.models import Comment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def keep(settings):
    def set_periods(**days):
        settings.MODERATION = {**settings.MODERATION, "RETENTION": days}

    return set_periods


def ago(days):
    return timezone.now() - timedelta(days=days)


def decide(case, user, outcome="dismiss_allowed", **kwargs):
    return decisions.decide(case.pk, outcome=outcome, actor=user, version=case.version, **kwargs)


@pytest.fixture
def decided(comment_case, moderator):
    case = comment_case("badword that was decided")
    decide(case, moderator)
    Case.objects.filter(pk=case.pk).update(closed_at=ago(40))
    return case


# Periods


def test_without_periods_everything_is_kept_for_ever(decided, capsys):
    assert retention.plan() == {}
    assert retention.purge() == {}
    call_command("moderation_purge", "--yes")
    assert "kept for ever" in capsys.readouterr().out
    assert decided.snapshot.text


def test_the_text_of_a_decided_case_goes_and_what_was_decided_stays(
    decided, keep, comment_case, moderator
):
    keep(decided_texts=30)
    undecided = comment_case("badword that waits")
    fresh = comment_case("badword decided today")
    decide(fresh, moderator)
    assert retention.plan() == {"decided_texts": 1}
    before = (Finding.objects.count(), Decision.objects.count(), Snapshot.objects.count())
    assert retention.purge() == {"decided_texts": 1}
    snapshot = Snapshot.objects.get(pk=decided.snapshot_id)
    assert (snapshot.text, snapshot.title, snapshot.author_label) == ("", "", "")
    assert snapshot.text_hash
    assert snapshot.length == len("badword that was decided")
    assert not SearchText.objects.filter(snapshot=snapshot).exists()
    assert not Evidence.objects.filter(finding__scan__snapshot=snapshot).exists()
    assert before == (Finding.objects.count(), Decision.objects.count(), Snapshot.objects.count())
    assert Snapshot.objects.get(pk=undecided.snapshot_id).text
    assert Snapshot.objects.get(pk=fresh.snapshot_id).text
    assert retention.purge() == {"decided_texts": 0}
    assert audit.verify().ok


def test_a_case_that_was_opened_again_keeps_its_text(decided, keep, moderator):
    keep(decided_texts=30)
    decisions.undo(Decision.objects.get().pk, actor=moderator)
    assert retention.plan() == {"decided_texts": 0}


def test_a_text_that_went_is_read_in_again_when_it_is_to_be_scanned(decided, keep):
    keep(decided_texts=30)
    retention.purge()
    sweep(complete=True)
    scan_all()
    assert Snapshot.objects.get(pk=decided.snapshot_id).text == ""
    assert run_scan(intake.request_scan(decided.subject)) == "done"
    assert Snapshot.objects.get(pk=decided.snapshot_id).text == "badword that was decided"


def test_a_text_that_the_site_has_not_any_more_is_not_scanned(decided, keep):
    keep(decided_texts=30)
    retention.purge()
    scan = intake.request_scan(decided.subject)
    Comment.objects.filter(pk=decided.subject.object_id).update(body="something else")
    assert run_scan(scan) == "superseded"
    finished = Snapshot.objects.get(pk=decided.snapshot_id).scans.filter(state="done")
    assert finished.count() == 1


def test_an_earlier_text_goes_when_no_case_is_about_it(comment_case, keep, moderator):
    keep(superseded_texts=7)
    case = comment_case("badword in the first text")
    first = case.snapshot_id
    comment = Comment.objects.get(pk=case.subject.object_id)
    comment.body = "badword in the second text"
    comment.save()
    Snapshot.objects.update(created_at=ago(8))
    assert retention.plan() == {"superseded_texts": 0}  # the case still is about the first
    sweep()
    Case.objects.filter(pk=case.pk).update(
        snapshot=Snapshot.objects.get(is_current=True, subject=case.subject)
    )
    assert retention.purge() == {"superseded_texts": 1}
    assert Snapshot.objects.get(pk=first).text == ""
    assert Snapshot.objects.get(subject=case.subject, is_current=True).text


def test_rows_of_programs_go(keep, webhook):
    keep(deliveries=30, suggested_scores=30, idempotency_keys=1)
    old = {"body": "{}", "event": "webhook.ping", "webhook": webhook, "next_at": ago(40)}
    Delivery.objects.create(**old, state="delivered", finished_at=ago(31))
    Delivery.objects.create(**old, state="delivered", finished_at=ago(29))
    Delivery.objects.create(**old, state="pending")
    score = SuggestedScore.objects.create(
        text="x", text_hash="0", format="plain", attribute="TOXICITY", score=1, start=0, end=1
    )
    SuggestedScore.objects.filter(pk=score.pk).update(created_at=ago(31))
    IdempotentRequest.objects.create(
        actor="user:1", key="k", route="r", body_hash="0", created_at=ago(2), expires_at=ago(1)
    )
    assert retention.purge() == {"deliveries": 1, "suggested_scores": 1, "idempotency_keys": 1}
    assert Delivery.objects.count() == 2


def test_closed_reports_lose_their_words_and_their_reporter(keep, decided):
    keep(closed_reports=30)
    told = {
        "subject": decided.subject,
        "case": decided,
        "category": "spam",
        "text": "my words",
        "name": "Quentin",
        "email": "q@example.org",
        "reported_at": ago(50),
    }
    closed = Report.objects.create(**told, state="confirmed", answered_at=ago(31))
    waiting = Report.objects.create(**told, state="waiting")
    recent = Report.objects.create(**told, state="rejected", answered_at=ago(29))
    assert retention.purge() == {"closed_reports": 1}
    closed.refresh_from_db()
    assert (closed.text, closed.name, closed.email, closed.state) == ("", "", "", "confirmed")
    for row in (waiting, recent):
        row.refresh_from_db()
        assert row.email == "q@example.org"
    assert retention.purge() == {"closed_reports": 0}


def test_a_limit_bounds_what_goes_and_the_rest_goes_next_time(keep, webhook, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    keep(deliveries=1)
    for _each in range(7):
        Delivery.objects.create(
            webhook=webhook,
            event="webhook.ping",
            body="{}",
            state="dead",
            next_at=ago(9),
            finished_at=ago(9),
        )
    assert retention.purge(limit=3) == {"deliveries": 3}
    assert retention.purge() == {"deliveries": 4}


def test_one_that_is_broken_off_goes_on_where_it_stood(keep, webhook, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    keep(deliveries=1)
    for _each in range(3):
        Delivery.objects.create(
            webhook=webhook,
            event="webhook.ping",
            body="{}",
            state="dead",
            next_at=ago(9),
            finished_at=ago(9),
        )
    record, calls = audit.record, []

    def fail_at_the_second(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError
        return record(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(audit, "record", fail_at_the_second)
        with pytest.raises(RuntimeError):
            retention.purge()
    assert Delivery.objects.count() == 2
    assert retention.purge() == {"deliveries": 2}


def test_the_sweep_purges_where_the_site_wants_it(keep, decided, settings):
    keep(decided_texts=30)
    assert sweep().purged == 0
    settings.MODERATION = {**settings.MODERATION, "PURGE_IN_SWEEP": True}
    assert sweep().purged == 1


def test_the_command_shows_first_and_removes_then(keep, decided, capsys):
    keep(decided_texts=30)
    call_command("moderation_purge")
    told = capsys.readouterr().out
    assert "decided_texts: 1 would be removed, older than 30 days" in told
    assert "--yes" in told
    assert Snapshot.objects.get(pk=decided.snapshot_id).text
    call_command("moderation_purge", "--yes", "--kind", "deliveries")
    assert Snapshot.objects.get(pk=decided.snapshot_id).text
    call_command("moderation_purge", "--yes")
    assert "decided_texts: 1 removed" in capsys.readouterr().out


# A person


@pytest.fixture
def author(django_user_model):
    return django_user_model.objects.create_user("quentin", email="q@example.org")


def test_an_author_is_erased_and_the_record_stands(author, comment_case, moderator, policy, capsys):
    first = comment_case("badword by Quentin", author_name="Quentin", author=author)
    second = comment_case("badword again by Quentin", author_name="Quentin", author=author)
    other = comment_case("badword by somebody else", author_name="Ann")
    decide(first, moderator, "hide", policies=[policy])
    key = Subject.objects.get(pk=first.subject_id).author_key
    Allowance.objects.create(scope="author", value=key, value_hash="1" * 64)
    Report.objects.create(
        subject=other.subject, case=other, category="spam", reporter=author, reported_at=ago(1)
    )
    counts = (Case.objects.count(), Decision.objects.count(), Finding.objects.count())
    call_command("moderation_erase", "--author-key", key, "--user", "quentin")
    assert "Nothing was changed" in capsys.readouterr().out
    assert Subject.objects.filter(author=author).count() == 2
    call_command("moderation_erase", "--author-key", key, "--user", "quentin", "--yes")
    told = capsys.readouterr().out
    assert "subjects: 2" in told
    assert "still on site: 2" in told
    assert "the chain holds" in told
    rows = Subject.objects.filter(pk__in=[first.subject_id, second.subject_id])
    (alias,) = set(rows.values_list("author_key", flat=True))
    assert alias.startswith("erased:")
    assert not rows.exclude(author=None, author_label="", label="", url="").exists()
    assert not Snapshot.objects.filter(subject__in=rows).exclude(text="").exists()
    assert not Report.objects.filter(reporter=author).exists()
    assert not Allowance.objects.exists()
    assert Snapshot.objects.get(pk=other.snapshot_id).text
    assert counts == (Case.objects.count(), Decision.objects.count(), Finding.objects.count())
    everything = str([list(model.objects.values()) for model in (Subject, Snapshot, Event)])
    assert "uentin" not in everything
    assert key not in everything
    assert audit.verify().ok


def test_the_desk_reads_nothing_of_an_erased_author_in_again(author, comment_case):
    case = comment_case("badword by Quentin", author_name="Quentin", author=author)
    erasure.erase(Person(user_id=author.pk))
    sweep(complete=True)
    scan_all()
    intake.request_scan(case.subject)
    scan_all()
    subject = Subject.objects.get(pk=case.subject_id)
    assert (subject.author, subject.author_label, subject.label) == (None, "", "")
    assert subject.author_key.startswith("erased:")
    assert Snapshot.objects.get(pk=case.snapshot_id).text == ""


def test_a_moderator_is_erased_and_their_decisions_stand(comment_case, moderator):
    case = comment_case()
    notes.add(case.pk, text="See above.", user=moderator)
    case.refresh_from_db()
    decide(case, moderator)
    ModeratorPreference.objects.create(user=moderator)
    Threshold.objects.create(
        detector="framing", category="attack", value=0.5, created_by=moderator, created_label="mod"
    )
    IdempotentRequest.objects.create(
        actor=f"user:{moderator.pk}",
        key="k",
        route="r",
        body_hash="0",
        created_at=ago(0),
        expires_at=ago(0),
    )
    found = erasure.erase(Person(user_id=moderator.pk))
    assert (found.decisions, found.notes, found.settings) == (1, 1, 2)
    decision = Decision.objects.get()
    assert (decision.actor, decision.actor_label, decision.actor_kind) == (None, "erased", "human")
    assert CaseNote.objects.get().author_label == "erased"
    made = Threshold.objects.get()
    assert (made.created_by, made.created_label) == (None, "erased")
    assert not Event.objects.filter(actor_label="mod").exists()
    assert not ModeratorPreference.objects.exists()
    assert not IdempotentRequest.objects.exists()
    assert audit.verify().ok
    assert erasure.erase(Person(user_id=moderator.pk)).decisions == 0


def test_somebody_whose_account_is_gone_is_erased_by_its_number(comment_case, author, capsys):
    comment_case(author=author, author_name="Quentin")
    key = author.pk
    Comment.objects.update(author=None)
    get_user_model()._base_manager.filter(pk=key)._raw_delete("default")
    call_command("moderation_erase", "--user-id", str(key), "--yes")
    assert "subjects: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["--author-key", "erased:abc"], ["--user", "nobody"], ["--user-id", "x"]]
)
def test_nobody_in_particular_is_not_erased(arguments):
    with pytest.raises(CommandError):
        call_command("moderation_erase", *arguments, "--yes")
    assert not Event.objects.filter(verb="person.erased").exists()


def test_a_reporter_is_erased_by_their_address(decided):
    Report.objects.create(
        subject=decided.subject,
        case=decided,
        category="spam",
        email="Q@example.org",
        text="words",
        reported_at=ago(1),
    )
    assert erasure.erase(Person(email="q@example.org")).reports == 1
    assert Report.objects.get().email == ""


def test_nobody_named_is_refused():
    with pytest.raises(Unusable):
        erasure.look_for(Person())


@pytest.fixture
def webhook():
    return webhooks.save(Webhook(name="x", url="https://example.org/"))
