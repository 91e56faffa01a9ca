from __future__ import annotations

import io
import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderation.corpus import document_of, get_corpus
from moderation.corpus import maintenance as maintenance_module
from moderation.corpus import statistics as statistics_module
from moderation.corpus.maintenance import Maintenance
from moderation.corpus.mending import Problem
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector
from moderation.detectors.duplicate.fingerprint import PARAMS
from moderation.detectors.duplicate.retrieval import LISTED
from moderation.models import (
    Fingerprint,
    IndexedDocument,
    ReferenceDocument,
    Scan,
    ScanState,
    Snapshot,
    StoryTerm,
    Subject,
)
from moderation.services import indexing
from moderation.types import Kind
from tests.duplicate.prose import ARTICLES, CHOIR, HARBOUR, LIBRARY, NIGHT_BUS, ORCHARD, generated
from tests.duplicate.saved import new_reference, new_subject, take_snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

COMMENT = (
    "I bought these shoes for my whole family last spring, and the price in that little shop near "
    "the northern harbour was lower than anywhere else I looked, so have a look yourselves today."
)


@pytest.fixture
def corpus():
    return get_corpus()


def save(corpus, name, text, **fields):
    """Save a text as a site does, and index it."""
    subject = Subject.objects.filter(object_id=name).first() or new_subject(name, **fields)
    snapshot = take_snapshot(subject, text)
    corpus.index(snapshot.pk, document_of(snapshot))
    return snapshot


def comment_subject(name):
    subject = new_subject(name)
    subject.kind = Kind.COMMENT.value
    subject.save()
    return subject


def save_everything(corpus):
    corpus.index_reference(new_reference(CHOIR + LIBRARY).pk)
    for name, text in ARTICLES.items():
        save(corpus, name, text)
    save(corpus, "harbour", HARBOUR + ORCHARD)  # an edit: two rows
    comment = take_snapshot(comment_subject("remark"), COMMENT)
    corpus.index(comment.pk, document_of(comment))


def sources(corpus, snapshot):
    document = document_of(Snapshot.objects.get(pk=snapshot.pk))
    findings = DuplicateDetector().detect(document, Context(corpus)).findings
    ids = [corpus.snapshot_id(found.source) for found in findings]
    return [Snapshot.objects.get(pk=pk).subject.object_id for pk in ids]


def contents():
    """Everything the index holds."""
    rows = IndexedDocument.objects.order_by("pk")
    return (
        list(rows.values_list("pk", "subject", "snapshot", "reference", "params", "story")),
        [exact and bytes(exact) for exact in rows.values_list("exact", flat=True)],
        sorted(Fingerprint.objects.values_list("hash", "document")),
        sorted(StoryTerm.objects.values_list("hash", "document")),
    )


def make_outdated():
    """Leave the index as the migration to another version of the fingerprints does."""
    Fingerprint.objects.all().delete()
    StoryTerm.objects.all().delete()
    IndexedDocument.objects.update(params=PARAMS - 1)


def mended(care):
    return dict(care.problems)


def test_an_index_that_is_true_to_the_texts_stays_as_it_is(corpus):
    save_everything(corpus)
    before = contents()
    assert indexing.check().found == 0
    care = indexing.reindex()
    assert (care.found, care.seen) == (0, len(before[0]))
    assert contents() == before


def test_every_text_keeps_its_number_in_a_new_version(corpus):
    save_everything(corpus)
    before = contents()
    make_outdated()
    assert mended(indexing.check())[Problem.OUTDATED] == len(before[0])
    indexing.reindex()
    assert contents() == before
    assert indexing.check().found == 0


