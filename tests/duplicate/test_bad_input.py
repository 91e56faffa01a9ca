"""Texts nobody writes, but somebody sends: read in time that grows with their length, no faster."""

from __future__ import annotations

import pytest

from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus, Verdict
from moderation.detectors.duplicate.align import align
from moderation.detectors.duplicate.commons import without
from moderation.types import Band, Span, TextFormat
from tests.duplicate.prose import CHOIR, HARBOUR, LIBRARY, article

MEGABYTE = 1_000_000


def assess(text, *sources, **fields):
    return DuplicateDetector().detect(article(text, **fields), Context(MemoryCorpus(sources)))


def test_one_word_five_megabytes_long_is_no_copy_of_a_text_with_that_word():
    text = "harbour " * (5 * MEGABYTE // 8)
    assert assess(text, article(HARBOUR, "harbour")).findings == ()


def test_one_word_over_and_over_is_a_copy_of_itself_alone():
    same = article("harbour " * (MEGABYTE // 8), "same")
    other = article("market " * (MEGABYTE // 8), "other")
    (finding,) = assess(same.text, same, other).findings
    assert (finding.source, finding.category) == ("same", Verdict.EXACT)
    (evidence,) = finding.evidence
    assert (evidence.start, evidence.end) == (0, len(same.text.rstrip()))


def test_two_hundred_thousand_different_words_are_compared():
    words = [f"w{number}" for number in range(200_000)]
    source = article(words, "source")
    (finding,) = assess(source.text, source).findings
    assert (finding.category, finding.detail["words"]) == (Verdict.EXACT, 200_000)
    assert assess(" ".join(reversed(words)), source).findings == ()


@pytest.mark.parametrize("text", ["!? " * MEGABYTE, " \n" * MEGABYTE, "“" * MEGABYTE, "\0" * 1000])
def test_a_text_without_words_is_not_assessed(text):
    assessment = assess(text, article(HARBOUR, "harbour"))
    assert assessment.findings == ()
    assert assessment.notes == ("duplicate.note.too_short",)


def all_quoted(text):
    words = text.split()
    pieces = (" ".join(words[at : at + 25]) for at in range(0, len(words), 25))
    return "\n\n".join(f"“{piece}” said the mayor." for piece in pieces)


def test_a_text_of_nothing_but_quotations_is_a_copy_of_what_it_quotes():
    assessment = assess(all_quoted(HARBOUR), article(HARBOUR, "harbour"), article(CHOIR, "choir"))
    (finding,) = assessment.findings
    assert (finding.source, finding.band) == ("harbour", Band.LIKELY)


@pytest.mark.parametrize("text", [all_quoted(LIBRARY), f"<blockquote>{LIBRARY}</blockquote>" * 200])
def test_a_text_of_nothing_but_quotations_is_no_copy_of_anything_else(text):
    source = article(HARBOUR, "harbour")
    assert assess(text, source, format=TextFormat.HTML).findings == ()


@pytest.mark.parametrize("one", [["a", "b", "c"], ["a"], ["a", "b", "c", "d", "a", "b"]])
def test_the_work_grows_with_the_length_whatever_repeats(one):
    class Counted(str):
        """A word that counts how often it is looked at."""

        __slots__ = ()

        def __hash__(self):
            made.append(1)
            return super().__hash__()

        def __eq__(self, other):
            made.append(1)
            return super().__eq__(other)

    def comparisons(times):
        made.clear()
        words = [Counted(word) for word in one * times]
        source = [Counted(word) for word in one[1:] * times + one * times]
        common = [Span(at, at + 13) for at in range(0, len(words), 50)]
        without(align(words, source), common, words, source, lambda: None)
        return len(made)

    made: list[int] = []

    assert comparisons(800) <= 5 * comparisons(200)
