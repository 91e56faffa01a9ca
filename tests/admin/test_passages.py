"""Offsets of the stored text become pieces of the shown one."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from moderation.admin.passages import (
    Quote,
    Segment,
    quote,
    quote_from_window,
    segments,
    shorten,
    shown_span,
)
from moderation.text.plain import plain_text
from moderation.types import Span, TextFormat

HTML = "<p>The <b>bridge</b> &amp; the&nbsp;road</p><!-- x --><p class='a'>are <i>closed</i>.</p>"


def test_a_plain_text_keeps_its_offsets():
    shown = plain_text("a bridge")
    assert shown_span(shown, 2, 8) == Span(2, 8)
    assert shown_span(shown, 2, 99) == Span(2, 8)
    assert shown_span(shown, 99, 120) == Span(8, 8)


def test_a_passage_of_html_is_found_in_the_readable_text():
    shown = plain_text(HTML, TextFormat.HTML)
    start = HTML.index("bridge")
    first, last = shown_span(shown, start, HTML.index("road") + 4)
    assert shown.text[first:last] == "bridge & the\xa0road"
    first, last = shown_span(shown, HTML.index("<b>"), HTML.index("</b>") + 4)
    assert shown.text[first:last] == "bridge"
    amp = HTML.index("&amp;")
    first, last = shown_span(shown, amp + 1, amp + 3)
    assert shown.text[first:last] == "&"


def test_a_passage_inside_the_markup_is_empty_where_it_would_stand():
    shown = plain_text(HTML, TextFormat.HTML)
    start = HTML.index("class")
    first, last = shown_span(shown, start, start + 5)
    assert first == last
    assert shown.text[:first].rstrip("\n").endswith("road")


@given(st.sampled_from([HTML, "# Bridge\n\nIt is *closed* & `shut`.\n\n> said he\n"]), st.data())
def test_the_way_back_and_forth_never_loses_a_character(text, data):
    text_format = TextFormat.HTML if text == HTML else TextFormat.MARKDOWN
    shown = plain_text(text, text_format)
    start = data.draw(st.integers(0, len(shown.text) - 1))
    end = data.draw(st.integers(start + 1, len(shown.text)))
    assume(not shown.text[start:end].isspace())
    first, last = shown_span(shown, *shown.to_original(start, end))
    assert first <= start
    assert last >= end


def test_overlapping_spans_are_cut_into_segments():
    found = segments(Span(0, 20), {1: Span(2, 10), 2: Span(5, 15), 3: Span(10, 12)})
    assert found == [
        Segment(0, 2),
        Segment(2, 5, (1,)),
        Segment(5, 10, (1, 2)),
        Segment(10, 12, (2, 3)),
        Segment(12, 15, (2,)),
        Segment(15, 20),
    ]


spans = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Span(*sorted(pair)))


@given(spans, st.lists(spans, max_size=12))
def test_every_character_knows_exactly_the_spans_that_cover_it(window, ranges):
    numbered = dict(enumerate(ranges, 1))
    found = segments(window, numbered)
    covered = [at for piece in found for at in range(piece.start, piece.end)]
    assert covered == list(range(window.start, window.end))
    for piece in found:
        for at in range(piece.start, piece.end):
            assert set(piece.numbers) == {
                number for number, span in numbered.items() if span.start <= at < span.end
            }


def test_a_quote_has_whole_words_around_it_and_a_short_middle():
    text = "one two three four five six seven"
    assert quote(text, Span(14, 18), context=6, longest=99) == Quote("…three ", "four", " five…")
    assert quote(text, Span(0, 3), context=40, longest=99) == Quote("", "one", text[3:])
    assert shorten("abcdefghij", 4) == "ab […] ij"


def test_a_window_of_html_does_not_show_the_tag_it_cuts_in_two():
    body = f'<p class="intro">{"word " * 30}the bridge is closed</p>'
    at = body.index("bridge")
    found = quote_from_window(
        body[8:], 8, Span(at, at + 6), TextFormat.HTML, context=500, longest=99
    )
    assert found.passage == "bridge"
    assert "intro" not in found.before
    assert found.before.startswith("word word")
    assert found.after == " is closed"
