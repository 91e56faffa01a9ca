from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.base import Context
from moderation.detectors.framing import FramingDetector
from moderation.detectors.framing.quoting import own_words
from moderation.text.document import Document
from moderation.text.plain import plain_text
from moderation.types import Kind, TextFormat

INSULT = "You are a complete idiot and everybody here knows it."


def own(text, answers="", text_format=TextFormat.PLAIN):
    return " ".join(own_words(plain_text(text, text_format), answers).split())


def flagged(text, answers=""):
    document = Document(text=text, kind=Kind.COMMENT, answers=answers)
    return {found.category for found in FramingDetector().detect(document, Context()).findings}


@pytest.mark.parametrize(
    ("text", "answers", "left"),
    [
        ("> you fool\nI disagree.", "", "I disagree."),
        ('You wrote "such a fool" and I mind.', "He is such a fool.", "You wrote and I mind."),
        ('You wrote "such a fool" and I mind.', "", 'You wrote "such a fool" and I mind.'),
        (
            'You are "such a clown" yourself.',
            "He is such a fool.",
            'You are "such a clown" yourself.',
        ),
        ("„So ein Narr“ sagt man nicht.", "Er ist so ein Narr!", "sagt man nicht."),
        (
            "Anyone who votes for this is a fool. That is no argument.",
            "I say: anyone who votes for this is a fool!",
            "That is no argument.",
        ),
        ("Thank you. I agree.", "Thank you.", "Thank you. I agree."),
    ],
)
def test_what_is_repeated_of_the_answered_comment_is_left_out(text, answers, left):
    assert own(text, answers) == left


def test_a_comment_that_only_repeats_speaks_for_itself():
    assert own(INSULT, INSULT) == INSULT


@given(st.text(max_size=300), st.text(max_size=300))
def test_own_words_keep_their_places(text, answers):
    plain = plain_text(text)
    kept = own_words(plain, answers)
    assert len(kept) == len(plain.text)
    assert all(a == b for a, b in zip(kept, plain.text, strict=True) if a != "\n")


def test_quoting_an_insult_is_no_insult_but_making_one_is():
    assert flagged(INSULT)
    assert not flagged(f"“{INSULT}” I find that uncalled for.", INSULT)
    assert not flagged(f"{INSULT} Please keep to the topic.", INSULT)
    assert flagged(f"“Nice weather we have today.” {INSULT}", "Nice weather we have today.")


def test_thousands_of_quotations_are_no_burden():
    text = '"a b c d" ' * 20_000
    assert len(own(text, "a b c d " * 10_000)) > 0
