"""Inputs made to hurt: the work stays in proportion to the text, and bounded."""

from __future__ import annotations

import pytest

from moderation.detectors.base import Context, Deadline, TimeLimitExceeded
from moderation.detectors.scraped import ScrapedDetector, mask
from moderation.types import TextFormat
from tests.scraped.texts import article, bodies

HOSTILE = {
    "one word of 5 MB": "a" * 5_000_000,
    "one line of 5 MB": "share " * 800_000,
    "200,000 lines of one button": "Share\n" * 200_000,
    "lines of pieces": ("share tweet home next " * 10 + "!!\n") * 500,
    "lines that nearly match": ("we use cookies " * 15 + 'x"\n') * 2_000,
    "sentences that nearly match": ("Let me know if you want " * 20 + ".\n") * 1_000,
    "only stops": '."' * 300_000,
    "only brackets": "[insert " * 50_000,
    "only fences": "```\n" * 50_000,
    "only stars": "**a" * 100_000,
    "only hash signs": "#" * 500_000,
    "only line breaks": "\r\n" * 200_000,
    "nothing but zero bytes": "\0" * 200_000,
    "lone surrogates": "\ud800 Share \udfff\n" * 1_000,
}
HOSTILE_MARKUP = {
    "deep nesting": "<div>" * 20_000 + "Leave a Reply" + "</div>" * 20_000,
    "tags that never end": "<img " * 20_000,
    "one tag that never ends": "<img " + "a" * 1_000_000,
    "attributes without end": "<img " + "a=b " * 100_000 + ">",
    "buttons": "<p>Share</p>" * 5_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_survived_unflagged(name: str) -> None:
    assert ScrapedDetector().detect(article(HOSTILE[name]), Context()).findings == ()


@pytest.mark.parametrize("format", [TextFormat.HTML, TextFormat.MARKDOWN])
@pytest.mark.parametrize("name", HOSTILE_MARKUP)
def test_hostile_markup_is_survived(name: str, format: TextFormat) -> None:  # noqa: A002
    document = article(HOSTILE_MARKUP[name], format)

    assert ScrapedDetector().detect(document, Context()).scores["combined"] < 0.4
    assert all(span.end <= len(document.plain.text) for span in mask(document))


def test_leftovers_are_found_at_both_ends_of_a_very_long_text() -> None:
    text = "\n".join(
        ["Skip to main content", *(bodies()[0] for _ in range(1_000)), "Comments are closed."]
    )
    (finding,) = [
        finding
        for finding in ScrapedDetector().detect(article(text), Context()).findings
        if finding.category == "page_chrome"
    ]
    assert [text[e.start : e.end] for e in finding.evidence] == [
        "Skip to main content",
        "Comments are closed.",
    ]


@pytest.mark.parametrize("name", ["one line of 5 MB", "200,000 lines of one button"])
def test_a_deadline_is_kept_in_long_texts(name: str) -> None:
    with pytest.raises(TimeLimitExceeded):
        ScrapedDetector().detect(article(HOSTILE[name]), Context(deadline=Deadline(at=0.0)))
