from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.base import Context
from moderation.detectors.phrases import Phrase, PhraseList, forms
from moderation.detectors.wordlist import WordListDetector
from moderation.text.document import Document
from moderation.types import Band, Kind, TextFormat


def found(text, *phrases):
    listed = PhraseList(
        tuple(phrase if isinstance(phrase, Phrase) else Phrase(phrase) for phrase in phrases)
    )
    return [text[match.span.start : match.span.end] for match in listed.find(text)]


def detect(text, *phrases, harmless=(), **fields):
    fields.setdefault("kind", Kind.COMMENT)
    context = Context(
        blocked=PhraseList(tuple(map(Phrase, phrases))),
        harmless=PhraseList(tuple(map(Phrase, harmless))),
    )
    return WordListDetector().detect(Document(text=text, **fields), context)


@pytest.mark.parametrize(
    ("text", "phrase", "passages"),
    [
        ("Buy spam here", "spam", ["spam"]),
        ("SPAM, Spammed and spamming.", "spam", ["SPAM", "Spammed", "spamming"]),
        ("The spammy spampot", "spam", []),
        ("ponies and a pony", "pony", ["ponies", "pony"]),
        ("cheap   watches, cheap-watch", "cheap watch", ["cheap   watches", "cheap-watch"]),
        ("watch cheap", "cheap watch", []),
        ("Idiotic idiots", "idiot*", ["Idiotic", "idiots"]),
        ("s\u200bp\u200ba\u200bm and sраm", "spam", ["s\u200bp\u200ba\u200bm", "sраm"]),
        ("便宜手表在这里", "手表", ["手表"]),
        ("Это спам", "спам", ["спам"]),
        ("the cat’s tail", "cat", ["cat’s"]),
        ("classes", "ass", []),
        ("", "spam", []),
    ],
)
def test_phrases_are_found_at_the_borders_of_words(text, phrase, passages):
    assert found(text, phrase) == passages


def test_without_endings_only_the_word_itself_counts():
    assert found("spam spams", Phrase("spam", endings=False)) == ["spam"]


@pytest.mark.parametrize("phrase", ["", "  ", "!!!", "*"])
def test_a_phrase_without_a_word_finds_nothing(phrase):
    assert not PhraseList((Phrase(phrase),))
    assert found("anything at all * !!!", phrase) == []


@pytest.mark.parametrize(
    ("word", "some"),
    [
        ("spam", {"spams", "spammed", "spamming", "spammer"}),
        ("spoil", {"spoiled", "spoiling"}),
        ("fake", {"fakes", "faked", "faking"}),
        ("witch", {"witches"}),
        ("carry", {"carries", "carried", "carrying"}),
    ],
)
def test_forms_are_the_regular_ones(word, some):
    assert some | {word} <= set(forms(word))


@given(st.lists(st.sampled_from(["spam", "ham", "eggs", "tea"]), max_size=40))
def test_as_many_are_found_as_there_are(words):
    text = " ".join(words)
    assert found(text, "spam") == ["spam"] * words.count("spam")


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_phrase_may_meet_any_text(text, phrase):
    listed = PhraseList((Phrase(phrase), Phrase(phrase + "*")))
    for match in listed.find(text):
        assert 0 <= match.span.start < match.span.end <= len(text)


def test_thousands_of_phrases_meet_a_long_text():
    listed = [f"word{number} other{number}" for number in range(5_000)]
    text = "word1 other2 " * 20_000 + "word7 other7"
    assert found(text, *listed) == ["word7 other7"]


# The detector


def test_a_blocked_phrase_is_a_finding_with_its_place_in_the_markup():
    text = "<p>Get your <b>cheap</b> watches</p>"
    [finding] = detect(text, "cheap watch", format=TextFormat.HTML).findings
    assert (finding.kind, finding.category, finding.band) == (
        "wordlist",
        "blocked",
        Band.POSSIBLE,
    )
    [passage] = finding.evidence
    assert text[passage.start : passage.end] == "cheap</b> watches"


def test_quotations_and_harmless_phrases_are_spared():
    assert not detect("> cheap spam\n\nNo thanks.", "spam", format=TextFormat.MARKDOWN).findings
    assert not detect("A tin of spam fritters.", "spam", harmless=["spam fritter"]).findings
    assert detect("Spam fritters and spam.", "spam", harmless=["spam fritter"]).findings


def test_the_surest_line_decides_the_band():
    blocked = PhraseList((Phrase("spam"), Phrase("scam", band=Band.LIKELY, key="7")))
    document = Document(text="spam and scam", kind=Kind.ARTICLE)
    [finding] = WordListDetector().detect(document, Context(blocked=blocked)).findings
    assert (finding.band, finding.score) == (Band.LIKELY, 1.0)
    assert finding.detail == {"lines": ["7"]}


def test_many_matches_among_many_quotations():
    text = "> spam\n\nspam\n\n" * 5_000
    [finding] = detect(text, "spam", format=TextFormat.MARKDOWN).findings
    assert 0 < len(finding.evidence) <= 50
