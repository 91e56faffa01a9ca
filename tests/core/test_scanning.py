from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from moderation import signals
from moderation.corpus import document_of
from moderation.models import (
    Case,
    DetectorRun,
    Evidence,
    Finding,
    RunState,
    Scan,
    ScanState,
    Snapshot,
)
from moderation.services import intake, scanning
from moderation.services.budget import changed_chars
from moderation.services.sweep import sweep
from moderation.targets import registry
from tests.core.conftest import ONLY_WORDS
from tests.site.models import Article, Comment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

WITH_BROKEN = {**ONLY_WORDS, "broken": {"CLASS": "tests.site.detectors.BrokenDetector"}}


@pytest.fixture
def with_broken(settings):
    settings.MODERATION = {"DETECTORS": WITH_BROKEN, "SCAN_MAX_ATTEMPTS": 3}


def new_scan(body="badword", **fields):
    Article.objects.create(headline="Bridge", body=body, **fields)
    return Scan.objects.latest("pk")


def expire_lease(scan):
    Scan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def long_ago():
    Scan.objects.filter(finished_at__isnull=False).update(
        finished_at=timezone.now() - timedelta(days=2)
    )


def test_a_failing_detector_costs_its_own_part_only(with_broken, caplog):
    scan = new_scan("badword and explode SECRET")
    with caplog.at_level(logging.DEBUG):
        assert scanning.run_scan(scan.pk) == ScanState.QUEUED
    scan.refresh_from_db()
    assert scan.due_at > timezone.now() + timedelta(seconds=20)
    assert Finding.objects.get().detector == "word"
    assert Case.objects.count() == 1
    run = DetectorRun.objects.get(detector="broken")
    assert (run.state, run.error) == (RunState.FAILED, "RuntimeError")
    assert "SECRET" not in caplog.text

    scanning.run_scan(scan.pk)
    assert scanning.run_scan(scan.pk) == ScanState.FAILED
    assert DetectorRun.objects.get(detector="broken").attempts == 3
    assert DetectorRun.objects.get(detector="word").attempts == 1
    assert Finding.objects.count() == 1
    assert scanning.run_scan(scan.pk) is None


def test_what_failed_is_scanned_again_when_asked_for(with_broken, settings, capsys):
    scan = new_scan("badword and explode")
    for _ in range(3):
        scanning.run_scan(scan.pk)
    settings.MODERATION = {"DETECTORS": ONLY_WORDS}
    call_command("moderation_scan", "--failed", "--inline")
    assert "1 texts scanned" in capsys.readouterr().out
    assert Scan.objects.filter(state=ScanState.DONE).count() == 1
    assert Case.objects.count() == 1
    call_command("moderation_scan", "--failed")
    assert "0 texts queued" in capsys.readouterr().out


def test_a_detector_that_recovers_completes_the_scan(with_broken, settings):
    scan = new_scan("badword and explode")
    scanning.run_scan(scan.pk)
    settings.MODERATION = {"DETECTORS": ONLY_WORDS}
    assert scanning.run_scan(scan.pk) == ScanState.DONE
    assert Finding.objects.count() == 1


def test_a_detector_that_cannot_be_built_is_a_failed_part(settings):
    settings.MODERATION = {"DETECTORS": {**ONLY_WORDS, "gone": {"CLASS": "no.such.Detector"}}}
    scan = new_scan()
    assert scanning.run_scan(scan.pk) == ScanState.QUEUED
    assert DetectorRun.objects.get(detector="gone").error == "ModuleNotFoundError"
    assert Finding.objects.count() == 1


def test_the_second_delivery_of_a_task_does_nothing():
    scan = new_scan()
    assert scanning.run_scan(scan.pk) == ScanState.DONE
    assert scanning.run_scan(scan.pk) is None
    assert (Finding.objects.count(), Case.objects.count()) == (1, 1)


