"""The sources on the page of a case: whose they are, who copied whom, and who else did."""

from __future__ import annotations

import html as html_module
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.admin.sources import MOST_OTHERS, MOST_SOURCES
from moderation.models import (
    Case,
    CaseState,
    Evidence,
    Finding,
    ReferenceDocument,
    Scan,
    ScanState,
    Snapshot,
)
from moderation.text.storage import text_hash
from tests.admin.test_case_page import passages_of

pytestmark = pytest.mark.django_db

PROVENANCE = {
    "verdict": "copy",
    "reasons": [
        {
            "key": "duplicate.provenance.text_names_source",
            "params": {"name": "The <b>Harbour</b> Gazette"},
            "span": [4, 17],
        },
        {
            "key": "duplicate.provenance.source_claims",
            "params": {},
            "source_span": [0, 5],
        },
        {
            "key": "duplicate.provenance.younger",
            "params": {
                "ours_at": "2026-03-05T21:30:00+00:00",
                "source_at": "2026-03-01T08:00:00+00:00",
            },
        },
    ],
}


def address(case: Case) -> str:
    return reverse("admin:moderation_case_change", args=[case.pk])


def page(client, case: Case, language: str = "en") -> str:
    response = client.get(address(case), headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def readable(html: str) -> str:
    return html_module.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)))


def match(case: Case, **fields) -> Finding:
    return Finding.objects.create(
        **{
            "scan": finding_of_first(case).scan,
            "detector": "duplicate",
            "kind": "duplicate",
            "category": "partial",
            "score": 0.7,
            "band": "likely",
            "mode": "live",
            "threshold": 0.3,
            **fields,
        }
    )


def finding_of_first(case: Case) -> Finding:
    return Finding.objects.filter(scan__snapshot=case.snapshot).order_by("pk")[0]


def reference(number: int = 1, text: str = "It began with wind.", **fields) -> ReferenceDocument:
    return ReferenceDocument.objects.create(
        identity=text_hash(f"{number}"), text=text, text_hash=text_hash(text), length=len(text),
        **fields,
    )  # fmt: skip


