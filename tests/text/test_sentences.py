"""Sentences and paragraphs end where a reader sees them end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.sentences import paragraphs, possible_starts, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("One.", ["One."]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("He said “go.” She went.", ["He said “go.”", "She went."]),
        ("“Go!” he said. (So.) End", ["“Go!” he said.", "(So.)", "End"]),
        ("Dr. Smith of St. Ives, e.g. J. R. Roe.", ["Dr. Smith of St. Ives, e.g. J. R. Roe."]),
        ("It cost 3.50 at 10 a.m. Then v1.2 came.", ["It cost 3.50 at 10 a.m. Then v1.2 came."]),
        ("See no. 5 on p. 7. Say no. Then go.", ["See no. 5 on p. 7.", "Say no.", "Then go."]),
        ("So did I. He too.", ["So did I.", "He too."]),
        ("Well... no. But yes... Maybe", ["Well... no.", "But yes...", "Maybe"]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ("你好。再见！吗？好", ["你好。", "再见！", "吗？", "好"]),
        ("「はい。」と言った。終", ["「はい。」", "と言った。", "終"]),
        ("यह है। वह है॥ अंत", ["यह है।", "वह है॥", "अंत"]),
        ("هل هذا؟ نعم۔ لا", ["هل هذا؟", "نعم۔", "لا"]),
        (
            "A title\nThe text goes\non here.\n\nand more",
            ["A title", "The text goes\non here.", "and more"],
        ),
        ("\x00. \ud800. X", ["\x00.", "\ud800.", "X"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("one", ["one"]),
        ("one\ntwo\n", ["one", "two"]),
        ("one\ntwo\n\nthree\n \n four \n", ["one\ntwo", "three", "four"]),
        ("\n\none\r\n\r\ntwo", ["one", "two"]),
    ],
)
def test_paragraphs(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in paragraphs(text)] == expected


@given(st.text(alphabet="aB. !?\n\t\u3000。”(-1", max_size=60))
def test_no_sentence_begins_anywhere_else(text: str) -> None:
    assert {start for start, _end in sentences(text)} <= set(possible_starts(text))
