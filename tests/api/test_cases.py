from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from moderation.models import Case, CaseState, Decision, Event, Outcome
from moderation.services import cases
from tests.api.conftest import signed_in
from tests.site.models import Comment

pytestmark = pytest.mark.django_db


def url(*parts):
    return "/api/v1/" + "".join(f"{part}/" for part in parts)


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


def decide(api, case, outcome="hide", policies=("test-civility",), **more):
    body = {"outcome": outcome, "policies": list(policies), "version": case.version, **more}
    return api.post(url("cases", case.pk, "decide"), body, format="json")


# Reading


def test_strangers_and_outsiders_get_nothing(comment_case, make_user):
    case = comment_case()
    for client in (APIClient(), signed_in(make_user("nobody"))):
        for address in (url("cases"), url("cases", case.pk), url("snapshots"), url("events")):
            answer = client.get(address)
            assert answer.status_code in {401, 403}
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] in {"not_authenticated", "permission_denied"}


def test_a_case_tells_its_version_and_what_was_found(api, comment_case):
    case = comment_case("You are a badword.")
    answer = api.get(url("cases", case.pk))
    assert answer.headers["ETag"] == f'"{case.version}"'
    told = answer.json()
    assert told["state"] == "open"
    assert told["subject"]["kind"] == "comment"
    assert told["snapshot"] == case.snapshot_id
    [finding] = api.get(url("cases", case.pk, "findings")).json()["results"]
    [passage] = finding["evidence"]
    assert "You are a badword."[passage["start"] : passage["end"]] == "badword"
    assert passage["reason"]


@pytest.mark.both_databases
def test_the_queue_is_filtered(api, moderator, comment_case, article_case):
    first, second = comment_case(), comment_case("badword again", author_name="Other")
    article = article_case("<p>badword</p>")
    cases.claim(second.pk, user=moderator)
    assert set(ids(api.get(url("cases")))) == {first.pk, second.pk, article.pk}
    assert ids(api.get(url("cases"), {"kind": "article"})) == [article.pk]
    assert ids(api.get(url("cases"), {"assignee": "me"})) == [second.pk]
    assert ids(api.get(url("cases"), {"assignee": moderator.pk})) == [second.pk]
    assert set(ids(api.get(url("cases"), {"assignee": "none"}))) == {first.pk, article.pk}
    assert ids(api.get(url("cases"), {"state": "claimed"})) == [second.pk]
    assert ids(api.get(url("cases"), {"search": "again"})) == [second.pk]
    assert ids(api.get(url("cases"), {"subject": first.subject_id})) == [first.pk]
    category = first.categories[0]
    assert len(ids(api.get(url("cases"), {"category": category}))) == 3
    assert ids(api.get(url("cases"), {"category": "word/none"})) == []
    assert ids(api.get(url("cases"), {"order": "oldest"})) == [first.pk, second.pk, article.pk]


@pytest.mark.parametrize(
    "query", [{"state": "lost"}, {"kind": "film"}, {"order": "up"}, {"subject": "x"}, {"band": ""}]
)
def test_a_filter_that_makes_no_sense_is_named(api, query):
    answer = api.get(url("cases"), query)
    assert answer.status_code == 400
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == f"/{next(iter(query))}"


@pytest.mark.both_databases
def test_pages_hold_every_row_once_while_the_queue_grows(api, comment_case):
    made = [comment_case(f"badword {number}") for number in range(7)]
    Case.objects.filter(pk__in=[case.pk for case in made[:4]]).update(priority=99)
    seen = []
    answer = api.get(url("cases"), {"page_size": 3})
    comment_case("badword that came later")
    while True:
        seen += ids(answer)
        following = answer.json()["next"]
        if following is None:
            break
        answer = api.get(following)
    assert {case.pk for case in made} <= set(seen)
    assert len(seen) == len(set(seen))
    by_priority = list(Case.objects.filter(pk__in=seen).values_list("pk", "priority"))
    priority = dict(by_priority)
    assert [priority[pk] for pk in seen] == sorted(priority.values(), reverse=True)


@pytest.mark.parametrize("cursor", ["nonsense", "W10=", "WyJhIiwgImIiXQ==", "é", "e30=", "MQ=="])
def test_a_cursor_nobody_gave_is_no_page(api, cursor):
    assert api.get(url("cases"), {"cursor": cursor}).status_code == 404


def test_a_page_costs_a_constant_number_of_queries(
    api, comment_case, django_assert_max_num_queries
):
    for number in range(12):
        comment_case(f"badword {number}")
    with django_assert_max_num_queries(6):
        assert len(ids(api.get(url("cases")))) == 12


# Writing