def test_who_copied_whom_is_said_with_its_reasons(desk, comment_case, article_case, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    original = article_case("<p>Wind <i>and</i> badword</p>")
    case = comment_case("It: <says badword>")
    match(case, source=original.snapshot, detail={"provenance": PROVENANCE})
    html = page(desk, case)
    said = readable(html)
    assert "This text is the copy." in said
    assert "This text says that it comes from The <b>Harbour</b> Gazette" in said
    assert "<b>Harbour" not in html
    assert "The matched text (of March 1, 2026, 9 a.m.) is older" in said
    assert "than this text (of March 5, 2026, 10:30 p.m.)." in said
    lines = re.findall(r'<q class="moderation-quote">(.*?)</q>', html)
    assert lines == ["<bdi>&lt;says badword</bdi>", "<bdi>Wi</bdi>"]
    assert "1. März 2026 09:00" in readable(page(desk, case, "de"))


@pytest.mark.parametrize(
    "detail", [{}, {"provenance": None}, {"provenance": {"verdict": "new"}}, {"provenance": []}]
)
def test_a_finding_of_another_version_is_shown_without(desk, comment_case, article_case, detail):
    original = article_case("<p>Wind and badword</p>")
    case = comment_case()
    match(case, source=original.snapshot, detail=detail)
    html = page(desk, case)
    assert ("Who copied whom" in html) == ("verdict" in (detail.get("provenance") or {}))
    assert "Beside the matched text" in html


def test_a_reference_document_is_shown_with_whose_it_is(desk, comment_case):
    case = comment_case("So it began with wind, badword.")
    source = reference(
        title="<i>Wind</i>",
        url="https://wire.example.org/wind",
        publisher="Northern <b>Wire</b>",
        licence="CC BY 4.0",
        published_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
    )
    finding = match(case, reference=source, detail={"coverage": 0.5})
    Evidence.objects.create(
        finding=finding, start=6, end=21, source_start=3, source_end=18, explanation="x"
    )
    html = page(desk, case)
    assert 'href="https://wire.example.org/wind" rel="noopener noreferrer"' in html
    assert "<bdi>&lt;i&gt;Wind&lt;/i&gt;</bdi>" in html
    assert "<dt>Publisher</dt><dd><bdi>Northern &lt;b&gt;Wire&lt;/b&gt;</bdi></dd>" in html
    assert "<dt>Licence</dt><dd><bdi>CC BY 4.0</bdi></dd>" in html
    assert "March 1, 2026" in html
    for side in ("ours", "theirs"):
        assert list(passages_of(html, side).values()) == ["began with wind"]
    assert '<span class="moderation-chip">50% of this text</span>' in html
    assert "no longer kept" not in html


def test_an_address_of_a_reference_that_would_run_something_is_no_link(desk, comment_case):
    case = comment_case()
    match(case, reference=reference(url="javascript:alert(1)"))
    assert 'href="javascript' not in page(desk, case)


# Other copies


def test_the_other_copies_of_a_source_are_listed(desk, comment_case, article_case):
    original = article_case("<p>Wind and badword</p>", headline="The first")
    case = comment_case("Mine, badword.")
    match(case, source=original.snapshot)
    assert "has passages of this one" not in page(desk, case)
    others = [comment_case(f"Copy {number}, badword.") for number in range(MOST_OTHERS + 2)]
    for number, other in enumerate(others):
        Snapshot.objects.filter(pk=other.snapshot_id).update(title=f"<Copy {number}>")
        match(other, source=original.snapshot)
    Case.objects.filter(pk=others[-1].pk).update(state=CaseState.DECIDED)
    html = page(desk, case)
    assert f"{MOST_OTHERS + 2} other texts have passages of this one" in html
    listed = html[html.index("other texts have passages of this one") :]
    assert listed.count("<li") - listed[listed.index("</section>") :].count("<li") == 11
    assert "and 2 more" in listed
    assert f'<bdi>&lt;Copy {MOST_OTHERS + 1}&gt;</bdi> <span class="moderation-quiet">' in listed
    assert f'<a href="{address(others[-2])}"><bdi>&lt;Copy {MOST_OTHERS}&gt;</bdi></a>' in listed
    assert "&lt;Copy 1&gt;" not in listed


def test_an_earlier_text_of_the_source_is_the_same_source(desk, comment_case, article_case):
    original = article_case("<p>Wind and badword</p>")
    earlier = original.snapshot
    edited = Snapshot.objects.create(
        subject=original.subject, text="x", text_hash="x", length=1, is_current=False
    )
    case, other = comment_case("Mine, badword."), comment_case("Another badword.")
    match(case, source=edited)
    match(other, source=earlier)
    assert "1 other text has passages of this one" in page(desk, case)


def test_only_what_holds_now_is_counted(desk, comment_case, article_case):
    original = article_case("<p>Wind and badword</p>")
    case = comment_case("Mine, badword.")
    match(case, source=original.snapshot)
    edited, superseded, on_trial = (comment_case(f"Copy {n}, badword.") for n in range(3))
    for other in (edited, superseded, on_trial):
        match(other, source=original.snapshot)
    Snapshot.objects.filter(pk=edited.snapshot_id).update(is_current=False)
    Scan.objects.filter(snapshot=superseded.snapshot).update(state=ScanState.SUPERSEDED)
    Finding.objects.filter(scan__snapshot=on_trial.snapshot).update(mode="shadow")
    assert "passages of this one" not in page(desk, case)


def test_sources_cost_the_same_whatever_they_are(desk, comment_case, article_case):
    case = comment_case("Mine, badword.")
    original = article_case("<p>Wind and badword</p>")
    match(case, source=original.snapshot, detail={"provenance": PROVENANCE})
    match(case, reference=reference(0))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(desk, case)
        return len(captured)

    page(desk, case)
    before = queries()
    for number in range(1, MOST_SOURCES + 2):
        copied = reference(number)
        match(case, reference=copied)
        for each in range(3):
            other = comment_case(f"Copy {number} {each}, badword.")
            match(other, reference=copied)
            match(other, source=original.snapshot)
    assert queries() == before
    assert before < 35
