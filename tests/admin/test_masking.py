"""Slurs and threats are covered wherever the page of a case shows them, for who wants that."""

from __future__ import annotations

import pytest

from moderation.models import Evidence, Finding, ReferenceDocument, ScanState, Subject
from moderation.models.preferences import ModeratorPreference
from moderation.services.intake import request_scan
from tests.admin.conftest import finding_of, scan_all
from tests.admin.test_case_context import copy_of, dismiss
from tests.admin.test_case_page import shown
from tests.admin.test_repeats import case_of, paste
from tests.site.models import Comment

pytestmark = pytest.mark.django_db

VEIL = '<span class="moderation-veil" tabindex="0">'


def threaten(case) -> None:
    words = Finding.objects.filter(scan__snapshot=case.snapshot, detector="word")
    words.update(kind="framing", category="threat")


def pane(html: str, side: str) -> str:
    _before, _mark, rest = html.partition(f'data-pane="{side}"')
    return rest.partition("</section>")[0].partition("data-pane=")[0]


def test_the_neighbours_of_a_comment_are_covered(desk, moderator, comment_case):
    above = comment_case("badword above")
    before, case = comment_case("badword before"), comment_case("badword here")
    answer, mild = comment_case("badword answer"), comment_case("badword mild")
    Subject.objects.filter(pk__in=[before.subject_id, case.subject_id]).update(
        reply_to=above.subject
    )
    Subject.objects.filter(pk__in=[answer.subject_id, mild.subject_id]).update(
        reply_to=case.subject
    )
    html = shown(desk, case)
    assert VEIL not in html
    assert 'id="unmask"' not in html
    for hard in (above, before, answer):
        threaten(hard)
    html = shown(desk, case)
    for words in ("badword above", "badword before", "badword answer"):
        assert f"{VEIL}{words}</span>" in html
    assert html.count(VEIL) == 3  # neither the mild answer nor the comment itself
    assert 'id="unmask"' in html
    ModeratorPreference.objects.create(user=moderator, mask_offensive=False)
    html = shown(desk, case)
    assert VEIL not in html
    assert 'id="unmask"' not in html


def test_a_finding_on_trial_or_overtaken_covers_nothing(desk, comment_case):
    trial, overtaken = comment_case("badword trial"), comment_case("badword overtaken")
    case = comment_case("badword here")
    for each in (trial, overtaken):
        threaten(each)
    Finding.objects.filter(pk=finding_of(trial).pk).update(mode="shadow")
    finding_of(overtaken).scan.snapshot.scans.update(state=ScanState.SUPERSEDED)
    assert VEIL not in shown(desk, case)


def test_an_insult_is_covered_by_what_it_was_found_for(desk, comment_case):
    hard, case = comment_case("badword before"), comment_case("badword here")
    Evidence.objects.filter(finding=finding_of(hard)).update(explanation="framing.attack.insult")
    assert f"{VEIL}badword before</span>" in shown(desk, case)


def test_the_words_around_another_passage_are_covered(desk, comment_case):
    case = comment_case("One badword, then calm, badword two.")
    threaten(case)
    listed = shown(desk, case).split('id="evidence-heading"')[1].split("</section>")[0]
    assert f"<mark>{VEIL}badword</span></mark>{VEIL}, then calm, badword two.</span>" in listed
    assert f"{VEIL}One badword, then calm, </span><mark>{VEIL}badword</span></mark> two." in listed


def test_both_panes_of_a_copy_are_covered(desk, comment_case, article_case):
    original = article_case("<p>alpha BADWORD beta</p> and badword")
    case = comment_case("alpha badword  beta")
    copy_of(case, original, [(0, 19, 3, 21)])
    html = shown(desk, case)
    assert VEIL not in pane(html, "ours") + pane(html, "theirs")
    threaten(case)
    html = shown(desk, case)
    assert f"{VEIL}badword</span>" in pane(html, "ours")
    assert f"{VEIL}BADWORD</span>" in pane(html, "theirs")
    assert pane(html, "theirs").count(VEIL) == 1
    assert 'id="ours-1"' in html
    assert 'id="theirs-1"' in html


def test_what_was_worded_differently_is_covered_whole(desk, comment_case):
    reference = ReferenceDocument.objects.create(
        title="Wire", text="alpha baadword beta. More.", length=26
    )
    case = comment_case("alpha badword beta")
    finding = copy_of(case, case, [(0, 18, 0, 20)])
    Finding.objects.filter(pk=finding.pk).update(source=None, reference=reference)
    threaten(case)
    theirs = pane(shown(desk, case), "theirs")
    assert f"{VEIL}alpha baadword beta.</span>" in theirs
    assert f"{VEIL} More." not in theirs


def test_hard_words_of_the_source_alone_are_covered(desk, comment_case, article_case):
    original = article_case("alpha beta badword")
    threaten(original)
    case = comment_case("alpha beta and badword")
    copy_of(case, original, [(0, 10, 0, 10)])
    html = shown(desk, case)
    assert VEIL not in pane(html, "ours")
    assert f"{VEIL}badword</span>" in pane(html, "theirs")
    assert 'id="unmask"' in html


def test_very_many_hard_words_stay_bounded(desk, comment_case, article_case):
    original = article_case("badword " * 3_000)
    case = comment_case("badword " * 3_000)
    copy_of(case, original, [(0, 24_000, 0, 24_000)])
    threaten(case)
    threaten(original)
    words = Finding.objects.get(scan__snapshot=case.snapshot, detector="word")
    Evidence.objects.bulk_create(
        Evidence(finding=words, start=at, end=at + 7, explanation="test.word")
        for at in range(0, 8_000, 8)
    )
    html = shown(desk, case)
    assert html.count(VEIL) > 1_000
    assert len(html) < 3_000_000


def test_the_same_comment_elsewhere_is_covered(desk, settings):
    settings.MODERATION = {}
    pasted = [paste(number) for number in range(4)]
    case = case_of(pasted[-1])
    assert VEIL not in shown(desk, case)
    finding = Finding.objects.filter(scan__snapshot=case.snapshot).first()
    hard = Finding.objects.create(
        scan=finding.scan,
        detector="framing",
        kind="framing",
        category="threat",
        score=0.9,
        band="likely",
        mode="live",
        threshold=0.5,
    )
    Evidence.objects.create(finding=hard, start=0, end=7, explanation="framing.threat")
    listed = shown(desk, case).split("The same comment elsewhere")[1]
    assert f"{VEIL}I never believed" in listed


def test_a_change_that_took_hard_words_out_is_folded(desk, moderator, comment_case):
    case = comment_case("A badword.")
    threaten(case)
    dismiss(case, moderator)
    comment = Comment.objects.get(pk=case.subject.object_id)
    comment.body = "A badword, but milder."
    comment.save()
    request_scan(case.subject)
    scan_all()
    html = shown(desk, case)
    assert "Show the changes, with the hard words in them" in html
    ModeratorPreference.objects.create(user=moderator, mask_offensive=False)
    html = shown(desk, case)
    assert "Show the changes, with the hard words in them" not in html
