from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.detectors.base import Allowed, Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus, Verdict
from moderation.detectors.duplicate.align import align
from moderation.detectors.duplicate.commons import (
    laid_down,
    learned,
    shingles_of,
    united,
    without,
)
from moderation.detectors.duplicate.fingerprint import GUARANTEED_RUN, fingerprint_of
from moderation.detectors.duplicate.reading import Reading, words_of
from moderation.detectors.duplicate.retrieval import BOILERPLATE_STORIES
from moderation.detectors.duplicate.verdict import compare
from moderation.detectors.explanations import MESSAGES
from moderation.types import Span
from tests.duplicate.prose import article, edited, generated, inserted

FOOTER = " ".join(generated(77, 60)).replace("so that", "and").split()
STORIES = 2 * BOILERPLATE_STORIES


def paper(stories=STORIES, footer=FOOTER, words=300):
    """A paper all of whose stories end alike."""
    return MemoryCorpus(
        article(generated(number, words) + footer, f"{number}") for number in range(stories)
    )


def assess(words, corpus, **allowed):
    return DuplicateDetector().detect(article(words), Context(corpus, allowed=Allowed(**allowed)))


def sources(assessment):
    return [finding.source for finding in assessment.findings]


def count(words):
    return len(words_of(" ".join(words)))


# Learned


def test_a_footer_that_many_stories_have_is_no_evidence():
    assessment = assess(generated(900) + FOOTER, paper())
    assert sources(assessment) == []
    assert assessment.notes == ("duplicate.note.common",)
    assert MESSAGES["duplicate.note.common"]


def test_a_footer_that_few_stories_have_is():
    assert sources(assess(generated(900) + FOOTER, paper(stories=3))) != []


@pytest.mark.parametrize("at", ["end", "start", "middle"])
def test_what_was_copied_beside_a_footer_is_judged_without_it(at):
    story = generated(5, 300)
    copy = {
        "end": story + FOOTER,
        "start": FOOTER + story,
        "middle": story[:150] + FOOTER + story[150:],
    }[at]
    (finding,) = assess(copy, paper()).findings
    assert finding.source == "5"
    assert finding.category in {Verdict.EXACT, Verdict.NEAR}
    assert 240 <= finding.detail["words"] < count(story) + GUARANTEED_RUN
    text = article(copy).text
    footer = " ".join(FOOTER[15:45])
    assert not any(footer in text[e.start : e.end] for e in finding.evidence)


def test_coverage_is_judged_without_the_footer_on_both_sides():
    lifted = inserted(generated(5, 300)[100:200], generated(900, 200), 1)
    long_footer = generated(78, 300)
    (finding,) = assess(lifted + long_footer, paper(footer=long_footer)).findings
    assert finding.detail["coverage"] == pytest.approx(1 / 3, abs=0.06)
    assert finding.detail["source_coverage"] == pytest.approx(1 / 3, abs=0.06)


def test_the_boilerplate_met_is_told_with_its_stories():
    words = generated(900) + FOOTER
    ((span, stories),) = assess(words, paper()).learned
    assert stories == STORIES
    told = article(words).text[span.start : span.end].split()
    assert set(told) <= set(FOOTER)
    assert len(told) >= len(FOOTER) - 30


def test_a_text_copied_five_hundred_times_is_found_and_its_footer_is_not():
    corpus = paper()
    story = generated(1_000, 400)
    corpus.add(article(story + FOOTER, "original"))
    for number in range(500):
        corpus.add(article(edited(story, 0.1, number) + FOOTER, f"copy {number}"))
    assert sources(assess(story + FOOTER, corpus))[0] == "original"
    lifted = inserted(story[100:220], generated(900, 400), 1)
    assert "original" in sources(assess(lifted + FOOTER, corpus))


def test_a_set_phrase_does_not_cut_a_passage():
    phrase = ["the", "oldest", "of", "the", "seven", "bridges", "of", "Varne"]
    corpus = MemoryCorpus(
        article(inserted(phrase, generated(number), number), f"{number}") for number in range(60)
    )
    story = generated(500, 60)
    passage = story[:30] + phrase + story[30:]
    corpus.add(article(inserted(passage, generated(501), 1), "source"))
    (finding,) = assess(inserted(passage, generated(502), 2), corpus).findings
    assert finding.source == "source"
    assert finding.detail["words"] >= len(passage)


def test_set_phrases_near_each_other_make_no_footer():
    phrases = [generated(40 + number, 8) for number in range(2)]
    corpus = MemoryCorpus()
    for number in range(120):
        story = generated(number)
        corpus.add(article(inserted(phrases[number % 2], story, number), f"{number}"))
    story = generated(500, 60)
    passage = story[:20] + phrases[0] + story[20:28] + phrases[1] + story[28:]
    corpus.add(article(inserted(passage, generated(501), 1), "source"))
    assessment = assess(inserted(passage, generated(502), 2), corpus)
    assert assessment.learned == ()
    assert sources(assessment) == ["source"]


