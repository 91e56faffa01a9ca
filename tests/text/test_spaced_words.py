"""Words without their places are the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.tokens import spaced_words, words


@given(st.text())
def test_the_same_words_as_with_places(text: str) -> None:
    found = spaced_words(text)
    assert found is None or found == [token.text for token in words(text)]


@pytest.mark.parametrize("text", ["", "It's the dogs' don’t", "Straße ÉTÉ ﬁn", "हिन्दी में"])
def test_scripts_with_spaces_have_an_answer(text: str) -> None:
    assert spaced_words(text) == [token.text for token in words(text)]


@pytest.mark.parametrize("text", ["市议会", "a สะพาน b", "カ"])
def test_scripts_without_spaces_have_none(text: str) -> None:
    assert spaced_words(text) is None
