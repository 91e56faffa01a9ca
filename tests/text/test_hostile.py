"""Nothing that a text may be stops the reading of it.

No clock is looked at: the texts are long enough that a step which took quadratic time would
hold up the whole run for many minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from moderation.text.normalise import normalise, skeleton
from moderation.text.offsets import MappedText
from moderation.text.plain import plain_text
from moderation.text.sentences import paragraphs, sentences
from moderation.text.storage import storable, text_hash
from moderation.text.tokens import words
from moderation.types import Span, TextFormat
from tests.text.hostile import EDGES, hostile_texts, nested

HOSTILE = hostile_texts()


def as_html(text: str) -> MappedText:
    return plain_text(text, TextFormat.HTML)


def as_markdown(text: str) -> MappedText:
    return plain_text(text, TextFormat.MARKDOWN)


MAPPINGS = [as_html, as_markdown, skeleton, normalise]


def assert_maps_into(mapped: MappedText, length: int) -> None:
    """Fail unless the offsets are in range, in order and one per character."""
    if mapped.starts is None or mapped.ends is None:
        assert mapped.starts is mapped.ends
        assert len(mapped.text) == length
        return
    assert len(mapped.starts) == len(mapped.ends) == len(mapped.text)
    assert list(mapped.starts) == sorted(mapped.starts)
    assert list(mapped.ends) == sorted(mapped.ends)
    pairs = zip(mapped.starts, mapped.ends, strict=True)
    assert all(0 <= start <= end <= length for start, end in pairs)


def assert_in_order(spans: list[Span], length: int) -> None:
    bounds = [bound for span in spans for bound in span]
    assert bounds == sorted(bounds)
    assert all(0 <= bound <= length for bound in bounds)


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("reading", MAPPINGS)
def test_edges_are_mapped(reading: Callable[[str], MappedText], name: str) -> None:
    assert_maps_into(reading(EDGES[name]), len(EDGES[name]))


@pytest.mark.parametrize("name", EDGES)
def test_edges_are_cut_into_pieces(name: str) -> None:
    text = EDGES[name]
    assert_in_order(sentences(text), len(text))
    assert_in_order(paragraphs(text), len(text))
    assert all(0 <= token.start < token.end <= len(text) for token in words(text))
    assert len(storable(text)) == len(text)
    assert len(text_hash(text)) == 32


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("reading", [as_html, as_markdown, normalise])
def test_hostile_texts_are_mapped(reading: Callable[[str], MappedText], name: str) -> None:
    text = HOSTILE[name]
    mapped = reading(text)
    assert mapped.starts is None or len(mapped.starts) == len(mapped.text)
    assert len(mapped.text) <= 4 * len(text)
    if mapped.text:
        assert mapped.to_original(0, len(mapped.text)).end <= len(text)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_cut_into_pieces(name: str) -> None:
    text = HOSTILE[name]
    assert_in_order(sentences(text), len(text))
    assert_in_order(paragraphs(text), len(text))
    found = words(text)
    assert all(first.start <= second.start for first, second in pairwise(found))


@pytest.mark.parametrize("reading", [as_html, as_markdown])
def test_ten_thousand_elements_deep(reading: Callable[[str], MappedText]) -> None:
    assert reading(nested()).text == "deep"


@pytest.mark.parametrize("reading", MAPPINGS)
def test_one_word_of_five_million_letters(reading: Callable[[str], MappedText]) -> None:
    mapped = reading("ab" * 2_500_000)
    assert len(mapped.text) == 5_000_000
    assert len(words(mapped.text)) == 1
    assert len(sentences(mapped.text)) == 1


def test_a_million_times_one_emoji() -> None:
    text = "\U0001f600" * 1_000_000
    assert normalise(text).text == text
    assert words(text) == []


def test_a_hundred_thousand_invisible_characters() -> None:
    found = normalise("wo" + "\u200b" * 100_000 + "rd")
    assert found.text == "word"
    assert found.to_original(0, 4) == Span(0, 100_004)
    assert [each.kind for each in found.disguises] == ["invisible"]
