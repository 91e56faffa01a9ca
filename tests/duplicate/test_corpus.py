from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction

from moderation.corpus import DatabaseCorpus, document_of, get_corpus
from moderation.corpus.postings import Postings
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus, Verdict
from moderation.detectors.duplicate.fingerprint import PARAMS
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.retrieval import LISTED
from moderation.models import Fingerprint, IndexedDocument, Snapshot, Subject
from moderation.types import Kind, TextFormat
from tests.duplicate.prose import (
    ARTICLES,
    CHOIR,
    HARBOUR,
    LIBRARY,
    NIGHT_BUS,
    ORCHARD,
    article,
    edited,
    generated,
    inserted,
    shuffled,
)
from tests.duplicate.saved import new_reference, new_subject, take_snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def corpus():
    return get_corpus()


def save(corpus, name, text, **fields):
    """Save a text as a site does, and index it."""
    subject = Subject.objects.filter(object_id=name).first() or new_subject(name)
    snapshot = take_snapshot(subject, text, **fields)
    corpus.index(snapshot.pk, document_of(snapshot))
    return snapshot


def findings(corpus, document):
    return DuplicateDetector().detect(document, Context(corpus)).findings


def sources(corpus, snapshot):
    """Name the texts that a saved text is found to be copied from."""
    ids = [corpus.snapshot_id(found.source) for found in findings(corpus, document_of(snapshot))]
    return [Snapshot.objects.get(pk=pk).subject.object_id for pk in ids]


def rows_of(name):
    documents = IndexedDocument.objects.filter(subject__object_id=name)
    return Fingerprint.objects.filter(document__in=documents.values("pk")).count()


def test_an_indexed_text_is_found_with_its_passages(corpus):
    source = save(corpus, "harbour", HARBOUR)
    save(corpus, "orchard", ORCHARD)
    copy = save(corpus, "copy", NIGHT_BUS + HARBOUR)
    (found,) = findings(corpus, document_of(copy))
    assert found.category == Verdict.CONTAINS
    assert found.source == DatabaseCorpus.key(source.pk)
    (evidence,) = found.evidence
    assert copy.text[evidence.start : evidence.end] == HARBOUR.strip()[:-1]
    assert source.text[evidence.source_start : evidence.source_end] == HARBOUR.strip()[:-1]


def test_unrelated_texts_are_no_candidates(corpus):
    snapshots = [save(corpus, name, text) for name, text in ARTICLES.items()]
    assert [sources(corpus, snapshot) for snapshot in snapshots] == [[]] * len(ARTICLES)


def test_finds_exactly_what_a_corpus_in_memory_finds(corpus):
    """The two share the scoring; this holds them to it, on every database."""
    memory = MemoryCorpus()
    footer = generated(777, 40)
    texts = [generated(seed, 150 + seed) + (footer if seed % 2 else []) for seed in range(90)]
    texts += [edited(texts[seed], 0.1, seed) for seed in range(0, 30, 3)]
    texts += [inserted(texts[seed][20:80], generated(500 + seed), 1) for seed in range(0, 30, 3)]
    texts += [shuffled(texts[seed], 30, seed) for seed in range(0, 30, 3)]
    texts += [texts[5][:40], texts[6][:12], [], ["one"]]
    for number, words in enumerate(texts):
        memory.add(article(words, save(corpus, f"{number}", words).text_hash + f"{number}"))

    def found(of, key, words):
        fingerprint = Reading(article(words)).fingerprint
        return of.candidates(
            fingerprint.exact, fingerprint.hashes, exclude=key, limit=10
        ).candidates

    numbers = {
        corpus.key(pk): int(name)
        for pk, name in Snapshot.objects.values_list("pk", "subject__object_id")
    }
    keys = {number: key for key, number in numbers.items()}
    names = {document.key: number for number, document in enumerate(memory._documents)}
    memory_keys = {number: key for key, number in names.items()}
    some = 0
    for number, words in enumerate(texts):
        here = [(numbers[c.key], round(c.weight, 9)) for c in found(corpus, keys[number], words)]
        there = [
            (names[c.key], round(c.weight, 9)) for c in found(memory, memory_keys[number], words)
        ]
        assert here == there
        some += bool(here)
    assert some >= 30


