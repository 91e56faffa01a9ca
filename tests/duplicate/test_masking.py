from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.detectors.base import Context, Deadline, TimeLimitExceeded
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus, Verdict
from moderation.detectors.duplicate.masking import story_of
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.scraped import detector as scraped
from moderation.detectors.scraped.page import Page
from moderation.types import Band, TextFormat
from tests.duplicate.prose import CHOIR, HARBOUR, LIBRARY, NIGHT_BUS, ORCHARD, article

ABOVE = "Home\nShare on Facebook\nShare on Twitter\n\n"
BELOW = (
    "\n\nYou may also like\nNine lamps for a small kitchen\nWhy cats sit on letters\n\n"
    "Leave a Reply\nYour email address will not be published. Required fields are marked *\n\n"
    "Ines Falk is a senior reporter for the Harbour Courier who covers ports and shipping and has "
    "lived in Varne for nine years. Follow her on Twitter @inesfalk.\n\n"
    "This announcement contains forward-looking statements. Actual results may differ materially "
    "because of risks and uncertainties that nobody can foresee.\n\n"
    "© 2031 The Harbour Courier. All rights reserved."
)


def in_page(story):
    return ABOVE + story.strip() + BELOW


def findings(document, *sources):
    return DuplicateDetector().detect(document, Context(MemoryCorpus(sources))).findings


def test_the_story_keeps_its_place():
    document = article(in_page(HARBOUR))
    story = story_of(document, Deadline()).text
    assert len(story) == len(document.plain.text)
    assert story.split() == HARBOUR.casefold().split()
    at = story.index("the old ferry terminal")
    assert document.text[at:].startswith("The old ferry terminal")


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.translate(str.maketrans("aeo", "\u0430\u0435\u043e")),
        "\u200b".join,
        lambda text: text.replace("ll", "l\u00adl").upper(),
    ],
    ids=["look-alikes", "zero width", "soft hyphens and capitals"],
)
def test_boilerplate_in_disguise_is_no_part_of_the_story(disguise):
    speech = (
        "Mr. Speaker, ladies and gentlemen, dear friends of the harbour: " + HARBOUR.strip()
    ) + "\n\nCopyright 2031 by the Harbour Courier. All rights reserved."
    finding, *_ = findings(article(disguise(speech)), article(speech, "speech"))
    assert finding.category == Verdict.EXACT
    assert findings(article(disguise(speech)), article(HARBOUR, "harbour"))[0].category == (
        Verdict.EXACT
    )


def test_a_page_that_two_stories_share_is_no_copying():
    assert findings(article(in_page(CHOIR)), article(in_page(HARBOUR), "harbour")) == ()


def test_a_copy_inside_another_page_is_the_whole_story():
    (finding,) = findings(article(in_page(HARBOUR)), article(HARBOUR, "harbour"))
    assert finding.category == Verdict.EXACT
    assert (finding.detail["coverage"], finding.detail["source_coverage"]) == (1.0, 1.0)
    (evidence,) = finding.evidence
    shown = article(in_page(HARBOUR)).text[evidence.start : evidence.end]
    assert shown.startswith("The old ferry terminal")
    assert shown.endswith("used to stand")


def test_a_copy_of_a_page_is_the_whole_story():
    (finding,) = findings(article(HARBOUR), article(in_page(HARBOUR), "harbour"))
    assert finding.category == Verdict.EXACT


def test_what_a_page_puts_between_the_paragraphs_breaks_no_passage():
    first, *rest = HARBOUR.strip().split("\n\n")
    broken = "\n\n".join([first, "Advertisement - continue reading below", *rest])
    (finding,) = findings(article(broken), article(HARBOUR, "harbour"))
    assert finding.category == Verdict.EXACT


def test_markup_and_page_are_left_out_together():
    body = "".join(f"<p>{part}</p>" for part in HARBOUR.strip().split("\n\n"))
    page = (
        "<ul><li>Share on Facebook</li><li>Share on Twitter</li></ul>"
        f"{body}<p>© 2031 The Harbour Courier</p>"
    )
    document = article(page, format=TextFormat.HTML)
    (finding,) = findings(document, article(HARBOUR, "harbour"))
    assert finding.category == Verdict.EXACT
    (evidence,) = finding.evidence
    assert document.text[evidence.start : evidence.end].startswith("The old ferry terminal")


def test_the_index_and_the_question_agree():
    bare, dressed = Reading(article(HARBOUR)), Reading(article(in_page(HARBOUR)))
    assert bare.fingerprint == dressed.fingerprint


def test_an_article_about_pages_keeps_its_story():
    about = (
        f"{NIGHT_BUS}\n\nThe form below the timetable asks passengers to leave a reply, and the "
        "sentence that an email address will not be published made many of them suspicious, the "
        f"company found.\n\n{ORCHARD}"
    )
    (finding,) = findings(article(about), article(about, "about"))
    assert finding.category == Verdict.EXACT
    assert finding.detail["words"] == len(Reading(article(about)).words) > 300


@pytest.mark.parametrize(
    "text",
    [
        "Leave a Reply\nYour email address will not be published. Required fields are marked *",
        "Share on Facebook\nShare on Twitter\n" * 50,
        ABOVE,
    ],
)
def test_a_text_of_which_nothing_is_left_is_not_assessed(text):
    assessment = DuplicateDetector().detect(
        article(text), Context(MemoryCorpus([article(text, "same"), article(HARBOUR, "other")]))
    )
    assert assessment.findings == ()
    assert assessment.notes == ("duplicate.note.too_short",)


def test_a_page_is_read_once_for_both_detectors(monkeypatch):
    read = []

    class Counted(Page):
        def __init__(self, *given):
            read.append(given)
            super().__init__(*given)

    monkeypatch.setattr(scraped, "Page", Counted)
    document = article(in_page(HARBOUR))
    context = Context(MemoryCorpus())
    DuplicateDetector().detect(document, context)
    before = scraped.ScrapedDetector().detect(document, context)
    assert len(read) == 1
    assert before == scraped.ScrapedDetector().detect(article(in_page(HARBOUR)), context)
    assert before.scores["page_chrome"] > 0


def test_the_time_limit_ends_the_masking():
    with pytest.raises(TimeLimitExceeded):
        story_of(article(in_page(HARBOUR)), Deadline(at=0.0))


@given(
    st.sampled_from([HARBOUR, CHOIR, LIBRARY]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([TextFormat.PLAIN, TextFormat.MARKDOWN]),
)
@settings(deadline=None, max_examples=12)
def test_no_page_hides_a_copy(story, above, below, text_format):
    text = ABOVE * above + story.strip() + BELOW * below
    (finding,) = findings(article(text, format=text_format), article(story, "source"))
    assert finding.category in {Verdict.EXACT, Verdict.NEAR}
    assert finding.band is Band.LIKELY
