"""What a moderator knows when they decide: the thread, the author, the past, the colleagues."""

from __future__ import annotations

import html as html_module
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.admin import thread
from moderation.admin.changes import MOST_BLOCKS, MOST_PARAGRAPHS, compare
from moderation.admin.timeline import PAGE_ENTRIES
from moderation.models import (
    Case,
    CaseNote,
    CaseState,
    Decision,
    Event,
    Evidence,
    Finding,
    Outcome,
    Policy,
    Scan,
    Snapshot,
    Subject,
)
from moderation.models.preferences import ModeratorPreference
from moderation.services import cases, decisions, notes
from moderation.services.intake import request_scan
from tests.admin.conftest import OVERRIDE, VIEW, add_evidence, scan_all, signed_in
from tests.admin.test_case_page import address, judged, passages_of, readable, shown
from tests.admin.test_deciding import fresh, messages_of, send
from tests.site.models import Article, Comment

pytestmark = pytest.mark.django_db


def add_setting(settings, **values):
    settings.MODERATION = {**settings.MODERATION, **values}


def dismiss(case, user, outcome="dismiss_allowed", **fields) -> Decision:
    return decisions.decide(
        case.pk, outcome=outcome, actor=user, version=fresh(case).version, **fields
    )


def box(html: str, heading: str) -> str:
    """Return the section with a heading, as it reads; empty when there is none."""
    for section in re.findall(r"<section.*?</section>", html, re.DOTALL):
        if f">{heading}" in section:
            return re.sub(r"\s+", " ", html_module.unescape(re.sub(r"<[^>]*>", " ", section)))
    return ""


# The thread


def test_a_comment_stands_in_its_thread(desk, comment_case):
    first = comment_case("badword, and it began here.", author_name="Ann")
    middle = comment_case("badword, the second.", author_name="Ben")
    comment_case("badword, the third <b>.", author_name="Cem")
    reply = comment_case("badword, an answer.", author_name="Dee")
    Subject.objects.filter(pk=middle.subject_id).update(reply_to=first.subject)
    Subject.objects.filter(pk=reply.subject_id).update(reply_to=middle.subject)
    html = shown(desk, middle)
    before = box(html, "What it was written under")
    assert "Parent" in before  # the headline of the article
    assert "The bridge was repaired." in before
    assert "Ann" in before
    assert "it began here" in before
    assert "an answer" not in before
    assert "an answer" in box(html, "What followed")
    assert f'href="{address(reply)}"' in html
    beside = shown(desk, first)
    assert "the third <b>." in box(beside, "What followed")
    assert "the second." in box(beside, "What followed")  # it answers this one
    assert "third <b>" not in beside


def test_a_thread_is_bounded_and_a_circle_ends(desk, comment_case):
    made = [comment_case(f"badword number {n}") for n in range(12)]
    for a, b in pairwise(made):
        Subject.objects.filter(pk=b.subject_id).update(reply_to=a.subject)
    html = shown(desk, made[-1])
    answers = box(html, "What it was written under")
    assert [f"number {n}" in answers for n in (7, 8, 9, 10)] == [False, True, True, True]
    Subject.objects.filter(pk=made[0].subject_id).update(reply_to=made[1].subject)
    assert "number 1" in box(shown(desk, made[0]), "What it was written under")
    comments = Subject.objects.filter(kind="comment").exclude(pk=made[0].subject_id)
    comments.update(reply_to=made[0].subject)
    followed = box(shown(desk, made[0]), "What followed")
    assert followed.count("number") == thread.MOST_REPLIES


def test_an_article_has_no_thread_and_a_lost_parent_does_no_harm(desk, article_case, comment_case):
    assert "What it was written under" not in shown(desk, article_case("<p>badword</p>"))
    case = comment_case()
    Subject.objects.filter(pk=case.subject_id).update(parent=None)
    assert "What it was written under" not in shown(desk, case)


# The author


