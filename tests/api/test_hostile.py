"""Requests that no honest client sends: refused with a reason, and nothing is changed."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from moderation.models import Case, Decision, Event, IdempotentRequest, Policy
from tests.api.conftest import signed_in
from tests.api.test_cases import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(root):
    return signed_in(root)


@pytest.fixture
def case(policy, comment_case):
    return comment_case()


@pytest.fixture(autouse=True)
def _nothing_changes(case):
    before = state()
    yield
    assert state() == before


def state():
    return (
        list(Case.objects.values_list("pk", "version", "state")),
        Decision.objects.count(),
        Event.objects.count(),
        list(Policy.objects.order_by("pk").values()),
        IdempotentRequest.objects.count(),
    )


def raw(client, address, body, content_type="application/json", **headers):
    return client.post(address, body, content_type=content_type, **headers)


def told(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == answer.status_code
    assert content["detail"]
    return content


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", ""),
        (b"{", "JSON"),
        (b"\xff\xfe\x00", "JSON"),
        (b"nul", "JSON"),
        (b'{"outcome": NaN}', "NaN is no number"),
        (b'{"outcome": "hide", "outcome": "remove"}', "a key comes twice"),
        (b'{"internal_note": "a\\u0000b"}', "NUL"),
        (b'{"internal_note": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"[" * 30 + b"]" * 30, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "JSON"),
        (b'{"version": ' + b"9" * 5_000 + b"}", "JSON"),
        (b"[]", ""),
        (b'"hide"', ""),
        (b"17", ""),
        (b"null", ""),
    ],
)
def test_what_is_no_honest_json_is_refused(chief, case, body, reason):
    answer = raw(chief, url("cases", case.pk, "decide"), body)
    assert answer.status_code == 400
    assert reason in told(answer)["detail"]


@pytest.mark.parametrize(
    "fault",
    [
        {"outcome": None},
        {"outcome": 5},
        {"outcome": ["hide"]},
        {"version": -1},
        {"version": 2**31},
        {"version": 1e300},
        {"version": True},
        {"version": "one"},
        {"policies": "civility"},
        {"policies": [{"code": "x"}]},
        {"policies": ["x"] * 21},
        {"internal_note": "x" * 10_001},
        {"public_note": {"a": 1}},
    ],
    ids=str,
)
def test_a_wrong_type_is_named(chief, case, fault):
    body = {"outcome": "dismiss_allowed", "version": case.version, **fault}
    if fault == {"version": True}:
        body["version"] = [True]
    answer = chief.post(url("cases", case.pk, "decide"), body, format="json")
    assert answer.status_code == 400
    [name] = fault
    assert all(each["pointer"].startswith(f"/{name}") for each in told(answer)["errors"])


def test_a_body_of_fifty_megabytes_is_not_even_parsed(chief, case):
    body = json.dumps({"internal_note": "x" * 50_000_000})
    for address in (url("cases", case.pk, "decide"), url("check"), url("references")):
        answer = raw(chief, address, body)
        assert (answer.status_code, told(answer)["code"]) == (413, "too_large")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_other_media_types_are_refused(chief, case, media):
    answer = raw(chief, url("cases", case.pk, "claim"), b"version=1", media)
    assert answer.status_code == 415
    assert told(answer)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("size", ["0", "201", "-1", "9" * 400, "x", "", "٣", "1e3"])
def test_a_page_has_a_size_within_reason(chief, size):
    answer = chief.get(url("cases"), {"page_size": size})
    assert answer.status_code == 400
    assert told(answer)["errors"][0]["pointer"] == "/page_size"


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("cases", {"search": "a\x00b"}),
        ("cases", {"subject": "9" * 30}),
        ("cases", {"opened_after": "yesterday"}),
        ("cases", {"assignee": "me' OR 1=1"}),
        ("events", {"after": "9999-99-99"}),
        ("decisions", {"batch_id": "x"}),
        ("findings", {"detector": "x" * 501}),
        ("statistics", {"first": "2026-01-01", "last": "2020-01-01"}),
        ("statistics", {"first": "2020-01-01", "last": "2026-01-01"}),
        ("statistics", {"last": "0001-01-01"}),
        ("statistics", {"last": "9999-12-31"}),
        ("references", {"is_active": "perhaps"}),
    ],
    ids=str,
)
def test_a_query_that_makes_no_sense_is_named(chief, resource, query):
    answer = chief.get(url(resource), query)
    assert answer.status_code == 400
    assert told(answer)["errors"][0]["pointer"].lstrip("/") in {*query, "last"}


@pytest.mark.parametrize("key", ["0", "9" * 18, "9" * 19, "-1", "x", "٣", "1.0", "%00", "1%27"])
def test_an_address_that_leads_nowhere_is_not_found(chief, key):
    for resource in ("cases", "decisions", "subjects", "references", "policies"):
        assert chief.get(f"/api/v1/{resource}/{key}/").status_code == 404


def test_methods_that_are_not_there_are_refused(chief, case):
    for method, address in (
        ("delete", url("cases", case.pk)),
        ("put", url("cases", case.pk)),
        ("delete", url("policies", "test-civility")),
        ("put", url("policies", "test-civility")),
        ("post", url("events")),
        ("delete", url("decisions", 1)),
        ("get", url("cases", case.pk, "decide")),
    ):
        answer = getattr(chief, method)(address, {}, format="json")
        assert answer.status_code == 405, address
        assert told(answer)["code"] == "method_not_allowed"


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel", "a b"])
def test_a_key_is_printable_ascii(chief, case, key):
    answer = chief.post(
        url("cases", case.pk, "claim"), {}, format="json", headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 400
    assert told(answer)["errors"][0]["pointer"] == "/Idempotency-Key"


def test_a_session_without_its_token_writes_nothing(root, case):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(root)
    answer = client.post(url("cases", case.pk, "claim"), {}, format="json")
    assert answer.status_code == 403
    assert "CSRF" in told(answer)["detail"]


def test_batches_of_nothing_or_too_much_are_refused(chief):
    for items in ([], [{"case": 1, "version": 1}] * 501, [{"case": 2**63, "version": 1}]):
        body = {"outcome": "dismiss_allowed", "cases": items}
        assert chief.post(url("decisions"), body, format="json").status_code == 400
