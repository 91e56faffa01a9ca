"""Ways in which the desk once lost, doubled, blocked or gave away something."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models.deletion import Collector
from django.test.utils import isolate_apps
from django.utils import timezone

from moderation.admin.timeline import undoable
from moderation.corpus import get_corpus
from moderation.dispatch import Dispatcher
from moderation.models import (
    Case,
    CaseState,
    DetectorRun,
    Finding,
    RunState,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.models.scans import ScanReason
from moderation.services import audit, cases, decisions, intake, scanning
from moderation.services.errors import NotAllowed
from moderation.services.sweep import sweep
from moderation.targets import registry
from moderation.types import Assessment, Evidence, Kind
from moderation.types import Band as Level
from moderation.types import Finding as Found
from tests.core.conftest import ONLY_WORDS
from tests.core.test_targets import create_tables
from tests.site.models import Article, Diary, Note, SignedNote, Unmoderated

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def new_article(body="badword", **fields):
    return Article.objects.create(headline="Bridge", body=body, **fields)


def scan_now(article, body):
    article.body = body
    article.save()
    scan = Scan.objects.latest("pk")
    Scan.objects.filter(pk=scan.pk).update(reason=ScanReason.REQUEST)  # whatever the budget
    return scanning.run_scan(scan.pk)


# Saves and deletions of the site


class Rude(Dispatcher):
    """Raises, and quotes a text while it does."""

    def ask(self, job, *ids):
        raise ConnectionError("a secret sentence")


@pytest.mark.django_db(transaction=True)
def test_a_commit_survives_a_broker_that_raises_and_no_log_quotes_it(settings, caplog):
    settings.MODERATION = {"DISPATCHER": "tests.core.test_review.Rude"}
    with transaction.atomic():
        article = new_article()
    assert Article.objects.filter(pk=article.pk).exists()
    assert "ConnectionError" in caplog.text
    assert "secret" not in caplog.text


def test_deleting_rows_of_other_models_is_as_fast_as_without_the_desk():
    collector = Collector(using="default", origin=Session)
    assert collector.can_fast_delete(Session.objects.all())
    for model in (Article, Note, SignedNote, Diary):
        assert not collector.can_fast_delete(model._base_manager.all())


def test_a_model_registered_later_is_listened_to_as_well():
    with registry.override():
        registry.register(Unmoderated, kind="comment", text="body")
        row = Unmoderated.objects.create(body="text")
        row.delete()
        assert Subject.objects.get().deleted_at is not None


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_save_does_not_wait_for_its_earlier_text_to_be_indexed():
    new_article()
    snapshot = Snapshot.objects.get()

    def lockable():
        with transaction.atomic():
            rows = Snapshot.objects.select_for_update(skip_locked=True, no_key=True)
            found = list(rows.values_list("pk", flat=True))
        connection.close()
        return found

    with transaction.atomic(), ThreadPoolExecutor(1) as somebody_else:
        assert get_corpus()._lock_subject(snapshot.pk) == snapshot.subject_id
        assert somebody_else.submit(lockable).result() == [snapshot.pk]


@isolate_apps("tests.site")
def test_a_child_with_a_key_of_its_own_is_the_subject_of_its_parents_row():
    class Memo(models.Model):
        text = models.TextField()

        class Meta:
            app_label = "site"

    class PinnedMemo(Memo):
        memo = models.OneToOneField(Memo, models.CASCADE, parent_link=True)
        pin = models.IntegerField(primary_key=True)

        class Meta:
            app_label = "site"

    create_tables("default", Memo, PinnedMemo)
    with registry.override():
        registry.register(Memo, kind="comment", text="text")
        PinnedMemo.objects.create(id=1, pin=2, text="pinned")
        Memo.objects.create(id=2, text="another")
        assert dict(Snapshot.objects.values_list("subject__object_id", "text")) == {
            "1": "pinned",
            "2": "another",
        }


def test_what_was_not_stored_is_not_taken_in():
    article = new_article("stored")
    article.body = "left in memory"
    article.save(update_fields=["views"])
    assert Snapshot.objects.get().text == "stored"
    article.save(update_fields=["body"])
    assert Snapshot.objects.get(is_current=True).text == "left in memory"


# Scans


class Empty(Dispatcher):
    """A broker that is down."""

    def ask(self, job, *ids):
        return False


def test_while_the_broker_is_down_nothing_is_put_off(settings):
    new_article()
    settings.MODERATION = {
        "DETECTORS": ONLY_WORDS,
        "DISPATCHER": "tests.core.test_review.Empty",
    }
    Scan.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    for _minute in range(8):
        assert sweep().asked == 0
    scan = Scan.objects.get()
    assert scan.due_at <= timezone.now()
    assert scan.asks == 0


class Sloppy:
    """Gives back what cannot be stored."""

    name: ClassVar[str] = "sloppy"
    version: ClassVar[str] = "1"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    answer: ClassVar[object] = None

    def detect(self, document, context):
        return self.answer


def found(**fields):
    values = {"kind": "framing", "category": "attack", "score": 0.9, "band": Level.LIKELY}
    return Found(**{**values, "threshold": 0.5, **fields})


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Assessment(scores={"attack": float("nan")}),
        Assessment(findings=(found(score=float("inf")),)),
        Assessment(findings=(found(detail={"words": {"a", "set"}}),)),
        Assessment(findings=(found(evidence=(Evidence(-1, 3, "test.word"),)),)),
        Assessment(findings=(found(evidence=(Evidence(0, 3, None),)),)),
        Assessment(findings=(found(), found(category=None))),
    ],
)
def test_an_answer_that_cannot_be_stored_is_that_detectors_failure(settings, monkeypatch, answer):
    settings.MODERATION = {
        "DETECTORS": {**ONLY_WORDS, "sloppy": {"CLASS": "tests.core.test_review.Sloppy"}}
    }
    monkeypatch.setattr(Sloppy, "answer", answer)
    new_article()
    scan = Scan.objects.get()
    assert scanning.run_scan(scan.pk) == ScanState.QUEUED
    assert Finding.objects.get().detector == "word"
    assert set(Scan.objects.get().scores) == {"word"}
    states = dict(DetectorRun.objects.values_list("detector", "state"))
    assert states == {"word": RunState.DONE, "sloppy": RunState.FAILED}
    assert Case.objects.count() == 1


def test_an_empty_text_that_was_overtaken_closes_nothing(monkeypatch):
    article = new_article("")
    empty = Scan.objects.get()
    describe = scanning._describe_subject

    def edited_meanwhile(snapshot):
        if not snapshot.text:
            assert scan_now(article, "a badword") == ScanState.DONE
        return describe(snapshot)

    monkeypatch.setattr(scanning, "_describe_subject", edited_meanwhile)
    assert scanning.run_scan(empty.pk) == ScanState.SUPERSEDED
    assert Case.objects.get().state == CaseState.OPEN


def test_a_row_read_before_its_save_does_not_undo_it():
    article = new_article("old")
    page = list(Article._base_manager.all())
    article.body = "new"
    article.save()
    found = registry.lookup(Article)
    intake.take_in_batch(page, found, using="default", reason=ScanReason.SWEEP)
    assert Snapshot.objects.get(is_current=True).text == "new"


def test_a_waiting_scan_that_somebody_asks_for_is_not_put_off():
    article = new_article("first text")
    scanning.run_scan(Scan.objects.get().pk)
    article.body = "an entirely different badword text"
    article.save()
    waiting = Scan.objects.latest("pk")
    assert scanning.run_scan(waiting.pk) == ScanState.QUEUED
    assert intake.request_scan(waiting.snapshot.subject) == waiting.pk
    assert scanning.run_scan(waiting.pk) == ScanState.DONE


def test_what_can_be_told_of_a_subject_is_told_if_another_part_fails(
    moderator, monkeypatch, caplog
):
    def no_address(self):
        raise LookupError("a secret sentence")

    monkeypatch.setattr(Article, "get_absolute_url", no_address)
    monkeypatch.setattr(Article, "__str__", lambda self: "Bridge \ud800")
    Article.objects.create(body="text", author=moderator)
    assert scanning.run_scan(Scan.objects.get().pk) == ScanState.DONE
    subject = Subject.objects.get()
    assert (subject.label, subject.author, subject.url) == ("Bridge \ufffd", moderator, "")
    assert "LookupError" in caplog.text
    assert "secret" not in caplog.text


# Cases


@pytest.fixture
def hidden(moderator, policy):
    """An article that was hidden by a decision."""
    article = new_article()
    scanning.run_scan(Scan.objects.get().pk)
    case = Case.objects.get()
    decisions.decide(
        case.pk, outcome="hide", actor=moderator, version=case.version, policies=[policy]
    )
    return Article._base_manager.get(pk=article.pk)


def test_a_hidden_text_whose_case_closed_by_itself_can_be_shown_again(hidden, moderator):
    scan_now(hidden, "another badword")
    scan_now(hidden, "edited clean")
    case = Case.objects.get()
    assert case.state == CaseState.CLOSED_MOOT
    decision = case.decisions.get()
    assert undoable(case, moderator) == decision
    decisions.undo(decision.pk, actor=moderator)
    hidden.refresh_from_db()
    assert hidden.is_public
    assert Case.objects.get().state == CaseState.CLOSED_MOOT
    assert audit.verify().ok


def test_undoing_a_decision_about_an_escalated_case_leaves_it_escalated(moderator, policy):
    new_article()
    scanning.run_scan(Scan.objects.get().pk)
    case = Case.objects.get()
    up = decisions.decide(case.pk, outcome="escalate", actor=moderator, version=case.version)
    ruling = decisions.decide(
        case.pk, outcome="dismiss_allowed", actor=moderator, version=case.version + 1
    )
    decisions.undo(ruling.pk, actor=moderator)
    case.refresh_from_db()
    assert (case.state, case.escalated) == (CaseState.ESCALATED, True)
    assert up.outcome == "escalate"


def test_an_undone_escalation_leaves_no_claim_behind(moderator, senior):
    new_article()
    scanning.run_scan(Scan.objects.get().pk)
    case = Case.objects.get()
    up = decisions.decide(case.pk, outcome="escalate", actor=moderator, version=case.version)
    cases.claim(case.pk, user=senior)
    decisions.undo(up.pk, actor=senior)
    case.refresh_from_db()
    assert (case.state, case.claimed_by, case.claim_expires_at) == (CaseState.OPEN, None, None)


def test_nobody_takes_back_a_decision_about_their_own_content(hidden, senior, moderator):
    Article._base_manager.filter(pk=hidden.pk).update(author=senior)
    decision = Case.objects.get().decisions.get()
    with pytest.raises(NotAllowed):
        decisions.undo(decision.pk, actor=senior)
    hidden.refresh_from_db()
    assert not hidden.is_public


def test_nobody_puts_their_own_case_aside(senior):
    new_article(author=senior)
    scanning.run_scan(Scan.objects.get().pk)
    with pytest.raises(NotAllowed):
        cases.snooze(
            Case.objects.get().pk, user=senior, until=timezone.now() + timedelta(days=9999)
        )


def test_the_trail_verifies_while_others_write_to_it():
    audit.record("first")
    written = []

    def write_meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "moderation_chainhead" in sql and sql.startswith("SELECT") and not written:
            written.append(sql)
            audit.record("second")
        return result

    with connection.execute_wrapper(write_meanwhile):
        result = audit.verify()
    assert written
    assert (result.problem, result.events) == ("", 1)
    assert audit.verify().events == 2


# Sweep and commands


def test_one_deletion_that_cannot_be_finished_does_not_stop_the_sweep(monkeypatch, caplog):
    article = new_article()
    scanning.run_scan(Scan.objects.get().pk)
    article.delete()
    new_article("other")
    Scan.objects.filter(state=ScanState.QUEUED).update(due_at=timezone.now())

    def fail(subject_id):
        raise RuntimeError("a secret sentence")

    monkeypatch.setattr("moderation.services.sweep.settle_deleted", fail)
    result = sweep()
    assert (result.asked + Scan.objects.filter(state=ScanState.DONE).count()) >= 1
    assert result.failed == 1
    assert "secret" not in caplog.text


def test_one_scan_that_fails_does_not_cost_the_others_of_its_task(monkeypatch, caplog):
    from moderation import tasks

    ran = []

    def run(scan_id):
        ran.append(scan_id)
        if scan_id == 1:
            raise ValueError("a secret sentence")

    monkeypatch.setattr(scanning, "run_scan", run)
    with pytest.raises(RuntimeError) as raised:
        tasks.scan(1, 2, 3)
    assert ran == [1, 2, 3]
    assert raised.value.__context__ is None
    assert "secret" not in caplog.text + str(raised.value)


@pytest.mark.parametrize("wrong", [{"format": []}, {"format": {}}, {"title": []}])
def test_a_field_of_any_type_gives_an_error_line(wrong, tmp_path, capsys):
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"id": 7, "text": "x", **wrong}))
    call_command("moderation_check", kind="comment", input=str(path))
    answer = json.loads(capsys.readouterr().out)
    assert answer["id"] == 7
    assert answer["error"]


def test_an_evaluation_says_which_detector_failed(settings, tmp_path):
    settings.MODERATION = {
        "DETECTORS": {**ONLY_WORDS, "broken": {"CLASS": "tests.site.detectors.BrokenDetector"}}
    }
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"text": "explode", "label": True}))
    errors = io.StringIO()
    call_command("moderation_evaluate", str(path), stdout=io.StringIO(), stderr=errors)
    assert "line 1" in errors.getvalue()
    assert "broken: RuntimeError" in errors.getvalue()
