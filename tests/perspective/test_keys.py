"""Who may ask, how often, and what a key leaves behind."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from moderation.api.perspective import keys as gate
from moderation.models import ApiKey, Event, KeyScope, SuggestedScore
from moderation.services import api_keys, audit
from moderation.services.errors import Unusable
from tests.perspective.conftest import ANALYZE, INSULT, SUGGEST, new_key

pytestmark = pytest.mark.django_db

ASK = {"comment": {"text": INSULT}, "requestedAttributes": {"TOXICITY": {}}}
SAY = {"comment": {"text": INSULT}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}


def reason(answer):
    return answer.json()["error"]["details"][0]["reason"]


# The key itself


def test_only_a_hash_of_a_key_is_kept(key):
    stored = ApiKey.objects.values().get()
    assert key.secret not in json.dumps(stored, default=str)
    assert key.secret.startswith(stored["prefix"])
    assert stored["digest"] == api_keys.digest_of(key.secret)
    assert len(key.secret) > 40
    assert new_key().secret != key.secret
    assert key.secret not in json.dumps(list(Event.objects.values()), default=str)


def test_a_key_is_found_by_its_secret_alone(key):
    assert api_keys.find(key.secret) == key
    for wrong in ("", key.prefix, key.digest, key.secret[:-1], key.secret + "x", "x" * 10_000):
        assert api_keys.find(wrong) is None
    assert api_keys.find("\ud800\x00") is None
    api_keys.revoke([key])
    assert api_keys.find(key.secret) is None


def test_every_write_is_on_record(key):
    chief = get_user_model().objects.create_superuser("chief", password="secret")
    key.per_day = 5
    api_keys.change(key, user=chief)
    assert (api_keys.revoke([key, key], user=chief), api_keys.revoke([key], user=chief)) == (1, 0)
    verbs = list(Event.objects.values_list("verb", flat=True))
    assert verbs == ["api_key.created", "api_key.changed", "api_key.revoked"]
    assert audit.verify().ok


def test_what_is_no_key_is_not_made(key):
    for bad in (ApiKey(name=" "), ApiKey(name="x", scopes=["all"]), ApiKey(name="x", scopes="a")):
        with pytest.raises(Unusable):
            api_keys.create(bad)
    with pytest.raises(Unusable):
        api_keys.create(key)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(name="twin", digest=key.digest)


# At the door


def test_a_key_comes_in_the_address_or_in_a_header(client, key):
    body = json.dumps(ASK)
    for address, headers in (
        (f"{ANALYZE}?key={key.secret}", {}),
        (ANALYZE, {"X-Goog-Api-Key": key.secret}),
    ):
        answer = client.post(address, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200


def test_no_key(client):
    answer = client.post(ANALYZE, json.dumps(ASK), content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


def test_a_wrong_and_a_revoked_key_cannot_be_told_apart(post, key):
    wrong = post(ANALYZE, ASK, secret="mdk_nothing")
    api_keys.revoke([key])
    revoked = post(ANALYZE, ASK)
    assert wrong.status_code == revoked.status_code == 400
    assert wrong.json() == revoked.json()
    assert wrong.json()["error"]["message"] == "API key not valid. Please pass a valid API key."
    assert reason(wrong) == "API_KEY_INVALID"


def test_every_kind_of_key_costs_one_query(post, key, django_assert_num_queries):
    revoked = new_key()
    api_keys.revoke([revoked])
    for secret in ("mdk_nothing", revoked.secret):
        with django_assert_num_queries(1):
            post(ANALYZE, ASK, secret=secret)


def test_a_key_opens_only_what_it_is_for(post, key):
    asking = new_key(scopes=[KeyScope.ANALYZE.value])
    assert post(ANALYZE, ASK, secret=asking.secret).status_code == 200
    refused = post(SUGGEST, SAY, secret=asking.secret)
    assert (refused.status_code, reason(refused)) == (403, "API_KEY_SERVICE_BLOCKED")
    assert not SuggestedScore.objects.exists()


def test_wrong_keys_from_one_address_are_few_and_right_ones_stay_right(post, settings, client):
    settings.MODERATION = {"WRONG_KEY_RATE": "2/min"}
    answers = [post(ANALYZE, ASK, secret=f"wrong{number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 429, 429]
    assert answers[-1].json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert post(ANALYZE, ASK).status_code == 200
    made_up = client.post(
        f"{ANALYZE}?key=wrong",
        "{}",
        content_type="application/json",
        HTTP_X_FORWARDED_FOR="1.2.3.4",
    )
    assert made_up.status_code == 429
    elsewhere = client.post(
        f"{ANALYZE}?key=wrong", "{}", content_type="application/json", REMOTE_ADDR="192.0.2.7"
    )
    assert elsewhere.status_code == 400


@pytest.mark.parametrize("unit", ["second", "minute", "day"])
def test_a_quota(post, key, unit, monkeypatch):
    clock = [1_000_000_000.0]
    monkeypatch.setattr(gate.time, "time", lambda: clock[0])
    setattr(key, f"per_{unit}", 2)
    api_keys.change(key)
    statuses = [post(ANALYZE, ASK).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = post(SUGGEST, SAY)
    assert (answer.status_code, reason(answer)) == (429, "RATE_LIMIT_EXCEEDED")
    assert not SuggestedScore.objects.exists()
    error = answer.json()["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert f"per {unit}" in error["message"]
    assert error["details"][0]["metadata"]["quota_limit_value"] == "2"
    clock[0] += int(answer.headers["Retry-After"])
    assert post(ANALYZE, ASK).status_code == 200


def test_a_quota_of_nothing_and_one_that_the_cache_forgot(post, key):
    key.per_day = 0
    api_keys.change(key)
    assert post(ANALYZE, ASK).status_code == 429
    key.per_day = 1
    api_keys.change(key)
    cache.clear()
    assert post(ANALYZE, ASK).status_code == 200


def test_when_a_key_was_used_is_known_to_the_hour(post, key, django_assert_num_queries):
    post(ANALYZE, ASK)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    with django_assert_num_queries(2):  # the key, the word lists
        post(ANALYZE, ASK)
    key.refresh_from_db()
    assert key.last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(hours=2))
    post(ANALYZE, ASK)
    key.refresh_from_db()
    assert key.last_used_at > first


# The command line


def test_the_command_makes_lists_and_revokes(capsys, post):
    call_command("moderation_api_key", "create", "Forum", "--scope", "analyze", "--per-minute", "0")
    secret = capsys.readouterr().out.strip()
    row = api_keys.find(secret)
    assert row is not None
    assert (row.name, row.scopes, row.per_minute, row.per_second) == (
        "Forum",
        ["analyze"],
        None,
        10,
    )
    assert post(ANALYZE, ASK, secret=secret).status_code == 200
    call_command("moderation_api_key", "list")
    listed = capsys.readouterr().out
    assert f"{row.prefix}  valid    analyze          Forum" in listed
    assert secret not in listed
    call_command("moderation_api_key", "revoke", row.prefix)
    assert post(ANALYZE, ASK, secret=secret).status_code == 400
    for wrong in (["revoke", row.prefix], ["create", " "], ["create", "x", "--per-day", "-1"]):
        with pytest.raises(CommandError):
            call_command("moderation_api_key", *wrong)


# The admin


@pytest.fixture
def chief(client):
    user = get_user_model().objects.create_superuser("chief", password="secret")
    client.force_login(user)
    return user


FORM = {"name": "Forum", "scopes": ["analyze"], "per_second": "", "per_minute": "60", "per_day": ""}


def test_the_admin_shows_a_new_key_once(client, chief):
    answer = client.post(reverse("admin:moderation_apikey_add"), FORM)
    row = ApiKey.objects.get()
    secret = answer.context["key"].secret
    assert api_keys.find(secret) == row
    assert secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert (row.created_by, row.scopes, row.per_second) == (chief, ["analyze"], None)
    for page in (
        reverse("admin:moderation_apikey_changelist"),
        reverse("admin:moderation_apikey_change", args=[row.pk]),
        reverse("admin:moderation_apikey_history", args=[row.pk]),
    ):
        content = client.get(page).content.decode()
        assert secret not in content
        assert row.digest not in content


def test_the_admin_changes_and_revokes_but_does_not_delete(client, chief, key):
    page = reverse("admin:moderation_apikey_change", args=[key.pk])
    client.post(page, {**FORM, "name": "Renamed"})
    key.refresh_from_db()
    assert (key.name, key.per_minute) == ("Renamed", 60)
    action = {"action": "revoke", "_selected_action": [key.pk]}
    client.post(reverse("admin:moderation_apikey_changelist"), action)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client.post(page, FORM).status_code == 403
    delete = reverse("admin:moderation_apikey_delete", args=[key.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert ApiKey.objects.exists()
    assert {"api_key.changed", "api_key.revoked"} <= set(
        Event.objects.values_list("verb", flat=True)
    )


def test_the_list_can_be_narrowed_to_valid_keys(client, chief, key):
    old = new_key(name="An old bot")
    api_keys.revoke([old])
    page = reverse("admin:moderation_apikey_changelist")
    for state, found in (("valid", [key]), ("revoked", [old]), ("", [old, key])):
        answer = client.get(page, {"state": state} if state else {})
        assert list(answer.context["cl"].result_list) == found


def test_a_form_without_a_name_or_scope_makes_no_key(client, chief):
    for wrong in ({"name": ""}, {"scopes": []}, {"scopes": ["root"]}, {"per_day": "-1"}):
        answer = client.post(reverse("admin:moderation_apikey_add"), {**FORM, **wrong})
        assert answer.context["errors"]
    assert not ApiKey.objects.exists()


def test_who_may_only_look_makes_no_keys(client):
    user = get_user_model().objects.create_user("reader", password="secret", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(user)
    assert client.get(reverse("admin:moderation_apikey_changelist")).status_code == 200
    assert client.post(reverse("admin:moderation_apikey_add"), FORM).status_code == 403
    assert not ApiKey.objects.exists()
