"""A write with a key is done once, however often it is sent."""

from __future__ import annotations

import threading
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from moderation.models import CaseNote, Decision, Event, IdempotentRequest, Policy, Webhook
from moderation.services import cases, decisions, idempotency
from moderation.services.idempotency import Answer, Question, answer_once
from moderation.services.sweep import sweep
from tests.api.conftest import signed_in
from tests.api.test_cases import url

KEY = {"Idempotency-Key": "one"}


def post(client, address, body, headers=KEY):
    return client.post(address, body, format="json", headers=headers)


@pytest.mark.django_db
@pytest.mark.both_databases
def test_a_replay_is_answered_the_same_and_does_nothing(api, comment_case):
    case = comment_case()
    address, body = url("cases", case.pk, "notes"), {"text": "Seen before."}
    first, again = post(api, address, body), post(api, address, body)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert CaseNote.objects.count() == 1
    assert post(api, address, body, {"Idempotency-Key": "two"}).status_code == 201
    assert CaseNote.objects.count() == 2


@pytest.mark.django_db
def test_a_refusal_is_an_answer_too(api, colleague, comment_case):
    case = comment_case()
    cases.claim(case.pk, user=colleague)
    address = url("cases", case.pk, "claim")
    refused = post(api, address, {})
    cases.release(case.pk, user=colleague)
    again = post(api, address, {})
    assert (refused.status_code, refused.json()) == (409, again.json())
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.headers["ETag"] == refused.headers["ETag"]
    assert post(api, address, {}, {"Idempotency-Key": "new"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["body", "address", "version"])
def test_a_key_is_for_one_request(api, comment_case, what):
    case, other = comment_case(), comment_case("badword too")
    address, body = url("cases", case.pk, "claim"), {"take_over": False}
    assert post(api, address, body).status_code == 200
    headers = {**KEY, "If-Match": '"2"'} if what == "version" else KEY
    answer = post(
        api,
        url("cases", other.pk, "claim") if what == "address" else address,
        {} if what == "body" else body,
        headers,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.django_db
def test_keys_of_two_accounts_have_nothing_to_do_with_each_other(api, colleague, comment_case):
    case = comment_case()
    address = url("cases", case.pk, "notes")
    assert post(api, address, {"text": "mine"}).json()["author_label"] == "mod"
    assert post(signed_in(colleague), address, {"text": "mine"}).json()["author_label"] == (
        "colleague"
    )


@pytest.mark.django_db
def test_who_may_no_more_is_told_nothing(api, moderator, comment_case):
    address = url("cases", comment_case().pk, "claim")
    assert post(api, address, {}).status_code == 200
    moderator.user_permissions.clear()
    fresh = signed_in(type(moderator).objects.get(pk=moderator.pk))
    assert post(fresh, address, {}).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.django_db
def test_a_bug_leaves_the_key_free(api, comment_case, monkeypatch):
    case = comment_case()
    address = url("cases", case.pk, "claim")
    with monkeypatch.context() as patch:
        patch.setattr(cases, "claim", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            post(api, address, {})
    assert not IdempotentRequest.objects.exists()
    assert post(api, address, {}).status_code == 200


@pytest.mark.django_db
def test_a_batch_is_decided_once(api, comment_case):
    made = [comment_case(), comment_case("badword too")]
    body = {
        "outcome": "dismiss_allowed",
        "cases": [{"case": case.pk, "version": case.version} for case in made],
    }
    first, again = post(api, url("decisions"), body), post(api, url("decisions"), body)
    assert first.json() == again.json()
    assert Decision.objects.count() == 2


@pytest.mark.django_db
def test_a_batch_that_is_under_way_is_not_begun_again(api, comment_case, monkeypatch):
    case = comment_case()
    body = {"outcome": "dismiss_allowed", "cases": [{"case": case.pk, "version": 1}]}
    seen = []
    really = decisions.decide_batch

    def meanwhile(*args, **kwargs):
        seen.append(post(api, url("decisions"), body))
        return really(*args, **kwargs)

    monkeypatch.setattr(decisions, "decide_batch", meanwhile)
    assert post(api, url("decisions"), body).status_code == 207
    [answer] = seen
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.django_db
def test_a_batch_whose_process_died_can_be_sent_again():
    question = Question("user:1", "key", "POST /x", b"")
    long_ago = timezone.now() - idempotency.ABANDONED_AFTER
    IdempotentRequest.objects.create(
        actor="user:1",
        key="key",
        route="POST /x",
        body_hash=question.body_hash,
        created_at=long_ago,
        expires_at=long_ago + timedelta(days=1),
    )
    answer, replayed = answer_once(question, lambda: Answer(200, "{}"), piecemeal=True)
    assert (answer.status, replayed) == (200, False)
    assert IdempotentRequest.objects.get().status == 200


@pytest.mark.django_db
@pytest.mark.both_databases
def test_answers_are_forgotten_after_a_while(api, settings, comment_case):
    address = url("cases", comment_case().pk, "notes")
    post(api, address, {"text": "one"})
    long_ago = timezone.now() - timedelta(days=2)
    IdempotentRequest.objects.update(expires_at=long_ago)
    assert post(api, address, {"text": "another"}).json()["text"] == "another"
    IdempotentRequest.objects.update(expires_at=long_ago)
    assert sweep().answers_purged == 1
    assert not IdempotentRequest.objects.exists()
    assert sweep().answers_purged == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.on_postgresql
def test_twenty_at_once_do_it_once(api, moderator, comment_case):
    address = url("cases", comment_case().pk, "notes")
    start = threading.Barrier(20)
    answers = []

    def ask():
        try:
            start.wait()
            answers.append(post(signed_in(moderator), address, {"text": "at once"}))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert CaseNote.objects.count() == 1
    assert Event.objects.filter(verb="case.noted").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.on_postgresql
def test_notes_and_claims_at_once_do_not_wait_for_each_other_in_a_circle(senior, comment_case):
    case = comment_case()
    start = threading.Barrier(12)
    statuses = []

    def ask(number):
        client = signed_in(senior)
        what, body = ("notes", {"text": "x"}) if number % 2 else ("claim", {"take_over": True})
        try:
            start.wait()
            for _ in range(8):
                answer = client.post(url("cases", case.pk, what), body, format="json")
                statuses.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 48 + [201] * 48


@pytest.mark.django_db
def test_visitors_have_no_keys(settings):
    settings.MODERATION = {}
    for _ in range(2):
        answer = post(APIClient(), url("check"), {"text": "hello"})
        assert answer.status_code == 200
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
def test_rows_of_every_kind_are_added_once(root):
    chief = signed_in(root)
    body = {"code": "house", "title": "House rules"}
    first, again = (post(chief, url("policies"), body) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.headers["ETag"] == again.headers["ETag"]
    assert Policy.objects.filter(code="house").count() == 1
    where = url("policies", "house")
    patch = {"format": "json", "headers": {"Idempotency-Key": "two"}}
    assert chief.patch(where, {"title": "Ours"}, **patch).status_code == 200
    assert chief.patch(where, {"title": "Ours"}, **patch).headers["Idempotency-Replayed"]


@pytest.mark.django_db
def test_the_secret_of_a_webhook_is_told_once_and_kept_in_no_answer(root):
    client, body = signed_in(root), {"name": "chat", "url": "https://example.org/hook"}
    made = post(client, url("webhooks"), body)
    assert made.status_code == 201
    again = post(client, url("webhooks"), body)
    assert (again.status_code, again.json()["code"]) == (409, "told_once")
    assert again.headers["Idempotency-Replayed"] == "true"
    hook = Webhook.objects.get()
    assert made.json()["secret"] == hook.secret
    where = f"http://testserver{url('webhooks', hook.pk)}"
    assert [answer.headers["Location"] for answer in (made, again)] == [where, where]
    assert again.headers["ETag"] == made.headers["ETag"] == client.get(where).headers["ETag"]
    rotate, key = url("webhooks", hook.pk, "rotate"), {"Idempotency-Key": "two"}
    rotated = post(client, rotate, {}, key)
    assert post(client, rotate, {}, key).status_code == 409
    hook.refresh_from_db()
    assert rotated.json()["secret"] == hook.secret != made.json()["secret"]
    refused = {**body, "url": "ftp://example.org"}
    answers = [post(client, url("webhooks"), refused, {"Idempotency-Key": "3"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    kept = "".join(IdempotentRequest.objects.values_list("answer", flat=True))
    assert "whsec_" not in kept
    assert IdempotentRequest.objects.count() == 3
