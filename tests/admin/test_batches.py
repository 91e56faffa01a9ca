"""Many cases at once: seen before, decided each for itself, taken back together."""

from __future__ import annotations

import re
import uuid

import pytest
from django.urls import reverse

from moderation.admin.forms import MOST_CASES
from moderation.models import Case, CaseState, Decision, Event
from moderation.services import audit, cases, decisions
from tests.admin.conftest import CLAIM, DECIDE, OVERRIDE, VIEW, signed_in
from tests.site.models import Comment

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:moderation_case_changelist")
BATCH = reverse("admin:moderation_case_batch_decide")
PREVIEW = reverse("admin:moderation_case_batch_preview")


@pytest.fixture
def three(comment_case):
    return [comment_case(f"badword {number}", author_name=f"guest{number}") for number in range(3)]


def choose(client, chosen, action="decide", **fields):
    items = [f"{case.pk}:{case.version}" for case in chosen]
    return client.post(PREVIEW, {"action": action, "item": items, **fields})


def act(client, action, chosen, **fields):
    return client.post(BATCH, {"action": action, "item": items_of(chosen), **fields})


def items_of(response) -> list[str]:
    return re.findall(r'name="item" value="([^"]*)"', response.content.decode())


def undo_of(response) -> str:
    return re.search(r'action="([^"]*/undo/)"', response.content.decode())[1]


def test_choose_look_decide_and_take_all_of_it_back(desk, policy, three):
    preview = choose(desk, three)
    html = preview.content.decode()
    assert sorted(items_of(preview)) == [f"{case.pk}:{case.version}" for case in three]
    assert html.count("<mark>badword</mark>") == 3
    assert "<bdi>guest1</bdi>" in html
    assert not Decision.objects.exists()

    done = desk.post(BATCH, {"item": items_of(preview), "outcome": "hide", "policy": policy.pk})
    assert done.content.decode().count("<td>hide</td>") == 3
    assert not Comment.objects.filter(is_public=True).exists()
    batch = set(Decision.objects.values_list("batch_id", flat=True))
    assert len(batch) == 1
    page = desk.get(reverse("admin:moderation_case_batch", args=[*batch]))
    assert undo_of(page) == undo_of(done)

    undone = desk.post(undo_of(done))
    assert undone.content.decode().count("<td>undo</td>") == 3
    assert 'undo/"' not in undone.content.decode()
    assert Comment.objects.filter(is_public=True).count() == 3
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.OPEN}
    after = desk.get(reverse("admin:moderation_case_batch", args=[*batch])).content.decode()
    assert after.count("taken back") == 3
    assert 'undo/"' not in after
    assert audit.verify().ok


def test_one_that_changed_meanwhile_is_left_and_reported(desk, colleague, policy, three):
    preview = choose(desk, three)
    cases.claim(three[1].pk, user=colleague)
    done = desk.post(BATCH, {"item": items_of(preview), "outcome": "hide", "policy": policy.pk})
    html = done.content.decode()
    assert html.count("<td>hide</td>") == 2
    assert "Nothing was written:</strong> The case has changed since you opened it." in html
    assert Case.objects.get(pk=three[1].pk).state == CaseState.CLAIMED
    again = desk.post(BATCH, {"item": items_of(preview), "outcome": "hide", "policy": policy.pk})
    assert again.content.decode().count("Nothing was written:") == 3
    assert Decision.objects.count() == 2


def test_a_form_in_error_shows_the_cases_again_at_the_version_first_seen(desk, colleague, three):
    preview = choose(desk, three)
    seen = items_of(preview)
    cases.claim(three[0].pk, user=colleague)
    refused = desk.post(BATCH, {"item": seen, "outcome": "hide", "internal_note": "Keep me"})
    assert refused.status_code == 400
    html = refused.content.decode()
    assert "This outcome needs a policy." in html
    assert "Keep me</textarea>" in html
    assert sorted(items_of(refused)) == sorted(seen)
    assert html.count("It has changed since you chose it") == 1
    assert not Decision.objects.exists()


@pytest.mark.parametrize("items", [[], ["1"], ["a:b"], ["1:2:3"], ["1:1"] * (MOST_CASES + 1)])
def test_a_list_of_cases_that_cannot_be_meant_is_refused(desk, items):
    sent = desk.post(BATCH, {"item": items, "outcome": "dismiss_allowed"}, follow=True)
    assert sent.redirect_chain == [(QUEUE, 302)]
    assert 'class="error"' in sent.content.decode()


def test_a_case_there_is_not_is_reported(desk, three):
    sent = desk.post(BATCH, {"item": ["987654:1"], "outcome": "dismiss_allowed"})
    assert "There is no such case." in sent.content.decode()


def test_too_many_cases_are_not_taken_at_once(desk, three, monkeypatch):
    monkeypatch.setattr("moderation.admin.forms.MOST_CASES", 2)
    response = choose(desk, three)
    assert response.status_code == 302
    assert "at most 2 cases" in desk.get(QUEUE).content.decode()


def test_who_may_not_decide_gets_no_further(make_user, three):
    for name, permissions in (("viewer", VIEW), ("claimer", CLAIM)):
        client = signed_in(make_user(name, *permissions))
        assert choose(client, three).status_code == 403
        item = f"{three[0].pk}:{three[0].version}"
        sent = client.post(BATCH, {"action": "escalate", "item": item, "outcome": "escalate"})
        assert sent.status_code == 403
        assert client.post(BATCH, {"item": item, "outcome": "escalate"}).status_code == 403
    assert not Decision.objects.exists()


