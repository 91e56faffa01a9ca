"""Boilerplate as the index learns it: the same in the database and in memory."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation.corpus import document_of, get_corpus
from moderation.detectors.base import Allowed, Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.retrieval import BOILERPLATE_STORIES
from moderation.models import Snapshot
from tests.duplicate.prose import article, generated
from tests.duplicate.saved import new_subject, take_snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FOOTER = generated(77, 60)
TEXTS = [generated(number, 200) + FOOTER for number in range(BOILERPLATE_STORIES + 2)]


@pytest.fixture
def corpus():
    return get_corpus()


def save(corpus, name, text):
    snapshot = take_snapshot(new_subject(name), text)
    corpus.index(snapshot.pk, document_of(snapshot))
    return snapshot


def lookup(corpus, document, **options):
    fingerprint = Reading(document).fingerprint
    return corpus.candidates(
        fingerprint.exact, fingerprint.hashes, exclude=document.key, limit=10, **options
    )


def test_the_database_learns_what_memory_learns(corpus):
    memory = MemoryCorpus()
    asked = article(generated(900, 200) + FOOTER)
    for number, text in enumerate(TEXTS):
        save(corpus, f"{number}", text)
        memory.add(article(text, f"{number}"))
        found, expected = lookup(corpus, asked), lookup(memory, asked)
        assert dict(found.boilerplate) == dict(expected.boilerplate)
        assert len(found.candidates) == len(expected.candidates)
    assert set(found.boilerplate.values()) == {len(TEXTS)}
    assert found.candidates == ()


def test_a_shared_footer_is_no_copying_and_a_copy_beside_it_is(corpus):
    for number, text in enumerate(TEXTS):
        save(corpus, f"{number}", text)
    detector, context = DuplicateDetector(), Context(corpus)
    own = save(corpus, "own", generated(900, 200) + FOOTER)
    assert detector.detect(document_of(own), context).findings == ()
    copy = save(corpus, "copy", generated(5, 200) + FOOTER)
    (finding,) = detector.detect(document_of(copy), context).findings
    assert finding.source == corpus.key(snapshot_of("5"))
    content = Context(corpus, allowed=Allowed(content=(" ".join(FOOTER),)))
    assert len(detector.detect(document_of(own), content).findings) > 1


def snapshot_of(name):
    return Snapshot.objects.get(subject__object_id=name, is_current=True).pk


def test_nothing_more_is_asked_where_there_is_nothing_to_learn(corpus):
    for number, text in enumerate(TEXTS[: BOILERPLATE_STORIES - 1]):
        save(corpus, f"{number}", text)
    asked = article(generated(900, 200) + FOOTER)
    with CaptureQueriesContext(connection) as before:
        lookup(corpus, asked)
    assert not any("SELECT id, story" in query["sql"] for query in before)
    for number, text in enumerate(TEXTS[BOILERPLATE_STORIES - 1 :]):
        save(corpus, f"later {number}", text)
    with CaptureQueriesContext(connection) as after:
        assert lookup(corpus, asked).candidates == ()
    assert len(after) <= len(before)
