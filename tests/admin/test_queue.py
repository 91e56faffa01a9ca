"""The queue: what stands in it, in which order, found how, at which cost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from moderation.models import Case, CaseState, Finding, Policy, Snapshot
from moderation.services import cases, decisions, priority
from tests.admin.conftest import CLAIM, DECIDE, VIEW, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

QUEUE = reverse("admin:moderation_case_changelist")


def rows(client, query=""):
    """Return the ids of the cases on the page, in order."""
    page = client.get(QUEUE + query)
    assert page.status_code == 200
    listed = re.findall(
        r'field-passage[^>]*><a href="[^"]*/case/(\d+)/change/', page.content.decode()
    )
    return [int(pk) for pk in listed]


def counts(client, query=""):
    """Return what stands beside the filters: the count of every label."""
    html = client.get(QUEUE + query).content.decode()
    found = re.findall(r'<bdi>([^<]*)</bdi> <span class="moderation-count">([^<]*)</span>', html)
    return dict(found)


def test_a_row_tells_what_a_moderator_needs(desk, comment_case):
    case = comment_case("Long ago it began. " * 20 + "You are a badword, and so on. " * 9)
    html = desk.get(QUEUE).content.decode()
    assert "Moderation queue" in html
    row = html[html.index('class="field-shown_severity') : html.index("</tbody>")]
    assert f'<small class="moderation-why">severity {case.severity}</small>' in row
    assert f'<strong class="moderation-weight">{case.severity}</strong>' in row
    assert "due in " in row
    assert '<span class="moderation-band moderation-likely">likely</span>' in row
    assert '<span class="moderation-chip">attack on a person</span>' in row
    assert "<mark>badword</mark>" in row
    assert re.search(r'<bdi class="moderation-quote">…[^<]{20,80}<mark>badword', row)
    assert "Long ago it began. " * 20 not in row
    assert "<bdi>guest</bdi>" in row
    assert ">comment <" in row
    assert "<bdi>open</bdi>" in row
    assert "<time datetime=" in row


def test_the_worst_passage_of_html_is_shown_without_its_markup(desk, article_case):
    article_case(
        f"<p class='a'>{'<b>Calm</b> words. ' * 60}This is a <i>bad</i>word, a badword.</p>"
    )
    html = desk.get(QUEUE).content.decode()
    assert "This is a badword, a <mark>badword</mark>." in html
    assert '<bdi class="moderation-title">Bridge</bdi>' in html


def test_first_come_the_severe_then_the_old(desk, comment_case):
    mild, old, new = comment_case("meh"), comment_case(), comment_case("A badword again.")
    Case.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(hours=3))
    assert rows(desk) == [old.pk, new.pk, mild.pk]


def test_what_is_not_to_do_is_out_of_sight(desk, moderator, comment_case):
    shown, decided, snoozed = comment_case(), comment_case("badword 2"), comment_case("badword 3")
    decide(decided, moderator)
    until = timezone.now() + timedelta(hours=2)
    cases.snooze(snoozed.pk, user=moderator, until=until)
    assert rows(desk) == [shown.pk]
    assert rows(desk, "?state=decided") == [decided.pk]
    assert rows(desk, "?state=snoozed") == [snoozed.pk]
    assert set(rows(desk, "?state=all")) == {shown.pk, decided.pk, snoozed.pk}


def test_every_filter_finds_its_cases_and_counts_them(
    desk, moderator, colleague, policy, comment_case, article_case
):
    comment, mild, article = comment_case(), comment_case("meh"), article_case("<p>badword</p>")
    other = comment_case("badword once more")
    Case.objects.filter(pk=other.pk).update(
        categories=["framing/threat", "önline/été"],
        detectors=["links"],
        section="Sport",
        language="fr",
        opened_at=timezone.now() - timedelta(days=10),
        due_at=timezone.now() - timedelta(hours=1),
    )
    everything = {comment.pk, mild.pk, article.pk, other.pk}
    assert rows(desk, "?kind=article") == [article.pk]
    assert rows(desk, "?band=possible") == [mild.pk]
    assert rows(desk, "?category=framing/threat") == [other.pk]
    assert rows(desk, "?category=önline/été") == [other.pk]
    assert rows(desk, "?category=threat") == []
    assert set(rows(desk, "?category=framing/attack")) == {comment.pk, mild.pk, article.pk}
    assert rows(desk, "?detector=links") == [other.pk]
    assert rows(desk, "?section=Sport") == [other.pk]
    assert rows(desk, "?language=fr") == [other.pk]
    assert rows(desk, "?overdue=yes") == [other.pk]
    assert set(rows(desk, "?opened=week")) == everything - {other.pk}
    assert rows(desk, "?opened=older") == []
    assert rows(desk, "?kind=comment&band=possible&opened=day") == [mild.pk]
    found = counts(desk)
    assert (found["to do"], found["article"], found["comment"]) == ("4", "1", "3")
    assert (found["likely"], found["possible"]) == ("3", "1")
    assert (found["attack on a person"], found["links"], found["Sport"]) == ("3", "1", "1")
    assert (found["overdue"], found["in the last week"], found["nobody"]) == ("1", "3", "4")
    # What the others would find, were they chosen instead.
    narrowed = counts(desk, "?kind=article&band=likely")
    assert (narrowed["article"], narrowed["comment"]) == ("1", "2")
    assert (narrowed["likely"], narrowed["possible"]) == ("1", "0")


def test_filters_by_who_holds_them(desk, moderator, colleague, comment_case):
    mine, theirs, free = comment_case(), comment_case("badword 2"), comment_case("badword 3")
    cases.claim(mine.pk, user=moderator)
    cases.claim(theirs.pk, user=colleague)
    assert rows(desk, "?assignee=me") == [mine.pk]
    assert rows(desk, "?assignee=others") == [theirs.pk]
    assert rows(desk, "?assignee=none") == [free.pk]
    assert rows(desk, f"?assignee={colleague.pk}") == [theirs.pk]
    assert counts(desk)["colleague"] == "1"
    Case.objects.filter(pk=theirs.pk).update(claim_expires_at=timezone.now() - timedelta(hours=1))
    assert set(rows(desk, "?assignee=none")) == {theirs.pk, free.pk}
    assert rows(desk, "?assignee=others") == []


def test_filters_by_the_policy_that_a_standing_decision_cites(
    desk, moderator, policy, comment_case
):
    hidden, undone = comment_case(), comment_case("badword 2")
    decide(hidden, moderator, "hide", policy)
    decisions.undo(decide(undone, moderator, "hide", policy).pk, actor=moderator)
    assert rows(desk, f"?state=decided&policy={policy.code}") == [hidden.pk]
    assert rows(desk, f"?state=all&policy={policy.code}") == [hidden.pk]
    assert counts(desk, "?state=all")[policy.title] == "1"
    assert rows(desk, "?state=decided&policy=nonsense") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "kind=a%00b",
        "assignee=nonsense",
        "assignee=99999999999999999999999",
        "assignee=-1",
        "opened=1e400",
        "overdue=perhaps",
        "policy=%F0%9F%92%A9",
        "category=%27%22%5C",
        "language=" + "x" * 3_000,
        "q=" + "(" * 3_000,
        "q=%27%20%7C%20%21%26%5C%3A%2A",
        "subject__author_key=nobody",
    ],
)
def test_what_cannot_be_meant_finds_nothing_and_does_not_fail(desk, comment_case, query):
    comment_case()
    html = desk.get(f"{QUEUE}?{query}").content.decode()
    assert "No case matches." in html
    assert "data-row" not in html.replace("data-rows", "")


@pytest.mark.parametrize(
    "place",
    ["x", "~", "1~", "nan~1", "inf~1", "1e999~1", "1~99999999999999999999", "\x00~1", "²~²"],
)
@pytest.mark.parametrize("order", ["priority", "oldest", "newest", "nonsense"])
def test_a_place_there_is_not_is_the_beginning(desk, comment_case, place, order):
    case = comment_case()
    for side in ("after", "before"):
        found = desk.get(QUEUE, {side: place, "order": order})
        assert f'data-case="{case.pk}"' in found.content.decode()


def test_an_empty_queue_says_so(desk, moderator, comment_case):
    assert "Nothing waits for you." in desk.get(QUEUE).content.decode()
    decide(comment_case(), moderator)
    assert "Nothing waits for you." in desk.get(QUEUE).content.decode()
    assert "No case matches." in desk.get(f"{QUEUE}?kind=article").content.decode()


def test_what_a_colleague_has_is_grey_and_says_so(desk, colleague, comment_case):
    taken, closed = comment_case(), comment_case("badword 2")
    cases.claim(taken.pk, user=colleague)
    decide(closed, colleague)
    html = desk.get(f"{QUEUE}?state=all").content.decode()
    assert html.count('class="moderation-stale"') == 2
    assert "<bdi>claimed by colleague</bdi>" in html
    assert "<bdi>dismiss: rightly found, but allowed, by colleague</bdi>" in html


def weights(html):
    return [int(weight) for weight in re.findall(r'moderation-weight">(\d+)<', html)]


def test_the_reason_of_the_order_is_told(desk, comment_case):
    case = comment_case()
    Case.objects.filter(pk=case.pk).update(
        reach=3, opened_at=timezone.now() - timedelta(days=3, minutes=5)
    )
    html = desk.get(QUEUE).content.decode()
    assert f"severity {case.severity} × reach 3.0 × waiting 2.0" in html
    assert f'<strong class="moderation-weight">{case.severity * 6}' in html
    Case.objects.filter(pk=case.pk).update(reported=1)
    html = desk.get(QUEUE).content.decode()
    assert f"severity {case.severity} × reach 3.0 × reports 2.0 × waiting 2.0" in html
    assert weights(html) == [pytest.approx(case.severity * 12, rel=0.01)]


def test_the_numbers_shown_are_those_of_the_order(desk, comment_case):
    made = [comment_case(f"badword {number}") for number in range(4)]
    for case, reach, reported, days in zip(
        made, (1, 4, 1, 2), (0, 0, 3, 1), (5, 0, 1, 2), strict=True
    ):
        case.reach, case.reported = reach, reported
        case.opened_at = timezone.now() - timedelta(days=days)
        priority.rank(case)
        case.save()
    html = desk.get(QUEUE).content.decode()
    shown = weights(html)
    assert len(set(shown)) == len(made)
    assert shown == sorted(shown, reverse=True)


def test_orders_other_than_by_urgency(desk, comment_case):
    first, second, third = comment_case("meh"), comment_case(), comment_case("meh, meh")
    assert rows(desk, "?order=oldest") == [first.pk, second.pk, third.pk]
    assert rows(desk, "?order=newest") == [third.pk, second.pk, first.pk]
    assert rows(desk, "?order=nonsense")[0] == second.pk


def test_searches_in_texts_titles_and_names(desk, comment_case, article_case):
    comment = comment_case("Such a badword under the oak tree.", author_name="Wilhelmina")
    article = article_case("<p>A badword at the ferry.</p>", headline="Harbour news")
    assert rows(desk, "?q=oak") == [comment.pk]
    assert rows(desk, "?q=wilhelmina") == [comment.pk]
    assert rows(desk, "?q=harbour") == [article.pk]
    assert rows(desk, "?q=WILHELM oak") == [comment.pk]
    assert rows(desk, f"?q=%23{article.pk}") == [article.pk]
    assert rows(desk, "?q=nothing-like-it") == []
    assert rows(desk, "?q=ak") == []


def test_an_author_is_found_only_by_who_may_know_them(make_user, comment_case):
    case = comment_case("A badword by somebody.", author_name="Wilhelmina")
    client = signed_in(make_user("blind", *VIEW[:1]))
    assert rows(client, "?q=somebody") == [case.pk]
    for asked in ("wilhelmina", "@wilhelmina"):
        assert rows(client, f"?q={asked}") == []
    assert "Wilhelmina" not in client.get(QUEUE).content.decode()
    key = "auth.user:1"
    assert rows(client, f"?state=all&subject__author_key={key}") == []


def test_the_cases_of_an_author_can_be_asked_for(desk, colleague, comment_case):
    comment_case()
    by_colleague = comment_case("badword by a colleague", author=colleague)
    key = by_colleague.subject.author_key
    assert rows(desk, f"?state=all&subject__author_key={key}") == [by_colleague.pk]


def test_a_case_whose_text_is_gone_still_stands_in_the_queue(desk, comment_case):
    case = comment_case()
    Snapshot.objects.filter(pk=case.snapshot_id).delete()
    assert rows(desk) == [case.pk]


@pytest.mark.parametrize(
    "model", ["case", "decision", "event", "subject", "snapshot", "scan", "finding", "policy"]
)
def test_a_list_costs_the_same_at_any_length(client, root, comment_case, model, policy):
    client.force_login(root)
    address = reverse(f"admin:moderation_{model}_changelist")

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    def fill(start, stop):
        for number in range(start, stop):
            case = comment_case(f"badword number {number}", author_name=f"guest {number}")
            if model == "case":
                cases.claim(case.pk, user=root)
            if model in ("decision", "event"):
                decision = decide(case, root, "hide", policy)
                if number % 2:
                    decisions.undo(decision.pk, actor=root)
            if model == "policy":
                Policy.objects.create(code=f"p{number}", title="Part", parent=policy)

    fill(0, 3)
    queries()  # the first request fills caches of Django's own
    at_three = queries()
    fill(3, 30)
    assert queries() == at_three
    assert at_three < 36 if model == "case" else at_three < 25


def test_only_who_may_view_cases_sees_the_queue(make_user, comment_case):
    comment_case()
    assert signed_in(make_user("nobody")).get(QUEUE).status_code == 403
    assert (
        signed_in(make_user("changer", "change_case", "delete_case")).get(QUEUE).status_code == 403
    )
    assert rows(signed_in(make_user("viewer", *VIEW)))


def test_only_who_may_decide_gets_the_action(make_user, comment_case):
    comment_case()
    for name, permissions, there in (
        ("viewer", VIEW, False),
        ("claimer", CLAIM, False),
        ("decider", DECIDE, True),
    ):
        page = signed_in(make_user(name, *permissions)).get(QUEUE).content.decode()
        assert ('value="decide"' in page) is there


def test_cases_are_neither_added_nor_edited_nor_deleted_here(client, root, comment_case):
    case = comment_case()
    client.force_login(root)
    assert client.get(reverse("admin:moderation_case_add")).status_code == 403
    assert client.post(reverse("admin:moderation_case_delete", args=[case.pk])).status_code == 403
    change = reverse("admin:moderation_case_change", args=[case.pk])
    assert client.post(change, {"state": "decided"}).status_code == 405
    assert "delete_selected" not in client.get(QUEUE).content.decode()
    assert Case.objects.get().state == CaseState.OPEN


def test_findings_on_trial_lend_no_passage(desk, comment_case):
    case = comment_case("Quiet words. You are a badword.")
    Finding.objects.filter(scan__snapshot=case.snapshot).update(mode="shadow")
    html = desk.get(QUEUE).content.decode()
    assert "<mark>badword</mark>" not in html
    assert "Quiet words." in html


def decide(case, user, outcome="dismiss_allowed", *policies):
    case.refresh_from_db()
    return decisions.decide(
        case.pk, outcome=outcome, actor=user, version=case.version, policies=policies
    )