def test_a_case_is_claimed_released_and_put_aside(api, moderator, comment_case):
    case = comment_case()
    told = api.post(url("cases", case.pk, "claim"), {}, format="json").json()
    assert (told["state"], told["claimed_by"]) == ("claimed", moderator.pk)
    told = api.post(
        url("cases", case.pk, "release"), {}, format="json", headers={"If-Match": '"2"'}
    ).json()
    assert told["state"] == "open"
    until = timezone.now() + timedelta(hours=1)
    body = {"until": until.isoformat()}
    told = api.post(url("cases", case.pk, "snooze"), body, format="json").json()
    assert told["state"] == "snoozed"
    past = {"until": "2020-01-01T00:00:00Z"}
    answer = api.post(url("cases", case.pk, "snooze"), past, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")


def test_a_colleagues_claim_stands(api, colleague, senior, comment_case):
    case = comment_case()
    cases.claim(case.pk, user=colleague)
    body = {"take_over": True}
    assert api.post(url("cases", case.pk, "claim"), body, format="json").status_code == 409
    chief = signed_in(senior)
    told = chief.post(url("cases", case.pk, "claim"), body, format="json").json()
    assert told["claimed_by"] == senior.pk


def test_whom_a_case_can_be_given_to_is_told_with_their_keys(senior, colleague, comment_case):
    client, case = signed_in(senior), comment_case()
    listed = client.get(url("cases", case.pk, "colleagues")).json()["results"]
    told = {each["account"]: each["id"] for each in listed}
    assert told[colleague.get_username()] == str(colleague.pk)
    assert senior.get_username() not in told
    given = client.post(
        url("cases", case.pk, "assign"), {"to": int(told["colleague"])}, format="json"
    )
    assert given.json()["claimed_by"] == colleague.pk


@pytest.mark.usefixtures("policy")
def test_a_decision_takes_effect_and_can_be_taken_back(api, comment_case):
    case = comment_case()
    answer = decide(api, case, public_note="Please stay civil.")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["outcome"], told["policies"]) == ("hide", ["test-civility"])
    comment = Comment.objects.get(pk=case.subject.object_id)
    assert not comment.is_public
    assert Event.objects.filter(case=case, verb="case.decided").count() == 1

    undone = api.post(url("decisions", told["id"], "undo"), {}, format="json")
    assert (undone.status_code, undone.json()["reverses"]) == (201, told["id"])
    comment.refresh_from_db()
    assert comment.is_public
    assert api.get(url("decisions", told["id"])).json()["reversed_by"] == undone.json()["id"]
    again = api.post(url("decisions", told["id"], "undo"), {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


@pytest.mark.usefixtures("policy")
def test_a_stale_decision_is_told_the_present_state(api, colleague, comment_case):
    case = comment_case()
    cases.claim(case.pk, user=colleague)
    cases.release(case.pk, user=colleague)
    answer = decide(api, case)
    assert answer.status_code == 409
    assert answer.headers["ETag"] == '"3"'
    assert answer.json()["current"] == {"id": case.pk, "state": "open", "version": 3}
    body = {"outcome": "hide", "policies": ["test-civility"]}
    where = url("cases", case.pk, "decide")
    assert api.post(where, body, format="json").status_code == 428
    assert api.post(where, body, format="json", headers={"If-Match": "*"}).status_code == 428
    assert api.post(where, body, format="json", headers={"If-Match": "x"}).status_code == 400
    assert api.post(where, body, format="json", headers={"If-Match": 'W/"3"'}).status_code == 201


def test_a_refusal_names_the_rule(api, comment_case):
    case = comment_case()
    answer = decide(api, case, policies=())
    assert (answer.status_code, answer.json()["code"]) == (422, "policy_required")
    answer = decide(api, case, outcome="burn")
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["rule"]) == ("/outcome", "invalid_choice")
    answer = decide(api, case, outcome="undo")
    assert answer.status_code == 400
    answer = api.post(url("cases", case.pk, "decide"), "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert api.post(url("cases", 10**9, "claim"), {}, format="json").status_code == 404
    assert not Decision.objects.exists()


def test_nobody_decides_about_their_own_content(api, moderator, comment_case):
    case = comment_case(author=moderator)
    answer = decide(api, case, outcome="dismiss_allowed", policies=())
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_who_may_only_look_changes_nothing(make_user, comment_case):
    case = comment_case()
    reader = signed_in(make_user("reader", "view_case"))
    assert reader.get(url("cases", case.pk)).status_code == 200
    assert reader.post(url("cases", case.pk, "claim"), {}, format="json").status_code == 403
    assert decide(reader, case, "dismiss_allowed", ()).status_code == 403
    assert Case.objects.get().state == CaseState.OPEN


@pytest.mark.usefixtures("policy")
def test_a_batch_decides_each_for_itself_and_is_taken_back_as_a_whole(api, comment_case):
    good, stale = comment_case(), comment_case("badword too")
    body = {
        "outcome": "hide",
        "policies": ["test-civility"],
        "cases": [
            {"case": good.pk, "version": good.version},
            {"case": stale.pk, "version": 9},
            {"case": 10**6, "version": 1},
        ],
    }
    answer = api.post(url("decisions"), body, format="json")
    assert answer.status_code == 207
    told = answer.json()
    assert [bool(row["decision"]) for row in told["results"]] == [True, False, False]
    assert [row["error"] and row["error"]["code"] for row in told["results"]] == [
        None,
        "conflict",
        "invalid_transition",
    ]
    undone = api.post(url("decisions", "batches", told["batch"], "undo"), {}, format="json")
    assert [row["case"] for row in undone.json()["results"]] == [good.pk]
    assert Decision.objects.filter(outcome=Outcome.UNDO).count() == 1
    other = "00000000-0000-0000-0000-000000000000"
    assert (
        api.post(url("decisions", "batches", other, "undo"), {}, format="json").status_code == 404
    )


def test_a_batch_names_the_faulty_item(api):
    body = {"outcome": "escalate", "cases": [{"case": 1, "version": 1}, {"case": 2}]}
    answer = api.post(url("decisions"), body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/cases/1/version"
