"""Whatever is sent: an answer in Google's form below 500, and nothing stored."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.models import Event, SuggestedScore
from tests.perspective.conftest import ANALYZE, INSULT, SUGGEST

pytestmark = pytest.mark.django_db

ASK = {"comment": {"text": INSULT}, "requestedAttributes": {"TOXICITY": {}}}
SAY = {"comment": {"text": INSULT}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}

BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"7",
    b"\xff\xfe{}",
    b"{}\x00",
    b'{"comment": {"text": "a\x00b"}}',
    b"[" * 100_000,
    b'{"comment":' * 50_000,
    b'{"comment": {"text": "a"}, "comment": {"text": "b"}}',
    b'{"comment": {"text": "a", "text": "b"}}',
    b'{"clientToken": NaN}',
    b'{"clientToken": ' + b"9" * 10_000 + b"}",
    b"key=value&other=value",
]


def refused(answer):
    assert 400 <= answer.status_code < 500
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    assert error["status"]
    assert error["message"]
    assert not SuggestedScore.objects.exists()
    return error


@pytest.mark.parametrize("address", [ANALYZE, SUGGEST])
@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_json_object(post, address, body):
    assert refused(post(address, body))["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "wrong",
    [
        {"comment": "text"},
        {"comment": ["text"]},
        {"comment": {"text": 5}},
        {"comment": {"text": ["a"]}},
        {"comment": {"text": {"text": "a"}}},
        {"comment": {"text": "a", "type": "MARKDOWN"}},
        {"comment": {"text": "a", "type": ["HTML"]}},
        {"comment": {"text": "a", "colour": "red"}},
        {"comment": {"text": "a\x00b"}},
        {"comment": {"text": "a\ud800b"}},
        {"requestedAttributes": ["TOXICITY"]},
        {"requestedAttributes": {"TOXICITY": 1}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "high"}}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": True}}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": 10**400}}},
        {"requestedAttributes": {"TOXICITY": {"scoreType": 1}}},
        {"requestedAttributes": {"TOXICITY": {"threshold": 0.5}}},
        {"requestedAttributes": {f"TOXICITY@{number}": {} for number in range(100)}},
        {"languages": {"en": True}},
        {"languages": [1]},
        {"languages": ["en"] * 1000},
        {"languages": ["e" * 1000]},
        {"doNotStore": "yes"},
        {"spanAnnotations": 1},
        {"clientToken": 5},
        {"clientToken": "x" * 10_000},
        {"clientToken": "\udcff"},
        {"context": []},
        {"context": {"entries": {}}},
        {"context": {"entries": ["a"]}},
        {"context": {"entries": [{"text": "a"}] * 1000}},
        {"context": {"articleAndParentComment": {"article": "a"}}},
        {"doNotStore": True, "do_not_store": True},
        {"unknown": 1},
        {"\ud800": 1},
    ],
)
def test_values_of_the_wrong_kind(post, wrong):
    assert refused(post(ANALYZE, {**ASK, **wrong}))["status"] == "INVALID_ARGUMENT"


def test_the_place_of_a_wrong_value_is_told(post):
    error = refused(post(ANALYZE, {**ASK, "context": {"entries": [{"text": "a"}, {"text": 1}]}}))
    assert error["message"] == "Invalid value at 'context.entries[1].text' (TYPE_STRING)."
    [violation] = error["details"][0]["fieldViolations"]
    assert violation["field"] == "context.entries[1].text"


@pytest.mark.parametrize("wrong", ["begin", "end", "score"])
@pytest.mark.parametrize("value", ["1", 1.5, True, -1, 2**40, [], "\ud800"])
def test_spans_of_the_wrong_kind(post, wrong, value):
    span = {"begin": 0, "end": 5, "score": {"value": 1}, wrong: value}
    body = {**SAY, "attributeScores": {"TOXICITY": {"spanScores": [span]}}}
    refused(post(SUGGEST, body))


def test_a_body_that_is_too_large_is_not_read(client, key):
    class Endless:
        def __init__(self):
            self.given = 0

        def read(self, size=-1):
            assert size >= 0, "all of it at once"
            self.given += size
            return b" " * size

        readline = read

    for length in (50_000_000, 10**30):
        body = Endless()
        answer = client.generic(
            "POST",
            f"{ANALYZE}?key={key.secret}",
            b"",
            **{"wsgi.input": body},
            CONTENT_LENGTH=str(length),
        )
        assert "payload size exceeds the limit" in refused(answer)["message"]
        assert body.given == 0


def test_fifty_megabytes(post):
    answer = post(ANALYZE, b'{"comment": {"text": "' + b"x" * 50_000_000 + b'"}}')
    assert "payload size exceeds the limit" in refused(answer)["message"]


def test_a_large_context_fits(post):
    context = {"entries": [{"text": "word " * 200_000}]}
    assert post(ANALYZE, {**ASK, "context": context}).status_code == 200


def test_many_sentences_have_a_last_span_for_the_rest(post):
    body = {**ASK, "comment": {"text": "Yes! " * 4_000}, "spanAnnotations": True}
    answer = post(ANALYZE, body)
    spans = answer.json()["attributeScores"]["TOXICITY"]["spanScores"]
    assert len(spans) == 200
    assert spans[-1]["end"] == 4_000 * 5 - 1


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
@pytest.mark.parametrize("address", [ANALYZE, SUGGEST])
def test_other_methods(client, key, method, address):
    answer = getattr(client, method)(f"{address}?key={key.secret}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "head":
        refused(answer)


def test_nobody_without_a_key_has_a_body_read(post):
    for body in BROKEN:
        assert refused(post(ANALYZE, body, secret="wrong"))["code"] in {400, 429}


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)
NAMES = ["comment", "requestedAttributes", "context", "languages", "attributeScores", "sessionId"]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.sampled_from(NAMES), value=json_values, address=st.sampled_from([ANALYZE, SUGGEST]))
def test_anything_at_any_place(post, name, value, address):
    body = {**(ASK if address == ANALYZE else SAY), name: value}
    answer = post(address, json.dumps(body))
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert answer.json()["error"]["code"] == 400


def test_refused_requests_leave_no_event(post):
    events = Event.objects.count()
    for body in BROKEN:
        post(SUGGEST, body)
    assert Event.objects.count() == events
