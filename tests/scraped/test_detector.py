"""The detector as the rest of the house sees it."""

from __future__ import annotations

import itertools

import pytest

from moderation.detectors.base import Context, Deadline, Detector, TimeLimitExceeded
from moderation.detectors.explanations import MESSAGES, explain
from moderation.detectors.scraped import ScrapedDetector, mask
from moderation.detectors.scraped.signals import Category, Signal, combined_score
from moderation.detectors.scraped.wordings import read_wordings
from moderation.types import Band, Kind, TextFormat
from tests.scraped.leftovers import MARKUP
from tests.scraped.texts import article, bodies

TABLES = {
    Category.PAGE_CHROME: "chrome.toml",
    Category.EMBED_RESIDUE: "embeds.toml",
    Category.MODEL_RESIDUE: "sayings.toml",
    Category.KEYWORD_LINE: "labels.toml",
    Category.HTML_CLUES: "notices.toml",
}

SCRAPED = f"""Posted by admin on June 3, 2024 | No Comments

{bodies()[0]}

— Island Council (@islandcouncil) May 30, 2024

Let me know if you'd like me to adjust the tone!

Leave a Reply
Your email address will not be published."""


def test_it_is_a_detector_of_articles() -> None:
    detector = ScrapedDetector()
    assert isinstance(detector, Detector)
    assert detector.name == "scraped"
    assert detector.kinds == frozenset({Kind.ARTICLE})


def test_every_family_has_a_score_whether_flagged_or_not() -> None:
    for text in ("", "x", bodies()[0], SCRAPED):
        scores = ScrapedDetector().detect(article(text), Context()).scores
        assert set(scores) == {category.value for category in Category} | {"combined"}
        assert all(0.0 <= score <= 1.0 for score in scores.values())


def test_all_families_with_a_score_are_findings_in_the_band_of_all_together() -> None:
    assessment = ScrapedDetector().detect(article(SCRAPED), Context())

    assert {finding.category for finding in assessment.findings} == {
        "page_chrome",
        "embed_residue",
        "model_residue",
    }
    for finding in assessment.findings:
        assert finding.kind == "scraped"
        assert finding.band is Band.LIKELY
        assert finding.score == assessment.scores[finding.category]
        assert finding.detail["combined"] == round(assessment.scores["combined"], 3)


def test_a_single_weak_signal_stays_below_a_fifth() -> None:
    weak = (
        "Share",
        "5 min read",
        "Comments",
        "@ada",
        "I hope this helps!",
        "## Background\n## Outlook",
        "Photo: Ada Moor",
    )
    for leftover in weak:
        text = f"{bodies()[1]}\n\n{leftover}"
        assert 0 < ScrapedDetector().detect(article(text), Context()).scores["combined"] <= 0.2


def test_scores_add_up_as_a_noisy_or() -> None:
    one, other = Signal(Category.PAGE_CHROME, 0.35), Signal(Category.TOLD_TWICE, 0.35)
    assert combined_score([one, Signal(Category.HTML_CLUES)]) == pytest.approx(one.score)
    assert combined_score([one, other]) == pytest.approx(1 - (1 - one.score) * (1 - other.score))
    assert combined_score([]) == 0.0


def test_thresholds_are_options() -> None:
    score = ScrapedDetector().detect(article(SCRAPED), Context()).scores["combined"]
    assert (
        ScrapedDetector(possible=score + 0.01, likely=1.0)
        .detect(article(SCRAPED), Context())
        .findings
        == ()
    )
    relaxed = ScrapedDetector(possible=score, likely=1.0).detect(article(SCRAPED), Context())
    assert {finding.band for finding in relaxed.findings} == {Band.POSSIBLE}


