from __future__ import annotations

from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.duplicate import boilerplate as module
from moderation.detectors.duplicate.boilerplate import boilerplate
from tests.duplicate.prose import CHOIR, HARBOUR, LIBRARY, ORCHARD


def paragraphs(*texts):
    return "\n\n".join(
        " ".join(part.split()) for text in texts for part in text.strip().split("\n\n")
    )


STORY = paragraphs(HARBOUR, CHOIR)


def recognised(text):
    return [text[start:end] for start, end in boilerplate(text)]


AROUND = {
    "forward-looking": (
        "This announcement contains forward-looking statements. Actual results may differ "
        "materially because of risks and uncertainties that we cannot foresee."
    ),
    "forward-looking, in other words": (
        "Words such as 'expect' mark forward looking information, which rests on current "
        "expectations; much of it lies beyond our control, and the company undertakes no "
        "obligation to update any of it."
    ),
    "forward-looking, German": (
        "Diese Mitteilung enthält zukunftsgerichtete Aussagen. Die tatsächlichen Ergebnisse "
        "können wesentlich abweichen."
    ),
    "investment": (
        "The content above is for informational purposes only and is not financial advice."
    ),
    "investment, in other words": (
        "Nothing here is an offer to sell any security. Past performance is no guarantee of "
        "future results."
    ),
    "investment, French": (
        "Ce texte est publié à titre informatif et ne constitue pas un conseil en investissement."
    ),
    "medical": (
        "Our health pages are no substitute for professional care. Always ask your doctor before "
        "you change a treatment."
    ),
    "medical, Spanish": "Este texto no sustituye el consejo médico; consulte a su médico.",
    "terms": (
        "Use of this site is subject to our terms of use and privacy policy. All rights reserved."
    ),
    "reprint": "This material may not be published, broadcast, rewritten or sent on.",
    "copyright": "© 2031 The Harbour Courier",
    "copyright in words": "Copyright 2031 by the Harbour Courier Company, Ltd.",
    "credit": "Reporting by Ines Falk; editing by Tom Rudd",
    "republication": "This article was first published by the Valley Reader under a free licence.",
    "author box": (
        "Ines Falk is a senior reporter for the Harbour Courier who covers ports and shipping. "
        "Follow her on Twitter @inesfalk."
    ),
    "author box, in other words": (
        "Tom Rudd writes about schools for the Valley Reader. He can be reached at the news desk."
    ),
    "author box, German": (
        "Jana Weil ist Redakteurin im Lokalteil und schreibt über Häfen und Schiffe."
    ),
    "author box, French": "Luc Morel est journaliste et couvre la vie des ports.",
    "author box, Spanish": "Eva Ruiz es periodista y cubre los puertos del norte.",
    "newsletter": "Sign up for our morning letter and get the day's stories in your inbox.",
    "membership": "If you value our reporting, become a member of the Courier today.",
    "appeal": (
        "Our journalism stays free because readers pay for it. Please consider a small gift."
    ),
    "appeal, in other words": "The Valley Reader depends on donations. Help us with five euros.",
    "app": "Get the Courier app to read the paper on the ferry, with or without a signal.",
    "corrections": "If you spot a mistake in this story, tell the news desk and we will mend it.",
    "affiliate links": "This review contains affiliate links, from which we may earn a little.",
    "disclosure": "Disclosure statement: The authors do not work for any port and own no ships.",
    "grant": "This series was made possible by a grant from the Varne Foundation.",
    "helpline": "If you or someone you know is struggling, call the night line at any hour.",
    "standards": "The Harbour Courier is a member of the regional press standards council.",
    "contact": "For more information, please contact the press office of the port.",
    "contact, German": "Rückfragen beantwortet die Pressestelle des Hafens.",
    "note": "Editor's note: an earlier version misspelled the name of the port.",
    "end mark": "###",
}


@pytest.mark.parametrize("block", AROUND.values(), ids=AROUND)
def test_a_paragraph_after_the_story_is_recognised_by_its_wording(block):
    assert recognised(f"{STORY}\n\n{block}") == [block]


@pytest.mark.parametrize("block", AROUND.values(), ids=AROUND)
def test_the_same_words_in_the_middle_of_a_story_are_part_of_it(block):
    assert recognised(f"{STORY}\n\n{block}\n\n{STORY}") == []


@pytest.mark.parametrize("block", AROUND.values(), ids=AROUND)
def test_the_same_words_inside_a_paragraph_of_the_story_are_part_of_it(block):
    ending = " ".join(LIBRARY.split())
    assert recognised(f"{STORY}\n\n{ending} {block} {ending}") == []


