"""The same story in other words: what is suggested, what is not, and what it points at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.detectors.base import Allowed, Candidate, Context, Deadline, TimeLimitExceeded
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.reading import words_of
from moderation.detectors.duplicate.retrieval import LISTED
from moderation.detectors.duplicate.rewriting import (
    ASKED_TERMS,
    MAX_WORDS,
    STORED_TERMS,
    Telling,
    function_words,
    shared_terms,
    telling_of,
    word_weights,
)
from moderation.detectors.explanations import explain
from moderation.types import Band, TextFormat
from tests.duplicate.prose import HARBOUR, article, edited, generated
from tests.duplicate.stories import told

STORIES = told()
KELBY = [story.text for story in STORIES if story.event == "kelby"]
CLOSED_SCHOOL = [story.text for story in STORIES if story.event == "montbrac"]

CHINESE = [story.text for story in STORIES if story.language == "zh"]


def telling(text):
    return Telling(words_of(text), text)


def suggested(text, *sources, detector=None, **context):
    corpus = MemoryCorpus(sources)
    document = text if not isinstance(text, str) else article(text)
    findings = (detector or DuplicateDetector()).detect(document, Context(corpus, **context))
    return [found for found in findings.findings if found.category == "rewrite"]


# What is suggested


def test_tellings_of_one_event_are_suggested_and_other_events_of_the_topic_are_not():
    """Twelve events told three times, and twenty-four others of the same twelve topics."""
    corpus = MemoryCorpus()
    found, due, false = 0, 0, []
    per_language = defaultdict(lambda: [0, 0])
    for story in STORIES:
        document = article(story.text, story.key)
        corpus.add(document)
        due += story.number
        per_language[story.language][1] += story.number
        for finding in DuplicateDetector().detect(document, Context(corpus)).findings:
            assert (finding.category, finding.band) == ("rewrite", Band.POSSIBLE)
            if finding.source.rpartition("/")[0] == story.key.rpartition("/")[0]:
                found += 1
                per_language[story.language][0] += 1
            else:
                false.append((story.key, finding.source))
    assert len({story.event for story in STORIES if story.number == 2}) == 12
    assert len({story.event for story in STORIES}) >= 12 + 20
    assert false == []
    assert due == 12 * 3 + 1
    assert found >= 35
    assert all(right >= 0.8 * of for right, of in per_language.values())


def test_a_script_without_spaces():
    (finding,) = suggested(CHINESE[1], article(CHINESE[0], "first"))
    assert finding.source == "first"
    assert finding.evidence


def test_a_suggestion_is_never_likely_and_says_why():
    (finding,) = suggested(KELBY[1], article(KELBY[0], "first"))
    assert finding.kind == "duplicate"
    assert finding.band == Band.POSSIBLE
    assert finding.source == "first"
    assert 0.34 <= finding.threshold <= finding.score <= 1
    assert finding.detail["similarity"] == pytest.approx(finding.score, abs=0.001)
    assert "provenance" in finding.detail


def test_the_evidence_points_at_sentences_that_correspond():
    (finding,) = suggested(KELBY[1], article(KELBY[0], "first"))
    pairs = {
        (KELBY[1][e.start : e.end], KELBY[0][e.source_start : e.source_end])
        for e in finding.evidence
        if e.explanation == "duplicate.rewrite.sentence"
    }
    assert 2 <= len(pairs) <= 5
    assert all(here[-1] in ".”\"'" and there[-1] in ".”\"'" for here, there in pairs)
    assert any("Hanne Torv" in here and "Hanne Torv" in there for here, there in pairs)
    assert len({here for here, _ in pairs}) == len({there for _, there in pairs}) == len(pairs)
    reasons = [explain(e.explanation, e.params) for e in finding.evidence]
    assert all("in common" in reason and "{" not in reason for reason in reasons[: len(pairs)])
    assert max(e.weight for e in finding.evidence) == 1


def test_evidence_of_markup_is_a_place_in_the_markup():
    body = "".join(f"<p>{part}</p>\n" for part in KELBY[1].split("\n\n"))
    document = article(body, format=TextFormat.HTML)
    (finding,) = suggested(document, article(KELBY[0], "first"))
    for evidence in finding.evidence:
        passage = body[evidence.start : evidence.end]
        assert passage in body
        assert not passage.startswith("<p>")


def test_an_earlier_text_is_not_the_rewrite_of_a_later_one():
    first, second = article(KELBY[0], "first"), article(KELBY[1], "second")
    corpus = MemoryCorpus([first, second])
    assert DuplicateDetector().detect(first, Context(corpus)).findings == ()
    assert len(DuplicateDetector().detect(second, Context(corpus)).findings) == 1


# What is not


def test_a_copy_is_not_reported_again_as_a_rewrite():
    copies = [article(edited(HARBOUR.split(), 0.05, seed), f"{seed}") for seed in range(30)]
    assessment = DuplicateDetector().detect(
        article(HARBOUR), Context(MemoryCorpus([article(HARBOUR, "source"), *copies]))
    )
    assert assessment.findings
    assert not [found for found in assessment.findings if found.category == "rewrite"]


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"author": "7"}, Allowed()),
        ({"work": "article:1"}, Allowed()),
        ({"may_be_copied": True}, Allowed()),
        ({"url": "https://wire.example.org/1"}, Allowed(sources=frozenset({"example.org"}))),
        ({"work": "article:2"}, Allowed(works=frozenset({"article:2"}))),
        ({"author": "8"}, Allowed(authors=frozenset({"8"}))),
    ],
)
def test_what_may_be_copied_may_be_retold(fields, allowed):
    document = article(KELBY[1], author="7", work="article:1")
    assert suggested(document, article(KELBY[0], "first"), allowed=allowed)
    assert not suggested(document, article(KELBY[0], "first", **fields), allowed=allowed)


def test_it_can_be_switched_off():
    detector = DuplicateDetector(rewrites=False)
    source = article(KELBY[0], "first")
    assert suggested(KELBY[1], source, detector=detector) == []
    assessment = detector.detect(article(KELBY[1]), Context(MemoryCorpus([source])))
    assert "rewrite" not in assessment.scores


def test_short_texts_are_not_judged():
    short = "Dockers in Kelby are on strike, and Hanne Torv of Norfreight tries to mediate there."
    assert suggested(short, article(short.replace("tries", "wants"), "first")) == []


def test_the_score_is_told_whether_or_not_it_is_enough():
    gasworks = next(s.text for s in STORIES if s.event == "gasworks")
    fees = next(s.text for s in STORIES if s.event == "parkingfees")
    context = Context(MemoryCorpus([article(gasworks, "first")]))
    assessment = DuplicateDetector().detect(article(fees), context)
    assert assessment.findings == ()
    assert 0 < assessment.scores["rewrite"] < 0.5


def test_ends_with_the_scans_time():
    class Slow(MemoryCorpus):
        def similar(self, terms, *, exclude, limit):
            return [Candidate("first", 1.0)]

    with pytest.raises(TimeLimitExceeded):
        DuplicateDetector().detect(
            article(KELBY[1]), Context(Slow([article(KELBY[0], "first")]), Deadline.after(-1))
        )


def test_a_source_that_has_gone_meanwhile_is_passed_over():
    class Forgetful(MemoryCorpus):
        def document(self, key):
            return None

    corpus = Forgetful([article(KELBY[0], "first")])
    assert DuplicateDetector().detect(article(KELBY[1]), Context(corpus)).findings == ()


# Terms


def test_names_tell_more_than_other_words_and_function_words_nothing():
    terms = telling(KELBY[0]).terms
    assert terms["norfre"] > terms["steere"]
    assert terms["kelby"] > terms["contai"]
    assert not {"the", "und", "les"} & terms.keys()


def test_the_table_knows_english_and_no_other_language():
    known = {story.event: telling(story.text).is_known for story in STORIES}
    languages = {story.event: story.language for story in STORIES}
    assert {event for event, is_known in known.items() if is_known} == {
        event for event, language in languages.items() if language == "en"
    }


def test_the_asked_terms_are_the_heaviest_and_the_same_every_time():
    one, other = telling(KELBY[0]), telling(KELBY[0])
    assert one.asked == other.asked
    assert len(one.asked) == len(set(one.asked)) == ASKED_TERMS
    assert all(-(2**31) <= term < 2**31 for term in one.asked)


def test_terms_that_many_documents_have_do_not_crowd_out_others():
    """A footer of rare words stands under every text; the story's own words are indexed."""
    footer = " Zorblatt Quindrel Vexomir Talgrun Ombrisk Feltwane Hurnquist Dalmorey Wrenfax"
    corpus = MemoryCorpus(
        article([*generated(seed, 80), footer], f"{seed}") for seed in range(3 * LISTED)
    )
    corpus.add(article(KELBY[0] + footer, "first"))
    found = DuplicateDetector().detect(article(KELBY[1] + footer), Context(corpus)).findings
    assert [finding.source for finding in found] == ["first"]
    other = DuplicateDetector().detect(article(HARBOUR + footer), Context(corpus))
    assert other.findings == ()
    assert other.scores["rewrite"] == 0