def test_of_two_workers_one_gets_the_lease(monkeypatch):
    scan = new_scan()
    original, inner = scanning._assess, []

    def second_worker_meanwhile(*args):
        inner.append(scanning.run_scan(scan.pk))
        return original(*args)

    monkeypatch.setattr(scanning, "_assess", second_worker_meanwhile)
    assert scanning.run_scan(scan.pk) == ScanState.DONE
    assert inner == [None]
    assert Finding.objects.count() == 1


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(monkeypatch):
    scan = new_scan()
    original = scanning._assess

    def lose_the_lease(*args):
        monkeypatch.setattr(scanning, "_assess", original)
        expire_lease(scan)
        assert scanning.run_scan(scan.pk) == ScanState.DONE
        return original(*args)

    monkeypatch.setattr(scanning, "_assess", lose_the_lease)
    assert scanning.run_scan(scan.pk) is None
    assert (Finding.objects.count(), Case.objects.count()) == (1, 1)
    assert Scan.objects.get().state == ScanState.DONE


def test_a_dead_workers_scan_is_taken_up_by_the_sweep(monkeypatch, settings):
    settings.MODERATION = {
        "DETECTORS": ONLY_WORDS,
        "DISPATCHER": "moderation.dispatch.immediate.ImmediateDispatcher",
    }
    scan = new_scan()

    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    monkeypatch.setattr(scanning, "_assess", die)
    with pytest.raises(Killed):
        scanning.run_scan(scan.pk)
    monkeypatch.undo()
    assert Scan.objects.get().state == ScanState.RUNNING
    assert sweep().recovered == 0
    expire_lease(scan)
    assert sweep().recovered == 1
    assert Scan.objects.get().state == ScanState.DONE
    assert Case.objects.count() == 1


def test_a_text_that_kills_every_worker_is_given_up(monkeypatch, settings):
    settings.MODERATION = {"DETECTORS": ONLY_WORDS, "SCAN_MAX_ATTEMPTS": 2}
    scan = new_scan()
    monkeypatch.setattr(scanning, "_assess", lambda *args: (_ for _ in ()).throw(SystemExit))
    for _attempt in range(2):
        with pytest.raises(SystemExit):
            scanning.run_scan(scan.pk)
        expire_lease(scan)
    assert scanning.run_scan(scan.pk) == ScanState.FAILED
    scan.refresh_from_db()
    assert scan.note == "the worker was lost each time"


def test_time_that_runs_out_fails_the_parts_not_yet_run(settings, monkeypatch):
    from moderation.detectors.base import Deadline

    monkeypatch.setattr(Deadline, "after", classmethod(lambda cls, seconds: cls(0.0)))
    scan = new_scan()
    scanning.run_scan(scan.pk)
    assert DetectorRun.objects.get().error == "TimeLimitExceeded"


def test_a_rescan_replaces_the_findings_and_supersedes_the_scan_before():
    scan = new_scan("badword badword meh")
    scanning.run_scan(scan.pk)
    again = intake.request_scan(scan.snapshot.subject)
    assert intake.request_scan(scan.snapshot.subject) == again
    assert scanning.run_scan(again) == ScanState.DONE
    scan.refresh_from_db()
    assert scan.state == ScanState.SUPERSEDED
    current = Finding.objects.filter(scan__state=ScanState.DONE)
    assert current.count() == 2
    assert Evidence.objects.filter(finding__in=current).count() == 3
    assert Case.objects.count() == 1


def test_versions_scores_and_thresholds_are_stored():
    scan = new_scan()
    scanning.run_scan(scan.pk)
    scan.refresh_from_db()
    assert scan.scores == {"word": {"attack": 0.9}}
    assert DetectorRun.objects.get().version == "1"
    finding = Finding.objects.get()
    assert (finding.band, finding.threshold, finding.mode) == ("likely", 0.5, "live")
    evidence = finding.evidence.get()
    assert scan.snapshot.text[evidence.start : evidence.end] == "badword"


def test_the_end_of_a_scan_is_signalled(django_capture_on_commit_callbacks):
    heard = []

    def listen(signal, **kwargs):
        heard.append((kwargs["scan_id"], kwargs["subject_id"], kwargs["state"]))

    scan = new_scan()
    signals.scan_finished.connect(listen, dispatch_uid="test")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            scanning.run_scan(scan.pk)
    finally:
        signals.scan_finished.disconnect(dispatch_uid="test")
    assert heard == [(scan.pk, scan.snapshot.subject_id, "done")]


# The budget


def edit(text):
    article = Article.objects.get()
    article.body = text
    article.save()
    return Scan.objects.latest("pk")