def test_a_company_presents_itself_below_its_name():
    block = (
        "About Northquay\n\n"
        "Northquay Ltd is a leading builder of cranes with headquarters in Varne.\n\n"
        "Media contact:\nIda Holm\n+44 1632 960 001\nida@northquay.example"
    )
    assert "\n".join(recognised(f"{STORY}\n\n{block}")) == block.replace("\n\n", "\n")


def test_a_company_presents_itself_after_a_colon():
    block = "About Northquay: Northquay, founded in 1921, operates forty cranes in nine ports."
    assert recognised(f"{STORY}\n\n{block}") == [block]


def test_a_heading_over_the_story_itself_opens_no_section():
    told = " ".join(LIBRARY.split())
    for heading in ("About the library", "Contact", "Legal notice", "Forward-looking statements"):
        assert recognised(f"{STORY}\n\n{heading}\n\n{told}") == []


def test_several_blocks_after_the_story_are_all_recognised():
    blocks = [AROUND["author box"], AROUND["newsletter"], AROUND["copyright"]]
    assert recognised("\n".join([STORY, *blocks])) == blocks


def test_paragraphs_may_be_wrapped():
    wrapped = (
        f"{HARBOUR}\n\nInes Falk is a senior reporter for the Harbour Courier who covers\nports."
    )
    (block,) = recognised(wrapped)
    assert block.startswith("Ines Falk")
    assert block.endswith("ports.")


@pytest.mark.parametrize(
    ("opening", "salutation"),
    [
        ("Mr. Speaker, honoured guests, my fellow citizens: the year", "citizens:"),
        ("Ladies and gentlemen, dear friends! When the bridge", "friends!"),
        ("Thank you. Madam President, members of the council: we", "council:"),
        ("Sehr geehrte Damen und Herren, liebe Gäste, vor einem Jahr", "Gäste,"),
        ("Mesdames et Messieurs, chers amis, il y a un an", "amis,"),
        ("Señor alcalde, queridos amigos, hace un año", "amigos,"),
    ],
)
def test_the_salutation_of_a_speech_is_no_part_of_it(opening, salutation):
    text = f"A speech in Varne\n\n{opening} {STORY}"
    (found,) = recognised(text)
    assert found.endswith(salutation)
    assert "A speech" not in found


def test_a_text_that_is_boilerplate_keeps_all_of_it():
    terms = "\n\n".join([AROUND["terms"], AROUND["reprint"], AROUND["copyright"]])
    assert recognised(terms) == []


ABOUT_DISCLAIMERS = f"""
Why every company's news ends in the same paragraph

A court in Varne has to decide whether forward-looking statements protect a company that knew
better. Its lawyers point to the sentence that actual results may differ materially.

{ORCHARD}

Readers skip such notices, the judge remarked, and whoever writes "past performance is no
guarantee of future results" under a brochure should not rely on anybody having read it. She will
announce her ruling in May, and the company has promised to publish it in full.
"""


def test_an_article_about_disclaimers_keeps_its_story():
    text = paragraphs(ABOUT_DISCLAIMERS)
    left = sum(end - start for start, end in boilerplate(text))
    assert left <= 0.2 * len(text)
    assert not any("Varne" in part for part in recognised(text))


@given(
    st.lists(
        st.sampled_from([*AROUND.values(), STORY, "", "About Northquay", "  ", "Contact", "“x”"]),
        max_size=12,
    ),
    st.sampled_from(["\n", "\n\n", " ", "\n \n"]),
)
def test_spans_are_ordered_disjoint_and_leave_a_story(parts, joint):
    text = joint.join(parts)
    spans = boilerplate(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    if spans:
        assert sum(end - start for start, end in spans) < len(text)


@given(
    st.lists(
        st.sampled_from(
            [
                *AROUND.values(),
                *STORY.split("\n\n"),
                "About Northquay",
                "Contact",
                "Read it",
                "Tags: a, b",
            ]
        ),
        max_size=14,
    ),
    st.sampled_from(["\n", "\n\n"]),
)
def test_the_first_look_at_the_end_of_a_text_overlooks_nothing(parts, joint):
    text = joint.join(parts)
    with mock.patch.object(module, "_may_be_taken", return_value=True):
        everything = boilerplate(text)
    assert boilerplate(text) == everything


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n" * 1_000_000,
        "word " * 1_000_000,
        "word\n" * 1_000_000,
        "about acme: acme is a \n" * 200_000,
        "mr. and " * 600_000,
        "media contact:\n" * 300_000,
        (f"{'a' * 80}\n" * 50_000),
        "copyright © 2031 " * 300_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_any_heap_of_words_is_read(text):
    assert len(boilerplate(text)) <= 200