def test_the_history_of_an_author_is_told(desk, moderator, colleague, policy, comment_case):
    case = comment_case(author=colleague)
    hidden, dismissed, undone, old = (
        comment_case(f"badword {n}", author=colleague) for n in range(4)
    )
    dismiss(hidden, moderator, "hide", policies=[policy])
    dismiss(dismissed, moderator)
    decisions.undo(dismiss(undone, moderator, "hide", policies=[policy]).pk, actor=moderator)
    past = dismiss(old, moderator, "dismiss_false_positive")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE moderation_decision SET created_at = %s WHERE id = %s",
            [timezone.now() - timedelta(days=40), past.pk],
        )
    told = box(shown(desk, case), "Author")
    assert "5 texts" in told
    assert "hide: 1" in told
    assert "dismiss: rightly found, but allowed: 1" in told
    assert "wrongly flagged: 1" not in told  # more than 30 days ago
    assert f"#{old.pk}" in told  # among the latest ones, all the same
    assert f"#{undone.pk}" not in told


def test_who_wrote_it_is_for_those_who_may_know(make_user, colleague, comment_case):
    colleague.username = "Xanthippe"
    colleague.save()
    case = comment_case(author=colleague, author_name="Xanthippe")
    comment_case("badword too", author=colleague, author_name="Xanthippe")
    Subject.objects.update(label="Xanthippe: You are")
    blind = make_user("blind", *VIEW, "decide_case", "view_user")
    html = shown(signed_in(blind), case)
    assert "Xanthippe" not in html
    assert "without knowing who wrote it" in html
    assert "subject__author_key" not in html
    blind.user_permissions.add(Permission.objects.get(codename="see_author_identity"))
    assert "Xanthippe" in shown(signed_in(blind), case)


# What was changed


def test_what_was_changed_since_the_decision_is_shown(desk, moderator, comment_case):
    case = comment_case("badword one.\nSame line.\nThe <i>old</i> end.")
    assert "Changed since" not in shown(desk, case)
    dismiss(case, moderator)
    comment = Comment._base_manager.get()
    comment.body = "badword two.\nSame line.\nThe <i>new</i> end.\nAnd more, at length."
    comment.save()
    request_scan(case.subject)
    scan_all()
    assert fresh(case).state == CaseState.OPEN
    html = shown(desk, case)
    assert "dismiss: rightly found, but allowed," in box(html, "Changed since")
    assert re.findall(r"<del>(.*?)</del>", html) == [" one.", " &lt;i&gt;old&lt;/i&gt;"]
    assert re.findall(r"<ins>(.*?)</ins>", html) == [
        " two.",
        " &lt;i&gt;new&lt;/i&gt;",
        "And more, at length.",
    ]
    assert "1 paragraph stayed as it was" in html


def test_a_decision_that_was_taken_back_is_not_compared_with(desk, moderator, comment_case):
    case = comment_case("badword one.")
    decisions.undo(dismiss(case, moderator).pk, actor=moderator)
    Comment._base_manager.update(body="x")
    Snapshot.objects.create(
        subject=case.subject, text="badword two", text_hash="y", length=11, is_current=False
    )
    Case.objects.update(snapshot=Snapshot.objects.latest("pk"))
    assert "Changed since" not in shown(desk, case)


def test_comparing_is_bounded():
    assert compare("a\nb", "a\nb")[0].same == 2
    assert compare("", "") == []
    assert [block.kind for block in compare("a\nb\nc", "a\nc")] == ["same", "removed", "same"]
    long = "\n".join(f"line {n}" for n in range(MOST_PARAGRAPHS + 1))
    assert compare(long, long.replace("line", "row")) is None
    assert len(compare(long, f"{long}\nmore")) == 2  # only the end differs
    before = "\n".join(f"a{n} " + "x y " * 140 for n in range(MOST_PARAGRAPHS))
    blocks = compare(before, before.replace("x y", "y x"))
    assert len(blocks) == MOST_PARAGRAPHS
    assert sum(bool(block.html) for block in blocks) <= MOST_BLOCKS


# Policies, notes, the history


def test_the_words_of_a_policy_stand_beside_the_decision(desk, policy, comment_case):
    Policy.objects.update(public_text="No <script> here.\nNone.")
    html = shown(desk, comment_case())
    assert "No &lt;script&gt; here.<br>None." in html


