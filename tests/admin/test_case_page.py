"""The page of a case: the text as judged, and why it is here."""

from __future__ import annotations

import html as html_module
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from moderation.admin.findings import MOST_EVIDENCE
from moderation.admin.page import build_page
from moderation.admin.text import MOST_NUMBERS, PART_CHARS, text_view
from moderation.models import (
    Case,
    DetectorRun,
    Evidence,
    Finding,
    RunState,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.types import Span
from tests.admin.conftest import VIEW, add_evidence, finding_of, signed_in
from tests.site.models import Article, Comment

pytestmark = pytest.mark.django_db


def address(case: Case, name: str = "change") -> str:
    return reverse(f"admin:moderation_case_{name}", args=[case.pk])


def shown(client, case, query="") -> str:
    response = client.get(address(case) + query)
    assert response.status_code == 200
    return response.content.decode()


def judged(html: str) -> str:
    """Return the text box of the page, markup and all."""
    return re.search(r'id="text"[^>]*>(.*?)</div>', html, re.DOTALL)[1]


def readable(fragment: str) -> str:
    """Return what a reader sees of the text box, without the numbers."""
    without_numbers = re.sub(r"<sup>.*?</sup>", "", fragment)
    return html_module.unescape(re.sub(r"<[^>]*>", "", without_numbers))


def passages_of(html: str, side: str) -> dict[str, str]:
    """Return what is marked in a pane, by number."""
    pane = re.search(rf'data-pane="{side}".*?</h3>(.*?)\n  </div>', html, re.DOTALL)[1]
    return dict(re.findall(rf'<a [^>]*id="{side}-(\d+)".*?</a> (.*?)</mark>', pane))


def test_evidence_is_marked_numbered_and_explained(desk, comment_case):
    case = comment_case("You badword, you other badword.")
    html = shown(desk, case)
    box = judged(html)
    assert readable(box) == "You badword, you other badword."
    assert '<sup><a href="#evidence-1">1</a></sup>badword</mark>' in box
    assert '<span id="passage-2"></span>' in box
    assert '<li id="evidence-1">' in html
    assert '<a href="#passage-2">2</a>' in html
    assert "test.word" in html  # the words of an unknown detector's reason are its key
    assert "Score 0.90, flagged from 0.50. Detector: word 1." in html


def test_overlapping_evidence_is_cut_into_pieces_that_name_all_of_it(desk, comment_case):
    case = comment_case("0123456789 badword")
    add_evidence(case, (2, 8), (5, 10))
    box = judged(shown(desk, case))
    assert readable(box) == "0123456789 badword"
    pieces = re.findall(r"<mark>.*?<sup>(.*?)</sup>(.*?)</mark>", box)
    assert [(re.findall(r">(\d+)<", numbers), text) for numbers, text in pieces] == [
        (["1"], "234"),
        (["1", "2"], "567"),
        (["2"], "89"),
        (["3"], "badword"),
    ]


def test_many_overlapping_passages_do_not_bury_the_text():
    view = text_view("word " * 10, {n: Span(0, 50) for n in range(1, 31)}, 1)
    assert view.html.count("<a href") == MOST_NUMBERS
    assert "+26</sup>" in view.html
    assert view.html.count('id="passage-') == 30


def test_reasons_are_said_in_words_and_in_the_readers_language(desk, comment_case, monkeypatch):
    from moderation.detectors import explanations

    monkeypatch.setitem(explanations.MESSAGES, "test.word", "Said {times} times: {what}")
    case = comment_case()
    Evidence.objects.update(params={"times": 2, "what": "<b>bold</b>"})
    assert "Said 2 times: &lt;b&gt;bold&lt;/b&gt;" in shown(desk, case)
    known_to_django = "Database error"
    monkeypatch.setitem(explanations.MESSAGES, "test.word", known_to_django)
    with translation.override("de"):
        in_german = translation.gettext(known_to_django)
    assert in_german != known_to_django
    html = desk.get(address(case), headers={"accept-language": "de"}).content.decode()
    assert in_german in html


def test_html_is_shown_as_it_reads_with_the_evidence_in_place(desk, article_case):
    case = article_case(
        "<p>The <b>bad</b>word &amp; a badword.</p><script>alert('badword')</script><p>End.</p>"
    )
    html = shown(desk, case)
    assert readable(judged(html)) == "The badword & a badword.\n\nEnd."
    assert re.findall(r"</sup>(.*?)</mark>", judged(html)) == ["badword"]
    assert "(only in the markup)" in html  # the one in the script
    assert "Stored as HTML" in html
    assert address(case, "preview") in html


def test_the_preview_is_sanitised_and_sandboxed(desk, article_case, make_user):
    case = article_case("<p>A <b>badword</b></p><script>alert(1)</script><img src=x onerror=y>")
    response = desk.get(address(case, "preview"))
    body = response.content.decode()
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "<b>badword</b>" in body
    assert "script" not in body
    assert "onerror" not in body
    nobody = signed_in(make_user("nobody"))
    assert nobody.get(address(case, "preview")).status_code == 403


def test_the_preview_goes_through_the_sanitizer_of_the_settings(desk, article_case, settings):
    case = article_case("<p>badword</p>")
    settings.MODERATION = {"SANITIZER": f"{__name__}.Shouting"}
    assert "<P>BADWORD</P>" in desk.get(address(case, "preview")).content.decode()


class Shouting:
    def to_safe_html(self, html):
        return html.upper()


def test_markdown_and_plain_text_are_previewed_as_written(desk, comment_case):
    case = comment_case("# badword <script>alert(1)</script>")
    Snapshot.objects.filter(pk=case.snapshot_id).update(format="markdown", title="<b>Title")
    body = desk.get(address(case, "preview")).content.decode()
    assert "<pre># badword &lt;script&gt;alert(1)&lt;/script&gt;</pre>" in body
    assert "<title>&lt;b&gt;Title</title>" in body


HOSTILE = [
    "<script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}",
    "{% raw %}{% load x %}",
    "</textarea></div><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.org")',
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_payloads_are_shown_as_text_wherever_they_stand(desk, make_user, payload):
    from tests.admin.conftest import scan_all

    author = make_user("someone")
    author.username = payload[:40]
    author.save()
    article = Article.objects.create(headline=payload, body="<p>badword</p>", author=author)
    comment = Comment.objects.create(
        article=article, body=f"badword {payload}", author_name=payload
    )
    scan_all()
    escaped = html_module.escape(payload)
    for case in Case.objects.all():
        for html in (shown(desk, case), desk.get(address(case, "preview")).content.decode()):
            assert payload not in html or payload == escaped
        assert escaped in shown(desk, case)
    queue = desk.get(reverse("admin:moderation_case_changelist")).content.decode()
    assert queue.count(escaped) >= 3  # headline, passage, author
    assert payload not in queue or payload == escaped
    assert comment.body in readable(judged(shown(desk, _case_of(comment))))


def test_direction_controls_are_made_visible_and_kept_apart(desk):
    from tests.admin.conftest import scan_all

    hidden = "badword \u202egnp.exe\u2066 z" + "\u0335" * 30
    article = Article.objects.create(headline=f"T{hidden}", body=f"<p>{hidden}</p>")
    Comment.objects.create(article=article, body=hidden, author_name=f"N{hidden}")
    scan_all()
    pages = [shown(desk, case) for case in Case.objects.all()]
    pages.append(desk.get(reverse("admin:moderation_case_changelist")).content.decode())
    for html in pages:
        assert "\u202e" not in html
        assert "\u2066" not in html
        assert 'title="RIGHT-TO-LEFT OVERRIDE">U+202E</span>' in html
        assert "\u0335" * 6 not in html
    assert re.search(r"<bdi>N\w* <span", pages[-1])


def test_a_copy_stands_beside_its_source(desk, comment_case, article_case):
    original = article_case(
        "<p>It <i>began</i> with rain &amp; wind. badword</p>", headline="<i>First</i>"
    )
    case = comment_case("So it began with rain & wind, said the badword.")
    theirs = original.snapshot.text
    finding = Finding.objects.create(
        scan=finding_of(case).scan,
        detector="duplicate",
        kind="duplicate",
        category="partial",
        score=0.7,
        band="likely",
        mode="live",
        threshold=0.3,
        source=original.snapshot,
        detail={"coverage": 0.61, "source_coverage": 0.254},
    )
    Evidence.objects.create(
        finding=finding,
        start=3,
        end=28,
        source_start=theirs.index("It"),
        source_end=theirs.index("wind") + 4,
        explanation="duplicate.passage.verbatim",
        params={"words": 6},
    )
    html = shown(desk, case)
    assert passages_of(html, "ours") == {"1": "it began with rain &amp; wind"}
    assert passages_of(html, "theirs") == {"1": "It began with rain &amp; wind"}
    tones = re.findall(r'<mark class="moderation-tone (moderation-tone-\d)"', html)
    assert len(tones) == 3  # in the text and in both panes
    assert len(set(tones)) == 1
    assert "<bdi>&lt;i&gt;First&lt;/i&gt;</bdi>" in html
    assert "<dt>Share of this text</dt><dd>61%</dd>" in html
    assert "<dt>Share of the source</dt><dd>25%</dd>" in html
    assert "shared passages" in html


def test_the_source_may_be_gone(desk, comment_case):
    case = comment_case()
    Finding.objects.update(kind="duplicate", category="exact", source=None)
    assert "The matched text is no longer kept." in shown(desk, case)


def test_an_address_that_would_run_something_is_no_link(desk, comment_case):
    case = comment_case()
    Subject.objects.update(url="javascript:alert(1)")
    assert "javascript:" not in shown(desk, case)
    Subject.objects.filter(pk=case.subject_id).update(url="https://example.org/c/1")
    assert '<a href="https://example.org/c/1" rel="noopener noreferrer">' in shown(desk, case)


def test_what_was_not_scanned_is_said_and_why(desk, comment_case):
    case = comment_case("A badword, and explode.")
    html = shown(desk, case)
    assert "These detectors failed, so their part is missing:" in html
    assert "broken 1: RuntimeError (attempts: 1)" in html
    assert "A scan is under way." in html
    Scan.objects.update(scanned_chars=5, scores={"word": {"attack": 0.9}})
    Snapshot.objects.filter(pk=case.snapshot_id).update(length=5_000)
    DetectorRun.objects.filter(detector="word").update(notes=["framing.note.<i>"])
    html = shown(desk, case)
    assert "Only the first 5 of 5000 characters were scanned." in html
    assert "Only the first 23 of 5000 characters were kept." in html
    assert "word: framing.note.&lt;i&gt;" in html
    assert "<td>0.90</td>" in html


def test_an_empty_or_lost_scan_has_its_reason(desk, comment_case):
    case = comment_case()
    DetectorRun.objects.all().delete()
    Scan.objects.update(state=ScanState.SKIPPED, note="empty")
    assert "The text is empty." in shown(desk, case)
    Scan.objects.all().delete()
    assert "The text has not been scanned." in shown(desk, case)


def test_edited_deleted_and_lost_texts_are_announced(desk, comment_case):
    case = comment_case()
    Snapshot.objects.update(is_current=False)
    assert "The text was edited since." in shown(desk, case)
    Comment.objects.all().delete()
    assert "The site deleted it on" in shown(desk, case)
    Snapshot.objects.filter(pk=case.snapshot_id).delete()
    assert "The text is no longer kept." in shown(desk, case)


def test_the_author_and_their_other_cases(desk, colleague, comment_case, make_user):
    case = comment_case(author=colleague)
    comment_case("badword 2", author=colleague)
    comment_case("badword 3", author=colleague)
    guest = comment_case("badword 4")
    html = shown(desk, case)
    assert "<bdi>colleague</bdi>" in html
    assert "open: 2</a>" in html
    link = re.search(r'href="([^"]*subject__author_key[^"]*)"', html)[1]
    listed = desk.get(html_module.unescape(link)).content.decode()
    assert len(set(re.findall(r"/case/(\d+)/change/", listed))) == 3
    assert "/auth/user/" not in html
    admin = signed_in(make_user("admin", *VIEW, "view_user", "see_author_identity"))
    assert f"/auth/user/{colleague.pk}/change/" in shown(admin, case)
    assert "No account on this site." in shown(desk, guest)


def test_findings_on_trial_are_set_apart(desk, comment_case):
    case = comment_case()
    Finding.objects.update(mode="shadow")
    html = shown(desk, case)
    assert "<mark>" not in judged(html)
    assert "Recorded on trial, without effect on the case" in html


def test_a_long_text_comes_in_parts_and_its_evidence_all_at_once(desk, comment_case):
    body = "badword " + "x" * 79 + " " + ("lorem ipsum " * 9_000) + "badword at the end"
    case = comment_case(body)
    html = shown(desk, case)
    assert len(readable(judged(html))) == PART_CHARS
    assert f"characters 1 to {PART_CHARS}" in html.replace(",", "")
    assert f'href="{address(case)}?part=2#passage-2"' in html
    assert "ipsum <mark>badword</mark> at the end" in html
    second = shown(desk, case, "?part=2")
    assert readable(judged(shown(desk, case))) + readable(judged(second)) == body
    assert 'href="#passage-2"' in second
    for wrong in ("?part=99", "?part=0", "?part=x", "?part=-1", "?part=" + "9" * 99):
        assert desk.get(address(case) + wrong).status_code == 200


def test_a_huge_text_with_hundreds_of_passages_stays_small(desk, comment_case, settings):
    case = comment_case("badword " + "All the news that was fit. " * 37_000)
    add_evidence(case, *((at, at + 900) for at in range(100, 900_000, 1_800)))
    html = shown(desk, case)
    assert html.count('<li id="evidence-') == 501
    assert len(html) < 1_500_000


def test_more_passages_than_can_be_read_are_counted(desk, comment_case):
    case = comment_case("badword " * 3)
    finding = finding_of(case)
    Evidence.objects.bulk_create(
        Evidence(finding=finding, start=n, end=n + 1, explanation="x", weight=0.1)
        for n in range(MOST_EVIDENCE + 20)
    )
    html = shown(desk, case)
    assert "23 lighter passages are not listed." in html
    assert html.count('<li id="evidence-') == MOST_EVIDENCE


def test_evidence_beyond_the_text_does_no_harm(desk, comment_case):
    case = comment_case()
    add_evidence(case, (5_000, 6_000), (3, 2))
    assert readable(judged(shown(desk, case))) == "You are a badword."


def test_a_passage_says_what_the_score_would_be_without_it(desk, comment_case):
    case = comment_case()
    said = "Without this passage the score would be"
    assert said not in shown(desk, case)
    for stored, printed in ((12, f"{said} 0.12."), (0, f"{said} 0.00.")):
        Evidence.objects.update(params={"without": stored})
        assert printed in shown(desk, case)
    for odd in ("<b>", None, [1], True):
        Evidence.objects.update(params={"without": odd})
        assert said not in shown(desk, case)


def test_the_page_costs_the_same_whatever_was_found(desk, moderator, comment_case):
    case = comment_case()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            shown(desk, case)
        return len(captured)

    before = queries()
    finding = finding_of(case)
    for number in range(20):
        other = Finding.objects.create(
            scan=finding.scan,
            detector="word",
            kind="framing",
            category=f"c{number}",
            score=0.6,
            band="possible",
            mode="live",
            threshold=0.5,
        )
        Evidence.objects.create(finding=other, start=0, end=3, explanation="x")
    comment_case("badword 2")
    assert queries() == before
    assert before < 35


def test_only_the_newest_assessment_counts(moderator, comment_case):
    case = comment_case("A badword.")
    scan = finding_of(case).scan
    Scan.objects.filter(pk=scan.pk).update(state=ScanState.DONE)
    waiting = Scan.objects.create(snapshot=case.snapshot, due_at=scan.due_at)
    found = build_page(Case.objects.select_related("snapshot", "subject").get(), moderator)
    assert [view.finding.scan_id for view in found.findings] == [scan.pk]
    assert found.scan.scan == scan
    assert found.scan.waits
    DetectorRun.objects.create(
        scan=waiting, detector="word", version="2", state=RunState.DONE, finished_at=scan.due_at
    )
    found = build_page(Case.objects.select_related("snapshot", "subject").get(), moderator)
    assert found.scan.scan == waiting
    assert found.findings == []


def test_there_is_no_page_for_what_is_not_there(desk):
    for key in ("999", "abc", "9" * 40):
        assert desk.get(f"/admin/moderation/case/{key}/change/").status_code == 404


def _case_of(obj) -> Case:
    return Case.objects.get(subject__object_id=str(obj.pk), subject__kind="comment")
