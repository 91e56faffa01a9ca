from __future__ import annotations

import logging
import uuid

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from moderation.dispatch import Dispatcher, Job
from moderation.models import Case, CaseState, Scan, ScanState, Snapshot, Subject
from moderation.services import intake, scanning
from moderation.services.sweep import sweep
from tests.core.conftest import ONLY_WORDS
from tests.site.models import (
    Article,
    Comment,
    Diary,
    DiaryPage,
    Essay,
    Note,
    NoteProxy,
    SignedNote,
    Unmoderated,
    Writer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class Listening(Dispatcher):
    """Remembers what it was asked for."""

    asked: list[tuple[Job, tuple[int, ...]]] = []

    def ask(self, job, *ids):
        self.asked.append((job, ids))
        return True


class Deaf(Dispatcher):
    """A broker that is down, and rude about it."""

    def ask(self, job, *ids):
        raise ConnectionError("no broker")


@pytest.fixture
def listening(settings):
    Listening.asked = []
    settings.MODERATION = {
        "DETECTORS": ONLY_WORDS,
        "DISPATCHER": "tests.core.test_intake.Listening",
    }
    return Listening.asked


def new_article(**fields):
    return Article.objects.create(**{"headline": "Bridge", "body": "Repaired.", **fields})


def test_a_save_is_asked_for_once_it_is_committed(listening, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        article = new_article()
        assert listening == []
    assert listening == [(Job.SCAN, (Scan.objects.get().pk,))]
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        article.save()
    assert callbacks == []


@pytest.mark.django_db(transaction=True)
def test_a_save_survives_a_broker_that_raises(settings):
    settings.MODERATION = {"DISPATCHER": "tests.core.test_intake.Deaf"}
    article = new_article()
    assert Article.objects.filter(pk=article.pk).exists()
    assert Scan.objects.get().state == ScanState.QUEUED


def test_a_rolled_back_save_leaves_no_trace():
    with transaction.atomic():
        new_article()
        transaction.set_rollback(True)
    assert not Subject.objects.exists()
    assert not Scan.objects.exists()


def test_the_same_text_again_is_the_same_snapshot(scan_all):
    article = new_article(body="one")
    article.body = "two"
    article.save()
    article.body = "one"
    article.save()
    assert Snapshot.objects.count() == 2
    assert Snapshot.objects.get(is_current=True).text == "one"
    scan_all()
    current = Snapshot.objects.get(is_current=True)
    assert [scan.state for scan in current.scans.all()] == [ScanState.DONE]


def test_an_outdated_scan_is_superseded():
    article = new_article(body="one badword")
    first = Scan.objects.get()
    article.body = "two"
    article.save()
    assert scanning.run_scan(first.pk) == ScanState.SUPERSEDED
    assert not Case.objects.exists()


def test_families_are_one_subject_each():
    SignedNote.objects.create(text="signed", signature="x")
    NoteProxy.objects.create(text="proxy")
    Note.objects.create(text="plain")
    assert set(Subject.objects.values_list("model_label", flat=True)) == {"site.note"}
    assert Subject.objects.count() == 3
    page = DiaryPage.objects.create(text="page")
    parent = Diary.objects.get(pk=page.pk)
    parent.text = "changed through the parent"
    parent.save()
    assert Subject.objects.filter(model_label="site.diarypage").count() == 1
    assert Snapshot.objects.filter(subject__model_label="site.diarypage").count() == 2
    Diary.objects.create(text="not a page, so nobody registered it")
    Unmoderated.objects.create(body="badword")
    assert Subject.objects.count() == 4


def test_uuid_keys_and_names_of_authors_without_account(scan_all):
    writer = Writer.objects.create(name="Ann Author")
    essay = Essay.objects.create(title="On bridges", content="text", writer=writer)
    scan_all()
    subject = Subject.objects.get()
    assert uuid.UUID(subject.object_id) == essay.pk
    assert (subject.author, subject.author_label) == (None, "Ann Author")
    assert subject.label == "On bridges"


def test_drafts_and_hidden_rows_are_seen(scan_all):
    new_article(is_public=False, body="badword")
    scan_all()
    assert Case.objects.count() == 1


def test_fixtures_are_left_to_the_sweep():
    article = new_article()
    Subject.objects.all().delete()
    article.save_base(raw=True)
    assert not Subject.objects.exists()
    sweep()
    assert Subject.objects.count() == 1


def test_bulk_create_and_update_are_caught_by_the_sweep(scan_all):
    articles = Article.objects.bulk_create(
        [Article(headline=str(number), body=f"text {number}") for number in range(5)]
    )
    assert not Subject.objects.exists()
    sweep()
    assert Subject.objects.count() == 5
    Article.objects.filter(headline="3").update(body="changed without a signal: badword")
    sweep()
    assert Snapshot.objects.filter(is_current=True, text__contains="badword").count() == 1
    scan_all()
    Article.objects.filter(headline="4")._raw_delete(Article.objects.db)
    sweep()
    assert Subject.objects.filter(deleted_at=None).count() == 4
    assert len(articles) == 5


def test_text_the_site_cannot_give_costs_one_row_only(monkeypatch, caplog):
    good = new_article(body="good")
    Subject.objects.all().delete()
    bad = Article.objects.bulk_create([Article(headline="bad", body="SECRET text")])[0]
    from tests.site.moderation_targets import ArticleTarget

    def get_text(self, obj):
        if obj.pk == bad.pk:
            raise ValueError(f"cannot read {obj.body}")
        return obj.body

    monkeypatch.setattr(ArticleTarget, "get_text", get_text)
    with caplog.at_level(logging.DEBUG):
        result = sweep()
        bad.save()
    assert result.unreadable >= 1
    assert Subject.objects.get().object_id == str(good.pk)
    assert "ValueError" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_save_survives_whatever_breaks_in_the_desk(monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise DatabaseError("secret")

    monkeypatch.setattr(Snapshot, "save", fail)
    with transaction.atomic():
        article = new_article()
    assert Article.objects.filter(pk=article.pk).exists()
    assert "secret" not in caplog.text
    monkeypatch.undo()
    sweep()
    assert Subject.objects.count() == 1


def test_a_database_error_in_the_desk_leaves_the_hosts_transaction_usable(monkeypatch):
    original = Snapshot.save

    def break_the_statement(self, *args, **kwargs):
        self.subject_id = None
        original(self, *args, **kwargs)

    monkeypatch.setattr(Snapshot, "save", break_the_statement)
    with transaction.atomic():
        article = new_article()
        Comment.objects.create(article=article, body="second statement of the host")
    assert Comment.objects.count() == 1
    assert not Snapshot.objects.exists()


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u200b"])
def test_an_empty_text_is_on_record_as_not_scanned(text, scan_all):
    new_article(body=text)
    scan_all()
    scan = Scan.objects.get()
    assert scan.state in (ScanState.SKIPPED, ScanState.DONE)
    if not text.strip():
        assert (scan.state, scan.note) == (ScanState.SKIPPED, "empty")


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "nul \x00 inside"])
def test_characters_no_database_takes_are_replaced_one_to_one(text):
    article = Article(pk=4711, headline="raw", body=text)
    from moderation.targets import registry

    intake.take_in(article, registry.lookup(Article), using="default")
    kept = Snapshot.objects.get().text
    assert len(kept) == len(text)
    assert kept.count("\ufffd") == 1


def test_a_huge_text_is_kept_in_part_and_says_so(settings, scan_all):
    settings.MODERATION = {
        "DETECTORS": ONLY_WORDS,
        "SNAPSHOT_MAX_CHARS": 2000,
        "SCAN_MAX_CHARS": 1000,
    }
    article = new_article(body="badword " + "x" * 5000)
    scan_all()
    scan, snapshot = Scan.objects.get(), Snapshot.objects.get()
    assert (len(snapshot.text), snapshot.length, snapshot.truncated) == (2000, 5008, True)
    assert scan.scanned_chars == 1000
    assert scan.note == "the first 1000 of 5008 characters were scanned"
    article.body = "badword " + "x" * 5000 + "y"
    article.save()
    assert Snapshot.objects.count() == 2  # a change behind the cut is a change


def test_deleting_closes_and_forgets(scan_all):
    article = new_article(body="badword")
    scan_all()
    article.delete()
    assert Case.objects.get().state == CaseState.OPEN  # nothing is committed within a test
    sweep()
    assert Case.objects.get().state == CaseState.CLOSED_MOOT
    assert Subject.objects.get().deleted_at is not None
    assert not Snapshot.objects.filter(is_current=True).exists()


def test_a_text_deleted_before_its_scan_needs_none():
    article = new_article(body="badword")
    scan = Scan.objects.get()
    Article.objects.all()._raw_delete(Article.objects.db)
    assert scanning.run_scan(scan.pk) == ScanState.SUPERSEDED
    assert not Case.objects.exists()
    assert article.pk


def test_a_walk_whose_limit_was_just_enough_begins_anew(listening):
    Article.objects.bulk_create([Article(headline="new", body="text") for _ in range(3)])
    call_command("moderation_scan", "site.Article", "--limit", "3")
    Article.objects.filter(pk=Article.objects.earliest("pk").pk).update(body="changed meanwhile")
    call_command("moderation_scan", "site.Article")
    assert Snapshot.objects.filter(text="changed meanwhile", is_current=True).exists()


def test_the_backfill_takes_in_everything_and_goes_on_where_it_stood(listening, capsys):
    Article.objects.bulk_create(
        [Article(headline=str(number), body=f"text {number}") for number in range(25)]
    )
    call_command("moderation_scan", "site.Article", "--batch", "10", "--limit", "10")
    assert Subject.objects.count() == 10
    call_command("moderation_scan", "site.Article", "--batch", "10")
    assert Subject.objects.count() == 25
    assert Scan.objects.count() == 25
    assert sum(len(ids) for _job, ids in listening) == 25
    call_command("moderation_scan", "site.Article")
    assert Scan.objects.count() == 25
    call_command("moderation_scan", "--inline", "--rescan", "--restart")
    assert Scan.objects.filter(state=ScanState.DONE).count() == 25
    assert "25 rows" in capsys.readouterr().out
