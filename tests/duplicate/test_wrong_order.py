"""A copy that came in before its original: the two change places, and the copy is scanned again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.db import connections

from moderation.corpus import get_corpus
from moderation.detectors.duplicate.provenance import ProvenanceVerdict
from moderation.models import (
    DetectorRun,
    Finding,
    IndexedDocument,
    RunState,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.models.scans import ACTIVE_SCANS, FINISHED_SCANS, ScanReason
from moderation.services import scanning
from moderation.targets import registry
from tests.duplicate.prose import HARBOUR, ORCHARD
from tests.duplicate.saved import new_reference
from tests.site.models import Article

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def days(settings, monkeypatch):
    """The day each article says it came out, by its headline."""
    settings.MODERATION = {
        "DETECTORS": {"scraped": None, "framing": None},
        "DISPATCHER": "tests.site.dispatchers.Nobody",
    }
    said: dict[str, int] = {}
    target = registry.lookup(Article).target
    monkeypatch.setattr(
        target, "published_at", lambda article: MONDAY + timedelta(days=said[article.headline])
    )
    return said


@pytest.fixture
def save(days):
    def saved(headline: str, day: int, body: str = HARBOUR) -> Article:
        days[headline] = day
        return Article.objects.create(headline=headline, body=body)

    return saved


def scan_of(article: Article) -> Scan:
    scans = Scan.objects.filter(snapshot__subject__object_id=str(article.pk))
    return scans.exclude(state=ScanState.SUPERSEDED).latest("pk")


def scan_all() -> int:
    """Run what is queued until nothing is; return how many scans that took."""
    count = 0
    while (scan := Scan.objects.filter(state=ScanState.QUEUED).order_by("pk").first()) is not None:
        assert scanning.run_scan(scan.pk) == ScanState.DONE
        count += 1
        assert count < 100
    return count


def copies() -> set[tuple[str, str]]:
    """Name every text that is found to be a copy, and its source."""
    found = Finding.objects.filter(
        scan__state__in=FINISHED_SCANS, scan__snapshot__is_current=True
    ).select_related("source")
    assert {finding.detail["provenance"]["verdict"] for finding in found} <= {"copy"}
    return set(found.values_list("scan__snapshot__title", "source__title"))


def order() -> list[str]:
    rows = IndexedDocument.objects.filter(snapshot__isnull=False).order_by("pk")
    return list(rows.values_list("snapshot__title", flat=True))


def test_a_copy_that_came_in_first_is_found_out(save):
    copy = save("copy", day=2)
    assert scan_all() == 1
    assert copies() == set()
    first_number = IndexedDocument.objects.get().pk

    original = save("original", day=1)
    scanning.run_scan(scan_of(original).pk)
    (run,) = DetectorRun.objects.filter(scan=scan_of(original))
    assert run.notes == ["duplicate.note.original"]
    assert not Finding.objects.filter(scan=scan_of(original)).exists()
    waiting = scan_of(copy)
    assert (waiting.state, waiting.reason) == (ScanState.QUEUED, ScanReason.REQUEST)
    assert order() == ["original", "copy"]
    assert not IndexedDocument.objects.filter(pk=first_number).exists()

    assert scan_all() == 1
    assert copies() == {("copy", "original")}
    reasons = Finding.objects.get().detail["provenance"]["reasons"]
    assert [reason["key"] for reason in reasons] == ["duplicate.provenance.younger"]


def test_scanning_again_changes_nothing(save):
    copy, original = save("copy", day=2), save("original", day=1)
    scan_all()
    numbers = list(IndexedDocument.objects.order_by("pk").values_list("pk", flat=True))
    for article in (copy, original, copy):
        Scan.objects.filter(pk=scan_of(article).pk).update(state=ScanState.QUEUED)
        DetectorRun.objects.filter(scan=scan_of(article)).delete()
        assert scan_all() == 1
    assert copies() == {("copy", "original")}
    assert list(IndexedDocument.objects.order_by("pk").values_list("pk", flat=True)) == numbers


def test_texts_that_came_in_in_their_order_stay_where_they_are(save):
    save("original", day=1)
    save("copy", day=2)
    assert scan_all() == 2
    assert order() == ["original", "copy"]
    assert copies() == {("copy", "original")}


@pytest.mark.parametrize("arrival", [*permutations(range(3)), (3, 2, 1, 0), (1, 3, 0, 2)], ids=str)
def test_any_order_of_arrival_comes_to_rest(save, arrival):
    for day in arrival:
        save(f"day {day}", day)
        scan_all()
    days = range(len(arrival))
    assert order() == [f"day {day}" for day in days]
    assert copies() == {(f"day {late}", f"day {early}") for late in days for early in range(late)}


def test_unrelated_articles_keep_their_places(save):
    save("orchard", day=9, body=ORCHARD)
    save("copy", day=2)
    save("original", day=1)
    scan_all()
    assert order() == ["orchard", "original", "copy"]
    assert copies() == {("copy", "original")}


def test_a_scan_under_way_is_made_again(save):
    """Whoever runs it may have looked for sources before the original was there."""
    copy = save("copy", day=2)
    running = scanning._take_lease(scan_of(copy).pk)
    get_corpus().index(running.snapshot_id, scanning.document_of(running.snapshot))
    parts = scanning._assess(running, scanning.document_of(running.snapshot))
    scanning.run_scan(scan_of(save("original", day=1)).pk)
    assert scanning._finish(running, parts, 10, 1) is None
    waiting = scan_of(copy)
    assert (waiting.pk, waiting.state, waiting.attempts) == (running.pk, ScanState.QUEUED, 0)
    scan_all()
    assert copies() == {("copy", "original")}


def test_a_part_that_was_done_is_made_again(save, settings):
    settings.MODERATION = {
        "DETECTORS": {
            "scraped": None,
            "framing": None,
            "broken": {"CLASS": "tests.site.detectors.BrokenDetector"},
        }
    }
    copy = save("copy", day=2, body=f"{HARBOUR} explode")
    assert scanning.run_scan(scan_of(copy).pk) == ScanState.QUEUED
    done = DetectorRun.objects.filter(scan=scan_of(copy), state=RunState.DONE)
    assert done.get().detector == "duplicate"
    scanning.run_scan(scan_of(save("original", day=1)).pk)
    assert not done.exists()
    settings.MODERATION = {"DETECTORS": {"scraped": None, "framing": None}}
    scan_all()
    assert copies() == {("copy", "original")}


def test_an_edit_that_pastes_into_an_older_article_moves_nobody(save):
    save("theirs", day=2)
    pasted = save("pasted", day=1, body=ORCHARD)
    scan_all()
    Subject.objects.filter(label="pasted").update(created_at=MONDAY)
    pasted.body = HARBOUR
    pasted.save()
    Scan.objects.filter(state=ScanState.QUEUED).update(reason=ScanReason.REQUEST)
    scan_all()
    assert order() == ["theirs", "pasted"]
    verdicts = Finding.objects.values_list("scan__snapshot__title", "detail__provenance__verdict")
    assert list(verdicts) == [("pasted", ProvenanceVerdict.UNCLEAR.value)]


def test_reference_documents_stay_in_front(save):
    reference = new_reference(HARBOUR, published_at=MONDAY + timedelta(days=5))
    get_corpus().index_reference(reference.pk)
    save("original", day=1)
    assert scan_all() == 1
    assert copies() == set()
    assert IndexedDocument.objects.filter(reference=reference, pk__lt=0).exists()


def test_what_is_not_current_is_not_placed(save):
    corpus = get_corpus()
    copy, original = save("copy", day=2), save("original", day=1)
    ids = [scan_of(article).snapshot_id for article in (copy, original)]
    assert not corpus.place_behind(*ids)  # neither is indexed
    scan_all()
    assert not corpus.place_behind(*ids)  # it is behind already
    assert corpus.place_behind(*reversed(ids))
    assert not corpus.place_behind(*reversed(ids))
    Snapshot.objects.filter(pk=ids[0]).update(is_current=False)
    assert not corpus.place_behind(*ids)


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_come_to_the_same_rest(save, caplog):
    for number in reversed(range(5)):
        save(f"day {number}", number)

    def work():
        try:
            scan_until_nothing_waits()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not Scan.objects.filter(state__in=ACTIVE_SCANS).exists()
    assert caplog.messages == []
    assert order()[0] == "day 0"
    assert {copy for copy, _source in copies()} == {f"day {number}" for number in range(1, 5)}


def scan_until_nothing_waits():
    """Work beside others, who may take a scan away from us or queue another."""
    for _ in range(200):
        waiting = Scan.objects.filter(state__in=ACTIVE_SCANS).values_list("pk", flat=True)
        if not waiting:
            return
        for pk in waiting:
            scanning.run_scan(pk)
    raise AssertionError("the scans do not come to an end")
