from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.detectors.base import Deadline, TimeLimitExceeded
from moderation.detectors.duplicate.align import MIN_WORDS, align, equal_runs
from moderation.detectors.duplicate.verdict import compare
from tests.duplicate.prose import edited, generated, shuffled

words = st.lists(st.sampled_from("abcdefghijkl"), max_size=200)


def coverage(text, source):
    return compare(align(text, source), len(text), len(source)).coverage


@given(words, words)
@settings(deadline=None)
def test_passages_lie_inside_both_texts_and_in_order(text, source):
    passages = align(text, source)
    for passage in passages:
        assert 0 <= passage.start < passage.end <= len(text)
        assert 0 <= passage.source_start < passage.source_end <= len(source)
        assert MIN_WORDS <= passage.matched <= passage.end - passage.start
        assert passage.matched <= passage.source_end - passage.source_start
        assert passage.longest_run <= passage.matched
    assert [p.start for p in passages] == sorted(p.start for p in passages)


@given(words, words)
@settings(deadline=None)
def test_runs_are_equal_and_do_not_overlap(text, source):
    reached = 0
    for run in equal_runs(text, source):
        assert run.start >= reached
        reached = run.start + run.length
        there = source[run.source_start : run.source_start + run.length]
        assert text[run.start : reached] == there


@given(words)
@settings(deadline=None)
def test_a_text_covers_itself(text):
    if len(text) >= MIN_WORDS:
        assert coverage(text, text) == 1


@given(st.integers(0, 10_000), st.integers(30, 90), st.integers(2, 12))
@settings(deadline=None)
def test_a_shuffled_copy_stays_covered(seed, paragraph, paragraphs):
    source = generated(seed, paragraph * paragraphs)
    assert coverage(shuffled(source, paragraph, seed), source) >= 0.98


@pytest.mark.parametrize(("rate", "least"), [(0.1, 0.95), (0.2, 0.9), (0.3, 0.75)])
def test_an_edited_copy_stays_covered(rate, least):
    source = generated(5, 1_000)
    assert coverage(edited(source, rate, 6), source) >= least


def test_a_lifted_passage_is_found_to_the_word():
    source, host = [f"s{n}" for n in range(800)], [f"h{n}" for n in range(500)]
    (found,) = align(host[:200] + source[300:360] + host[200:], source)
    assert (found.start, found.end) == (200, 260)
    assert (found.source_start, found.source_end) == (300, 360)
    assert (found.matched, found.longest_run) == (60, 60)


def test_a_changed_word_does_not_break_a_passage():
    source = generated(1, 100)
    copy = [*source[:50], "otherwise", *source[51:]]
    (found,) = align(copy, source)
    assert (found.start, found.end, found.matched) == (0, 100, 99)


@pytest.mark.parametrize("seed", range(40))
def test_unrelated_texts_share_no_passage(seed):
    assert align(generated(seed, 600), generated(seed + 500, 600)) == []


@pytest.mark.parametrize(
    ("text", "source", "covered"),
    [
        pytest.param(["spam"] * 500_000, ["spam"] * 300_000, 1.0, id="one word repeated"),
        pytest.param(["spam"] * 300_000, ["spam"] * 500_000, 1.0, id="more of it in the source"),
        pytest.param(
            [f"w{number}" for number in range(200_000)],
            [f"w{number}" for number in range(200_000)],
            1.0,
            id="all words differ",
        ),
        pytest.param(["a", "b"] * 100_000, ["a", "b", "b"] * 80_000, 0.0, id="out of step"),
        pytest.param([], ["a"] * 100, 0.0, id="no words"),
        pytest.param(["a"] * 100, [], 0.0, id="empty source"),
    ],
)
def test_hostile_texts_are_aligned_all_the_same(text, source, covered):
    assert coverage(text, source) == covered


def test_random_words_of_a_tiny_language_come_to_an_end():
    lot = random.Random(1)
    text, source = lot.choices("abc", k=100_000), lot.choices("abc", k=100_000)
    assert all(p.end <= len(text) and p.source_end <= len(source) for p in align(text, source))


def test_alignment_ends_when_the_time_is_up():
    source = generated(1, 500)
    with pytest.raises(TimeLimitExceeded):
        align(source, source, Deadline(at=0.0).check)