def test_content_is_no_boilerplate():
    corpus = paper()
    assert sources(assess(generated(900) + FOOTER, corpus)) == []
    flagged = assess(generated(900) + FOOTER, corpus, content=(" ".join(FOOTER),))
    assert sources(flagged) != []
    assert flagged.learned == ()


def test_nothing_learned_nothing_covered():
    assert learned(Reading(article(FOOTER)), {}) == []
    hashes = fingerprint_of(generated(3, 200)).hashes
    assert learned(Reading(article(FOOTER)), dict.fromkeys(hashes, 30)) == []


# Laid down


def test_a_passage_that_anybody_may_use_is_no_copying():
    passage = generated(60, 60)
    corpus = MemoryCorpus([article(inserted(passage, generated(1), 1), "source")])
    copy = inserted(passage, generated(2), 2)
    assert sources(assess(copy, corpus)) == ["source"]
    assert sources(assess(copy, corpus, passages=(" ".join(passage),))) == []


def test_what_was_copied_beside_an_allowed_passage_is_copying():
    passage, lifted = generated(60, 60), generated(61, 60)
    corpus = MemoryCorpus([article(inserted(passage + lifted, generated(1), 1), "source")])
    copy = inserted(passage + lifted, generated(2), 2)
    (finding,) = assess(copy, corpus, passages=(" ".join(passage),)).findings
    assert finding.detail["words"] == count(lifted)


def test_an_allowed_passage_may_be_written_otherwise():
    passage = generated(60, 60)
    written = " ".join(passage).upper().replace("E", "\u0395")
    found = laid_down(Reading(article(inserted(passage, generated(2), 2))), (written,))
    assert [(run.end - run.start, run.stories) for run in found] == [(count(passage), 0)]


def test_a_few_words_of_an_allowed_passage_allow_nothing():
    passage = generated(60, 60)
    reading = Reading(article(inserted(passage[20:29], generated(2), 2)))
    assert laid_down(reading, (" ".join(passage),)) == []


@pytest.mark.parametrize("passages", [(), ("",), ("two words", "!!!")])
def test_passages_without_enough_words_allow_nothing(passages):
    assert laid_down(Reading(article(FOOTER)), passages) == []


def test_thousands_of_passages_are_read_once():
    passages = tuple(" ".join(generated(seed, 40)) for seed in range(300))
    assert shingles_of(passages) is shingles_of(passages)
    reading = Reading(article(generated(900) + generated(7, 40)))
    (found,) = laid_down(reading, passages)
    assert (found.start, found.end) == (count(generated(900)), len(reading.words))


@given(
    st.integers(0, 1_000),
    st.lists(st.tuples(st.integers(0, 40), st.integers(13, 60)), max_size=5),
    st.lists(st.tuples(st.integers(0, 250), st.integers(20, 120)), min_size=1, max_size=6),
)
@settings(deadline=None, max_examples=60)
def test_nobody_has_more_than_all(seed, gaps, lifts):
    source = generated(seed, 300)
    words = [word for at, size in lifts for word in source[at : at + size]]
    common, at = [], 0
    for gap, size in gaps:
        start, end = at + gap, min(at + gap + size, len(words))
        if start < end:
            common.append(Span(start, end))
        at = end + 1
    rest = without(align(words, source), common, words, source, lambda: None)
    found = compare(rest.passages, rest.words, rest.source_words)
    assert 0 <= found.coverage <= 1
    assert 0 <= found.source_coverage <= 1
    inside = {place for start, end in common for place in range(start, end)}
    assert all(inside.isdisjoint(range(p.start, p.end)) for p in rest.passages)


def test_a_footer_repeated_is_taken_out_of_the_source_once():
    source = generated(1, 200) + FOOTER
    words = FOOTER * 5 + generated(1, 200)
    common = [Span(at * count(FOOTER), (at + 1) * count(FOOTER)) for at in range(5)]
    rest = without(align(words, source), common, words, source, lambda: None)
    assert rest.source_words == 200
    assert [p.end - p.start for p in rest.passages] == [200]


def test_ranges_that_overlap_are_united():
    passage = " ".join(FOOTER)
    reading = Reading(article(generated(900) + FOOTER))
    hashes = dict.fromkeys(Reading(article(FOOTER)).fingerprint.hashes, 30)
    ranges = [*learned(reading, hashes), *laid_down(reading, (passage,))]
    assert len(ranges) == 2
    assert [tuple(span) for span in united(ranges)] == [(count(generated(900)), len(reading.words))]