def test_notes_are_added_and_told_in_the_history(desk, comment_case):
    case = comment_case()
    sent = desk.post(address(case, "note"), {"text": "Ask <Ann>\nabout it"}, follow=True)
    assert "The note was added." in messages_of(sent)
    assert "Ask &lt;Ann&gt;\nabout it" in sent.content.decode()
    refused = desk.post(address(case, "note"), {"text": "x" * 10_001})
    assert refused.status_code == 400
    assert "x" * 10_001 in refused.content.decode()  # nothing typed is lost
    assert desk.post(address(case, "note"), {"text": " "}).status_code == 400
    assert CaseNote.objects.count() == 1
    assert desk.get(address(case, "note")).url == address(case)


def test_notes_are_not_for_onlookers(make_user, comment_case):
    case = comment_case()
    viewer = signed_in(make_user("viewer", *VIEW))
    assert viewer.post(address(case, "note"), {"text": "hm"}).status_code == 403
    assert f'action="{address(case, "note")}"' not in shown(viewer, case)


def test_a_long_history_comes_in_pages(desk, moderator, comment_case):
    case = comment_case()
    for number in range(PAGE_ENTRIES + 5):
        notes.add(case.pk, user=moderator, text=f"note <{number}>")
    first, second = shown(desk, case), shown(desk, case, "?history=2")
    pattern = r"note &lt;(\d+)&gt;"
    numbers = [*re.findall(pattern, first), *re.findall(pattern, second)]
    assert numbers == [str(n) for n in range(PAGE_ENTRIES + 4, -1, -1)]
    assert "Case opened" in second
    assert "Scan of the text: done" in second
    assert 'history=2#timeline">Older' in first
    assert 'history=1#timeline">Newer' in second
    assert "Older</a>" not in second
    for wrong in ("0", "-1", "x", "9" * 30, "500"):
        assert desk.get(f"{address(case)}?history={wrong}").status_code == 200


# Deciding together


def test_a_decision_can_be_undone_from_its_message(desk, comment_case):
    first, second = comment_case("badword 1"), comment_case("badword 2")
    sent = desk.post(
        address(first, "decide"),
        {"version": first.version, "outcome": "dismiss_allowed", "_next": "1"},
        follow=True,
    )
    assert sent.redirect_chain[-1][0] == address(second)
    message = messages_of(sent)
    undo = re.search(r'action="([^"]*/undo/\d+/)"', message)[1]
    assert f"Undo (case {first.pk})" in message
    assert 'data-key="u"' in message
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', message)[1]
    back = desk.post(undo, {"csrfmiddlewaretoken": token}, follow=True)
    assert back.redirect_chain[-1][0] == address(first)
    assert fresh(first).state == CaseState.OPEN


def test_a_colleagues_decision_is_shown_and_what_was_typed_is_greyed(
    desk, colleague, policy, comment_case
):
    case = comment_case()
    dismiss(case, colleague)
    late = send(desk, case, "decide", outcome="hide", cited=policy.pk, internal_note="Mine <b>")
    html = late.content.decode()
    assert late.status_code == 409
    assert "colleague decided: dismiss: rightly found, but allowed" in html
    greyed = re.search(
        r'<fieldset class="moderation-stale" disabled>(.*?)</section>', html, re.DOTALL
    )
    assert "Mine &lt;b&gt;</textarea>" in greyed[1]
    assert f'action="{address(case, "decide")}"' not in html


def test_a_proposal_is_visible_and_confirmed_with_the_form_as_it_is(
    desk, colleague, policy, comment_case, settings
):
    add_setting(settings, FOUR_EYES=[policy.code])
    case = comment_case()
    proposed = send(desk, case, "decide", outcome="remove", cited=policy.pk)
    assert proposed.url == address(case)
    html = desk.get(address(case)).content.decode()
    assert "Proposed: remove. A second person has to confirm it." in messages_of_text(html)
    assert "open, waits for a second person" in html
    assert "It waits for a colleague." in html
    assert "Take this decision back" in html
    own = send(desk, fresh(case), "decide", outcome="remove", cited=policy.pk)
    assert own.status_code == 403

    other = signed_in(colleague)
    html = shown(other, case)
    assert "mod proposes: remove." in html
    assert re.search(r'value="remove"[^>]*checked', html)
    assert re.search(rf'name="cited" value="{policy.pk}"[^>]*checked', html)
    assert send(other, fresh(case), "decide", outcome="remove", cited=policy.pk).status_code == 302
    assert fresh(case).state == CaseState.DECIDED
    assert not Comment._base_manager.get().is_public
    assert Decision.objects.first().outcome == Outcome.REMOVE