def test_everybody_is_offered_what_they_may_do(make_user, three):
    offered = {}
    for name, permissions in (("v", VIEW), ("c", CLAIM), ("d", DECIDE), ("o", OVERRIDE)):
        page = signed_in(make_user(name, *permissions)).get(QUEUE).content.decode()
        offered[name] = set(re.findall(r'<option value="(\w+)">[^<]*…', page))
    assert offered["v"] == set()
    assert offered["c"] == {"claim", "release", "snooze"}
    assert offered["d"] == offered["c"] | {"decide", "escalate"}
    assert offered["o"] == offered["d"] | {"assign"}


def test_claim_release_and_put_aside_many(desk, moderator, colleague, three):
    cases.claim(three[2].pk, user=colleague)
    done = act(desk, "claim", choose(desk, three, "claim")).content.decode()
    assert done.count("claimed by mod") == 2
    assert "It is now: <bdi>claimed by colleague</bdi>" in done
    held = list(Case.objects.filter(claimed_by=moderator).order_by("pk"))
    assert [case.pk for case in held] == [three[0].pk, three[1].pk]
    act(desk, "release", choose(desk, held, "release"))
    assert not Case.objects.filter(claimed_by=moderator).exists()
    free = list(Case.objects.filter(state=CaseState.OPEN))
    act(desk, "snooze", choose(desk, free, "snooze"), hours=4)
    assert Case.objects.filter(state=CaseState.SNOOZED).count() == 2
    assert Case.objects.get(pk=three[2].pk).claimed_by == colleague


def test_seniors_give_cases_to_colleagues(make_user, moderator, colleague, three):
    chief = signed_in(make_user("chief", *OVERRIDE))
    unknown = act(chief, "assign", choose(chief, three, "assign"), colleague="nobody")
    assert unknown.status_code == 400
    assert "There is no account of that name." in unknown.content.decode()
    act(chief, "assign", choose(chief, three, "assign"), colleague="colleague")
    assert Case.objects.filter(claimed_by=colleague).count() == 3


def test_escalating_is_a_decision_with_the_outcome_chosen_already(desk, three):
    html = choose(desk, three, "escalate").content.decode()
    assert re.search(r'value="escalate"[^>]* checked', html)
    done = act(desk, "escalate", choose(desk, three, "escalate"), outcome="escalate")
    assert "Take all of this back" in done.content.decode()
    assert Case.objects.filter(state=CaseState.ESCALATED).count() == 3


def test_a_colleagues_decision_meanwhile_is_shown_and_stays(desk, colleague, policy, three):
    seen = choose(desk, three)
    decisions.decide(
        three[0].pk, outcome="hide", actor=colleague, version=three[0].version, policies=[policy]
    )
    preview = choose(desk, three).content.decode()
    assert "moderation-stale" in preview
    assert "(now: hide, by colleague)" in preview
    html = desk.post(BATCH, {"item": items_of(seen), "outcome": "dismiss_allowed"}).content.decode()
    assert '<tr class="moderation-stale">' in html
    assert "It is now: <bdi>hide, by colleague</bdi>." in html
    assert Decision.objects.filter(case=three[0]).count() == 1
    assert Decision.objects.filter(outcome="dismiss_allowed").count() == 2


def test_the_way_back_keeps_the_filters(desk, three):
    html = choose(desk, three, _changelist_filters="kind=comment&nonsense=1").content.decode()
    assert f'href="{QUEUE}?kind=comment"' in html


@pytest.mark.parametrize("action", ["", "nonsense", "run"])
def test_an_action_there_is_not_is_refused(desk, three, action):
    assert choose(desk, three, action).status_code == 302
    assert "Choose what to do with the cases." in desk.get(QUEUE).content.decode()


@pytest.mark.parametrize("item", ["99999999999999999999999:1", "1:99999999999999999999", "-1:-1"])
def test_numbers_no_case_can_have_are_reported(desk, three, item):
    sent = desk.post(BATCH, {"item": item, "outcome": "dismiss_allowed"}, follow=True)
    assert sent.status_code == 200
    assert not Decision.objects.exists()


def test_a_colleagues_batch_is_taken_back_by_who_may_override(
    desk, moderator, colleague, make_user, three
):
    batch_id, _done = decisions.decide_batch(
        [(case.pk, case.version) for case in three], outcome="dismiss_allowed", actor=colleague
    )
    undo = reverse("admin:moderation_case_batch_undo", args=[batch_id])
    refused = desk.post(undo)
    assert "You may not take back a colleague&#x27;s decision." in refused.content.decode()
    assert Decision.objects.count() == 3
    chief = signed_in(make_user("chief", *OVERRIDE))
    assert chief.post(undo).content.decode().count("<td>undo</td>") == 3


def test_looking_at_a_batch_decides_nothing(desk, moderator, three):
    assert desk.get(BATCH)["Location"] == QUEUE
    unknown = uuid.uuid4()
    for name in ("batch", "batch_undo"):
        url = reverse(f"admin:moderation_case_{name}", args=[unknown])
        assert desk.post(url).status_code == 404
    batch_id, _done = decisions.decide_batch(
        [(three[0].pk, three[0].version)], outcome="dismiss_allowed", actor=moderator
    )
    before = Event.objects.count()
    page = reverse("admin:moderation_case_batch", args=[batch_id])
    assert desk.get(f"{page}undo/")["Location"] == page
    assert Event.objects.count() == before


def test_hostile_texts_are_text_in_the_preview_too(desk, comment_case):
    case = comment_case("badword <script>alert(1)</script> \u202e", author_name="<i>Eve\u202e")
    html = choose(desk, [case]).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;i&gt;Eve" in html
    assert "\u202e" not in html