def test_fingerprints_of_earlier_texts_keep_their_place_in_a_new_version(corpus):
    save(corpus, "first", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    save(corpus, "first", HARBOUR + CHOIR)
    choir = save(corpus, "choir", CHOIR)
    make_outdated()
    indexing.reindex()
    assert sources(corpus, copy) == ["first"]
    assert sources(corpus, choir) == ["first"]
    assert sources(corpus, Snapshot.objects.get(subject__object_id="first", is_current=True)) == []


def test_a_text_scanned_before_its_turn_keeps_its_number_as_well(corpus):
    first = save(corpus, "first", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    before = contents()
    make_outdated()
    for snapshot in (copy, first):  # in any order, as workers do
        corpus.index(snapshot.pk, document_of(snapshot))
    assert contents()[1:] == before[1:]
    assert sources(corpus, copy) == ["first"]
    assert sources(corpus, first) == []


def test_a_text_edited_before_its_turn_keeps_what_it_had(corpus):
    save(corpus, "first", HARBOUR)
    save(corpus, "copy", HARBOUR)
    make_outdated()
    edited = save(corpus, "first", HARBOUR + CHOIR)
    indexing.reindex()
    assert sources(corpus, edited) == []
    assert indexing.check().found == 0


def test_texts_that_came_in_meanwhile_are_compared_again(corpus):
    save(corpus, "first", HARBOUR)
    make_outdated()
    late = save(corpus, "late", HARBOUR + ORCHARD)
    assert sources(corpus, late) == []
    assert indexing.reindex().compared_again == 1
    assert Scan.objects.get(state=ScanState.QUEUED).snapshot_id == late.pk
    assert sources(corpus, late) == ["first"]
    assert indexing.reindex().compared_again == 0


def test_missing_texts_are_added_in_the_order_they_came_in(corpus):
    for name in ("first", "second"):
        take_snapshot(new_subject(name), HARBOUR)
    save(corpus, "third", HARBOUR)
    assert mended(indexing.check()) == {Problem.MISSING: 2}
    assert mended(indexing.reindex()) == {Problem.MISSING: 2}
    rows = IndexedDocument.objects.order_by("pk")
    assert list(rows.values_list("subject__object_id", flat=True)) == ["third", "first", "second"]
    assert indexing.check().found == 0


def test_comments_that_say_nothing_are_not_missing(corpus):
    take_snapshot(comment_subject("remark"), "Thanks!")
    assert indexing.check().found == 0
    assert indexing.reindex().found == 0
    assert not IndexedDocument.objects.exists()


def test_missing_and_inactive_reference_documents(corpus):
    corpus.index_reference(new_reference(HARBOUR).pk)
    ReferenceDocument.objects.update(is_active=False)
    active = new_reference(ORCHARD)
    assert mended(indexing.check()) == {Problem.DEAD: 1, Problem.MISSING: 1}
    assert mended(indexing.reindex()) == {Problem.DEAD: 1, Problem.MISSING: 1}
    assert IndexedDocument.objects.get().reference == active
    assert indexing.check().found == 0


def test_deleted_subjects_leave_the_index(corpus):
    save(corpus, "harbour", HARBOUR)
    save(corpus, "choir", CHOIR)
    Subject.objects.filter(object_id="harbour").update(deleted_at="2026-01-01T00:00Z")
    assert mended(indexing.reindex()) == {Problem.DEAD: 1}
    assert IndexedDocument.objects.get().subject.object_id == "choir"
    documents = set(Fingerprint.objects.values_list("document", flat=True))
    assert documents == {IndexedDocument.objects.get().pk}


def test_rows_without_a_text_are_removed(corpus, monkeypatch):
    monkeypatch.setattr(maintenance_module, "STRETCH", 7)
    save(corpus, "harbour", HARBOUR)
    before = contents()
    for table in (Fingerprint, StoryTerm):
        table.objects.bulk_create(
            [table(hash=number * 2**27, document=9_999) for number in range(-16, 16)]
        )
    assert indexing.check().orphans == 64
    assert indexing.reindex().orphans == 64
    assert contents() == before


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lost=st.sets(st.integers(0, 400)), outdated=st.booleans())
def test_whatever_is_lost_comes_back(corpus, lost, outdated):
    if not IndexedDocument.objects.exists():
        save_everything(corpus)
    before = contents()
    for at, (value, document) in enumerate(before[2]):
        if at in lost:
            Fingerprint.objects.filter(hash=value, document=document).delete()
    if outdated:
        IndexedDocument.objects.update(params=PARAMS - 1, exact=None)
    indexing.reindex()
    assert contents() == before


def test_a_missing_row_does_not_break_a_scan(corpus):
    save(corpus, "harbour", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    values = Fingerprint.objects.values_list("hash", flat=True).distinct()
    Fingerprint.objects.filter(hash__in=list(values)[::2]).delete()
    assert sources(corpus, copy) == ["harbour"]
    assert mended(indexing.reindex()) == {Problem.INCOMPLETE: 2}
    assert indexing.check().found == 0


def test_a_missing_document_does_not_break_a_scan(corpus):
    save(corpus, "harbour", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    IndexedDocument.objects.filter(subject__object_id="harbour").delete()
    assert sources(corpus, copy) == []
    care = indexing.reindex()
    assert mended(care) == {Problem.MISSING: 1}
    assert care.orphans > 0
    assert indexing.check().found == 0


@pytest.mark.django_db(transaction=True)
def test_a_doubled_row_does_not_break_a_scan(corpus, without_constraint):
    first = save(corpus, "harbour", HARBOUR)
    (row,) = IndexedDocument.objects.all()
    before = contents()
    double = IndexedDocument.objects.create(
        subject=row.subject, snapshot=first, params=PARAMS, exact=row.exact, story=row.pk
    )
    Fingerprint.objects.bulk_create(
        Fingerprint(hash=value, document=double.pk) for value, _ in before[2]
    )
    copy = save(corpus, "copy", HARBOUR)
    assert sources(corpus, copy) == ["harbour"]
    assert sources(corpus, first) == []
    assert mended(indexing.reindex()) == {Problem.DOUBLED: 1}
    assert contents()[0][0] == before[0][0]
    assert IndexedDocument.objects.count() == 2
    assert indexing.check().found == 0
    assert sources(corpus, copy) == ["harbour"]


@pytest.fixture
def without_constraint():
    constraints = IndexedDocument._meta.constraints
    once = next(c for c in constraints if c.name == "moderation_one_indexed_text")
    with connection.schema_editor() as editor:
        editor.remove_constraint(IndexedDocument, once)
    yield
    IndexedDocument.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(IndexedDocument, once)


def test_an_interrupted_run_goes_on_where_it_stood(corpus, monkeypatch):
    save_everything(corpus)
    before = contents()
    make_outdated()
    mended_numbers, mend = [], Maintenance.mend

    def interrupted(self, number):
        if len(mended_numbers) == 5:
            raise KeyboardInterrupt
        mended_numbers.append(number)
        return mend(self, number)

    monkeypatch.setattr(Maintenance, "mend", interrupted)
    with pytest.raises(KeyboardInterrupt):
        indexing.reindex(batch=2)
    assert indexing.seen_before() == 4
    monkeypatch.setattr(
        Maintenance, "mend", lambda *args: mended_numbers.append(args[1]) or mend(*args)
    )
    assert indexing.reindex(batch=2).seen == len(before[0])
    assert mended_numbers == sorted(mended_numbers)
    assert len(mended_numbers) == len(before[0]) + 1  # the page that was cut, once more
    assert contents() == before
    assert indexing.seen_before() == 0


def test_one_text_that_cannot_be_read_keeps_no_other_from_being_indexed(
    corpus, monkeypatch, caplog
):
    for name in ("harbour", "choir"):
        save(corpus, name, ARTICLES[name])
    make_outdated()
    bad, mend = IndexedDocument.objects.get(subject__object_id="harbour").pk, Maintenance.mend
    monkeypatch.setattr(
        Maintenance, "mend", lambda self, number: 1 / 0 if number == bad else mend(self, number)
    )
    care = indexing.reindex()
    assert (care.failed, mended(care)) == (1, {Problem.OUTDATED: 1})
    assert "ZeroDivisionError" in caplog.text


def run(*arguments, command="moderation_reindex"):
    output = io.StringIO()
    call_command(command, *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue()


def test_the_command_counts_mends_and_tells(corpus):
    save_everything(corpus)
    make_outdated()
    with pytest.raises(CommandError, match="run moderation_reindex"):
        run("--check")
    assert "made by another version: 8" in run("--restart", "--batch", "3")
    assert "made by another version: 0" in run("--check")
    with pytest.raises(CommandError, match="at least 1"):
        run("--batch", "0")


def test_the_command_says_which_run_was_cut(corpus, monkeypatch):
    save(corpus, "night bus", NIGHT_BUS)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Maintenance, "mend", interrupt)
    with pytest.raises(CommandError, match="go on from here"):
        run()


# What the index is full of

FOOTER = (
    "The opinions in this column are those of our guests. Letters reach the editors at the old "
    "address by the canal, and a monthly subscription keeps the presses of this paper running."
)


def stats(*arguments):
    return run(*arguments, command="moderation_index_stats")


def test_statistics_count_what_is_there(corpus):
    save_everything(corpus)
    make_outdated()
    save(corpus, "late", NIGHT_BUS)
    found = json.loads(stats("--json"))
    size = found["size"]
    assert (size["articles"], size["comments"], size["references"]) == (6, 1, 1)
    assert size["earlier"] == 1
    assert size["versions"] == {str(PARAMS - 1): 8, str(PARAMS): 1}
    assert size["fingerprints"] == Fingerprint.objects.count() > 0
    assert size["bytes"] >= 4096
    assert found["bytes_per_text"] == round(size["bytes"] / 8)


def test_statistics_of_an_empty_index():
    lines = stats().splitlines()
    assert "articles: 0" in lines
    assert "versions of the fingerprints: none" in lines
    assert json.loads(stats("--json"))["hottest"]["fingerprints"] == []


def test_boilerplate_is_told_from_one_story_with_many_copies(corpus, monkeypatch):
    monkeypatch.setattr(statistics_module, "SAMPLE", 40)
    for number in range(LISTED + 5):
        words = [f"{number}word{at}" for at in range(120)]
        save(corpus, f"footer {number}", " ".join(words) + ". " + FOOTER)
        save(corpus, f"copy {number}", f"{HARBOUR} {number}")
    found = indexing.statistics(500).hottest
    assert found.boilerplate > 0
    hot = [each for each in found.fingerprints if each.documents == LISTED + 5]
    assert {each.stories for each in hot if not each.boilerplate} == {1}
    assert {each.stories for each in hot if each.boilerplate} == {LISTED}
    assert len([each for each in hot if each.boilerplate]) == found.boilerplate
    counts = [each.documents for each in found.fingerprints]
    assert counts == sorted(counts, reverse=True)
    assert 30 <= found.sampled <= 80


def test_the_hottest_are_listed_as_many_as_asked_for(corpus):
    for name in ("first", "second"):
        save(corpus, name, HARBOUR)
    lines = stats("--hottest", "3").splitlines()
    assert len([line for line in lines if "in 2 texts, 1 stories" in line]) == 3
    with pytest.raises(CommandError, match="at least 0"):
        stats("--hottest", "-1")


def test_where_sqlite_cannot_measure_tables_the_file_is_measured(corpus, monkeypatch):
    save(corpus, "harbour", HARBOUR)
    monkeypatch.setattr(statistics_module, "_measured_bytes", lambda using: None)
    monkeypatch.setattr(statistics_module, "_file_bytes", lambda using: 123_456)
    assert "bytes of the whole file: 123,456 (123,456 a text)" in stats()


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_texts_come_in_while_the_index_is_made_anew(corpus):
    for number in range(5):
        save(corpus, f"old {number}", " ".join(generated(number)))
    make_outdated()
    late = [take_snapshot(new_subject(f"late {number}"), HARBOUR) for number in range(3)]
    start, failures = threading.Barrier(3), []

    def work(task):
        try:
            start.wait()
            task()
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connections.close_all()

    def come_in():
        for snapshot in late:
            get_corpus().index(snapshot.pk, document_of(snapshot))
            sources(get_corpus(), snapshot)

    def edit():
        for number in range(5):
            save(get_corpus(), f"old {number}", " ".join(generated(number)) + ORCHARD)

    tasks = (indexing.reindex, come_in, edit)
    threads = [threading.Thread(target=work, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    indexing.reindex()
    assert indexing.check().found == 0
    texts = IndexedDocument.objects.filter(snapshot__isnull=False)
    assert texts.count() == 8
    assert texts.filter(pk__lte=5, subject__object_id__startswith="late").count() == 0
