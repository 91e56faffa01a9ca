"""From a transition to a message that a program has taken."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Standard
from standardwebhooks import WebhookVerificationError

from moderation.dispatch import Job
from moderation.models import Delivery, Event, Webhook
from moderation.services import audit, cases, decisions, deliveries, outbox, webhooks
from moderation.services.deliveries import FIRST_PAUSE, LONGEST_PAUSE, deliver, pause_after
from moderation.services.errors import Unusable
from moderation.services.signing import new_secret, signature
from moderation.services.sweep import sweep
from tests.operations.conftest import make_due

pytestmark = pytest.mark.both_databases

SECRET_WORDS = "badword that nobody outside should read"


def decide(case, user, outcome="dismiss_allowed", **kwargs):
    case.refresh_from_db()
    return decisions.decide(case.pk, outcome=outcome, actor=user, version=case.version, **kwargs)


# What is told


@pytest.mark.django_db
def test_every_transition_is_told_once_and_signed_as_the_standard_says(
    webhook, receiver, comment_case, moderator, policy
):
    case = comment_case()
    cases.claim(case.pk, user=moderator)
    cases.release(case.pk, user=moderator)
    cases.snooze(case.pk, user=moderator, until=timezone.now() + timedelta(days=1))
    decision = decide(case, moderator, "hide", policies=[policy])
    for pk in make_due():
        assert deliver(pk) == "delivered"
    told = receiver.told
    assert [each["type"] for each in told] == [
        *("case.opened", "case.claimed", "case.released", "case.snoozed", "case.decided")
    ]
    assert told[-1]["data"]["outcome"] == "hide"
    assert told[-1]["data"]["decision"] == decision.pk
    assert told[-1]["data"]["policies"] == [policy.code]
    assert told[-1]["data"]["case"]["state"] == "decided"
    assert told[-1]["data"]["subject"]["object_id"] == case.subject.object_id
    versions = [each["data"]["case"]["version"] for each in told]
    assert versions == sorted(set(versions))
    for headers, body in receiver.messages:
        lowered = {name.lower(): value for name, value in headers.items()}
        Standard(webhook.secret).verify(body, lowered)
        with pytest.raises(WebhookVerificationError):
            Standard(new_secret()).verify(body, lowered)
    log = Delivery.objects.get(event="case.decided")
    assert (log.state, log.attempts, log.response_code, log.error) == ("delivered", 1, 204, "")
    assert log.duration_ms is not None
    assert deliver(log.pk) is None
    assert len(receiver.messages) == len(told)


@pytest.mark.django_db
def test_no_words_and_no_accounts_leave(webhook, comment_case, moderator, policy):
    case = comment_case(SECRET_WORDS, author_name="Quentin Quux", author=moderator)
    other = comment_case("badword", author_name="Quentin Quux")
    cases.claim(other.pk, user=moderator)
    decide(
        other,
        moderator,
        "hide",
        policies=[policy],
        internal_note="internal words",
        public_note="public words",
    )
    bodies = "".join(Delivery.objects.values_list("body", flat=True))
    assert Delivery.objects.filter(case=case).exists()
    for word in ("badword", "nobody", "Quentin", "internal words", "public words", "user:", "mod"):
        assert word not in bodies.replace("model", "").replace("moderation", "")


@pytest.mark.django_db
def test_a_program_is_told_what_it_asked_for_and_alerts_only_then(
    receiver, comment_case, moderator
):
    def hook(*events):
        return webhooks.save(Webhook(name="x", url=receiver.url, events=list(events)))

    everything, opened, reports, off = hook(), hook("case.opened"), hook("report.*"), hook()
    off.is_active = False
    webhooks.save(off)
    case = comment_case()
    cases.claim(case.pk, user=moderator)
    audit.record("report.received", case=case, data={"report": 1})
    assert [row.event for row in everything.deliveries.order_by("pk")] == [
        *("case.opened", "case.claimed", "report.received")
    ]
    assert [row.event for row in opened.deliveries.all()] == ["case.opened"]
    assert [row.event for row in reports.deliveries.all()] == ["report.received"]
    assert not off.deliveries.exists()
    assert not everything.wants("alert.digest")
    assert hook("alert.digest").wants("alert.digest")


@pytest.mark.django_db
def test_a_transition_that_is_rolled_back_is_not_told(webhook, comment_case, moderator):
    case = comment_case()
    before = Delivery.objects.count()
    with transaction.atomic():
        cases.claim(case.pk, user=moderator)
        assert Delivery.objects.count() == before + 1
        transaction.set_rollback(True)
    assert Delivery.objects.count() == before


@pytest.mark.django_db
def test_what_is_not_about_a_case_is_told_to_nobody(webhook):
    audit.record("policy.changed", data={"policy": 1})
    assert not Delivery.objects.exists()


# The undo window


@pytest.mark.django_db
def test_a_decision_leaves_when_the_time_for_an_undo_is_over(webhook, comment_case, moderator):
    decision = decide(comment_case(), moderator)
    row = Delivery.objects.get(event="case.decided")
    event = Event.objects.get(verb="case.decided")
    assert row.next_at == event.at + timedelta(seconds=30)
    assert row.decision_id == decision.pk
    assert deliver(row.pk) is None
    assert Delivery.objects.get(event="case.opened").next_at < row.next_at


@pytest.mark.django_db
def test_a_decision_taken_back_in_time_was_never_taken(webhook, comment_case, moderator):
    decision = decide(comment_case(), moderator)
    decisions.undo(decision.pk, actor=moderator)
    assert Delivery.objects.get(event="case.decided").state == "cancelled"
    assert not Delivery.objects.filter(event="decision.undone").exists()


@pytest.mark.django_db
def test_a_decision_taken_back_is_not_told_to_who_did_not_ask_for_undos(
    receiver, comment_case, moderator
):
    webhooks.save(Webhook(name="x", url=receiver.url, events=["case.decided"]))
    decision = decide(comment_case(), moderator)
    decisions.undo(decision.pk, actor=moderator)
    assert Delivery.objects.get().state == "cancelled"


@pytest.mark.django_db
def test_who_was_told_of_a_decision_is_told_that_it_was_taken_back(
    webhook, receiver, comment_case, moderator
):
    receiver.status = 500
    decision = decide(comment_case(), moderator)
    make_due()
    row = Delivery.objects.get(event="case.decided")
    assert deliver(row.pk) == "pending"  # it may have arrived, whatever the answer was
    late = webhooks.save(Webhook(name="late", url=receiver.url, events=["decision.undone"]))
    undo = decisions.undo(decision.pk, actor=moderator)
    row.refresh_from_db()
    assert row.state == "pending"
    told = Delivery.objects.filter(event="decision.undone")
    assert {each.webhook_id for each in told} == {webhook.pk, late.pk}
    data = json.loads(told[0].body)["data"]
    assert (data["undone"], data["decision"]) == (decision.pk, undo.pk)


# Failures


@pytest.mark.django_db
@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 404, 429, 500, 503])
def test_what_is_not_taken_is_tried_again_later_with_the_same_bytes(
    status, webhook, receiver, comment_case
):
    receiver.status = status if status != 199 else 304
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    comment_case()
    (pk,) = make_due()
    before = timezone.now()
    assert deliver(pk) == "pending"
    row = Delivery.objects.get(pk=pk)
    assert (row.attempts, row.response_code) == (1, receiver.status)
    assert timedelta(seconds=FIRST_PAUSE / 2) <= row.next_at - before
    assert deliver(pk) is None
    receiver.status, receiver.headers = 200, {}
    make_due()
    assert deliver(pk) == "delivered"
    first, second = receiver.messages
    assert first[1] == second[1]
    assert first[0]["webhook-id"] == second[0]["webhook-id"] == row.message_id


@pytest.mark.django_db
def test_a_busy_program_says_when_to_come_back(webhook, receiver, comment_case):
    receiver.status, receiver.headers = 429, {"Retry-After": "1200"}
    comment_case()
    (pk,) = make_due()
    before = timezone.now()
    deliver(pk)
    assert Delivery.objects.get(pk=pk).next_at - before >= timedelta(seconds=1200)


@pytest.mark.django_db
def test_each_of_the_newest_attempts_is_kept(
    webhook, receiver, comment_case, root, settings, monkeypatch
):
    settings.MODERATION = {**settings.MODERATION, "WEBHOOK_MAX_ATTEMPTS": 100}
    monkeypatch.setattr(deliveries, "MOST_KEPT", 4)
    before = timezone.now() - timedelta(seconds=1)
    comment_case()
    for receiver.status in (500, 502, 429, 503, 204):
        (pk,) = make_due()
        deliver(pk)
    row = Delivery.objects.get(pk=pk)
    assert (row.state, row.attempts) == ("delivered", 5)
    assert [each["status"] for each in row.history] == [502, 429, 503, 204]
    began = [datetime.fromisoformat(each["at"]) for each in row.history]
    assert before < began[0] <= began[1] <= began[2] <= began[3] <= timezone.now()
    assert all(each["duration_ms"] >= 0 and each["error"] == "" for each in row.history)
    receiver.close()
    deliveries.replay([row])
    (pk,) = make_due()
    deliver(pk)
    row.refresh_from_db()
    assert (row.history[-1]["status"], row.history[-1]["error"]) == (None, row.error)
    assert len(row.history) == 4
    client = Client()
    client.force_login(root)
    page = client.get(reverse("admin:moderation_delivery_change", args=[pk])).content.decode()
    assert "503 after" in page
    assert f"{row.error} after" in page
    told = client.get(f"/api/v1/deliveries/{pk}/").json()
    assert [each["status"] for each in told["history"]] == [429, 503, 204, None]


@pytest.mark.django_db
def test_a_message_is_given_up_and_replayed(webhook, receiver, comment_case, moderator, settings):
    settings.MODERATION = {**settings.MODERATION, "WEBHOOK_MAX_ATTEMPTS": 3}
    receiver.status = 500
    comment_case()
    states = []
    for _attempt in range(3):
        (pk,) = make_due()
        states.append(deliver(pk))
    assert states == ["pending", "pending", "dead"]
    row = Delivery.objects.get(pk=pk)
    assert row.finished_at is not None
    assert make_due() == []
    receiver.status = 200
    assert deliveries.replay([row], user=moderator) == 1
    assert deliveries.replay([row], user=moderator) == 0
    assert Event.objects.last().verb == "webhook.replayed"
    assert deliver(pk) == "delivered"
    assert {headers["webhook-id"] for headers, _body in receiver.messages} == {row.message_id}


@pytest.mark.django_db
def test_dead_letters_are_listed_and_replayed_from_the_command_line(
    webhook, receiver, comment_case, capsys
):
    comment_case()
    Delivery.objects.update(state="dead", finished_at=timezone.now())
    call_command("moderation_webhooks", "dead")
    assert "case.opened" in capsys.readouterr().out
    call_command("moderation_webhooks", "replay", "--all")
    assert "1" in capsys.readouterr().out
    assert deliver(make_due()[0]) == "delivered"
    call_command("moderation_webhooks", "list")
    listed = capsys.readouterr().out
    assert receiver.url in listed
    assert webhook.secret not in listed


@pytest.mark.django_db
def test_a_program_that_is_gone_for_good_is_left_alone(webhook, receiver, comment_case):
    receiver.status = 410
    comment_case()
    (pk,) = make_due()
    assert deliver(pk) == "dead"
    webhook.refresh_from_db()
    assert webhook.is_active is False
    assert Event.objects.last().verb == "webhook.gone"
    assert audit.verify().ok


@pytest.mark.django_db
def test_nobody_listens(webhook, receiver, comment_case):
    receiver.close()
    comment_case()
    (pk,) = make_due()
    assert deliver(pk) == "pending"
    row = Delivery.objects.get(pk=pk)
    assert (row.response_code, row.error) == (None, "ConnectionRefusedError")


@pytest.mark.django_db
def test_what_belongs_to_a_webhook_that_is_off_waits(webhook, receiver, comment_case):
    comment_case()
    webhook.is_active = False
    webhooks.save(webhook)
    (pk,) = make_due()
    assert deliver(pk) is None
    assert outbox.ask_due(10) == 0
    webhook.is_active = True
    webhooks.save(webhook)
    assert deliver(pk) == "delivered"


@pytest.mark.django_db
def test_a_worker_that_died_is_made_up_for(webhook, receiver, comment_case, monkeypatch):
    def die(*_args, **_kwargs):
        raise SystemExit

    comment_case()
    (pk,) = make_due()
    with monkeypatch.context() as patched:
        patched.setattr("moderation.services.outgoing.post", die)
        with pytest.raises(SystemExit):
            deliver(pk)
    row = Delivery.objects.get(pk=pk)
    assert (row.state, row.attempts) == ("pending", 1)
    assert deliver(pk) is None  # until it is taken for dead
    make_due()
    assert deliver(pk) == "delivered"
    assert Delivery.objects.get(pk=pk).attempts == 2


@pytest.mark.django_db
def test_an_answer_that_comes_after_the_next_attempt_began_is_not_written(
    webhook, receiver, comment_case, monkeypatch
):
    comment_case()
    (pk,) = make_due()

    def slow(*_args, **_kwargs):
        Delivery.objects.filter(pk=pk).update(attempts=2)
        raise TimeoutError

    monkeypatch.setattr("moderation.services.outgoing.post", slow)
    assert deliver(pk) is None
    assert Delivery.objects.get(pk=pk).error == ""


@pytest.mark.django_db
def test_a_webhook_that_is_removed_meanwhile(webhook, comment_case):
    comment_case()
    (pk,) = make_due()
    webhooks.remove(webhook)
    assert deliver(pk) is None


@pytest.mark.django_db
def test_a_webhook_that_is_removed_while_a_decision_waits_for_the_trail(
    webhook, receiver, comment_case, moderator, monkeypatch
):
    other = webhooks.save(Webhook(name="stays", url=receiver.url))
    case, really = comment_case(), audit._locked_head

    def wait(using):
        monkeypatch.setattr(audit, "_locked_head", really)
        webhooks.remove(webhook)  # as somebody else, who had the head before us
        return really(using)

    monkeypatch.setattr(audit, "_locked_head", wait)
    decide(case, moderator)
    connections["default"].check_constraints()
    told = Delivery.objects.filter(event="case.decided")
    assert [row.webhook_id for row in told] == [other.pk]
    assert audit.verify().ok


@given(
    st.integers(1, 100),
    st.sampled_from(["", "0", "60", "99999999", "-5", "soon", "1.5", "²", "9" * 9999]),
)
def test_pauses_double_up_to_a_bound_and_half_of_each_is_left_to_chance(attempts, asked):
    full = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    pause = pause_after(attempts, asked)
    assert full / 2 <= pause <= LONGEST_PAUSE
    if asked == "60":
        assert pause >= 60
    elif asked != "99999999":
        assert pause <= full


def test_two_that_failed_together_do_not_come_back_together():
    assert len({pause_after(5) for _each in range(20)}) > 10


# Asking for it


@pytest.fixture
def asked(monkeypatch):
    found = []

    class Listening:
        def ask(self, job, *ids):
            found.append((job, ids))
            return True

    monkeypatch.setattr("moderation.services.outbox.get_dispatcher", Listening)
    return found


@pytest.mark.django_db
def test_what_may_leave_at_once_is_asked_for_after_the_commit(
    webhook, comment_case, moderator, asked, django_capture_on_commit_callbacks
):
    case = comment_case()
    with django_capture_on_commit_callbacks(execute=True):
        cases.claim(case.pk, user=moderator)
        assert asked == []
    assert asked == [(Job.DELIVER, (Delivery.objects.get(event="case.claimed").pk,))]
    with django_capture_on_commit_callbacks(execute=True):
        decide(case, moderator)
    assert len(asked) == 1


@pytest.mark.django_db
def test_the_sweep_asks_for_what_was_not_delivered(webhook, comment_case, moderator, asked):
    case = comment_case()
    decide(case, moderator)
    opened = Delivery.objects.get(event="case.opened")
    assert sweep().deliveries_asked == 1
    assert asked == [(Job.DELIVER, (opened.pk,))]
    make_due()
    assert sweep().deliveries_asked == 1  # the other has been asked for a moment ago
    assert sweep().deliveries_asked == 0
    Delivery.objects.update(asked_at=timezone.now() - outbox.ASK_AGAIN_AFTER - timedelta(seconds=1))
    assert sweep().deliveries_asked == 2


# Secrets


@pytest.mark.django_db
def test_while_a_secret_changes_both_are_good(webhook, receiver, comment_case):
    old = webhook.secret
    new = webhooks.rotate(webhook)
    assert new != old
    comment_case()
    (pk,) = make_due()
    deliver(pk)
    headers, body = receiver.messages[0]
    lowered = {name.lower(): value for name, value in headers.items()}
    Standard(old).verify(body, lowered)
    Standard(new).verify(body, lowered)
    webhook.refresh_from_db()
    webhook.previous_until = timezone.now()
    assert webhook.valid_secrets() == [new]


@pytest.mark.on_postgresql
@pytest.mark.django_db
def test_a_secret_changes_beside_messages_that_are_being_written(webhook):
    """Their rows refer to the webhook, and whoever writes them has the trail."""
    with CaptureQueriesContext(connections["default"]) as asked:
        webhooks.rotate(webhook)
    (lock,) = (q["sql"] for q in asked if 'FROM "moderation_webhook"' in q["sql"])
    assert lock.endswith("FOR NO KEY UPDATE")


def test_a_signature_is_the_one_of_the_standard():
    secret, body = new_secret(), b'{"type":"case.opened"}'
    sent_at = int(timezone.now().timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signature(secret, "msg_1", sent_at, body),
    }
    assert Standard(secret).verify(body, headers) == {"type": "case.opened"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        *("", "nowhere", "ftp://example.org/", "https://", "https://user:pw@example.org/"),
        *("http://example.org/", "https://example.org:0/", "https://example.org:99999/"),
        *("https://[::1/", "https://exa mple.org/", "https://example.org/\n", "https://ex\x00.org"),
        *("javascript:alert(1)", "file:///etc/passwd", "https://" + "a" * 1000),
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(Unusable):
        webhooks.save(Webhook(name="x", url=url))
    assert not Webhook.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("events", [["case.eaten"], "case.opened", [1], [None], {"case.opened": 1}])
def test_events_that_there_are_not_are_refused(events):
    with pytest.raises(Unusable):
        webhooks.save(Webhook(name="x", url="https://example.org/", events=events))


@pytest.mark.django_db
def test_a_webhook_is_tried_out(webhook, receiver, moderator):
    pk = webhooks.ping(webhook, user=moderator)
    assert deliver(pk) == "delivered"
    assert receiver.told[0]["type"] == "webhook.ping"
    webhook.is_active = False
    with pytest.raises(Unusable):
        webhooks.ping(webhook)


# Two workers


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends_a_message(webhook, receiver, comment_case):
    comment_case()
    (pk,) = make_due()
    start, results = threading.Barrier(8), []

    def work():
        try:
            start.wait()
            results.append(deliver(pk))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [*[None] * 7, "delivered"]
    assert len(receiver.messages) == 1
    assert Delivery.objects.get(pk=pk).attempts == 1