def messages_of_text(html: str) -> str:
    return re.search(r'<ul class="messagelist">(.*?)</ul>', html, re.DOTALL)[1]


def test_ones_own_proposal_is_passed_over(desk, policy, comment_case, settings):
    add_setting(settings, FOUR_EYES=[policy.code])
    first, second, third = (comment_case(f"badword {n}") for n in range(3))
    send(desk, second, "decide", outcome="hide", cited=policy.pk)
    assert desk.get(address(first, "next")).url == address(third)
    assert desk.get(address(first, "previous")).url == address(third)
    assert desk.get(address(third, "previous")).url == address(first)


def test_a_case_is_handed_over(make_user, colleague, moderator, comment_case):
    case = comment_case()
    chief = signed_in(make_user("chief", *OVERRIDE))
    assert f'action="{address(case, "assign")}"' in shown(chief, case)
    assert send(chief, case, "assign", colleague="colleague").status_code == 302
    assert fresh(case).claimed_by == colleague
    wrong = send(chief, fresh(case), "assign", colleague="nobody <b>")
    assert wrong.status_code == 400
    assert "There is no account of that name." in messages_of(wrong)
    plain = signed_in(moderator)
    assert f'action="{address(case, "assign")}"' not in shown(plain, case)
    assert send(plain, fresh(case), "assign", colleague="mod").status_code == 403


@pytest.mark.parametrize("mode", ["off", "optional", "required"])
def test_opening_claims_where_the_site_wants_it(desk, moderator, comment_case, settings, mode):
    add_setting(settings, CLAIM_ON_OPEN=mode)
    case = comment_case()
    desk.head(address(case))
    desk.get(address(case), headers={"sec-purpose": "prefetch;prerender"})
    assert fresh(case).claimed_by is None
    html = shown(desk, case)
    held = fresh(case)
    assert held.claimed_by == (None if mode == "off" else moderator)
    assert f'name="version" value="{held.version}"' in html
    shown(desk, case)
    assert fresh(case).version == held.version
    sent = send(desk, held, "decide", outcome="dismiss_allowed")
    assert sent.status_code == 302


def test_without_the_claim_that_is_required_nothing_is_decided(desk, comment_case, settings):
    add_setting(settings, CLAIM_ON_OPEN="required")
    case = comment_case()
    refused = send(desk, case, "decide", outcome="dismiss_allowed", internal_note="Keep me")
    assert refused.status_code == 400
    assert "Claim the case before you decide it." in messages_of(refused)
    assert "Keep me</textarea>" in refused.content.decode()


# Wellness


def test_slurs_and_threats_are_covered_unless_one_wants_to_see_them(desk, moderator, comment_case):
    case = comment_case("A badword, and another badword.")
    assert "moderation-veil" not in shown(desk, case)
    Finding.objects.update(kind="framing", category="threat")
    html = shown(desk, case)
    veil = '<span class="moderation-veil" tabindex="0">badword</span>'
    assert html.count(veil) == 4  # in the text, and in the list of evidence
    assert readable(judged(html)) == "A badword, and another badword."
    assert 'id="unmask"' in html
    ModeratorPreference.objects.create(user=moderator, mask_offensive=False)
    html = shown(desk, case)
    assert "moderation-veil" not in html
    assert 'id="unmask"' not in html


def test_severe_cases_are_counted_and_a_break_is_suggested(
    desk, moderator, colleague, comment_case, settings
):
    add_setting(settings, BREAK_AFTER=2, SEVERE_FROM=50)
    done = [comment_case(f"badword {n}") for n in range(4)]
    Case.objects.update(severity=80)
    Case.objects.filter(pk=done[3].pk).update(severity=10)
    dismiss(done[0], moderator)
    dismiss(done[3], moderator)
    dismiss(done[2], colleague)
    case = comment_case("badword last")
    html = shown(desk, case)
    assert "1 severe case decided by you in the last 8 hours." in html
    assert "A break would do you good." not in html
    dismiss(done[1], moderator)
    assert "You have decided 2 severe cases in the last 8 hours. A break" in shown(desk, case)
    ModeratorPreference.objects.create(user=moderator, break_hint=False)
    assert "A break would do you good." not in shown(desk, case)
    ModeratorPreference.objects.all().delete()
    add_setting(settings, BREAK_AFTER=0)
    assert "A break would do you good." not in shown(desk, case)