@pytest.mark.parametrize(("possible", "likely"), [(0.0, 0.5), (0.7, 0.6), (0.5, 1.1), (-1, 1)])
def test_bad_thresholds_are_refused(possible: float, likely: float) -> None:
    with pytest.raises(ValueError, match="possible and likely"):
        ScrapedDetector(possible=possible, likely=likely)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(TypeError):
        ScrapedDetector(probable=0.5)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("before", "after"),
    [("<p>{}</p>", "<p>Your <b>email</b>&nbsp;address will not be&#32;published.</p>")],
)
def test_evidence_counts_characters_of_the_stored_html(before: str, after: str) -> None:
    text = "".join(before.format(p) for p in bodies()[0].split("\n\n")) + after
    (finding,) = ScrapedDetector().detect(article(text, TextFormat.HTML), Context()).findings
    (passage,) = finding.evidence
    assert (
        text[passage.start : passage.end]
        == "Your <b>email</b>&nbsp;address will not be&#32;published."
    )


def test_evidence_counts_characters_of_the_stored_markdown() -> None:
    text = f"# A bridge\n\n{bodies()[0]}\n\n* **Leave a Reply**\n* [Comments are closed](/x)\n"
    (finding,) = ScrapedDetector().detect(article(text, TextFormat.MARKDOWN), Context()).findings
    assert [text[e.start : e.end] for e in finding.evidence] == [
        "Leave a Reply",
        "Comments are closed",
    ]


def test_evidence_is_limited_and_in_order() -> None:
    rows = "\n".join(f"Comments are closed for story {n}" for n in range(300))
    (finding,) = ScrapedDetector().detect(article(f"{bodies()[0]}\n{rows}"), Context()).findings
    starts = [passage.start for passage in finding.evidence]
    assert len(starts) == 50
    assert starts == sorted(starts)
    assert finding.detail["passages"] == 300


def test_every_reason_has_its_words() -> None:
    given = [
        (f"scraped.{category}.{wording.reason}", {})
        for category, table in TABLES.items()
        for wording in read_wordings(table)
    ]
    texts = [SCRAPED, *(f"<p>{body}</p>{clue}" for body in bodies() for clue in MARKUP.values())]
    for text in texts:
        document = article(text, TextFormat.HTML)
        for finding in ScrapedDetector(possible=0.01).detect(document, Context()).findings:
            given += [(e.explanation, dict(e.params)) for e in finding.evidence]
    for key, params in given:
        assert key in MESSAGES
        assert "{" not in explain(key, params)


def test_the_mask_is_in_order_disjoint_and_in_the_plain_text() -> None:
    text = f"<p>{SCRAPED}</p>".replace("\n\n", "</p><p>").replace("\n", "<br>")
    document = article(text, TextFormat.HTML)
    spans = mask(document)

    assert [document.plain.text[start:end] for start, end in spans] == [
        "Posted by admin on June 3, 2024 | No Comments",
        "— Island Council (@islandcouncil) May 30, 2024",
        "Let me know if you'd like me to adjust the tone!",
        "Leave a Reply",
        "Your email address will not be published.",
    ]
    assert all(one.end < other.start for one, other in itertools.pairwise(spans))


def test_titles_of_other_stories_are_masked_but_not_a_heading_of_this_one() -> None:
    paragraphs = bodies()[0].split("\n\n")
    inside = "\n\n".join([*paragraphs[:2], "You may also like", "The repair", *paragraphs[2:]])
    below = f"{bodies()[0]}\n\nYou may also like\nThe winter fair\nA new bakery"

    assert [inside[s:e] for s, e in mask(article(inside))] == ["You may also like"]
    assert [below[s:e] for s, e in mask(article(below))] == [
        "You may also like\nThe winter fair\nA new bakery"
    ]


def test_a_passed_deadline_ends_the_work() -> None:
    over = Deadline(at=0.0)
    with pytest.raises(TimeLimitExceeded):
        ScrapedDetector().detect(article(SCRAPED), Context(deadline=over))
    with pytest.raises(TimeLimitExceeded):
        mask(article(SCRAPED), deadline=over)