def test_an_edit_right_after_a_scan_waits_for_the_gap_and_is_then_scanned():
    scanning.run_scan(new_scan("first text").pk)
    scan = edit("an entirely different badword text")
    assert scanning.run_scan(scan.pk) == ScanState.QUEUED
    scan.refresh_from_db()
    assert timedelta(seconds=590) < scan.due_at - timezone.now() <= timedelta(seconds=600)
    assert scan.attempts == 0
    long_ago()
    assert scanning.run_scan(scan.pk) == ScanState.DONE
    assert Case.objects.count() == 1


def test_a_change_of_few_characters_waits_even_if_the_last_scan_was_long_ago():
    scanning.run_scan(new_scan("first text, long enough").pk)
    hour_ago = timezone.now() - timedelta(hours=1)
    Scan.objects.filter(finished_at__isnull=False).update(finished_at=hour_ago)
    scan = edit("first text, badword long enough")
    assert scanning.run_scan(scan.pk) == ScanState.QUEUED
    Scan.objects.filter(pk=scan.pk).update(created_at=hour_ago)
    assert scanning.run_scan(scan.pk) == ScanState.DONE
    scan = edit("something that has nothing to do with what was there before")
    Scan.objects.filter(finished_at__isnull=False).update(finished_at=hour_ago)
    assert scanning.run_scan(scan.pk) == ScanState.DONE


def test_more_edits_than_the_budget_wait_for_the_windows_end():
    scanning.run_scan(new_scan("text number zero").pk)
    hours_ago = timezone.now() - timedelta(hours=2)
    for number in range(2):
        Scan.objects.filter(finished_at__isnull=False).update(finished_at=hours_ago)
        assert scanning.run_scan(edit(f"{number} " + "new words " * (number + 3)).pk) == "done"
    Scan.objects.filter(finished_at__isnull=False).update(finished_at=hours_ago)
    scan = edit("the fourth text of the day, which has to wait until tomorrow")
    assert scanning.run_scan(scan.pk) == ScanState.QUEUED
    scan.refresh_from_db()
    assert timedelta(hours=21) < scan.due_at - timezone.now() <= timedelta(hours=22)
    long_ago()
    assert scanning.run_scan(scan.pk) == ScanState.DONE


def test_a_text_that_was_overtaken_before_its_scan_uses_up_no_budget():
    overtaken = new_scan("first text")
    scan = edit("an entirely different badword text")
    assert scanning.run_scan(overtaken.pk) == ScanState.SUPERSEDED
    assert scanning.run_scan(scan.pk) == ScanState.DONE


def test_the_first_words_of_an_empty_draft_are_scanned_at_once():
    assert scanning.run_scan(new_scan("").pk) == ScanState.SKIPPED
    assert scanning.run_scan(edit("a badword after all").pk) == ScanState.DONE


def test_a_scan_that_somebody_asks_for_is_not_put_off():
    scan = new_scan("first text")
    scanning.run_scan(scan.pk)
    assert scanning.run_scan(intake.request_scan(scan.snapshot.subject)) == ScanState.DONE


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("", "", 0),
        ("same", "same", 0),
        ("", "abc", 3),
        ("abcdef", "abXdef", 1),
        ("abcdef", "abdef", 1),
        ("aaaa", "aaaaaa", 2),
        ("abc", "xyz", 3),
    ],
)
def test_changed_characters_are_those_between_beginning_and_end(before, after, changed):
    assert changed_chars(before, after) == changed
    assert changed_chars(after, before) == changed


def test_a_reply_is_read_beside_what_it_answers(settings):
    settings.MODERATION = {"DETECTORS": ONLY_WORDS}
    article = Article.objects.create(headline="Bridge", body="A bridge.")
    first = Comment.objects.create(article=article, body="<b>Such</b> a bridge!")
    target = registry.lookup(Comment).target
    target.reply_to = lambda comment: first if comment.pk != first.pk else None
    try:
        Comment.objects.create(article=article, body="Indeed.")
        scan = Scan.objects.latest("pk")
        scanning.run_scan(scan.pk)
    finally:
        target.reply_to = None
    snapshot = Snapshot.objects.select_related("subject").get(pk=scan.snapshot_id)
    assert snapshot.subject.reply_to.object_id == str(first.pk)
    assert "a bridge!" in document_of(snapshot).answers
    snapshot.subject.reply_to.snapshots.update(is_current=False)
    assert document_of(snapshot).answers == ""
