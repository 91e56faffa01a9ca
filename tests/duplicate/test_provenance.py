"""Who copied whom: the clues, how they are weighed, and that nobody can talk himself out of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.credits import CreditKind, credits_of
from moderation.detectors.duplicate.provenance import (
    Provenance,
    ProvenanceVerdict,
    Reason,
    provenance,
    with_provenance,
)
from moderation.detectors.explanations import MESSAGES, explain
from moderation.types import Band, Finding, Span, TextFormat
from tests.duplicate.prose import HARBOUR, article

ORIGINAL, COPY, SHARED, UNCLEAR = ProvenanceVerdict
HTML = TextFormat.HTML

STORY = "The ferry terminal will reopen.\n\nForty stalls are planned.\n\nWork begins in January."


def day(number: float) -> datetime:
    return datetime(2026, 3, 1, 9, 30, tzinfo=UTC) + timedelta(days=number)


def text(*lines: str, **fields):
    """A text with lines before it (those that end with a dash) or behind it."""
    before = [line for line in lines if line.endswith("-")]
    after = [line for line in lines if not line.endswith("-")]
    return article("\n\n".join([*(f"{line} {STORY}" for line in before or [""]), *after]), **fields)


def gazette(*lines: str, **fields):
    """The same story as a reference document of another publisher."""
    return text(
        *lines,
        **{
            "work": "reference:1",
            "publisher": "The Harbour Gazette",
            "url": "https://www.gazette.example.org/2026/old-terminal/",
            "title": "A Market for the Old Terminal",
            "first_seen": day(9),
            **fields,
        },
    )


def keys(found: Provenance) -> set[str]:
    return {reason.explanation.removeprefix("duplicate.provenance.") for reason in found.reasons}


def verdict(document, source) -> ProvenanceVerdict:
    return provenance(document, source).verdict


# Credits


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("This article was originally published on The Harbour Gazette.", "The Harbour Gazette"),
        ("This story first appeared in The Harbour Gazette on 3 June 2026.", "The Harbour Gazette"),
        ("(This post was published first by the Harbour Gazette.)", "the Harbour Gazette"),
        ("This piece is republished from Northern Wire under a licence", "Northern Wire"),
        ("Republished with permission from Northern Wire, Ltd.", "Northern Wire"),
        ("Reprinted with the kind permission of Northern Wire", "Northern Wire"),
        ("Originally posted at Northern Wire", "Northern Wire"),
        ("The post A Market for All appeared first on Northern Wire.", "Northern Wire"),
        ("Read the full story on Northern Wire.", "Northern Wire"),
        ("SOURCE: Northern Wire", "Northern Wire"),
        ("Original article: Northern Wire", "Northern Wire"),
        ("via Northern Wire", "Northern Wire"),
        ("The market opens in spring (via Northern Wire)", "Northern Wire"),
        ("Dieser Artikel erschien zuerst im Hafenblatt.", "Hafenblatt"),
        ("Dieser Beitrag wurde ursprünglich auf Hafenblatt veröffentlicht.", "Hafenblatt"),
        ("Der Beitrag Ein Markt am Hafen erschien zuerst auf Hafenblatt.", "Hafenblatt"),
        ("Mit freundlicher Genehmigung von Hafenblatt", "Hafenblatt"),
        ("Quelle: Hafenblatt", "Hafenblatt"),
        ("Cet article a été publié initialement sur Le Phare.", "Le Phare"),
        ("Cet article a d’abord été publié dans Le Phare", "Le Phare"),
        ("L’article Un marché est apparu en premier sur Le Phare.", "Le Phare"),
        ("Source : Le Phare", "Le Phare"),
        ("Este artículo fue publicado originalmente en El Faro.", "El Faro"),
        ("La entrada Un mercado se publicó primero en El Faro.", "El Faro"),
        ("Fuente: El Faro", "El Faro"),
    ],
)  # fmt: skip
def test_lines_that_name_an_origin_are_read(line, name):
    document = text(line)
    (credit,) = credits_of(document)
    assert (credit.kind, credit.name) == (CreditKind.ORIGIN, name)
    assert name in document.text[credit.span.start : credit.span.end]


@pytest.mark.parametrize(
    ("line", "agencies"),
    [
        ("LONDON (Reuters) -", {"Reuters"}),
        ("BERLIN, 3 June (dpa) –", {"dpa"}),
        ("Paris, 3 juin (AFP) —", {"Agence France-Presse"}),
        ("Madrid, 3 jun (EFE).-", {"Agencia EFE"}),
        ("WASHINGTON (AP/dpa) —", {"Associated Press", "dpa"}),
        ("NEW YORK, June 3, 2026 /PRNewswire/ -", {"PR Newswire"}),
        ("By Associated Press", {"Associated Press"}),
        ("By Jane Doe, Associated Press", {"Associated Press"}),
        ("Agence France-Presse", {"Agence France-Presse"}),
        ("(With inputs from PTI)", {"Press Trust of India"}),
        ("© 2026 Thomson Reuters. All rights reserved.", {"Reuters"}),
        ("Source: apnews.com", {"Associated Press"}),
    ],
)
def test_datelines_and_bylines_name_agencies(line, agencies):
    document = article(f"{line} {STORY}" if line[-1] in "-–—" else f"{line}\n\n{STORY}")
    assert {credit.agency for credit in credits_of(document)} == agencies


@pytest.mark.parametrize(
    "line",
    [
        "The theory, first published in Nature, was long disputed.",
        "A court ruled against Reuters",
        "The treasurer (a man of few words) said nothing.",
        "The source of the river is unknown.",
        "She works for the Associated Press.",
        "The report was released by the ministry on Monday.",
        "It opened (in 1998) - and closed again.",
        "Photos via the family",
    ],
)
def test_prose_is_no_credit(line):
    assert credits_of(text(line)) == ()


def test_quotations_and_code_are_no_credits():
    quoted = "<blockquote>This article first appeared in Northern Wire.</blockquote>"
    code = "<pre>Source: Northern Wire</pre>"
    assert credits_of(article(f"<p>{STORY}</p>{quoted}{code}", format=HTML)) == ()


def test_credits_are_read_at_both_ends_of_long_texts_and_lines():
    line = "This article first appeared in Northern Wire."
    paragraph = " ".join(HARBOUR.split())
    for body in (
        f"{paragraph} {line}",
        f"{line} {paragraph}",
        "\n\n".join([*[paragraph] * 40, line]),
        "\n\n".join([line, *[paragraph] * 40]),
    ):
        (credit,) = credits_of(article(body))
        assert credit.name == "Northern Wire"
    assert credits_of(article("\n\n".join([*[paragraph] * 40, line, *[paragraph] * 40]))) == ()


def test_addresses_come_from_links_and_from_the_head_of_a_page():
    page = article(
        '<link rel="canonical" href="https://wire.example.org/a">'
        '<meta content="https://wire.example.org/b?x=1&amp;y=2" property="og:url">'
        f"<p>{STORY}</p>"
        '<p>Originally published <a href="https://wire.example.org/c">here</a>, on a Monday.</p>',
        format=HTML,
    )
    note = article(
        f"{STORY}\n\n*Source: [the wire](https://wire.example.org/d)*", format="markdown"
    )
    assert [credit.addresses for credit in (*credits_of(page), *credits_of(note))] == [
        ("https://wire.example.org/a",),
        ("https://wire.example.org/b?x=1&y=2",),
        ("https://wire.example.org/c",),
        ("https://wire.example.org/d",),
    ]
    assert {credit.kind for credit in credits_of(page)} == {
        CreditKind.ADDRESS,
        CreditKind.ORIGIN,
    }


# Admissions


@pytest.mark.parametrize(
    "line",
    [
        "This article first appeared in The Harbour Gazette.",
        "Source: Harbour Gazette",
        "Originally published on gazette.example.org.",
        "Read the full story on https://www.gazette.example.org/2026/old-terminal",
        "© 2026 The Harbour Gazette. All rights reserved.",
        "First published as “A Market for the Old Terminal”.",
    ],
)
def test_a_text_that_names_the_other_as_its_origin_is_the_copy(line):
    found = provenance(text(line), gazette())
    assert found.verdict is COPY
    (reason,) = [each for each in found.reasons if "text_names_source" in each.explanation]
    assert reason.span is not None
    assert not reason.in_source
    assert set(reason.params.values()) <= {"The Harbour Gazette", "www.gazette.example.org"}


@pytest.mark.parametrize(
    "address",
    [
        "https://www.gazette.example.org/2026/old-terminal/",
        "https://gazette.example.org/2026/old-terminal?utm_source=feed",
        "//gazette.example.org/another-page",
    ],
)
def test_a_canonical_address_at_the_others_place_is_an_admission(address):
    page = article(f'<link rel="canonical" href="{address}"><p>{STORY}</p>', format=HTML)
    found = provenance(page, gazette())
    assert found.verdict is COPY
    assert "text_names_source.address" in keys(found)


def test_a_page_is_known_by_its_path_where_the_host_of_the_site_is_not():
    address = "https://news.example.com/2026/ferry-terminal/"
    page = article(f'<link rel="canonical" href="{address}"><p>{STORY}</p>', format=HTML)
    source = text(url="/2026/ferry-terminal/")
    assert verdict(page, source) is COPY
    assert verdict(source, page) is ORIGINAL
    own = article(page.text, format=HTML, url="/2026/ferry-terminal/")
    assert keys(provenance(own, text(url="/2026/another/"))) == set()


def test_a_text_on_the_same_site_is_not_named_by_the_site():
    site = {"url": "https://news.example.com/a/", "publisher": ""}
    other = {"url": "https://news.example.com/b/", "publisher": ""}
    line = "Originally published on news.example.com."
    assert verdict(text(line, **site), text(**other)) is UNCLEAR


def test_who_is_named_by_the_other_is_the_original():
    ours = text(url="https://news.example.com/terminal", first_seen=day(1))
    source = gazette("Republished with permission from news.example.com", published_at=day(2))
    found = provenance(ours, source)
    assert found.verdict is ORIGINAL
    assert "source_names_text" in keys(found)
    (named,) = [reason for reason in found.reasons if reason.span]
    assert named.in_source
    assert source.text[slice(*named.span)] == "Republished with permission from news.example.com"


def test_a_title_taken_from_the_others_source_line_does_not_help():
    """A text cannot have named one that came later."""
    source = text("Source: Minutes of the Harbour Council", first_seen=day(1))
    copier = text(title="Minutes of the Harbour Council", first_seen=day(5))
    assert verdict(copier, source) is UNCLEAR
    revised = text(
        title="Minutes of the Harbour Council",
        published_at=day(0),
        first_seen=day(5),
        revised=True,
    )
    assert verdict(revised, source) is UNCLEAR


def test_clues_that_contradict_each_other_leave_it_unclear():
    names_us = gazette("Source: news.example.com", published_at=day(2))
    ours = {"url": "https://news.example.com/terminal", "first_seen": day(1)}
    line = "Source: The Harbour Gazette"
    assert verdict(text(line, **ours), names_us) is UNCLEAR  # both admit it
    assert verdict(text(line, **ours), gazette(published_at=day(2))) is UNCLEAR  # ours is older
    assert verdict(text(line, **ours), gazette(published_at=day(0))) is COPY


# A third party


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("LONDON (Reuters) -", "Source: Thomson Reuters"),
        ("By Associated Press", "(With inputs from AP)"),
        ("Berlin (dpa) -", "Berlin, 3. Juni (dpa/AFP) -"),
        ("Source: Northern Wire", "This article first appeared in the Northern Wire."),
        ("Originally published on wire.example.net", "via https://wire.example.net/a/b"),
    ],
)
def test_two_texts_that_name_the_same_third_party_have_a_source_in_common(ours, theirs):
    site = {"url": "https://news.example.com/a/"}
    for dates in ((day(1), day(2)), (day(2), day(1))):
        document = text(ours, first_seen=dates[0], **site)
        source = gazette(theirs, published_at=dates[1])
        found = provenance(document, source)
        assert found.verdict is SHARED
        assert {"text_credits_too", "source_credits_too"} <= keys(found)
        spans = {reason.in_source: reason.span for reason in found.reasons if reason.span}
        assert set(spans) == {True, False}


def test_a_third_party_that_is_the_publisher_of_the_other_is_no_third_party():
    wire = gazette("LONDON (Reuters) -", publisher="Thomson Reuters", published_at=day(1))
    assert verdict(text("LONDON (Reuters) -", first_seen=day(2)), wire) is COPY


def test_naming_an_agency_alone_does_not_help_a_copier():
    source = text(first_seen=day(1))
    found = provenance(text("LONDON (Reuters) -", first_seen=day(2)), source)
    assert found.verdict is COPY
    assert "text_credits" in keys(found)


def test_the_copyright_line_of_a_site_is_no_common_source():
    line = "© 2026 News of the Harbour. All rights reserved."
    assert verdict(text(line, first_seen=day(2)), text(line, first_seen=day(1))) is COPY


def test_a_text_that_credits_somebody_else_is_not_taken_for_the_original():
    older = {"published_at": day(1), "first_seen": day(3)}
    younger = {"published_at": day(2), "first_seen": day(2)}
    assert verdict(text(**older), text(**younger)) is ORIGINAL
    assert verdict(text("Source: Northern Wire", **older), text(**younger)) is UNCLEAR


def test_pages_of_one_unknown_site_have_no_common_source():
    heads = [f'<link rel="canonical" href="https://news.example.com/{n}">' for n in ("a", "b")]
    first, second = (
        article(f"{head}<p>{STORY}</p>", format=HTML, first_seen=day(number))
        for number, head in enumerate(heads)
    )
    assert verdict(second, first) is COPY
    third = article(f"{heads[0]}<p>{STORY}</p>", format=HTML, first_seen=day(2))
    assert verdict(third, first) is SHARED


# Dates


def test_who_was_seen_first_is_the_original_where_nobody_says_more():
    first, second = text(first_seen=day(1)), text(first_seen=day(2))
    assert verdict(second, first) is COPY
    assert verdict(first, second) is ORIGINAL
    assert verdict(text(), text()) is UNCLEAR
    assert verdict(text(first_seen=day(1)), text()) is UNCLEAR


def test_dates_of_publication_outweigh_the_order_of_arrival():
    original = text(first_seen=day(9.5), published_at=day(1))
    copy = text(first_seen=day(9), published_at=day(2))
    found = provenance(original, copy)
    assert found.verdict is ORIGINAL
    assert found.came_first
    assert keys(found) == {"older", "known_later"}
    assert verdict(copy, original) is COPY
    params = found.reasons[0].params
    assert params == {"ours_at": day(1).isoformat(), "source_at": day(2).isoformat()}


def test_a_draft_that_was_here_before_the_other_came_out_is_older():
    draft = text(first_seen=day(1), published_at=day(7))
    assert verdict(text(first_seen=day(4), published_at=day(5)), draft) is COPY


def test_pasting_into_an_old_article_does_not_make_it_the_original():
    pasted = text(published_at=day(1), first_seen=day(9), revised=True)
    source = text(published_at=day(5), first_seen=day(5))
    found = provenance(pasted, source)
    assert found.verdict is UNCLEAR
    assert "disputed" in keys(found)


def test_an_original_that_was_edited_since_stays_the_original():
    edited_since = text(published_at=day(1), first_seen=day(9), revised=True)
    assert verdict(text(published_at=day(5), first_seen=day(5)), edited_since) is COPY
    without_date = text(first_seen=day(9), revised=True)
    assert verdict(text(first_seen=day(5)), without_date) is COPY


def test_when_a_reference_was_imported_says_nothing_of_its_age():
    ours = text(first_seen=day(1))
    assert verdict(ours, gazette(first_seen=day(5))) is UNCLEAR
    assert verdict(ours, gazette(first_seen=day(0))) is COPY
    assert verdict(ours, gazette(first_seen=day(5), published_at=day(2))) is ORIGINAL
    assert verdict(ours, gazette(first_seen=day(5), published_at=day(0))) is COPY


def test_a_date_without_a_time_says_only_the_day():
    midnight = datetime.combine(date(2026, 3, 5), datetime.min.time(), UTC)
    source = gazette(published_at=midnight, first_seen=day(9))
    morning, next_day = midnight + timedelta(hours=9), midnight + timedelta(days=1, hours=9)
    assert verdict(text(published_at=morning), source) is UNCLEAR
    assert verdict(text(published_at=next_day), source) is COPY
    assert verdict(text(published_at=midnight - timedelta(days=1)), source) is ORIGINAL


def test_two_articles_of_one_day_are_told_apart_by_their_arrival():
    midnight = datetime.combine(date(2026, 3, 5), datetime.min.time(), UTC)
    first = text(published_at=midnight, first_seen=midnight + timedelta(hours=8))
    second = text(published_at=midnight, first_seen=midnight + timedelta(hours=11))
    assert verdict(second, first) is COPY
    assert verdict(first, second) is ORIGINAL


def test_which_of_two_saves_at_once_came_first_is_not_held_against_either():
    first = text(first_seen=day(1))
    second = text(first_seen=day(1) + timedelta(seconds=2))
    assert verdict(first, second) is UNCLEAR
    assert verdict(second, first) is COPY


def test_dates_without_a_zone_do_no_harm():
    naive = day(1).replace(tzinfo=None)
    assert verdict(text(first_seen=day(2)), text(first_seen=naive)) is COPY


# What a text says in its own favour


@pytest.mark.parametrize(
    "line",
    [
        "This article was originally published here.",
        "First published on this site.",
        "Originally published on news.example.com.",
        "© 2026 News. All rights reserved.",
        "The Harbour Gazette took this from us.",
    ],
)
def test_a_claim_in_its_own_favour_does_not_help_a_copier(line):
    source = gazette(published_at=day(1))
    ours = {"url": "https://news.example.com/terminal"}
    assert verdict(text(line, first_seen=day(5), **ours), source) is COPY
    assert verdict(text(line, **ours), gazette(first_seen=None)) is UNCLEAR


def test_a_claim_is_shown_for_what_it_is():
    found = provenance(text("This article was first published here."), gazette())
    assert keys(found) == {"text_claims"}
    found = provenance(text(), gazette("This article first appeared in The Harbour Gazette."))
    assert keys(found) == {"source_claims"}


lines = st.sampled_from(
    [
        "",
        "First published here.",
        "Source: Northern Wire",
        "Source: news.example.com",
        "Source: The Harbour Gazette",
        "Source: A Market for the Old Terminal",
        "By Associated Press",
        "LONDON (Reuters) -",
    ]
)
moments = st.none() | st.integers(0, 4).map(day) | st.sampled_from([day(1.001), day(-0.395833)])
hosts = st.sampled_from(["", "/a/b/c/d/e/", "https://news.example.com/a", "https://x.example.net/"])


@st.composite
def texts(draw, *, outside: bool | None = None):
    fields = {
        "first_seen": draw(moments),
        "published_at": draw(moments),
        "revised": draw(st.booleans()),
        "url": draw(hosts),
        "title": draw(st.sampled_from(["", "A Market for the Old Terminal"])),
    }
    if draw(st.booleans()) if outside is None else outside:
        fields |= {"work": "reference:7", "publisher": "The Harbour Gazette"}
    return text(draw(lines), **fields)


@given(texts(outside=False), texts(outside=False))
def test_two_texts_never_copied_each_other(one, other):
    if verdict(one, other) is ORIGINAL:
        assert verdict(other, one) is COPY


@given(texts(outside=False), texts())
def test_nothing_a_text_says_makes_it_the_original(document, source):
    """Of all that a copier writes into a text, nothing turns a copy into an original."""
    silent = article(STORY, first_seen=document.first_seen, published_at=document.published_at,
                     revised=document.revised, url=document.url, title=document.title)  # fmt: skip
    if verdict(document, source) is ORIGINAL:
        assert verdict(silent, source) is ORIGINAL


@given(st.lists(texts(outside=False), min_size=2, max_size=5))
def test_who_came_first_has_no_circles(documents):
    """Texts are put in another order by it: that must come to an end."""
    before = {
        (one, other)
        for one, other in product(range(len(documents)), repeat=2)
        if one != other and provenance(documents[one], documents[other]).came_first
    }
    left = set(range(len(documents)))
    while left:
        free = {n for n in left if not any((m, n) in before for m in left)}
        assert free, "a circle"
        left -= free


# Reasons


@given(texts(), texts())
def test_every_reason_can_be_said_and_quotes_nothing(document, source):
    for reason in provenance(document, source).reasons:
        assert reason.explanation in MESSAGES
        said = explain(reason.explanation, reason.params)
        assert "{" not in said
        for end in (document, source):
            assert STORY[:30] not in str(reason.as_json())
            if reason.span and reason.in_source == (end is source):
                assert 0 <= reason.span.start < reason.span.end <= len(end.text)


def test_a_finding_is_told_where_it_stands():
    finding = Finding("duplicate", "near", 0.9, Band.LIKELY, 0.3, detail={"verdict": "near"})
    reason = Reason("duplicate.provenance.text_credits", {"name": "Reuters"}, Span(2, 9))
    other = Reason("duplicate.provenance.source_claims", {}, Span(0, 4), in_source=True)
    told = with_provenance(finding, Provenance(COPY, (reason, other)))
    assert told.band is Band.LIKELY
    assert told.detail == {
        "verdict": "near",
        "provenance": {
            "verdict": "copy",
            "reasons": [
                {"key": reason.explanation, "params": {"name": "Reuters"}, "span": [2, 9]},
                {"key": other.explanation, "params": {}, "source_span": [0, 4]},
            ],
        },
    }
    (evidence,) = told.evidence
    assert (evidence.start, evidence.end, evidence.source_start) == (2, 9, None)


@pytest.mark.parametrize("band", Band)
def test_of_a_shared_source_less_is_sure(band):
    finding = Finding("duplicate", "near", 0.9, band, 0.3)
    shared = with_provenance(finding, Provenance(SHARED))
    assert shared.band is min(band, Band.POSSIBLE, key=lambda each: each.rank)


# Bad input


@pytest.mark.parametrize(
    "body",
    [
        "",
        " " * 1_000_000,
        "\n" * 1_000_000,
        "this article " * 100_000,
        "(c) " * 300_000,
        "Source: x\n" * 100_000,
        "the post " * 100_000,
        "a.b." * 200_000,
        "LONDON (" * 100_000,
        "<link " * 100_000,
        "<link " + "a" * 1_000_000,
        "<link rel=canonical href=//[x]/>" * 3,
        "Source: http://[x/",
        "(Reuters) - " * 50_000,
    ],
)
@pytest.mark.parametrize("text_format", [TextFormat.PLAIN, HTML])
def test_any_text_is_answered(body, text_format):
    document = article(body, format=text_format, url="http://[x", title="\0" * 50)
    found = provenance(document, document)
    assert found.verdict in (UNCLEAR, SHARED)
    assert len(found.reasons) <= 12


@given(st.text(), st.sampled_from(TextFormat), st.text(), st.text())
def test_spans_stay_in_the_text(body, text_format, url, name):
    document = article(
        f"{body}\nSource: {name}\n{body}", format=text_format, url=url, publisher=name
    )
    for credit in credits_of(document):
        assert 0 <= credit.span.start <= credit.span.end <= len(document.text)


# In the detector


def detect(document, *sources):
    return DuplicateDetector().detect(document, Context(MemoryCorpus(sources)))


def test_an_article_that_others_copied_is_not_flagged():
    older = article(HARBOUR, "ours", first_seen=day(5), published_at=day(1))
    copies = [
        article(HARBOUR, f"copy {number}", first_seen=day(4), published_at=day(number))
        for number in (2, 3)
    ]
    source = article(HARBOUR, "source", first_seen=day(0))
    assessment = detect(older, *copies)
    assert assessment.findings == ()
    assert assessment.notes == ("duplicate.note.original",)
    assert set(assessment.scores.values()) == {0.0}
    assert set(assessment.copies) == {"copy 2", "copy 3"}
    (found,) = detect(older, *copies, source).findings
    assert found.source == "source"


def test_a_match_says_who_copied_whom():
    body = f"{HARBOUR}\n\nSource: The Harbour Gazette"
    source = article(HARBOUR, "source", publisher="The Harbour Gazette", published_at=day(1))
    document = article(body, "ours", first_seen=day(2))
    (found,) = detect(document, source).findings
    assert found.band is Band.LIKELY
    assert found.detail["provenance"]["verdict"] == "copy"
    lines = [document.text[each.start : each.end] for each in found.evidence]
    assert lines[-1] == "Source: The Harbour Gazette"
    assert found.evidence[-1].weight < found.evidence[0].weight


def test_what_both_have_from_an_agency_is_possible_at_most():
    first, second = (
        article(f"HARBOUR (Reuters) - {HARBOUR.strip()}", key, first_seen=day(number))
        for number, key in enumerate(("source", "ours"))
    )
    (found,) = detect(second, first).findings
    assert (found.category, found.band) == ("exact", Band.POSSIBLE)
    assert found.score == 1.0
