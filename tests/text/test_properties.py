"""What holds for every text there is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from moderation.text.document import Document
from moderation.text.normalise import normalise, skeleton
from moderation.text.offsets import Edit, MappedText, rewrite
from moderation.text.plain import plain_text
from moderation.text.sentences import paragraphs, sentences
from moderation.text.tokens import words
from moderation.types import Kind, TextFormat
from tests.text.hostile import REPEATED
from tests.text.test_hostile import assert_in_order, assert_maps_into

any_text = st.one_of(
    st.text(st.characters()),  # lone surrogates included
    st.lists(st.sampled_from([*REPEATED, "word", " ", "\n", "Ünï", "4"]), max_size=30).map("".join),
)
formats = st.sampled_from(TextFormat)


@given(any_text, formats)
def test_readable_text_is_mapped(text: str, format: TextFormat) -> None:  # noqa: A002
    plain = plain_text(text, format)
    assert_maps_into(plain, len(text))
    for ranges in (plain.quoted, plain.code):
        assert_in_order(list(ranges), len(plain.text))


@given(any_text, formats)
def test_a_readable_character_is_the_one_it_came_from(text: str, format: TextFormat) -> None:  # noqa: A002
    plain = plain_text(text, format)
    for at, char in enumerate(plain.text):
        start, end = plain.to_original(at, at + 1)
        original = text[start:end]
        assert original == char or char in " \n\t" or original.startswith("&")


@given(any_text)
def test_text_without_markup_only_loses_white_space(text: str) -> None:
    text = re.sub(r"[<&]", "", text)
    readable = plain_text(text, TextFormat.HTML).text
    assert readable == re.sub(r"[ \t\n\r\f]+", " ", text).strip(" ")


@given(any_text)
def test_normalised_text_is_mapped(text: str) -> None:
    for found in (skeleton(text), normalise(text)):
        assert_maps_into(found, len(text))
        for each in found.disguises:
            assert 0 <= each.start < each.end <= len(text)
        starts = [each.start for each in found.disguises]
        assert starts == sorted(starts)


@given(any_text)
def test_a_skeleton_has_no_skeleton_of_its_own(text: str) -> None:
    once = skeleton(text).text
    # One more pass may be needed where a dropped character brought others together.
    twice = skeleton(once).text
    assert skeleton(twice).text == twice


@given(st.text(st.characters(max_codepoint=0x7F, exclude_categories=["Cc"])))
def test_the_skeleton_of_ascii_is_lower_case(text: str) -> None:
    found = skeleton(text)
    assert found.text == text.lower()
    assert found.starts is None
    assert found.disguises == ()


@given(any_text)
def test_words_stand_in_order_where_they_say(text: str) -> None:
    last = 0
    for token in words(text):
        assert last <= token.start < token.end <= len(text)
        assert text[token.start : token.end].casefold() == token.text
        last = token.start


@given(any_text)
def test_pieces_cover_all_but_white_space(text: str) -> None:
    for cut in (sentences, paragraphs):
        spans = cut(text)
        assert_in_order(spans, len(text))
        covered = "".join(text[start:end] for start, end in spans)
        assert "".join(covered.split()) == "".join(text.split())
        assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)


@given(any_text, formats)
def test_a_document_leads_from_the_normalised_word_to_the_stored_text(
    text: str,
    format: TextFormat,  # noqa: A002
) -> None:
    document = Document(text=text, kind=Kind.COMMENT, format=format)
    found = normalise(document.plain.text)
    for token in words(found.text):
        start, end = document.original_span(*found.to_original(token.start, token.end))
        assert 0 <= start < end <= len(text)


@given(st.text(min_size=1), st.data())
def test_edits_are_made_and_mapped(text: str, data: st.DataObject) -> None:
    bounds = data.draw(st.lists(st.integers(0, len(text)), unique=True).map(sorted))
    edits = [
        Edit(start, end, data.draw(st.text(max_size=3)))
        for start, end in zip(bounds[::2], bounds[1::2], strict=False)
    ]
    mapped = rewrite(MappedText(text), edits)
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.replacement + expected[edit.end :]
    assert mapped.text == expected
    assert_maps_into(mapped, len(text))
