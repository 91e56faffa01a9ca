from __future__ import annotations

import pytest

from moderation.detectors.base import Allowed, Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.permission import ALLOWED, LICENSED, OWN_TEXT, permission
from moderation.detectors.explanations import MESSAGES
from tests.duplicate.prose import HARBOUR, article, generated

ALLOWANCE = Allowed(
    sources=frozenset({"wire.example", "harbour press"}),
    authors=frozenset({"user:7"}),
    works=frozenset({"work:9"}),
)


@pytest.mark.parametrize(
    ("document", "source", "note"),
    [
        pytest.param({"author": "user:1"}, {"author": "user:1"}, OWN_TEXT, id="same author"),
        pytest.param({"work": "work:1"}, {"work": "work:1"}, OWN_TEXT, id="same work"),
        pytest.param({}, {"url": "https://wire.example/1"}, LICENSED, id="host"),
        pytest.param({}, {"url": "https://www.wire.example/1"}, LICENSED, id="www"),
        pytest.param({}, {"url": "https://eu.news.Wire.example/"}, LICENSED, id="subdomain"),
        pytest.param({}, {"publisher": "Harbour Press"}, LICENSED, id="publisher"),
        pytest.param({}, {"may_be_copied": True}, LICENSED, id="licence"),
        pytest.param({}, {"author": "user:7"}, ALLOWED, id="author of the source"),
        pytest.param({"author": "user:7"}, {}, ALLOWED, id="author of the text"),
        pytest.param({}, {"work": "work:9"}, ALLOWED, id="work"),
        pytest.param({}, {}, None, id="nothing known"),
        pytest.param({"author": "user:1"}, {"author": "user:2"}, None, id="other author"),
        pytest.param({"work": "work:9"}, {"work": "work:8"}, None, id="its own work"),
        pytest.param({}, {"url": "https://notwire.example/1"}, None, id="other host"),
        pytest.param({}, {"url": "https://wire.example.test/1"}, None, id="longer host"),
        pytest.param({"url": "https://wire.example/1"}, {}, None, id="host of the text"),
        pytest.param({}, {"url": "https://[broken"}, None, id="broken address"),
    ],
)
def test_who_may_be_copied(document, source, note):
    assert permission(article("one", **document), article("two", "s", **source), ALLOWANCE) == note


@pytest.mark.parametrize("note", [OWN_TEXT, LICENSED, ALLOWED])
def test_every_note_has_words(note):
    assert MESSAGES[note]


def test_a_source_that_may_be_copied_is_passed_over_with_a_note():
    source = article(HARBOUR, "wire", url="https://wire.example/harbour")
    context = Context(MemoryCorpus([source]), allowed=ALLOWANCE)
    assessment = DuplicateDetector().detect(article(HARBOUR), context)
    assert assessment.findings == ()
    assert assessment.notes == (LICENSED,)


def test_sources_that_may_be_copied_take_no_place_from_others():
    story = generated(1)
    corpus = MemoryCorpus(
        article(generated(seed, 30) + story, f"wire {seed}", publisher="Harbour Press")
        for seed in range(2, 8)
    )
    corpus.add(article(story[:100] + generated(9, 100), "other"))
    detector = DuplicateDetector(max_sources=3)
    found = detector.detect(article(story), Context(corpus, allowed=ALLOWANCE)).findings
    assert [finding.source for finding in found] == ["other"]
