"""Reference documents: kept once, indexed with every change, and held against older articles."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation.corpus import get_corpus
from moderation.corpus.later import later_copies
from moderation.models import (
    Case,
    Event,
    Finding,
    Fingerprint,
    IndexedDocument,
    ReferenceDocument,
    Scan,
    ScanState,
    Subject,
)
from moderation.services import audit, references
from moderation.services.actors import human
from moderation.services.errors import Unusable
from moderation.services.references import Change, NewReference
from moderation.services.scanning import run_scan
from moderation.types import TextFormat
from tests.duplicate.prose import CHOIR, HARBOUR, NIGHT_BUS, ORCHARD, generated
from tests.site.models import Article

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _only_copies(settings):
    settings.MODERATION = {"DETECTORS": {"scraped": None, "framing": None}}


@pytest.fixture
def actor(make_user):
    return human(make_user("editor"))


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what waits for the commit, as it does where no test holds the transaction open."""

    def run(call, *args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return call(*args, **kwargs)

    return run


def the_one() -> ReferenceDocument:
    return ReferenceDocument.objects.get()


def save_article(text, scan_all, headline="Ours"):
    article = Article.objects.create(headline=headline, body=text)
    scan_all()
    return article


def copies() -> set[int | None]:
    """Return the references that the newest scans found copies of."""
    findings = Finding.objects.exclude(scan__state=ScanState.SUPERSEDED)
    return set(findings.values_list("reference", flat=True))


def indexed_rows() -> int:
    return Fingerprint.objects.filter(document__lt=0).count()


def queued_articles() -> set[str]:
    queued = Scan.objects.filter(state=ScanState.QUEUED)
    return set(queued.values_list("snapshot__subject__object_id", flat=True))


def test_a_later_article_is_found_to_be_a_copy(scan_all):
    written = references.put(
        NewReference(HARBOUR, title="Ferry terminal", url="https://a.example/1")
    )
    assert written.change is Change.ADDED
    save_article(HARBOUR, scan_all)
    assert copies() == {written.id}
    assert Case.objects.get().categories == ["duplicate/exact"]


def test_the_same_address_is_the_same_document(scan_all):
    first = references.put(NewReference(HARBOUR, url="https://A.example/story#top"))
    second = references.put(NewReference(ORCHARD, url="https://a.example/story"))
    assert (second.id, second.change) == (first.id, Change.REPLACED)
    save_article(HARBOUR, scan_all)
    assert copies() == set()
    save_article(ORCHARD, scan_all)
    assert copies() == {first.id}


def test_without_an_address_the_same_text_is_the_same_document():
    first = references.put(NewReference(HARBOUR))
    assert references.put(NewReference(HARBOUR)) == (first.id, Change.UNCHANGED)
    assert references.put(NewReference(HARBOUR, format=TextFormat.MARKDOWN)).id != first.id
    assert references.put(NewReference(ORCHARD)).change is Change.ADDED


def test_what_a_new_version_does_not_say_stays():
    first = NewReference(
        HARBOUR,
        url="https://a.example/1",
        title="T",
        publisher="P",
        licence="L",
        may_be_copied=True,
    )
    references.put(first)
    again = references.put(NewReference(HARBOUR, url="https://a.example/1", title="New"))
    kept = the_one()
    assert again.change is Change.REPLACED
    assert (kept.title, kept.publisher, kept.licence, kept.may_be_copied) == ("New", "P", "L", True)


def test_the_same_file_at_another_place_is_no_change():
    references.put(NewReference(HARBOUR, origin="old.jsonl"))
    assert references.put(NewReference(HARBOUR, origin="new.jsonl")).change is Change.UNCHANGED
    assert the_one().origin == "new.jsonl"


@pytest.mark.parametrize(
    ("text", "text_format"),
    [("", "plain"), (" \n\t", "plain"), ("<p> </p><script>x = 1</script>", "html")],
)
def test_a_document_without_a_text_is_refused(text, text_format):
    with pytest.raises(Unusable):
        references.put(NewReference(text, format=TextFormat(text_format)))
    assert not ReferenceDocument.objects.exists()


def test_what_a_column_cannot_hold_is_cut_or_left_out(settings):
    settings.MODERATION = {"SNAPSHOT_MAX_CHARS": 50}
    references.put(
        NewReference(
            "a\x00b\ud800 " + "word " * 100,
            title="t\n" * 600,
            url="https://a.example/" + "x" * 1000,
            publisher="p" * 300,
            origin="o" * 300,
        )
    )
    kept = the_one()
    assert kept.text.startswith("a\ufffdb\ufffd word")
    assert (len(kept.text), kept.length) == (50, 505)
    assert (len(kept.title), "\n" in kept.title) == (500, False)
    assert (kept.url, len(kept.publisher), len(kept.origin)) == ("", 200, 200)
    assert references.put(NewReference("a\x00b\ud800 " + "word " * 100)).id == kept.pk


@pytest.mark.parametrize("url", ["https://[bad/", "javascript:alert(1)", "not an address", " "])
def test_any_address_is_taken(url):
    written = references.put(NewReference(HARBOUR, url=url))
    assert references.put(NewReference(HARBOUR, url=url)) == (written.id, Change.UNCHANGED)


def test_the_index_follows_every_change(actor):
    written = references.put(NewReference(HARBOUR, url="https://a.example/1"))
    of_harbour = indexed_rows()
    assert of_harbour
    references.change(
        written.id, NewReference(ORCHARD, url="https://a.example/1"), is_active=True, actor=actor
    )
    assert IndexedDocument.objects.get().reference_id == written.id
    of_orchard = indexed_rows()
    assert of_orchard not in (0, of_harbour)
    assert references.set_active([written.id], active=False, actor=actor) == 1
    assert (indexed_rows(), IndexedDocument.objects.count()) == (0, 0)
    references.put(NewReference(HARBOUR, url="https://a.example/1"))
    assert indexed_rows() == 0
    assert references.set_active([written.id], active=True, actor=actor) == 1
    assert references.set_active([written.id, 999], active=True, actor=actor) == 0
    assert indexed_rows() == of_harbour
    references.remove(written.id, actor=actor)
    references.remove(written.id, actor=actor)
    assert (indexed_rows(), IndexedDocument.objects.count()) == (0, 0)


def test_a_title_alone_costs_no_new_scans(actor, scan_all, committed):
    save_article(HARBOUR, scan_all)
    written = references.put(NewReference(HARBOUR))
    committed(
        references.change,
        written.id,
        NewReference(HARBOUR, title="New"),
        is_active=True,
        actor=actor,
    )
    assert the_one().title == "New"
    assert queued_articles() == set()


def test_only_what_people_do_one_by_one_is_noted_one_by_one(actor):
    written = references.put(NewReference(HARBOUR))
    assert not Event.objects.filter(verb__startswith="reference.").exists()
    references.put(NewReference(ORCHARD), actor=actor)
    references.change(written.id, NewReference(HARBOUR, title="T"), is_active=True, actor=actor)
    references.change(written.id, NewReference(HARBOUR, title="T"), is_active=True, actor=actor)
    references.set_active([written.id], active=False, actor=actor)
    references.remove(written.id, actor=actor)
    references.record_import("feed.xml", {"added": 2, "failed": 1})
    events = Event.objects.filter(verb__startswith="reference.").order_by("number")
    assert [(event.verb, event.data.get("fields")) for event in events][1:] == [
        ("reference.changed", ["title"]),
        ("reference.changed", ["is_active"]),
        ("reference.removed", []),
        ("reference.imported", None),
    ]
    assert events[0].verb == "reference.added"
    assert HARBOUR.split()[0] not in str([event.data for event in events])
    assert audit.verify().ok


def test_a_document_cannot_be_made_the_double_of_another(actor):
    references.put(NewReference(HARBOUR, url="https://a.example/1"))
    other = references.put(NewReference(ORCHARD, url="https://a.example/2"))
    with pytest.raises(Unusable):
        references.change(
            other.id,
            NewReference(ORCHARD, url="https://a.example/1"),
            is_active=True,
            actor=actor,
        )
    save = ReferenceDocument.objects.get(pk=other.id)
    assert save.url == "https://a.example/2"


def test_a_change_of_something_else_keeps_the_identity_of_a_cut_text(actor, settings):
    settings.MODERATION = {"SNAPSHOT_MAX_CHARS": 500}
    written = references.put(NewReference(HARBOUR))
    before = the_one()
    references.change(written.id, NewReference(before.text, title="T"), is_active=True, actor=actor)
    after = the_one()
    assert (after.identity, after.length) == (before.identity, len(HARBOUR))
    assert references.put(NewReference(HARBOUR)).id == written.id


# Older articles


def test_older_articles_that_share_passages_are_scanned_again(scan_all, committed):
    copy = save_article(HARBOUR, scan_all)
    part = save_article(NIGHT_BUS + HARBOUR.strip().split("\n\n")[0], scan_all)
    save_article(CHOIR, scan_all)
    written = committed(references.put, NewReference(HARBOUR))
    assert queued_articles() == {str(copy.pk), str(part.pk)}
    scan_all()
    finding = Finding.objects.filter(reference=written.id).first()
    assert finding is not None
    assert Subject.objects.get(object_id=str(copy.pk), model_label="site.article") in {
        found.scan.snapshot.subject for found in Finding.objects.filter(reference=written.id)
    }


def test_not_so_when_nobody_wants_it_or_the_document_is_off(scan_all, committed, actor):
    save_article(HARBOUR, scan_all)
    written = committed(references.put, NewReference(HARBOUR), compare=False)
    assert queued_articles() == set()
    committed(references.set_active, [written.id], active=False, actor=actor)
    assert queued_articles() == set()
    committed(references.set_active, [written.id], active=True, actor=actor)
    assert len(queued_articles()) == 1


def test_a_deleted_article_and_other_references_are_no_copies(scan_all, committed):
    article = save_article(HARBOUR, scan_all)
    references.put(NewReference(HARBOUR, url="https://a.example/1"))
    committed(article.delete)
    written = committed(references.put, NewReference(HARBOUR, url="https://a.example/2"))
    assert later_copies(ReferenceDocument.objects.get(pk=written.id)) == []
    assert queued_articles() == set()


def test_what_was_allowed_later_is_scanned_again(scan_all, committed, actor):
    written = references.put(NewReference(HARBOUR))
    save_article(HARBOUR, scan_all)
    licensed = NewReference(HARBOUR, may_be_copied=True, licence="CC BY 4.0")
    committed(references.change, written.id, licensed, is_active=True, actor=actor)
    assert len(queued_articles()) == 1


def test_a_removed_document_leaves_its_findings_readable(scan_all, actor):
    written = references.put(NewReference(HARBOUR))
    save_article(HARBOUR, scan_all)
    references.remove(written.id, actor=actor)
    finding = Finding.objects.get()
    assert (finding.reference, finding.source) == (None, None)
    assert finding.detail["verdict"] == "exact"
    assert finding.evidence.count() == 1


# Cost


def test_an_added_document_costs_the_same_however_many_there_are():
    def queries(number):
        new = NewReference(" ".join(generated(number)), url=f"https://a.example/{number}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            references.put(new)
        return len(captured)

    first = queries(0)
    for number in range(1, 40):
        references.put(NewReference(" ".join(generated(number)), url=f"https://a.example/{number}"))
    assert queries(40) <= first


def test_an_unchanged_document_is_looked_up_and_no_more(django_assert_max_num_queries):
    references.put(NewReference(HARBOUR, url="https://a.example/1"))
    with django_assert_max_num_queries(4):
        references.put(NewReference(HARBOUR, url="https://a.example/1"))


def test_two_who_take_in_the_same_document_at_once_make_one(monkeypatch):
    """The first to look finds nothing, and finds the other's when it comes to write."""
    references.put(NewReference(HARBOUR, url="https://a.example/1"))
    real, calls = references._locked, []

    def locked(using):
        calls.append(using)
        return real(using).none() if len(calls) == 1 else real(using)

    monkeypatch.setattr(references, "_locked", locked)
    written = references.put(NewReference(HARBOUR, url="https://a.example/1", title="T"))
    assert written == (the_one().pk, Change.REPLACED)
    assert get_corpus().document(get_corpus().reference_key(written.id)).title == "T"


def test_scanning_goes_on_while_the_document_goes(scan_all, monkeypatch, actor):
    """The document is removed between the comparison and the writing of its finding."""
    from moderation.services import scanning

    written = references.put(NewReference(HARBOUR))
    real = scanning._finish

    def finish(*args):
        references.remove(written.id, actor=actor)
        return real(*args)

    monkeypatch.setattr(scanning, "_finish", finish)
    Article.objects.create(headline="Ours", body=HARBOUR)
    assert run_scan(Scan.objects.get().pk) == ScanState.DONE
    finding = Finding.objects.get()
    assert (finding.reference_id, finding.category) == (None, "exact")
