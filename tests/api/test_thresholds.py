"""Thresholds by program: drafted, tried, put to work, taken back, and held against the past."""

from __future__ import annotations

import pytest

from moderation.models import Event, Threshold
from tests.api.conftest import signed_in
from tests.api.test_cases import ids, url

pytestmark = pytest.mark.django_db

ATTACK = {"detector": "word", "category": "attack"}


@pytest.fixture
def chief(root):
    return signed_in(root)


def post(client, *where, **body):
    return client.post(url("thresholds", *where), body, format="json")


@pytest.mark.both_databases
def test_a_threshold_goes_from_draft_to_work_and_back_on_record(chief, root):
    made = post(chief, **ATTACK, value=0.4, reason="Too many.")
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    key = made.json()["id"]
    for step, state in (("try", "shadow"), ("live", "live"), ("retire", "retired")):
        moved = post(chief, key, step)
        assert (moved.status_code, moved.json()["state"]) == (200, state)
    lines = Event.objects.filter(verb__startswith="threshold.").order_by("number")
    assert [line.verb.partition(".")[2] for line in lines] == [
        *("drafted", "tried", "live", "retired")
    ]
    assert {line.actor_ref for line in lines} == {f"user:{root.pk}"}


@pytest.mark.parametrize(
    ("state", "step"), [("draft", "live"), ("live", "try"), ("retired", "try")]
)
def test_no_step_is_left_out(chief, state, step):
    row = Threshold.objects.create(**ATTACK, value=0.4, state=state)
    refused = post(chief, row.pk, step)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    row.refresh_from_db()
    assert row.state == state


@pytest.mark.parametrize("value", [-0.1, 1.1, "nan", "inf", None, "", [], {}, "high"])
def test_a_threshold_is_a_number_of_a_score(chief, value):
    assert post(chief, **ATTACK, value=value).status_code in {400, 422}
    assert not Threshold.objects.exists()


def test_only_what_takes_a_threshold_gets_one(chief):
    for wrong in ({"detector": "gone"}, {"category": "gone"}, {"detector": "broken"}):
        refused = post(chief, **{**ATTACK, **wrong}, value=0.4)
        assert (refused.status_code, refused.json()["code"]) == (422, "unusable")
    assert post(chief, value=0.4).status_code == 400
    assert not Threshold.objects.exists()


def test_they_are_looked_up(chief):
    draft = Threshold.objects.create(**ATTACK, value=0.4)
    live = Threshold.objects.create(**ATTACK, value=0.3, state="live", section="sports")
    assert ids(chief.get(url("thresholds"))) == [live.pk, draft.pk]
    assert ids(chief.get(url("thresholds"), {"state": "draft"})) == [draft.pk]
    assert ids(chief.get(url("thresholds"), {"section": "sports"})) == [live.pk]
    assert chief.get(url("thresholds", 999_999)).status_code == 404


def test_what_a_threshold_would_have_meant(chief, comment_case):
    comment_case("badword")  # and the article that it is about
    answer = chief.get(url("thresholds", "workbench"), {**ATTACK, "minutes": 60, "days": 7})
    past = answer.json()
    assert (past["scanned"], past["decided"], past["own"], past["cut"]) == (2, 0, None, False)
    by_threshold = {point["threshold"]: point for point in past["points"]}
    assert by_threshold[0.9]["per_day"] == by_threshold[0.9]["hours"] == 1.0
    assert by_threshold[0.95]["per_day"] == 0.0
    assert by_threshold[0.9]["precision"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"detector": "word"},
        {**ATTACK, "days": 0},
        {**ATTACK, "minutes": "nan"},
        {**ATTACK, "section": "x" * 501},
    ],
)
def test_a_question_without_sense_is_refused(chief, asked):
    assert chief.get(url("thresholds", "workbench"), asked).status_code == 400
