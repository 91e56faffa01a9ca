"""Hostile and disguised texts: the words are found, and nothing breaks."""

from __future__ import annotations

import pytest

from moderation.types import TextFormat
from tests.framing.judging import flagged, judge, passages
from tests.text.hostile import EDGES

DISGUISED = {
    "zero-width": "you stu\u200bpid id\u200biot",
    "soft hyphen": "you stu\u00adpid id\u00adiot",
    "homoglyph": "уоu stuріd іdіоt",
    "full-width": "ｙｏｕ ｓｔｕｐｉｄ ｉｄｉｏｔ",
    "leet": "you stup1d 1d10t",
    "spaced": "you s t u p i d  i d i o t",
    "dotted": "you s.t.u.p.i.d i.d.i.o.t",
    "repeats": "you stuuuuupid idiooooot",
    "asterisks": "you st*pid idi*t",
    "accents": "you stu\u0301\u0302\u0303\u0304pid idi\u0301\u0302\u0303\u0304ot",
}


@pytest.mark.parametrize("kind", DISGUISED)
def test_disguised_words_are_read_and_shown_as_they_stand(kind: str) -> None:
    text = f"Good morning. {DISGUISED[kind]}"
    assert "attack" in flagged(text)
    shown = passages(text, "attack")
    assert any(passage.endswith(DISGUISED[kind][-3:]) for passage in shown)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $100k and 20% more than the mp3 player of 2019.",
        "Version 4.2.0 of the app is on www.example.org/a_b, see @user1 for 1st hand notes.",
        "The U.S.A. and the U.K. signed at 10:30 a.m.",
        "*Really* liked it, **thank you** so much!",
    ],
)
def test_numbers_and_names_are_no_disguise(text: str) -> None:
    assert judge(text).findings == ()


ENDLESS = {
    "emoji": "🙂" * 250_000,
    "stacked accents": "z" + "\u0301\u0327\u0336" * 100_000,
    "zero-width": "\u200b" * 100_000 + "you are an idiot",
    "one word": "a" * 5_000_000,
    "surrogates": "\ud800 \udfff" * 50_000,
    "quotation marks": "\" ' " * 50_000,
    "open quotations": '"aa ' * 50_000,
    "insults": "stupid " * 30_000,
    "fillers": "you " + "such a " * 15_000,
    "stars": "f*" * 100_000,
    "marks": "!?" * 100_000,
    "quoted lines": "> a\n" * 50_000,
    "names": "The Xyz " * 20_000,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_texts_are_judged(kind: str) -> None:
    """Long enough that a step of quadratic time would hold up the whole run."""
    text = ENDLESS[kind]
    assessment = judge(text)
    assert 0 <= assessment.scores["framing"] <= 1
    for finding in assessment.findings:
        for evidence in finding.evidence:
            assert 0 <= evidence.start < evidence.end <= len(text)


@pytest.mark.parametrize("format", list(TextFormat))
@pytest.mark.parametrize("kind", EDGES)
def test_edges_are_judged(kind: str, format: TextFormat) -> None:  # noqa: A002
    assert judge(EDGES[kind], format).findings == ()
