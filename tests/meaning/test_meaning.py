"""A real sentence encoder, and a database that searches its vectors."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from moderation.corpus import document_of, get_corpus
from moderation.corpus.embeddings import Embeddings
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector
from moderation.detectors.duplicate.embedding import CHUNK_TOKENS, MAX_CHUNKS, OnnxEmbedder
from moderation.models import Embedding
from tests.duplicate.prose import ARTICLES, HARBOUR, ORCHARD, article
from tests.duplicate.saved import new_subject, take_snapshot
from tests.duplicate.stories import told

MODEL = os.environ["MEANING_MODEL"]
STORIES = [story for story in told() if story.language == "en"]
TURNED = "\n\n".join(reversed([part.strip() for part in HARBOUR.split("\n\n")]))


@pytest.fixture(scope="session")
def embedder():
    return OnnxEmbedder(path=MODEL)


@pytest.fixture
def corpus(settings, db):
    settings.MODERATION = {"EMBEDDER": {"OPTIONS": {"path": MODEL}}}
    return get_corpus()


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def save(corpus, name, text):
    snapshot = take_snapshot(new_subject(name), text)
    corpus.index(snapshot.pk, document_of(snapshot))
    return snapshot


# The model


def test_vectors_have_the_promised_size_and_length_one(embedder):
    vectors = embedder.embed([HARBOUR, "", "a", "市", "\x00"])
    assert {len(vector) for vector in vectors} == {embedder.dimensions} == {384}
    assert all(math.hypot(*vector) == pytest.approx(1, abs=1e-4) for vector in vectors)


def test_the_same_text_has_the_same_vector_with_either_tokenizer(embedder, tmp_path):
    folder = Path(MODEL)
    (tmp_path / "model.onnx").symlink_to((folder / "model.onnx").resolve())
    vocabulary = (folder / "tokenizer.json").resolve().with_name("vocab.txt")
    (tmp_path / "vocab.txt").symlink_to(vocabulary)
    (one,), (other,) = embedder.embed([HARBOUR]), OnnxEmbedder(path=str(tmp_path)).embed([HARBOUR])
    assert cosine(one, other) == pytest.approx(1, abs=1e-3)


def test_tellings_of_one_event_are_nearer_than_other_events(embedder):
    texts = [story.text for story in STORIES if story.topic in ("council", "science")]
    events = [story.event for story in STORIES if story.topic in ("council", "science")]
    vectors = embedder.embed(texts)
    same, different = [], []
    for at, one in enumerate(vectors):
        for other_at in range(at):
            is_same = events[at] == events[other_at]
            (same if is_same else different).append(cosine(one, vectors[other_at]))
    assert min(same) > max(different)
    assert max(different) < 0.93


def test_a_long_text_is_cut_into_chunks_and_ends(embedder):
    sizes = []
    plain = embedder._embed_chunk
    embedder._embed_chunk = lambda chunk: sizes.append(chunk) or plain(chunk)
    try:
        embedder.embed([(HARBOUR + ORCHARD) * 100])
    finally:
        del embedder._embed_chunk
    assert len(sizes) == MAX_CHUNKS
    tokens = [len(embedder._tokenizer.encode(chunk).ids) for chunk in sizes]
    assert all(CHUNK_TOKENS - 8 <= count <= CHUNK_TOKENS + 8 for count in tokens)


@pytest.mark.parametrize("text", ["x" * 100_000, "\ud800", " " * 10_000, "?!" * 20_000])
def test_odd_texts_never_fail_a_scan(corpus, text):
    save(corpus, "harbour", HARBOUR)
    document = article(HARBOUR + text)
    assert DuplicateDetector().detect(document, Context(corpus)).findings


# The database


def test_pgvector_finds_what_comparing_one_by_one_finds(corpus):
    for name, text in ARTICLES.items():
        save(corpus, name, text)
    vectors = Embeddings("default")
    assert vectors._has_pgvector() is False
    slow = corpus.alike(article(TURNED), limit=3)
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION vector")
    assert vectors._has_pgvector() is True
    fast = corpus.alike(article(TURNED), limit=3)
    assert [found.key for found in fast] == [found.key for found in slow]
    assert [found.weight for found in fast] == pytest.approx([f.weight for f in slow], abs=1e-5)
    assert fast[0].weight > 0.93


@pytest.mark.django_db(transaction=True)
def test_the_index_is_made_once_and_used(settings):
    settings.MODERATION = {"EMBEDDER": {"OPTIONS": {"path": MODEL}}}
    corpus = get_corpus()
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
    save(corpus, "harbour", HARBOUR)
    call_command("moderation_vector_index")
    call_command("moderation_vector_index")
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%hnsw%'")
        ((definition,),) = cursor.fetchall()
        assert "vector_cosine_ops" in definition
        vector = str(list(Embedding.objects.get().vector))
        name = Embedding.objects.get().model
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute(
            "EXPLAIN SELECT document_id FROM moderation_embedding WHERE model = %s "
            "AND document_id < 100 ORDER BY vector::vector(384) <=> %s::vector(384) LIMIT 3",
            [name, vector],
        )
        plan = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    assert "moderation_embedding_" in plan
    assert [found.weight for found in corpus.alike(article(HARBOUR), limit=3)] == [
        pytest.approx(1, abs=1e-4)
    ]
