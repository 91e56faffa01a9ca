"""What must stay unflagged: ordinary articles, also those about pages, posts and chatbots."""

from __future__ import annotations

import textwrap

import pytest

from moderation.detectors.base import Context
from moderation.detectors.scraped import ScrapedDetector
from moderation.text.document import Document
from moderation.types import TextFormat
from tests.scraped.texts import article, ordinary

ORDINARY = ordinary()
PLAIN = [name for name, document in ORDINARY.items() if document.format is TextFormat.PLAIN]


def assert_unflagged(document: Document) -> None:
    assessment = ScrapedDetector().detect(document, Context())

    assert assessment.findings == ()
    assert assessment.scores["combined"] < 0.4


def test_there_are_enough_of_them() -> None:
    assert len(ORDINARY) >= 30


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_article_is_not_flagged(name: str) -> None:
    assert_unflagged(ORDINARY[name])


@pytest.mark.parametrize("name", PLAIN)
def test_nor_is_it_when_its_lines_are_wrapped(name: str) -> None:
    lines = ORDINARY[name].text.split("\n")
    assert_unflagged(article("\n".join(textwrap.fill(line, 72) for line in lines)))


@pytest.mark.parametrize("name", PLAIN)
def test_nor_is_it_without_an_address_of_its_own(name: str) -> None:
    assert_unflagged(article(ORDINARY[name].text, url=""))


def test_two_different_stories_in_one_body_are_not_one_told_twice() -> None:
    text = "\n\n".join(
        ORDINARY[name].text
        for name in ("a_long_story_with_a_summary", "paywalls", "newsletters_as_a_business")
    )
    assert ScrapedDetector().detect(article(text), Context()).scores["told_twice"] == 0.0
