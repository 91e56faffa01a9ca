"""Vectors of what texts mean: stored, searched and never needed."""

from __future__ import annotations

import math

import pytest
from django.core.management import CommandError, call_command

from moderation.corpus import document_of, get_corpus
from moderation.corpus import embeddings as embeddings_module
from moderation.corpus.embeddings import Embeddings, get_embedder
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.embedding import Embedder, OnnxEmbedder
from moderation.models import Embedding, Subject
from moderation.models.fingerprints import IndexedDocument
from moderation.types import Band
from tests.duplicate.embedders import Bag
from tests.duplicate.prose import HARBOUR, ORCHARD, article
from tests.duplicate.saved import new_reference, new_subject, take_snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BAG = "tests.duplicate.embedders.Bag"
WORDS = HARBOUR.split()
TURNED = " ".join(reversed(WORDS))
"""The same words in another order: no passage is shared, and to a bag it means the same."""


@pytest.fixture
def corpus(settings):
    settings.MODERATION = {"EMBEDDER": {"CLASS": BAG}}
    return get_corpus()


def choose(settings, name, **entry):
    settings.MODERATION = {"EMBEDDER": {"CLASS": f"tests.duplicate.embedders.{name}", **entry}}


def save(corpus, name, text):
    subject = Subject.objects.filter(object_id=name).first() or new_subject(name)
    snapshot = take_snapshot(subject, text)
    corpus.index(snapshot.pk, document_of(snapshot))
    return snapshot


def alike(corpus, document):
    return [(found.key, round(found.weight, 3)) for found in corpus.alike(document, limit=5)]


def findings(corpus, document):
    return DuplicateDetector().detect(document, Context(corpus)).findings


def test_the_fake_is_an_embedder():
    assert isinstance(Bag(), Embedder)


def test_every_indexed_article_gets_a_vector_of_length_one(corpus):
    snapshot = save(corpus, "first", HARBOUR)
    stored = Embedding.objects.get()
    assert stored.document.snapshot_id == snapshot.pk
    assert stored.model == "bag"
    assert math.hypot(*stored.vector) == pytest.approx(1, abs=1e-5)


def test_the_nearest_earlier_texts_are_found(corpus):
    first = save(corpus, "first", HARBOUR)
    save(corpus, "orchard", ORCHARD)
    turned = save(corpus, "turned", TURNED)
    found = alike(corpus, document_of(turned))
    assert found[0] == (corpus.key(first.pk), 1.0)
    assert len(found) == 2
    assert found[1][1] < 0.93
    assert alike(corpus, document_of(first)) == []


def test_a_text_that_is_not_indexed_is_embedded_when_it_is_asked_about(corpus):
    first = save(corpus, "first", HARBOUR)
    assert alike(corpus, article(TURNED)) == [(corpus.key(first.pk), 1.0)]


def test_what_means_the_same_is_suggested_even_if_no_terms_are_shared(corpus):
    """Neither fingerprints nor terms are of any use here: the index of terms is emptied."""
    first = save(corpus, "first", HARBOUR)
    corpus._terms.forget(IndexedDocument.objects.all())
    (found,) = findings(corpus, article(TURNED))
    assert (found.category, found.band) == ("rewrite", Band.POSSIBLE)
    assert found.source == corpus.key(first.pk)
    assert found.detail["meaning"] == 1.0
    assert found.score >= found.threshold


def test_without_an_embedder_nothing_is_stored_or_asked(settings, django_assert_num_queries):
    settings.MODERATION = {}
    corpus = get_corpus()
    save(corpus, "first", HARBOUR)
    assert Embedding.objects.count() == 0
    with django_assert_num_queries(0):
        assert get_embedder() is None
        assert Embeddings("default").hits(article(TURNED), (), 5) == []


@pytest.mark.parametrize("name", ["Broken", "Short", "NotANumber", "Nowhere"])
def test_an_embedder_that_fails_costs_its_suggestions_alone(settings, caplog, name):
    choose(settings, name)
    corpus = get_corpus()
    first = save(corpus, "first", HARBOUR)
    assert Embedding.objects.count() == 0
    assert alike(corpus, article(TURNED)) == []
    (found,) = findings(corpus, article(HARBOUR))
    assert (found.category, found.source) == ("exact", corpus.key(first.pk))
    assert any("embed" in record.message for record in caplog.records)
    assert not any("harbour" in record.message for record in caplog.records)


