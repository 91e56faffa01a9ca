from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from rest_framework.test import APIClient

from moderation.models import ListedPhrase, Snapshot, Subject, WordList
from moderation.services import wordlists

pytestmark = pytest.mark.django_db

CHECK = "/api/v1/check/"
INSULT = "You are a complete idiot and everybody here knows it."


@pytest.fixture(autouse=True)
def _built_in_detectors(settings):
    settings.MODERATION = {}
    cache.clear()


@pytest.fixture
def visitor():
    return APIClient()


def check(client, **body):
    return client.post(CHECK, body, format="json")


def test_anybody_may_have_a_text_assessed_and_nothing_is_kept(visitor):
    told = check(visitor, text=INSULT).json()
    assert told["flagged"]
    assert told["findings"][0]["evidence"][0]["explanation"]
    assert not check(visitor, text="Thank you for the article.").json()["flagged"]
    assert not Subject.objects.exists()
    assert not Snapshot.objects.exists()


def test_what_a_reply_repeats_is_not_held_against_it(visitor):
    text = f"“{INSULT}” That is uncalled for."
    assert not check(visitor, text=text, answers=INSULT).json()["flagged"]


def test_reasons_are_told_in_the_language_of_the_request(visitor):
    english, german = (
        visitor.post(CHECK, {"text": INSULT}, format="json", headers={"Accept-Language": code})
        for code in ("en", "de")
    )
    reasons = [
        answer.json()["findings"][0]["evidence"][0]["explanation"] for answer in (english, german)
    ]
    assert reasons[0] != reasons[1]


def test_the_sites_word_list_counts(visitor):
    chief = get_user_model().objects.create_superuser("chief", password="secret")
    wordlists.save(ListedPhrase(list=WordList.BLOCKED, text="cheap watch"), user=chief)
    told = check(visitor, text="Cheap watches here").json()
    assert [found["kind"] for found in told["findings"]] == ["wordlist"]


def test_a_visitor_who_makes_up_addresses_is_the_same(visitor, settings):
    settings.MODERATION = {"CHECK_RATE": "1/min"}
    told = [
        visitor.post("/api/v1/check/", {"text": "hello"}, format="json", **header).status_code
        for header in ({}, {"HTTP_X_FORWARDED_FOR": "192.0.2.1"})
    ]
    assert told == [200, 429]


def test_a_visitor_may_ask_so_often(visitor, settings):
    settings.MODERATION = {"CHECK_RATE": "2/min"}
    statuses = [check(visitor, text="hello").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = check(visitor, text="hello")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == "throttled"


def test_what_is_too_long_or_no_text_is_refused(visitor, settings):
    settings.MODERATION = {"CHECK_MAX_CHARS": 10}
    [fault] = check(visitor, text="x" * 11).json()["errors"]
    assert (fault["pointer"], fault["rule"]) == ("/text", "max_length")
    assert check(visitor, text="x" * 10).status_code == 200
    for body in ({}, {"text": None}, {"text": "x", "kind": "film"}, {"text": ["x"]}):
        assert check(visitor, **body).status_code == 400
    assert visitor.post(CHECK, "[]", content_type="application/json").status_code == 400
