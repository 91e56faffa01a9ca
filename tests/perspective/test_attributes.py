"""The way from the house's probabilities to the values that programs expect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.advertising import advertising_score
from moderation.services import perspective
from moderation.services.perspective import attribute_of, on_our_scale, on_their_scale, speaks

chance = st.floats(0.0, 1.0)


@given(chance, chance)
def test_the_conversion_keeps_the_order_and_the_ends(one, other):
    low, high = sorted((one, other))
    assert 0.0 <= on_their_scale(low) <= on_their_scale(high) <= 1.0
    assert (on_their_scale(0.0), on_their_scale(1.0)) == (0.0, 1.0)
    assert on_their_scale(perspective.BASE_RATE) == pytest.approx(0.5)


@given(chance)
def test_the_way_back_is_the_way_back(value):
    assert on_their_scale(on_our_scale(value)) == pytest.approx(value)


def test_the_guide_has_the_right_numbers():
    guide = (Path(__file__).resolve().parents[2] / "docs/perspective.md").read_text("utf-8")
    rows = re.findall(r"^\| (0\.\d+) \| (0\.\d+) \|", guide, flags=re.MULTILINE)
    assert len(rows) >= 5
    for theirs, ours in rows:
        assert on_our_scale(float(theirs)) == pytest.approx(float(ours), abs=0.0006)
    for name in perspective.MEASURED | perspective.UNMEASURED:
        assert f"`{name}`" in guide, name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TOXICITY", "TOXICITY"),
        ("TOXICITY_EXPERIMENTAL", "TOXICITY"),
        ("SEVERE_TOXICITY_EXPERIMENTAL@12", "SEVERE_TOXICITY"),
        ("TOXICITY@6", "TOXICITY"),
        ("REASONING_EXPERIMENTAL", "REASONING"),
        ("TOXICITY@", None),
        ("_EXPERIMENTAL", None),
        ("Toxicity", None),
        ("TOXICITY\n", None),
        ("", None),
    ],
)
def test_names_of_attributes(name, meant):
    assert attribute_of(name) == meant


def test_languages():
    assert speaks("TOXICITY", "en-GB")
    assert speaks("TOXICITY", "EN_us")
    assert not speaks("TOXICITY", "enm")
    assert not speaks("TOXICITY", "")
    assert speaks("SPAM", "de")
    assert not speaks("FLIRTATION", "en")


def test_advertising():
    remarks = ["I bought mine at the shop.", "Thanks!", "", "See the minutes of the meeting."]
    assert [advertising_score(remark) for remark in remarks] == [0.0] * 4
    linked = "The minutes are at https://council.example/minutes for all who want to read them."
    offer = "Buy now! Cheap watches at www.watches.shop, use promo code SAVE."
    repeated = "Vote for the harbour now. " * 8
    assert advertising_score(linked) < 0.7 < advertising_score(offer)
    assert advertising_score(repeated) > 0.6


@given(st.text(max_size=300))
def test_advertising_is_a_number_between_0_and_1(text):
    assert 0.0 <= advertising_score(text) <= 1.0


@pytest.mark.parametrize("part", ["1", "-", "a-", "www.", "a.b@", "+1 ", "earn ", "a.", "://"])
def test_advertising_is_linear_in_the_text(part):
    """Nothing is timed: a search that backtracks would not end at this length."""
    assert 0.0 <= advertising_score(part * (400_000 // len(part))) <= 1.0
