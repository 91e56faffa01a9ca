"""The buttons of a case: plain forms, checked on the server, nothing overwritten."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from moderation.models import Case, CaseState, Decision, Event, Policy, Scan, ScanState
from moderation.services import audit, cases, decisions
from tests.admin.conftest import CLAIM, OVERRIDE, VIEW, signed_in
from tests.admin.test_case_page import address
from tests.site.models import Comment

pytestmark = pytest.mark.django_db


def send(client, case, name, **fields):
    fields = {key: value for key, value in fields.items() if value is not None}
    return client.post(address(case, name), {"version": case.version, **fields})


def fresh(case) -> Case:
    return Case.objects.get(pk=case.pk)


def messages_of(response) -> str:
    html = response.content.decode()
    found = re.search(r'<ul class="messagelist">(.*?)</ul>', html, re.DOTALL)
    return found[1] if found else ""


def test_decide_and_take_back(desk, moderator, policy, comment_case):
    case = comment_case()
    sent = desk.post(
        address(case, "decide"),
        {
            "version": case.version,
            "outcome": "hide",
            "cited": [policy.pk],
            "public_note": "Please stay polite.",
            "internal_note": "Third time. <b>",
        },
        follow=True,
    )
    assert sent.redirect_chain == [(address(case), 302)]
    assert "Decided: hide." in messages_of(sent)
    html = sent.content.decode()
    assert "Be civil to each other" in html
    assert "Please stay polite." in html
    assert "Third time. &lt;b&gt;" in html
    assert "hide: applied" in html
    decision = Decision.objects.get()
    assert (decision.actor, list(decision.policies.all())) == (moderator, [policy])
    assert not Comment._base_manager.get().is_public

    undo = reverse("admin:moderation_case_undo", args=[case.pk, decision.pk])
    assert f'action="{undo}"' in html
    back = desk.post(undo, follow=True)
    assert "The decision was taken back." in messages_of(back)
    assert Comment._base_manager.get().is_public
    assert fresh(case).state == CaseState.OPEN
    assert f'action="{undo}"' not in back.content.decode()
    again = desk.post(undo)
    assert again.status_code == 400
    assert "taken back already" in messages_of(again)
    assert audit.verify().ok


def test_a_restriction_without_a_policy_is_refused_and_nothing_typed_is_lost(desk, comment_case):
    case = comment_case()
    refused = send(desk, case, "decide", outcome="hide", internal_note="Look & <see>")
    assert refused.status_code == 400
    assert "This outcome needs a policy." in messages_of(refused)
    html = refused.content.decode()
    assert "Look &amp; &lt;see&gt;</textarea>" in html
    assert re.search(r'value="hide"[^>]*checked', html)
    assert not Decision.objects.exists()


def test_a_form_that_says_nothing_is_refused(desk, comment_case):
    case = comment_case()
    assert send(desk, case, "decide").status_code == 400
    assert send(desk, case, "decide", outcome="undo").status_code == 400
    assert send(desk, case, "decide", outcome="dismiss_allowed", version="x").status_code == 400
    assert send(desk, case, "claim", version="x").status_code == 400
    assert send(desk, case, "snooze", hours="9999").status_code == 400
    assert not Decision.objects.exists()
    assert fresh(case).version == case.version


def test_a_policy_that_is_not_active_is_neither_offered_nor_taken(desk, policy, comment_case):
    case = comment_case()
    Policy.objects.update(is_active=False)
    assert policy.title not in desk.get(address(case)).content.decode()
    assert send(desk, case, "decide", outcome="hide", cited=policy.pk).status_code == 400
    assert not Decision.objects.exists()


def test_a_stale_screen_is_told_so_and_overwrites_nothing(desk, colleague, policy, comment_case):
    case = comment_case()
    decisions.decide(case.pk, outcome="dismiss_allowed", actor=colleague, version=case.version)
    late = send(desk, case, "decide", outcome="hide", cited=policy.pk)
    assert late.status_code == 409
    assert "Nothing was written. It is now: decided." in messages_of(late)
    assert Decision.objects.get().actor == colleague
    assert Comment._base_manager.get().is_public
    assert "colleague" in late.content.decode()


def test_a_case_that_moved_on_keeps_what_was_typed_and_takes_the_next_try(
    desk, moderator, comment_case
):
    case = comment_case()
    cases.claim(case.pk, user=moderator)
    late = send(desk, case, "decide", outcome="dismiss_allowed", internal_note="Keep me")
    assert late.status_code == 409
    assert "It is now: claimed by mod." in messages_of(late)
    html = late.content.decode()
    assert "Keep me</textarea>" in html
    assert f'name="version" value="{fresh(case).version}"' in html
    assert send(desk, fresh(case), "decide", outcome="dismiss_allowed").status_code == 302


def test_a_claimed_case_is_the_holders(desk, colleague, senior, comment_case):
    case = comment_case()
    assert send(desk, case, "claim").status_code == 302
    held = fresh(case)
    assert held.claimed_by.username == "mod"
    other = signed_in(colleague)
    html = other.get(address(case)).content.decode()
    assert "A colleague is working on this case (claimed by mod)." in html
    for name in ("decide", "claim", "release", "snooze"):
        assert f'action="{address(case, name)}"' not in html
    assert send(other, held, "decide", outcome="dismiss_allowed").status_code == 409
    assert send(other, held, "claim").status_code == 409
    assert send(other, held, "claim", take_over="on").status_code == 409
    assert send(other, held, "release").status_code == 403
    assert fresh(case).version == held.version

    chief = signed_in(senior)
    assert "Take over" in chief.get(address(case)).content.decode()
    assert send(chief, held, "claim", take_over="on").status_code == 302
    assert fresh(case).claimed_by == senior
    assert send(chief, fresh(case), "release").status_code == 302
    assert fresh(case).state == CaseState.OPEN


def test_put_aside_and_come_back(desk, comment_case):
    case = comment_case()
    assert send(desk, case, "snooze", hours="4").status_code == 302
    aside = fresh(case)
    assert aside.state == CaseState.SNOOZED
    assert timedelta(hours=3.9) < aside.snoozed_until - timezone.now() <= timedelta(hours=4)
    html = desk.get(address(case)).content.decode()
    assert "snoozed <small>until" in html
    assert send(desk, aside, "claim").status_code == 302


def test_escalate_leaves_the_case_to_do_and_can_be_taken_back(desk, comment_case):
    case = comment_case()
    assert send(desk, case, "decide", outcome="escalate").status_code == 302
    assert fresh(case).state == CaseState.ESCALATED
    assert "Take this decision back" in desk.get(address(case)).content.decode()


def test_a_new_scan_is_asked_for(desk, make_user, comment_case):
    case = comment_case()
    viewer = signed_in(make_user("viewer", *VIEW))
    assert viewer.post(address(case, "scan")).status_code == 403
    assert Scan.objects.filter(state=ScanState.QUEUED).count() == 0
    assert desk.post(address(case, "scan")).status_code == 302
    assert Scan.objects.filter(state=ScanState.QUEUED, reason="request").count() == 1


def test_nobody_decides_about_their_own_text(moderator, comment_case):
    case = comment_case(author=moderator)
    client = signed_in(moderator)
    html = client.get(address(case)).content.decode()
    assert "Nobody decides about their own content." in html
    assert f'action="{address(case, "decide")}"' not in html
    assert send(client, case, "decide", outcome="dismiss_allowed").status_code == 403
    assert not Decision.objects.exists()


ACTIONS = ("decide", "claim", "release", "snooze", "scan")


@pytest.mark.parametrize(
    ("permissions", "buttons"),
    [
        (VIEW, set()),
        (CLAIM, {"claim", "snooze"}),
        (OVERRIDE, {"decide", "claim", "snooze", "scan"}),
    ],
)
def test_buttons_are_there_for_whom_they_work(make_user, comment_case, permissions, buttons):
    case = comment_case()
    client = signed_in(make_user("someone", *permissions))
    html = client.get(address(case)).content.decode()
    assert {name for name in ACTIONS if f'action="{address(case, name)}"' in html} == buttons


def test_the_server_refuses_what_has_no_button(make_user, moderator, comment_case):
    case = comment_case()
    decided = comment_case("badword 2")
    decision = decisions.decide(
        decided.pk, outcome="dismiss_allowed", actor=moderator, version=decided.version
    )
    undo = reverse("admin:moderation_case_undo", args=[decided.pk, decision.pk])
    before = Event.objects.count()
    for name, permissions in (("viewer", VIEW), ("claimer", CLAIM)):
        client = signed_in(make_user(name, *permissions))
        assert send(client, case, "decide", outcome="dismiss_allowed").status_code == 403
        assert client.post(undo).status_code == 403
        assert "Take this decision back" not in client.get(address(decided)).content.decode()
    viewer = signed_in(make_user("viewer2", *VIEW))
    assert send(viewer, case, "claim").status_code == 403
    assert send(viewer, case, "snooze", hours="1").status_code == 403
    cases.claim(case.pk, user=moderator)
    Case.objects.filter(pk=case.pk).update(claim_expires_at=timezone.now() - timedelta(hours=1))
    assert send(viewer, fresh(case), "release").status_code == 403
    assert Event.objects.count() == before + 1  # the claim


def test_without_the_right_to_view_there_is_nothing_to_act_on(make_user, comment_case):
    case = comment_case()
    client = signed_in(make_user("blind", "claim_case", "decide_case"))
    assert client.get(address(case)).status_code == 403
    for name in ACTIONS:
        assert send(client, case, name, outcome="dismiss_allowed", hours=1).status_code == 403
    anonymous = Client().get(address(case))
    assert anonymous.status_code == 302
    assert "/login/" in anonymous["Location"]


def test_forms_without_a_token_are_refused(moderator, comment_case):
    case = comment_case()
    client = Client(enforce_csrf_checks=True)
    client.force_login(moderator)
    for name in ACTIONS:
        assert send(client, case, name, outcome="dismiss_allowed", hours=1).status_code == 403
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(address(case)).content.decode()
    )[1]
    sent = send(client, case, "claim", csrfmiddlewaretoken=token)
    assert sent.status_code == 302


def test_looking_at_the_address_of_a_button_does_nothing(desk, moderator, comment_case):
    case = comment_case()
    decision = decisions.decide(case.pk, outcome="escalate", actor=moderator, version=case.version)
    undo = reverse("admin:moderation_case_undo", args=[case.pk, decision.pk])
    before = Event.objects.count()
    for url in [undo, *(address(case, name) for name in ACTIONS)]:
        response = desk.get(url)
        assert (response.status_code, response["Location"]) == (302, address(case))
    assert Event.objects.count() == before


def test_a_decision_is_undone_on_the_page_of_its_own_case_only(desk, moderator, comment_case):
    case, other = comment_case(), comment_case("badword 2")
    decision = decisions.decide(
        case.pk, outcome="dismiss_allowed", actor=moderator, version=case.version
    )
    wrong = reverse("admin:moderation_case_undo", args=[other.pk, decision.pk])
    assert desk.post(wrong).status_code == 404
    assert Decision.objects.count() == 1


def test_a_failing_site_is_reported_and_nothing_is_written(desk, policy, comment_case, monkeypatch):
    case = comment_case()

    def fail(self, *args, **kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr(Comment, "save", fail)
    failed = send(desk, case, "decide", outcome="hide", cited=policy.pk)
    assert failed.status_code == 400
    assert "could not carry this out" in messages_of(failed)
    assert fresh(case).state == CaseState.OPEN


# One after the other


def by_priority(*cases_in_order):
    for place, case in enumerate(cases_in_order):
        Case.objects.filter(pk=case.pk).update(priority=100 - place)
    return [fresh(case) for case in cases_in_order]


def dismiss_and_go_on(client, case, **fields):
    return send(client, case, "decide", outcome="dismiss_allowed", _next="1", **fields)


def test_decide_and_go_to_the_next(desk, comment_case):
    first, second, third = by_priority(*(comment_case(f"badword {n}") for n in range(3)))
    assert dismiss_and_go_on(desk, second).url == address(third)
    assert dismiss_and_go_on(desk, third).url == address(first)
    sent = dismiss_and_go_on(desk, first)
    assert sent.url == reverse("admin:moderation_case_changelist")
    assert "nothing else waits" in messages_of(desk.get(sent.url))
    assert Decision.objects.count() == 3


def test_the_next_case_is_one_that_can_be_decided(desk, moderator, colleague, comment_case):
    first, own, held, aside, last = by_priority(
        comment_case("badword 1"),
        comment_case("badword 2", author=moderator),
        *(comment_case(f"badword {n}") for n in (3, 4, 5)),
    )
    cases.claim(held.pk, user=colleague)
    cases.snooze(aside.pk, user=colleague, until=timezone.now() + timedelta(hours=1))
    assert desk.get(address(first, "next")).url == address(last)
    Case.objects.filter(pk=held.pk).update(claim_expires_at=timezone.now())
    assert desk.get(address(first, "next")).url == address(held)
    assert own.is_open


def test_the_next_case_comes_from_the_queue_as_it_was_filtered(desk, comment_case, article_case):
    first = comment_case("badword 1")
    article = article_case("<p>badword</p>")
    other = comment_case("badword 2")
    by_priority(first, article, other)
    chosen = "kind=comment"
    listed = desk.get(reverse("admin:moderation_case_changelist") + f"?{chosen}")
    link = f"{address(first)}?_changelist_filters=kind%3Dcomment"
    assert link in listed.text
    page = desk.get(link)
    assert f'name="_changelist_filters" value="{chosen}"' in page.text
    sent = dismiss_and_go_on(desk, fresh(first), _changelist_filters=chosen)
    assert sent.url == link.replace(address(first), address(other))
    assert (
        dismiss_and_go_on(desk, fresh(other), _changelist_filters="nonsense=1").status_code == 302
    )


def test_a_decision_that_fails_goes_nowhere(desk, comment_case):
    first, second = by_priority(comment_case("badword 1"), comment_case("badword 2"))
    sent = send(desk, first, "decide", outcome="hide", _next="1")
    assert sent.status_code == 400
    assert fresh(second).is_open