def test_vectors_of_two_models_are_not_compared(corpus, settings):
    first = save(corpus, "first", HARBOUR)
    choose(settings, "OtherBag")
    assert alike(corpus, article(TURNED)) == []
    Embeddings("default").put(document_of(first))
    assert [stored.model for stored in Embedding.objects.all()] == ["other bag"]
    assert len(alike(corpus, article(TURNED))) == 1


def test_a_vector_goes_with_its_text(corpus):
    first = save(corpus, "first", HARBOUR)
    save(corpus, "first", HARBOUR + "\n\n" + ORCHARD)
    assert Embedding.objects.count() == 1
    assert Embedding.objects.get().document.snapshot_id != first.pk
    corpus.unindex(subject_id=first.subject_id)
    assert Embedding.objects.count() == 0


def test_the_same_text_is_embedded_once(corpus, monkeypatch):
    asked = []
    plain = Bag.embed
    monkeypatch.setattr(Bag, "embed", lambda self, texts: asked.append(1) or plain(self, texts))
    snapshot = save(corpus, "first", HARBOUR)
    corpus.index(snapshot.pk, document_of(snapshot))
    alike(corpus, document_of(snapshot))
    assert len(asked) == 1


def test_reference_documents_have_vectors_too(corpus):
    reference = new_reference(HARBOUR)
    corpus.index_reference(reference.pk)
    assert alike(corpus, article(TURNED)) == [(corpus.reference_key(reference.pk), 1.0)]


def test_only_a_window_of_the_newest_is_compared_one_by_one(corpus, settings):
    choose(settings, "Bag", WINDOW=2)
    save(corpus, "first", HARBOUR)
    save(corpus, "second", ORCHARD)
    save(corpus, "third", " ".join(WORDS[:100]))
    assert len(alike(corpus, article(TURNED))) == 2


def test_the_same_without_numpy(corpus, monkeypatch):
    save(corpus, "first", HARBOUR)
    save(corpus, "orchard", ORCHARD)
    fast = alike(corpus, article(TURNED))
    monkeypatch.setattr(embeddings_module, "find_spec", lambda name: None)
    assert alike(corpus, article(TURNED)) == fast
    assert len(fast) == 2


def test_an_empty_text_has_no_vector(corpus):
    save(corpus, "first", "...")
    assert not Embedding.objects.exclude(vector=None).filter(document__snapshot=None).exists()
    assert alike(corpus, article("")) == []


def test_no_index_is_made_where_the_database_cannot_search_vectors(corpus):
    with pytest.raises(CommandError, match="no pgvector"):
        call_command("moderation_vector_index")


def test_a_corpus_in_memory_has_no_embedder():
    corpus = MemoryCorpus([article(HARBOUR, "first")])
    assert corpus.alike(article(TURNED), limit=5) == ()


# The model on the disk


def test_a_model_needs_its_libraries(monkeypatch, tmp_path):
    module = "moderation.detectors.duplicate.embedding.find_spec"
    monkeypatch.setattr(module, lambda name: None)
    with pytest.raises(ImportError, match="install the extra 'embeddings'"):
        OnnxEmbedder(path=str(tmp_path))


def test_a_model_needs_its_files(monkeypatch, tmp_path):
    monkeypatch.setattr("moderation.detectors.duplicate.embedding.find_spec", lambda name: name)
    with pytest.raises(FileNotFoundError, match=r"no model\.onnx"):
        OnnxEmbedder(path=str(tmp_path))
    (tmp_path / "model.onnx").write_bytes(b"a model")
    with pytest.raises(FileNotFoundError, match=r"neither tokenizer\.json nor vocab\.txt"):
        OnnxEmbedder(path=str(tmp_path))
    (tmp_path / "vocab.txt").write_text("[PAD]\n")
    one = OnnxEmbedder(path=str(tmp_path)).name
    (tmp_path / "model.onnx").write_bytes(b"another model")
    assert one.startswith(tmp_path.name[:80])
    assert OnnxEmbedder(path=str(tmp_path)).name != one