def test_hits_need_several_terms_and_rare_ones_weigh_more():
    listings = {1: [5, 6, 7], 2: [5, 6, 7], 3: [5, 6], 4: [7], 9: [8]}
    listings |= {term: range(LISTED) for term in range(20, 25)}
    hits = shared_terms(listings, 10)
    assert [hit.document for hit in hits] == [7, 6, 5]
    assert [hit.document for hit in shared_terms(listings, 1)] == [7]
    assert shared_terms({}, 10) == []


def test_the_tables_are_small_and_sound():
    weights, unknown = word_weights()
    assert 5000 < len(weights) < 10_000
    assert all(0 <= weight <= unknown + 1 for weight in weights.values())
    assert weights["the"] < weights["govern"] < unknown
    assert {"und", "dans", "porque"} <= function_words()
    assert STORED_TERMS <= ASKED_TERMS


# Invariants and hostile texts


WORDS = st.lists(st.sampled_from([*generated(3, 80), "Kelby", "2026", "ё", "ß"]), max_size=60)


@given(WORDS, WORDS)
@settings(deadline=None)
def test_similarity_is_a_symmetrical_share(one, other):
    here, there = telling(" ".join(one)), telling(" ".join(other))
    assert 0 <= here.similarity(there) <= 1
    assert here.similarity(there) == pytest.approx(there.similarity(here))
    if here.terms:
        assert here.similarity(here) == pytest.approx(1)