def test_a_text_outside_the_corpus_came_after_everything(corpus):
    source = save(corpus, "harbour", HARBOUR)
    (found,) = findings(corpus, article(HARBOUR))
    assert corpus.snapshot_id(found.source) == source.pk


def test_the_text_itself_is_no_candidate(corpus):
    assert sources(corpus, save(corpus, "harbour", HARBOUR)) == []


def test_an_original_is_not_flagged_for_its_copies(corpus):
    original = save(corpus, "original", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    assert sources(corpus, original) == []
    assert sources(corpus, copy) == ["original"]


def test_an_edit_keeps_the_original_first(corpus):
    save(corpus, "original", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    original = save(corpus, "original", HARBOUR + CHOIR)
    assert sources(corpus, original) == []
    assert sources(corpus, copy) == ["original"]
    original = save(corpus, "original", CHOIR + HARBOUR.replace("four hours", "five hours"))
    assert sources(corpus, original) == []


def test_a_passage_copied_by_an_edit_is_found(corpus):
    save(corpus, "thief", ORCHARD)
    save(corpus, "original", HARBOUR)
    thief = save(corpus, "thief", ORCHARD + HARBOUR)
    assert sources(corpus, thief) == ["original"]
    assert sources(corpus, Snapshot.objects.get(subject__object_id="original")) == []


def test_what_an_edit_took_out_is_forgotten(corpus):
    save(corpus, "original", HARBOUR + CHOIR)
    save(corpus, "original", HARBOUR)
    assert findings(corpus, article(CHOIR)) == ()
    assert len(findings(corpus, article(HARBOUR))) == 1
    assert rows_of("original") == len(Reading(article(HARBOUR)).fingerprint.hashes)


def test_a_text_that_comes_back_is_indexed_again(corpus):
    first = save(corpus, "original", HARBOUR)
    save(corpus, "original", CHOIR)
    Snapshot.objects.update(is_current=False)
    Snapshot.objects.filter(pk=first.pk).update(is_current=True)
    corpus.index(first.pk, document_of(first))
    assert corpus.is_indexed(first.pk)
    assert len(findings(corpus, article(HARBOUR))) == 1
    assert findings(corpus, article(CHOIR)) == ()


def test_candidates_are_current_texts_even_if_an_earlier_one_was_copied(corpus):
    save(corpus, "original", HARBOUR)
    current = save(corpus, "original", HARBOUR + CHOIR)
    (found,) = findings(corpus, article(HARBOUR))
    assert corpus.snapshot_id(found.source) == current.pk


def test_indexing_twice_changes_nothing(corpus):
    snapshot = save(corpus, "harbour", HARBOUR)
    before = list(IndexedDocument.objects.values()), Fingerprint.objects.count()
    corpus.index(snapshot.pk, document_of(snapshot))
    assert (list(IndexedDocument.objects.values()), Fingerprint.objects.count()) == before


def test_new_markup_around_the_same_words_moves_the_entry(corpus):
    save(corpus, "harbour", HARBOUR)
    number = IndexedDocument.objects.get().pk
    marked_up = save(corpus, "harbour", f"<p>{HARBOUR}</p>", format=TextFormat.HTML.value)
    assert IndexedDocument.objects.get().pk == number
    assert corpus.is_indexed(marked_up.pk)


def test_only_a_current_snapshot_is_indexed(corpus):
    subject = new_subject("harbour")
    old = take_snapshot(subject, HARBOUR)
    take_snapshot(subject, CHOIR)
    corpus.index(old.pk, document_of(old))
    corpus.index(old.pk + 1_000, document_of(old))
    assert not corpus.is_indexed(old.pk)
    assert IndexedDocument.objects.count() == Fingerprint.objects.count() == 0


def test_a_forgotten_subject_is_not_indexed(corpus):
    snapshot = take_snapshot(new_subject("gone", deleted_at="2026-01-01T00:00Z"), HARBOUR)
    corpus.index(snapshot.pk, document_of(snapshot))
    assert not corpus.is_indexed(snapshot.pk)


def test_unindexing_leaves_nothing(corpus):
    save(corpus, "harbour", HARBOUR)
    snapshot = save(corpus, "harbour", HARBOUR + CHOIR)
    other = save(corpus, "library", LIBRARY)
    corpus.unindex(subject_id=snapshot.subject_id)
    corpus.unindex(subject_id=snapshot.subject_id)
    assert rows_of("harbour") == 0
    assert IndexedDocument.objects.get().snapshot_id == other.pk
    assert Fingerprint.objects.count() == rows_of("library") > 0
    assert findings(corpus, article(HARBOUR)) == ()


def test_a_deleted_subject_is_no_candidate(corpus):
    """Its fingerprints stay behind; nothing may stumble over them."""
    snapshot = save(corpus, "harbour", HARBOUR)
    copy = save(corpus, "copy", HARBOUR)
    snapshot.subject.delete()
    assert Fingerprint.objects.exclude(document__in=IndexedDocument.objects.values("pk")).exists()
    assert sources(corpus, copy) == []
    assert sources(corpus, save(corpus, "later copy", HARBOUR)) == ["copy"]


def test_a_deleted_snapshot_is_no_candidate(corpus):
    snapshot = save(corpus, "harbour", HARBOUR)
    key = corpus.key(snapshot.pk)
    snapshot.delete()
    assert findings(corpus, article(HARBOUR)) == ()
    assert corpus.document(key) is None


def test_lost_and_doubled_index_rows_are_survived(corpus):
    save(corpus, "harbour", HARBOUR)
    document = IndexedDocument.objects.get()
    lost = Fingerprint.objects.order_by("hash").first()
    Fingerprint.objects.filter(hash=lost.hash).delete()
    postings = Postings(connection.alias)
    postings.add(document.pk, Reading(article(HARBOUR)).fingerprint.hashes[5:])
    assert len(findings(corpus, article(HARBOUR))) == 1
    corpus.unindex(subject_id=document.subject_id)
    assert Fingerprint.objects.count() == 0


def test_other_params_are_made_anew(corpus):
    snapshot = save(corpus, "harbour", HARBOUR)
    IndexedDocument.objects.update(params=PARAMS + 1)
    assert not corpus.is_indexed(snapshot.pk)
    corpus.index(snapshot.pk, document_of(snapshot))
    assert corpus.is_indexed(snapshot.pk)
    assert rows_of("harbour") == Fingerprint.objects.count() > 0


def test_a_text_copied_often_is_found_and_a_common_footer_is_not(corpus):
    story, footer = generated(1, 200), generated(2, 60)
    save(corpus, "original", story)
    for number in range(LISTED + 15):
        save(corpus, f"copy {number}", edited(story, 0.02, number))
        save(corpus, f"other {number}", generated(100 + number, 120) + footer)
    lifted = save(corpus, "lifted", inserted(story[40:160], generated(900), 1))
    assert sources(corpus, lifted)[0] == "original"
    assert sources(corpus, save(corpus, "footed", generated(901, 200) + footer)) == []


def test_lists_are_cut_at_the_oldest(corpus):
    for number in range(LISTED + 5):
        save(corpus, f"{number}", HARBOUR)
    value = Reading(article(HARBOUR)).fingerprint.hashes[0]
    oldest = list(IndexedDocument.objects.order_by("pk").values_list("pk", flat=True)[:LISTED])
    assert Postings(connection.alias).listings([value, 12345]) == {value: oldest}


def test_copies_belong_to_the_story_of_their_source(corpus):
    for name, text in {"a": HARBOUR, "b": HARBOUR, "c": ORCHARD, "d": HARBOUR + "So."}.items():
        save(corpus, name, text)
    rows = IndexedDocument.objects.order_by("pk").values_list("subject__object_id", "pk", "story")
    (_, a, of_a), (_, _, of_b), (_, c, of_c), (_, _, of_d) = rows
    assert (of_a, of_b, of_c, of_d) == (a, a, c, a)


def test_a_huge_number_of_fingerprints_is_looked_up(corpus):
    words = [f"w{number}" for number in range(90_000)]
    save(corpus, "huge", words)
    assert sources(corpus, save(corpus, "copy", words)) == ["huge"]


def test_a_text_without_words_is_indexed_as_nothing(corpus):
    snapshot = save(corpus, "nothing", "… !")
    assert corpus.is_indexed(snapshot.pk)
    assert sources(corpus, snapshot) == []
    assert rows_of("nothing") == 0


def test_looking_up_takes_a_constant_number_of_queries(corpus, django_assert_max_num_queries):
    for number in range(20):
        save(corpus, f"{number}", edited(HARBOUR.split(), 0.05, number))
    document = article(HARBOUR, "snapshot:1")
    fingerprint = Reading(document).fingerprint
    with django_assert_max_num_queries(5):
        found = corpus.candidates(
            fingerprint.exact, fingerprint.hashes, exclude=document.key, limit=10
        )
    assert found.candidates


def test_documents_come_back_as_they_were_scanned(corpus, settings):
    settings.MODERATION = {"SCAN_MAX_CHARS": 30}
    subject = new_subject("harbour", author_key="user:7", url="/harbour/")
    snapshot = take_snapshot(subject, HARBOUR, title="Harbour", language="en")
    document = corpus.document(corpus.key(snapshot.pk))
    assert document == document_of(snapshot)
    assert document.text == HARBOUR[:30]
    assert (document.title, document.language) == ("Harbour", "en")
    assert (document.author, document.url) == ("user:7", "/harbour/")
    assert (document.kind, document.key) == (Kind.ARTICLE, f"snapshot:{snapshot.pk}")


@pytest.mark.parametrize("key", ["", "snapshot:", "snapshot:x", "snapshot:²", "reference:7", "7"])
def test_other_keys_are_no_snapshots(corpus, key):
    assert corpus.snapshot_id(key) is None
    assert corpus.document(key) is None
    save(corpus, "harbour", HARBOUR)
    assert len(findings(corpus, article(HARBOUR, key))) == 1


def test_databases_without_a_dialect_are_refused(monkeypatch):
    monkeypatch.setattr(connections["default"], "vendor", "oracle")
    with pytest.raises(ImproperlyConfigured, match="oracle"):
        DatabaseCorpus("default")


def test_an_index_that_fails_half_way_leaves_nothing(corpus, monkeypatch):
    monkeypatch.setattr(Postings, "add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        save(corpus, "harbour", HARBOUR)
    assert IndexedDocument.objects.count() == 0


# Reference documents


def test_a_reference_document_is_what_earlier_texts_are_copied_from(corpus):
    snapshot = save(corpus, "harbour", HARBOUR)
    reference = new_reference(HARBOUR, publisher="Wire")
    corpus.index_reference(reference.pk)
    [found] = findings(corpus, document_of(snapshot))
    assert found.source == corpus.reference_key(reference.pk)
    assert corpus.document(found.source).publisher == "Wire"
    assert corpus.document(found.source).work == found.source


def test_reference_documents_are_indexed_once_and_can_be_taken_out(corpus):
    reference = new_reference(HARBOUR)
    for _ in range(2):
        corpus.index_reference(reference.pk)
    other = new_reference(ORCHARD)
    corpus.index_reference(other.pk)
    assert sorted(IndexedDocument.objects.values_list("pk", flat=True)) == [-2, -1]
    corpus.unindex_reference(reference.pk)
    assert IndexedDocument.objects.get().reference == other
    assert set(Fingerprint.objects.values_list("document", flat=True)) == {-2}


def test_an_inactive_reference_document_is_not_indexed(corpus):
    corpus.index_reference(new_reference(HARBOUR, is_active=False).pk)
    assert not IndexedDocument.objects.exists()


def test_a_site_text_is_no_candidate_of_itself_beside_references(corpus):
    reference = new_reference(HARBOUR)
    corpus.index_reference(reference.pk)
    snapshot = save(corpus, "harbour", HARBOUR)
    later = save(corpus, "later", HARBOUR)
    assert len(findings(corpus, document_of(snapshot))) == 1
    assert len(findings(corpus, document_of(later))) == 2