# Copies side by side, at length


def copy_of(case: Case, original: Case, spans, detail=None) -> Finding:
    finding = Finding.objects.create(
        scan=Scan.objects.get(snapshot=case.snapshot),
        detector="duplicate",
        kind="duplicate",
        category="partial",
        score=0.7,
        band="likely",
        mode="live",
        threshold=0.3,
        source=original.snapshot,
        detail=detail or {},
    )
    Evidence.objects.bulk_create(
        Evidence(finding=finding, start=a, end=b, source_start=c, source_end=d, explanation="x")
        for a, b, c, d in spans
    )
    return finding


def test_passages_out_of_order_and_overlapping_keep_their_numbers(desk, comment_case, article_case):
    original = article_case("alpha beta gamma delta badword")
    case = comment_case("gamma delta alpha beta badword")
    copy_of(case, original, [(0, 11, 11, 22), (12, 22, 0, 10), (6, 17, 17, 22)])
    html = shown(desk, case)
    assert list(passages_of(html, "ours")) == ["1", "2", "3"]
    assert list(passages_of(html, "theirs")) == ["3", "1", "2"]
    for number in "123":
        assert f'href="#theirs-{number}"' in html
        assert f'href="#ours-{number}"' in html


def test_one_source_at_a_time_stands_beside_the_text(desk, comment_case, article_case):
    case = comment_case("alpha beta badword")
    found = []
    for number in range(1, 9):
        original = article_case(f"alpha badword {number}", f"Source {number}")
        share = {"coverage": 0.1 * number}
        found.append(copy_of(case, original, [(0, 5, 0, 5)], share))
    html = shown(desk, case)
    assert html.count("data-panes") == 1
    assert "3 more matched texts" in html
    other = shown(desk, case, f"?source={found[-1].pk}")
    assert other.count("data-panes") == 1
    chosen = other[other.index(f'id="source-{found[-1].pk}"') :]
    assert chosen.index("80% of this text") < chosen.index("data-panes")
    for wrong in ("x", "-1", "0", "9" * 40):
        assert shown(desk, case, f"?source={wrong}&passages={wrong}").count("data-panes") == 1


def test_a_very_long_copy_stays_usable(desk, comment_case, article_case):
    words = " ".join(f"word{n}" for n in range(50_000))
    original = article_case(f"<p>{words}</p> badword")
    case = comment_case(f"{words} badword")
    spans = [(at, at + 300, at + 3, at + 303) for at in range(0, 430_000, 860)]
    copy_of(case, original, spans)
    shown(desk, case)

    with CaptureQueriesContext(connection) as captured:
        html = shown(desk, case)
    assert len(spans) == 500
    assert len(captured) < 45
    assert len(html) < 1_500_000
    assert list(passages_of(html, "ours")) == [str(n) for n in range(1, 41)]
    second = shown(desk, case, "?passages=2")
    assert list(passages_of(second, "theirs")) == [str(n) for n in range(41, 81)]


def test_the_page_costs_the_same_with_a_long_past(desk, moderator, colleague, comment_case):
    case = comment_case(author=colleague)
    other = comment_case("badword 0", author=colleague)
    dismiss(other, moderator)
    notes.add(case.pk, user=moderator, text="one")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown(desk, case)
        return len(captured)

    queries()
    before = queries()
    for number in range(1, 6):
        past = comment_case(f"badword {number}", author=colleague)
        dismiss(past, moderator)
        notes.add(case.pk, user=moderator, text="more")
        cases.claim(case.pk, user=moderator)
        cases.release(case.pk, user=moderator)
    add_evidence(case, (0, 3), (1, 5))
    assert queries() == before
    assert Event.objects.filter(case=case).count() > 15
    assert Article._base_manager.count() == 1
