from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.duplicate.align import Passage, align
from moderation.detectors.duplicate.verdict import (
    FLAGGED,
    FLAGGED_PASSAGE,
    Verdict,
    compare,
    containment,
    order_agreement,
)
from tests.duplicate.prose import edited, generated, inserted, shuffled

SOURCE = generated(1, 400)
HOST = generated(2, 900)


def compared(text, source):
    return compare(align(text, source), len(text), len(source), exact=text == source)


def passage(start, source_start, length):
    return Passage(start, start + length, source_start, source_start + length, length, length)


@pytest.mark.parametrize(
    ("text", "source", "verdict"),
    [
        pytest.param(SOURCE, SOURCE, Verdict.EXACT, id="exact"),
        pytest.param(edited(SOURCE, 0.1, 3), SOURCE, Verdict.NEAR, id="near"),
        pytest.param(edited(SOURCE, 0.2, 3), SOURCE, Verdict.NEAR, id="near, more edits"),
        pytest.param(shuffled(SOURCE, 40, 3), SOURCE, Verdict.REORDERED, id="reordered"),
        pytest.param(inserted(SOURCE, HOST, 3), SOURCE, Verdict.CONTAINS, id="contains"),
        pytest.param(HOST[200:500], HOST, Verdict.CONTAINED, id="contained"),
        pytest.param(inserted(SOURCE[:120], HOST, 3), SOURCE, Verdict.PARTIAL, id="partial"),
    ],
)
def test_each_way_of_copying_has_its_verdict(text, source, verdict):
    assert compared(text, source).verdict == verdict


def test_coverage_is_told_both_ways():
    found = compared(inserted(SOURCE, HOST, 3), SOURCE)
    assert found.source_coverage == pytest.approx(1, abs=0.01)
    assert found.coverage == pytest.approx(400 / 1300, abs=0.03)
    assert found.longest_run >= 400


def test_a_passage_of_the_bar_is_flagged_and_a_shorter_one_is_not():
    at_bar = compare([passage(0, 0, FLAGGED_PASSAGE)], 5_000, 5_000)
    below = compare([passage(0, 0, FLAGGED_PASSAGE - 1)], 5_000, 5_000)
    assert at_bar.score == pytest.approx(FLAGGED)
    assert below.score < FLAGGED


def test_many_short_passages_are_flagged_by_their_share():
    passages = [passage(at * 60, at * 60, 15) for at in range(10)]
    assert compare(passages, 600, 5_000).score >= FLAGGED
    assert compare(passages, 5_000, 600).score >= FLAGGED
    assert compare(passages, 5_000, 5_000).score < FLAGGED


def test_a_large_share_of_a_tiny_text_is_not_enough():
    assert compare([passage(0, 0, 12)], 20, 1_000).score < FLAGGED


def test_an_exact_copy_has_the_highest_score_however_short():
    assert compare([passage(0, 0, 12)], 12, 12, exact=True).score == 1


@given(st.integers(12, 400), st.integers(0, 400), st.integers(0, 1_000), st.integers(0, 1_000))
def test_more_copied_never_scores_less(length, more, rest, source_rest):
    total, source_total = length + more + rest, length + more + source_rest
    less = compare([passage(0, 0, length)], total, source_total)
    greater = compare([passage(0, 0, length + more)], total, source_total)
    assert 0 <= less.score <= greater.score <= 1
    assert 0 <= less.coverage <= greater.coverage <= 1
    assert 0 <= less.source_coverage <= greater.source_coverage <= 1


def test_passages_that_overlap_in_the_source_count_once():
    twice = [passage(0, 0, 50), passage(50, 0, 50)]
    found = compare(twice, 100, 100)
    assert (found.coverage, found.source_coverage) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("places", "tau"), [([], 1), ([7], 1), ([1, 2, 3], 1), ([3, 2, 1], -1), ([2, 1, 3], 1 / 3)]
)
def test_agreement_of_order(places, tau):
    assert order_agreement(places) == pytest.approx(tau)


def test_nothing_in_common_scores_nothing():
    assert compare([], 100, 100).score == 0
    assert compare([], 0, 0).score == 0


def test_containment_is_the_share_of_short_runs_that_the_source_has():
    assert containment(list("abcd"), list("xabcybcd")) == 1
    assert containment(list("abcd"), list("abcy")) == 0.5
    assert containment(list("abcd"), list("dcba")) == 0
    assert containment([], SOURCE) == containment(["a", "b"], SOURCE) == 0


@given(st.integers(0, 1_000), st.floats(0, 0.2))
def test_containment_grows_with_what_was_kept(seed, rate):
    kept, rewritten = edited(SOURCE, rate / 2, seed), edited(SOURCE, rate + 0.2, seed)
    assert 0 <= containment(HOST, SOURCE) < containment(rewritten, SOURCE)
    assert containment(rewritten, SOURCE) < containment(kept, SOURCE) <= 1
