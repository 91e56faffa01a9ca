"""What scraped and generated bodies carry along is found, shown where it stands, and masked."""

from __future__ import annotations

from html import escape
from itertools import cycle

import pytest

from moderation.detectors.base import Context
from moderation.detectors.explanations import MESSAGES
from moderation.detectors.scraped import ScrapedDetector, mask
from moderation.detectors.scraped.signals import Category
from moderation.text.document import Document
from moderation.types import Assessment, TextFormat
from tests.scraped.leftovers import LEFTOVERS, MARKUP, Leftover, Place
from tests.scraped.texts import article, bodies

CASES = list(zip(LEFTOVERS, cycle(bodies()), strict=False))
SAYABLE = set(Category) - {Category.STRAY_MARKUP, Category.HTML_CLUES}
WHOLE_LINES = {Category.PAGE_CHROME, Category.EMBED_RESIDUE, Category.KEYWORD_LINE}


def body_with(leftover: Leftover, body: str) -> str:
    paragraphs = body.split("\n\n")
    at = {Place.TOP: 0, Place.MIDDLE: 2, Place.BOTTOM: len(paragraphs)}[leftover.place]
    return "\n\n".join([*paragraphs[:at], leftover.text, *paragraphs[at:]])


def detect(document: Document) -> Assessment:
    return ScrapedDetector().detect(document, Context())


def name_of(value: object) -> str:
    return value.text[:40] if isinstance(value, Leftover) else ""


def test_the_bodies_alone_are_spotless() -> None:
    for body in bodies():
        assert set(detect(article(body)).scores.values()) == {0.0}
        assert mask(article(body)) == ()


@pytest.mark.parametrize(("leftover", "body"), CASES, ids=name_of)
def test_a_leftover_is_found(leftover: Leftover, body: str) -> None:
    assessment = detect(article(body_with(leftover, body)))

    assert assessment.scores[leftover.category] > 0
    assert bool(assessment.findings) == leftover.enough


@pytest.mark.parametrize(("leftover", "body"), CASES, ids=name_of)
def test_evidence_lies_within_the_leftover(leftover: Leftover, body: str) -> None:
    text = body_with(leftover, body)
    start = text.index(leftover.text)
    # A threshold that everything passes: also what is too weak to flag has its evidence.
    findings = ScrapedDetector(possible=0.01).detect(article(text), Context()).findings

    evidence = [e for f in findings if f.category == leftover.category for e in f.evidence]
    assert evidence
    for passage in evidence:
        assert start <= passage.start < passage.end <= start + len(leftover.text)
        assert passage.explanation in MESSAGES


@pytest.mark.parametrize(
    ("leftover", "body"), [c for c in CASES if c[0].category in WHOLE_LINES], ids=name_of
)
def test_furniture_is_masked_and_the_story_is_not(leftover: Leftover, body: str) -> None:
    text = body_with(leftover, body)
    start = text.index(leftover.text)
    spans = mask(article(text))

    assert spans
    assert all(start <= span.start and span.end <= start + len(leftover.text) for span in spans)


@pytest.mark.parametrize(
    ("leftover", "body"), [c for c in CASES if c[0].category in SAYABLE], ids=name_of
)
def test_a_leftover_in_quotation_marks_is_not_flagged(leftover: Leftover, body: str) -> None:
    lines = [f"“{line}”, said the sign." for line in leftover.text.split("\n")]
    quoted = leftover._replace(text="\n".join(lines))

    if "contentReference" not in leftover.text:  # which no sign would say
        assert detect(article(body_with(quoted, body))).findings == ()


@pytest.mark.parametrize(("leftover", "body"), CASES, ids=name_of)
def test_a_leftover_in_a_block_quotation_is_not_flagged(leftover: Leftover, body: str) -> None:
    paragraphs = "".join(f"<p>{escape(p)}</p>\n" for p in body.split("\n\n"))
    lines = "".join(f"<p>{escape(line)}</p>" for line in leftover.text.split("\n"))
    document = article(f"{paragraphs}<blockquote>{lines}</blockquote>", TextFormat.HTML)

    assert detect(document).findings == ()
    assert mask(document) == ()


@pytest.mark.parametrize("format", [TextFormat.HTML, TextFormat.MARKDOWN])
@pytest.mark.parametrize("clue", MARKUP)
def test_markup_tells_of_another_site(clue: str, format: TextFormat) -> None:  # noqa: A002
    paragraphs = bodies()[0].split("\n\n")
    text = "\n\n".join([*(f"<p>{p}</p>" for p in paragraphs[:2]), MARKUP[clue], *paragraphs[2:]])
    assessment = ScrapedDetector(possible=0.05).detect(article(text, format), Context())

    assert assessment.scores["html_clues"] > 0
    (finding,) = assessment.findings
    for passage in finding.evidence:
        assert text[passage.start : passage.end] in MARKUP[clue]


@pytest.mark.parametrize("clue", MARKUP)
def test_markup_shown_as_code_tells_nothing(clue: str) -> None:
    text = f"<p>{bodies()[0]}</p><pre><code>{escape(MARKUP[clue])}</code></pre>"
    assert detect(article(text, TextFormat.HTML)).scores["html_clues"] == 0.0

    fenced = f"{bodies()[0]}\n\n```html\n{MARKUP[clue]}\n```\n\nThat is all."
    assert detect(article(fenced, TextFormat.MARKDOWN)).scores["html_clues"] == 0.0
