"""What the single families do that a table of wordings does not show."""

from __future__ import annotations

import pytest

from moderation.detectors.base import Context
from moderation.detectors.explanations import explain
from moderation.detectors.scraped import ScrapedDetector, mask
from moderation.detectors.scraped.sites import host_of, is_name_of, is_shared, site_of
from moderation.types import Assessment, TextFormat
from tests.scraped.texts import article, bodies, telling


def detect(text: str, format: TextFormat = TextFormat.PLAIN, **about: str) -> Assessment:  # noqa: A002
    return ScrapedDetector().detect(article(text, format, **about), Context())


# One story told twice


def test_one_story_told_twice_is_found_with_both_beginnings() -> None:
    text = f"{telling('first')}\n\n{telling('second')}"
    (finding,) = detect(text).findings
    first, second = finding.evidence

    assert finding.category == "told_twice"
    assert first.start == 0
    assert f"{first.params['sides']} %" in explain(first.explanation, first.params)
    # The second beginning is found to within a paragraph.
    assert abs(second.start - len(telling("first"))) < 350
    assert first.params["sides"] > 70
    assert first.params["leads"] > 33


def test_it_is_found_in_html_and_without_line_breaks() -> None:
    text = f"{telling('first')}\n\n{telling('second')}"
    html = "".join(f"<p>{line}</p>" for line in text.split("\n") if line)

    assert detect(html, TextFormat.HTML).scores["told_twice"] > 0.4
    assert detect(" ".join(text.split())).scores["told_twice"] > 0.4


@pytest.mark.parametrize("text", [telling("first"), telling("second")])
def test_each_telling_alone_is_not_flagged(text: str) -> None:
    assert detect(text).findings == ()


def test_nothing_of_a_story_told_twice_is_masked() -> None:
    assert mask(article(f"{telling('first')}\n\n{telling('second')}")) == ()


def test_the_same_words_again_are_a_weak_signal() -> None:
    paragraphs = bodies()[2].split("\n\n")
    assessment = detect("\n\n".join([*paragraphs, paragraphs[1]]))

    assert 0 < assessment.scores["self_repetition"] < 0.2
    assert assessment.findings == ()


# Fences


def test_a_fence_that_nothing_closes_does_not_hide_what_follows_in_markdown() -> None:
    text = f"{bodies()[0]}\n\n```\n\nThis SEO-optimized article explains how the bridge opened."
    assessment = detect(text, TextFormat.MARKDOWN)

    assert assessment.scores["stray_markup"] > 0.2
    assert assessment.scores["model_residue"] > 0.5


def test_a_text_handed_over_in_a_fence_is_read_as_a_text() -> None:
    text = f"```markdown\n{bodies()[0]}\n\nLeave a Reply\nComments are closed.\n```"
    assessment = detect(text, TextFormat.MARKDOWN)

    assert assessment.scores["stray_markup"] > 0.2
    assert assessment.scores["page_chrome"] > 0.4


def test_code_between_fences_is_left_alone_in_every_format() -> None:
    text = (
        f"{bodies()[0]}\n\n```\nLeave a Reply\nComments are closed.\nAs an AI, I\n```\n\nSo much."
    )
    assert detect(text).scores["combined"] == 0.0
    assert detect(text, TextFormat.MARKDOWN).scores["combined"] == 0.0


# Language models and templates as a subject


def test_a_saying_in_an_article_on_language_models_counts_less() -> None:
    saying = "As an AI language model, I cannot know who stands at the weir."
    subject = (
        "The chatbot had been asked by the school, and the teachers printed what it wrote.\n\n"
        "Since then every language model is tried out on the same three questions in spring."
    )
    plain, about = f"{bodies()[2]}\n\n{saying}", f"{bodies()[2]}\n\n{subject}\n\n{saying}"

    assert detect(about).scores["model_residue"] < detect(plain).scores["model_residue"] / 2


def test_editors_brackets_are_no_placeholders() -> None:
    text = f"{bodies()[0]} “[The mayor] walked first,” she wrote, “[and] the band [sic] played.”"
    assert detect(text).scores["model_residue"] == 0.0


# Copyright and addresses


def test_ones_own_copyright_line_is_not_foreign() -> None:
    own = f"{bodies()[0]}\n\n© 2025 The Ferry Gazette"
    other = f"{bodies()[0]}\n\n© 2025 The Island Courier"

    assert detect(own).scores["html_clues"] < detect(other).scores["html_clues"]


def test_pictures_of_ones_own_site_and_of_shared_stores_are_not_foreign() -> None:
    text = f"""<p>{bodies()[0]}</p><img src="/a.jpg"><img src="https://static.ferry-gazette.example/b.jpg">
    <img src="https://upload.wikimedia.org/c.jpg"><img src="https://d1.cloudfront.net/d.jpg">"""
    assert detect(text, TextFormat.HTML).scores["html_clues"] == 0.0


def test_without_an_address_of_its_own_no_picture_is_foreign() -> None:
    text = f'<p>{bodies()[0]}</p><img src="https://a.example/wp-content/uploads/1.jpg">'
    assert detect(text, TextFormat.HTML, url="").scores["html_clues"] == 0.0


def test_a_canonical_address_of_the_own_site_is_no_clue() -> None:
    link = '<link rel="canonical" href="https://ferry-gazette.example/local/story">'
    assert detect(f"<p>{bodies()[0]}</p>{link}", TextFormat.HTML).scores["html_clues"] == 0.0


@pytest.mark.parametrize(
    ("address", "host", "site"),
    [
        ("https://www.example.org/a", "example.org", "example.org"),
        ("//cdn.news.example.co.uk/a.png", "cdn.news.example.co.uk", "example.co.uk"),
        ("https://EXAMPLE.org:8443/", "example.org", "example.org"),
        ("/local", "", ""),
        ("http://[broken", "", ""),
        ("data:image/png;base64,AAAA", "", ""),
    ],
)
def test_hosts_and_sites(address: str, host: str, site: str) -> None:
    assert host_of(address) == host
    assert site_of(host) == site


def test_shared_stores_are_known_by_their_site() -> None:
    assert is_shared("i0.wp.com")
    assert not is_shared("example.org")


@pytest.mark.parametrize(
    ("holder", "host", "fits"),
    [
        ("The Harbour Times Ltd", "harbourtimes.example", True),
        ("Harbour Broadcasting Company", "hbc.example", True),
        ("Island Courier", "harbourtimes.example", False),
        ("Jane Roe", "harbourtimes.example", False),
    ],
)
def test_names_fit_addresses(holder: str, host: str, fits: bool) -> None:
    assert is_name_of(holder, host) is fits
