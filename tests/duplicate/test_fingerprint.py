from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.detectors.duplicate import fingerprint as module
from moderation.detectors.duplicate.fingerprint import (
    FINGERPRINT_BITS,
    GUARANTEED_RUN,
    MAX_FINGERPRINTS,
    PARAMS,
    SHINGLE,
    SHORT_TEXT,
    WINDOW,
    exact_hash,
    fingerprint_hashes,
    fingerprint_of,
)
from tests.duplicate.prose import generated

few_words = st.lists(st.sampled_from("abcdefgh"), max_size=400)
any_words = st.lists(st.text(min_size=1, max_size=8), max_size=120)


@pytest.fixture
def without_numpy(monkeypatch):
    monkeypatch.setattr(module, "_HAS_NUMPY", False)
    monkeypatch.setitem(sys.modules, "numpy", None)


def plain_hashes(words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_HAS_NUMPY", False)
        return fingerprint_hashes(words)


@given(few_words | any_words)
@settings(deadline=None)
def test_numpy_and_plain_python_choose_the_same(words):
    pytest.importorskip("numpy")
    assert fingerprint_hashes(words) == plain_hashes(words)


@given(
    st.integers(0, 10_000),
    st.integers(0, 150),
    st.integers(0, 150),
    st.integers(GUARANTEED_RUN, 60),
)
@settings(deadline=None)
def test_texts_with_a_long_run_in_common_share_a_fingerprint(seed, before, after, length):
    run = generated(seed, length)
    one = generated(seed + 1, before) + run + generated(seed + 2, after)
    other = generated(seed + 3, after) + run + generated(seed + 4, before)
    assert set(fingerprint_hashes(one)) & set(fingerprint_hashes(other))


@given(any_words)
@settings(deadline=None)
def test_hashes_ascend_without_repetition_and_fit(words):
    hashes = fingerprint_hashes(words)
    assert list(hashes) == sorted(set(hashes))
    assert all(abs(2 * value + 1) < 2**FINGERPRINT_BITS for value in hashes)
    assert bool(hashes) == bool(words)


def test_a_short_text_keeps_every_shingle():
    words = [f"word{number}" for number in range(SHORT_TEXT - 1)]
    assert len(fingerprint_hashes(words)) == len(words) - SHINGLE + 1


def test_a_long_text_keeps_about_two_of_a_window():
    words = [f"word{number}" for number in range(10_000)]
    density = len(fingerprint_hashes(words)) / len(words)
    assert density == pytest.approx(2 / (WINDOW + 1), rel=0.1)


def test_a_text_shorter_than_a_shingle_has_one_fingerprint():
    assert len(fingerprint_hashes(["stop", "press"])) == 1
    assert fingerprint_hashes(["stop", "press"]) != fingerprint_hashes(["press", "stop"])


def test_no_words_give_no_fingerprints():
    assert fingerprint_of([]).hashes == ()


@pytest.mark.usefixtures("without_numpy")
def test_works_without_numpy():
    assert len(fingerprint_hashes(generated(1, 300))) > 300 / WINDOW


def test_the_numbers_stay_what_they_are():
    """Stored indexes hold these numbers: whoever changes them has to change ``PARAMS``."""
    words = [f"word{number}" for number in range(100)]
    fingerprint = fingerprint_of(words)
    assert PARAMS == 2
    assert fingerprint.hashes[:3] == (-2101610565, -1916884526, -1838099828)
    assert fingerprint.exact.hex() == "2794eb8d109c3c72255d6e5ec7ac59a3"


def test_exact_hash_tells_order_and_boundaries():
    assert exact_hash(["a", "b"]) == exact_hash(["a", "b"])
    assert len({exact_hash(words) for words in (["a", "b"], ["b", "a"], ["ab"], ["a"], [])}) == 5


def test_lone_surrogates_are_words_like_any_other():
    assert len(fingerprint_hashes(["\ud800"] * 100)) == 1


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["spam"] * 500_000, id="one word repeated"),
        pytest.param([f"w{number}" for number in range(200_000)], id="all words differ"),
        pytest.param(["x" * 5_000_000], id="one endless word"),
        pytest.param(random.Random(1).choices("ab", k=200_000), id="two words at random"),
    ],
)
def test_hostile_texts_give_a_bounded_number(words):
    assert 1 <= len(fingerprint_hashes(words)) <= MAX_FINGERPRINTS


def test_what_a_huge_text_keeps_can_be_found_in_a_huge_copy():
    words = [f"w{number}" for number in range(150_000)]
    longer = [*words, *(f"v{number}" for number in range(10_000))]
    shared = set(fingerprint_hashes(words)) & set(fingerprint_hashes(longer))
    assert len(shared) > 0.9 * MAX_FINGERPRINTS


def test_word_hashes_are_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr(module, "_KNOWN_WORDS", 100)
    known = module._WordHashes()
    values = [known[f"word{number % 150}"] for number in range(1_000)]
    assert len(known) <= 100
    assert len(set(values)) == 150
    assert known["x" * 1_000] == known["x" * 1_000]
    assert "x" * 1_000 not in known