@given(WORDS.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))))
@settings(deadline=None)
def test_the_order_of_the_words_does_not_matter(both):
    words, mixed = both
    assert telling(" ".join(words)).terms == pytest.approx(telling(" ".join(mixed)).terms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "word " * 40_000,
        " ".join(f"w{number}" for number in range(20_000)),
        "Kelby Norfreight. " * 10_000,
        "x" * 200_000,
        "\ud800 " * 1000,
        "市" * 20_000,
    ],
    ids=["empty", "one word", "all different", "two names", "one long word", "surrogates", "han"],
)
def test_hostile_texts(text):
    source = article(KELBY[0] + text, "first")
    document = article(KELBY[1] + " " + text)
    assert len(telling_of(document).terms) <= MAX_WORDS
    for finding in suggested(document, source):
        assert finding.band == Band.POSSIBLE
        assert len(finding.evidence) <= 20


def test_tellings_are_read_once_per_document():
    document = article(KELBY[0])
    assert telling_of(document) is telling_of(document)
    assert telling_of(replace(document, text=KELBY[1])).terms != telling_of(document).terms


def test_every_pair_of_one_event_is_more_alike_than_chance():
    """The lowest of the pairs that tell of one event, against the highest of all others."""
    tellings = {story.key: telling(story.text) for story in STORIES}
    for language, margin in (("en", 1.0), ("fr", 1.0)):
        pairs = [
            (tellings[one.key].similarity(tellings[other.key]), one.event == other.event)
            for one, other in combinations([s for s in STORIES if s.language == language], 2)
        ]
        same = min(similarity for similarity, is_same in pairs if is_same)
        different = max(similarity for similarity, is_same in pairs if not is_same)
        assert same > margin * different


def test_the_school_of_the_four_sheep():
    (finding,) = suggested(CLOSED_SCHOOL[2], article(CLOSED_SCHOOL[0], "first"))
    assert any(
        "Simone" in CLOSED_SCHOOL[2][e.start : e.end]
        and "Simone" in CLOSED_SCHOOL[0][e.source_start : e.source_end]
        for e in finding.evidence
    )
