"""Reports and appeals on the desk: lists, the page of a case, the page of an appeal, the API."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from rest_framework.test import APIClient

from moderation.models import Appeal, Case, Report
from moderation.services import appeals, links, reports, statements
from tests.reports.conftest import decide, send_all
from tests.reports.test_pages import hidden  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(make_user):
    def make(name, *codenames):
        user = make_user(name, *codenames)
        user.is_staff = True
        user.save()
        return user

    return make


@pytest.fixture
def desk(staff):
    client = Client()
    client.force_login(staff("chief", "view_case", "claim_case", "decide_case"))
    return client


@pytest.fixture
def knowing(staff):
    client = Client()
    client.force_login(staff("knowing", "view_case", "see_author_identity"))
    return client


@pytest.fixture
def api():
    return APIClient()


# The admin


def test_the_page_of_a_case_shows_its_reports(desk, knowing, comment, reader):
    report = reports.submit(comment, reader(text="<script>alert(1)</script>")).report
    page = desk.get(f"/admin/moderation/case/{report.case_id}/change/").content.decode()
    assert "reported: attack" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "no report decided yet" in page
    assert "reader@mail.example" not in page
    page = knowing.get(f"/admin/moderation/case/{report.case_id}/change/").content.decode()
    assert "reader@mail.example" in page


def test_the_list_of_reports_shows_how_reliable_somebody_is(
    desk, knowing, reported, moderator, policy, django_assert_max_num_queries
):
    decide(reported.case, moderator, "dismiss_allowed")
    reports.settle_due()
    page = desk.get("/admin/moderation/report/").content.decode()
    assert "0 of 1 confirmed" in page
    assert "reader@" not in page
    assert "reader@" in knowing.get("/admin/moderation/report/").content.decode()
    assert desk.get(f"/admin/moderation/report/{reported.pk}/change/").status_code == 200
    for words, number in (("reader@mail.example", 0), (reported.subject.object_id, 1)):
        found = desk.get("/admin/moderation/report/", {"q": words}).content.decode()
        assert f"{number} report" in found
    with django_assert_max_num_queries(12):
        desk.get("/admin/moderation/report/?state__exact=rejected")


@pytest.mark.parametrize(
    "asked", ["email__startswith=reader", "name__gte=A", "reporter_key__contains=e", "reporter=1"]
)
def test_nobody_is_found_out_by_filters_in_the_address(desk, knowing, reported, asked):
    assert knowing.get(f"/admin/moderation/report/?{asked}").status_code in (200, 302)
    assert desk.get(f"/admin/moderation/report/?{asked}").status_code == 400


def test_an_appeal_is_taken_and_judged(desk, hidden, policy):  # noqa: F811
    appeal = appeals.submit(hidden.pk, text="<b>Quoted</b>")
    address = f"/admin/moderation/appeal/{appeal.pk}/"
    page = desk.get(f"{address}change/").content.decode()
    assert "&lt;b&gt;Quoted&lt;/b&gt;" in page
    assert desk.get("/admin/moderation/appeal/").status_code == 200
    assert desk.post(f"{address}judge/", {"result": "upheld"}).status_code == 400
    assert desk.post(f"{address}take/").status_code == 302
    wrong = desk.post(f"{address}judge/", {"result": "partially_reversed", "public_note": "kept"})
    assert wrong.status_code == 400
    assert "kept" in wrong.content.decode()
    done = desk.post(
        f"{address}judge/",
        {"result": "partially_reversed", "outcome": "label", "policies": [policy.pk]},
    )
    assert done.status_code == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.ruling.outcome) == ("partially_reversed", "label")
    assert "decision partially reversed" in desk.get(f"{address}change/").content.decode()


def test_who_decided_finds_no_button(staff, hidden, moderator):  # noqa: F811
    moderator.is_staff = True
    moderator.save()
    appeal = appeals.submit(hidden.pk, text="x")
    client = Client()
    client.force_login(moderator)
    page = client.get(f"/admin/moderation/appeal/{appeal.pk}/change/").content.decode()
    assert "Somebody else than who decided" in page
    assert "/take/" not in page
    assert client.post(f"/admin/moderation/appeal/{appeal.pk}/take/").status_code == 403
    assert Appeal.objects.get().state == "submitted"
    assert client.get("/admin/moderation/appeal/999999/change/").status_code == 404


def test_statements_are_exported_from_the_list_of_decisions(staff, hidden):  # noqa: F811
    client = Client()
    client.force_login(staff("clerk", "view_decision"))
    statement = statements.of(hidden)
    answer = client.post(
        "/admin/moderation/decision/",
        {"action": "export_statements", "_selected_action": [hidden.pk]},
    )
    told = json.loads(b"".join(answer.streaming_content))
    assert told == {"statements": [statement.document]}


# The API


def test_a_program_reports_and_is_told_which_field_is_wrong(api, comment):
    body = {"model": "site.comment", "object_id": str(comment.pk), "category": "attack"}
    refused = api.post("/api/v1/reports/", body, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/email")
    taken = api.post("/api/v1/reports/", {**body, "email": "a@mail.example"}, format="json")
    assert (taken.status_code, taken.json()["state"]) == (201, "waiting")
    again = api.post("/api/v1/reports/", {**body, "email": "a@mail.example"}, format="json")
    assert Report.objects.get().times == 2
    # The address may be somebody else's: whether they have reported is told to nobody.
    assert again.json() == taken.json() == {"report": None, "state": "waiting", "repeated": False}


def test_an_account_is_told_that_it_has_reported_before(api, comment, author):
    api.force_authenticate(author)
    body = {"model": "site.comment", "object_id": str(comment.pk), "category": "attack"}
    answers = [api.post("/api/v1/reports/", body, format="json").json() for _each in range(2)]
    assert [answer["repeated"] for answer in answers] == [False, True]
    assert {answer["report"] for answer in answers} == {Report.objects.get().pk}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "site.comment", "object_id": "999999"},
        {"model": "auth.user", "object_id": "1"},
        {"model": "x" * 300, "object_id": "1"},
        {"model": 5, "object_id": []},
    ],
)
def test_a_report_of_nothing_is_refused(api, body):
    given = {"category": "attack", "email": "a@mail.example", **body}
    answer = api.post("/api/v1/reports/", given, format="json")
    assert answer.status_code in (400, 422)
    assert not Case.objects.exists()


def test_reporting_too_often_is_429(api, comment, lay):
    lay(REPORT_RATE="1/hour")
    body = {"model": "site.comment", "object_id": str(comment.pk), "category": "attack"}
    codes = [
        api.post("/api/v1/reports/", {**body, "email": f"{n}@mail.example"}, format="json")
        for n in range(2)
    ]
    assert [answer.status_code for answer in codes] == [201, 429]
    assert codes[1].json()["code"] == "too_many_reports"


def test_who_reports_is_told_to_those_who_may_know(api, staff, reported):
    api.force_authenticate(staff("viewer", "view_case"))
    (row,) = api.get("/api/v1/reports/?state=waiting").json()["results"]
    assert (row["email"], row["name"], row["weight"]) == ("", "", 1.0)
    api.force_authenticate(staff("knows", "view_case", "see_author_identity"))
    assert api.get(f"/api/v1/reports/{reported.pk}/").json()["email"] == "reader@mail.example"


def test_an_appeal_goes_its_way_by_program(api, hidden, author, colleague, moderator):  # noqa: F811
    body = {"token": links.token_of(hidden), "text": "It was a quotation."}
    made = api.post("/api/v1/appeals/", body, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "submitted")
    assert api.post("/api/v1/appeals/", body, format="json").status_code == 409
    key = made.json()["appeal"]
    api.force_authenticate(moderator)
    assert api.post(f"/api/v1/appeals/{key}/take/").status_code == 403
    api.force_authenticate(colleague)
    assert [row["id"] for row in api.get("/api/v1/appeals/?state=submitted").json()["results"]] == [
        key
    ]
    assert api.post(f"/api/v1/appeals/{key}/take/").json()["state"] == "under_review"
    done = api.post(f"/api/v1/appeals/{key}/judge/", {"result": "reversed"}, format="json")
    assert (done.status_code, done.json()["state"]) == (200, "reversed")


def test_a_signed_in_author_names_the_decision(api, hidden, author, colleague):  # noqa: F811
    body = {"decision": hidden.pk, "text": "It was a quotation."}
    assert api.post("/api/v1/appeals/", body, format="json").status_code in (401, 403)
    api.force_authenticate(colleague)
    foreign = api.post("/api/v1/appeals/", body, format="json")
    missing = api.post("/api/v1/appeals/", {**body, "decision": 10**9}, format="json")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    api.force_authenticate(author)
    assert api.post("/api/v1/appeals/", body, format="json").status_code == 201
    gone = api.post("/api/v1/appeals/withdraw/", {"decision": hidden.pk}, format="json")
    assert gone.json()["state"] == "withdrawn"


@pytest.mark.parametrize("who", [{}, {"token": "x"}, {"token": "a", "decision": 1}])
def test_an_appeal_names_one_decision(api, db, who):
    answer = api.post("/api/v1/appeals/", {"text": "x", **who}, format="json")
    assert answer.status_code in (400, 404)


def test_statements_are_listed_and_streamed(api, staff, hidden):  # noqa: F811
    send_all()
    api.force_authenticate(staff("exporter", "view_case", "view_decision"))
    (row,) = api.get(f"/api/v1/statements/?decision={hidden.pk}").json()["results"]
    answer = api.get("/api/v1/exports/statements/")
    assert answer.streaming
    told = json.loads(b"".join(answer.streaming_content))
    assert told == {"statements": [row["document"]]}
    lines = b"".join(api.get("/api/v1/exports/statements/?form=jsonl").streaming_content)
    assert [json.loads(line) for line in lines.splitlines()] == [row["document"]]
