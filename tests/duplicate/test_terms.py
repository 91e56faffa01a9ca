"""The telling terms of indexed articles, on every database."""

from __future__ import annotations

import pytest

from moderation.corpus import document_of, get_corpus
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.retrieval import LISTED
from moderation.detectors.duplicate.rewriting import STORED_TERMS, telling_of
from moderation.models import Snapshot, StoryTerm, Subject
from moderation.models.fingerprints import IndexedDocument
from moderation.types import Kind
from tests.duplicate.prose import ARTICLES, HARBOUR, ORCHARD, article
from tests.duplicate.saved import new_reference, new_subject, take_snapshot
from tests.duplicate.stories import told

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

STORIES = told()
KELBY = [story.text for story in STORIES if story.event == "kelby"]


@pytest.fixture
def corpus():
    return get_corpus()


def save(corpus, name, text, **fields):
    """Save a text as a site does, and index it."""
    subject = Subject.objects.filter(object_id=name).first() or new_subject(name, **fields)
    snapshot = take_snapshot(subject, text)
    corpus.index(snapshot.pk, document_of(snapshot))
    return snapshot


def rewritten(corpus, document):
    """Name the texts that a document is suggested to tell again."""
    found = DuplicateDetector().detect(document, Context(corpus)).findings
    ids = [corpus.snapshot_id(each.source) for each in found if each.category == "rewrite"]
    return [Snapshot.objects.get(pk=pk).subject.object_id for pk in ids]


def test_a_rewrite_is_suggested_with_its_sentences(corpus):
    first = save(corpus, "first", KELBY[0])
    save(corpus, "harbour", HARBOUR)
    second = save(corpus, "second", KELBY[1])
    found = DuplicateDetector().detect(document_of(second), Context(corpus)).findings
    assert [(each.category, each.source) for each in found] == [("rewrite", corpus.key(first.pk))]
    assert any("Torv" in first.text[e.source_start : e.source_end] for e in found[0].evidence)
    assert rewritten(corpus, document_of(first)) == []


def test_suggests_exactly_what_a_corpus_in_memory_suggests(corpus):
    memory = MemoryCorpus()
    some = 0
    for story in STORIES:
        snapshot = save(corpus, story.key, story.text)
        memory.add(article(story.text, story.key))
        there = DuplicateDetector().detect(article(story.text, story.key), Context(memory))
        here = rewritten(corpus, document_of(snapshot))
        assert here == [found.source for found in there.findings]
        some += len(here)
    assert some >= 35


def test_few_rows_per_article(corpus):
    save(corpus, "first", KELBY[0])
    assert StoryTerm.objects.count() == STORED_TERMS
    save(corpus, "second", KELBY[0])
    assert StoryTerm.objects.count() == 2 * STORED_TERMS


def test_comments_have_no_terms(corpus):
    subject = new_subject("comment")
    Subject.objects.filter(pk=subject.pk).update(kind=Kind.COMMENT.value)
    save(corpus, "comment", KELBY[0])
    assert IndexedDocument.objects.count() == 1
    assert StoryTerm.objects.count() == 0


def test_short_texts_have_no_terms(corpus):
    save(corpus, "short", "Dockers in Kelby are on strike, and the mediator tries to help.")
    assert IndexedDocument.objects.count() == 1
    assert StoryTerm.objects.count() == 0


def test_an_edit_replaces_the_terms_and_keeps_the_place(corpus):
    save(corpus, "first", KELBY[0])
    second = save(corpus, "second", KELBY[1])
    edited = save(corpus, "first", KELBY[0] + "\n\nOn Friday both sides will meet again.")
    assert StoryTerm.objects.count() == 2 * STORED_TERMS
    assert rewritten(corpus, document_of(second)) == ["first"]
    assert rewritten(corpus, document_of(edited)) == []


def test_another_story_under_the_same_name_comes_after_everything(corpus):
    save(corpus, "first", ORCHARD)
    save(corpus, "second", KELBY[1])
    rewriter = save(corpus, "first", KELBY[0])
    assert rewritten(corpus, document_of(rewriter)) == ["second"]
    assert StoryTerm.objects.count() == 2 * STORED_TERMS


def test_what_is_taken_out_leaves_no_terms(corpus):
    snapshot = save(corpus, "first", KELBY[0])
    save(corpus, "harbour", HARBOUR)
    corpus.unindex(subject_id=snapshot.subject_id)
    assert StoryTerm.objects.count() == STORED_TERMS
    assert rewritten(corpus, article(KELBY[1])) == []


def test_indexing_twice_changes_nothing(corpus):
    snapshot = save(corpus, "first", KELBY[0])
    before = sorted(StoryTerm.objects.values_list("hash", "document"))
    corpus.index(snapshot.pk, document_of(snapshot))
    assert sorted(StoryTerm.objects.values_list("hash", "document")) == before


def test_a_reference_document_is_suggested_and_forgotten(corpus):
    reference = new_reference(KELBY[0])
    corpus.index_reference(reference.pk)
    snapshot = save(corpus, "site", KELBY[1])
    (found,) = DuplicateDetector().detect(document_of(snapshot), Context(corpus)).findings
    assert (found.category, found.source) == ("rewrite", corpus.reference_key(reference.pk))
    corpus.unindex_reference(reference.pk)
    assert StoryTerm.objects.count() == STORED_TERMS
    assert DuplicateDetector().detect(document_of(snapshot), Context(corpus)).findings == ()


def test_terms_everybody_has_are_neither_stored_nor_asked(corpus):
    terms = telling_of(article(KELBY[0])).asked
    for number in range(1, LISTED + 1):
        StoryTerm.objects.bulk_create(StoryTerm(hash=h, document=number) for h in terms[:4])
    assert corpus.similar(terms[:4], exclude="", limit=10) == ()
    snapshot = save(corpus, "first", KELBY[0])
    row = IndexedDocument.objects.get(snapshot=snapshot)
    own = set(StoryTerm.objects.filter(document=row.pk).values_list("hash", flat=True))
    if row.pk > LISTED:
        assert not own & set(terms[:4])
    assert len(own - set(terms[:4])) >= STORED_TERMS - 4


def test_the_newest_are_listed(corpus):
    """A story is retold while it is news: of a frequent term the last documents count."""
    terms = list(range(1, 4))
    for number in range(LISTED - 1):
        StoryTerm.objects.bulk_create(StoryTerm(hash=h, document=1000 + number) for h in terms)
    hits = corpus._terms.hits(terms, own=(), limit=1)
    assert [hit.document for hit in hits] == [1000 + LISTED - 2]
    assert [hit.document for hit in corpus._terms.hits(terms, own=[1001], limit=5)] == [1000]


def test_a_term_whose_document_has_gone_is_passed_over(corpus):
    save(corpus, "first", KELBY[0])
    IndexedDocument.objects.all().delete()
    assert rewritten(corpus, article(KELBY[1])) == []


def test_few_unrelated_texts_share_enough_terms_to_be_compared(corpus):
    for name, text in ARTICLES.items():
        save(corpus, name, text)
    asked = [telling_of(article(story.text)).asked for story in STORIES]
    compared = sum(bool(corpus.similar(terms, exclude="", limit=5)) for terms in asked)
    assert compared <= len(STORIES) / 20
