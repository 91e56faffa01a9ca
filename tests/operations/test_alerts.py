"""Who is told when the desk does not run as it should, and how often."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from moderation.models import Case, Delivery, DetectorRun, Heartbeat, Scan, Webhook
from moderation.services import alerts, heartbeats, webhooks
from moderation.services.sweep import sweep

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def limits(settings):
    def set_limits(**given):
        settings.MODERATION = {**settings.MODERATION, "ALERTS": given}

    set_limits(emails=["desk@example.org"])
    return set_limits


def codes():
    return [problem.code for problem in alerts.problems()]


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_nothing_is_said_of_a_desk_that_runs(limits, comment_case):
    comment_case()
    heartbeats.beat("sweep")
    assert codes() == []
    assert alerts.tell() == 0
    assert mail.outbox == []


def test_each_problem_is_told_from_its_limit_on(limits, comment_case):
    case, waiting = comment_case(), comment_case("badword too")
    hook = webhooks.save(Webhook(name="x", url="https://example.org/"))
    message = Delivery(webhook=hook, event="webhook.ping", body="{}")
    Case.objects.filter(pk=case.pk).update(opened_at=ago(hours=23))
    Scan.objects.filter(snapshot=waiting.snapshot).update(state="queued", due_at=ago(minutes=29))
    message.next_at = ago(minutes=59)
    message.save()
    Heartbeat.objects.create(name="sweep", at=ago(minutes=14))
    assert codes() == []
    Case.objects.filter(pk=case.pk).update(opened_at=ago(hours=25))
    Scan.objects.filter(snapshot=waiting.snapshot).update(due_at=ago(minutes=31))
    Delivery.objects.update(next_at=ago(minutes=61))
    Heartbeat.objects.update(at=ago(minutes=16))
    Delivery.objects.create(
        webhook=hook, event="webhook.ping", body="{}", state="dead", next_at=ago(days=1)
    )
    assert codes() == ["backlog", "queue", "sweep", "outbox", "dead_deliveries"]
    limits(
        **dict.fromkeys(["backlog_hours", "queue_minutes", "sweep_minutes", "outbox_minutes"], 0),
        dead_deliveries=2,
    )
    assert codes() == []


def test_a_detector_that_fails_for_the_most_part_is_told(limits, comment_case):
    for number in range(3):  # and the article they belong to
        comment_case(f"badword {number}")
    DetectorRun.objects.filter(detector="word").update(state="failed")
    assert codes() == []  # too few to say
    comment_case("badword again")
    assert codes() == ["detector:word"]
    DetectorRun.objects.filter(detector="word").update(finished_at=ago(hours=2))
    assert codes() == []


def test_a_digest_has_all_and_comes_once_in_its_time(limits, comment_case):
    case = comment_case()
    Case.objects.filter(pk=case.pk).update(opened_at=ago(hours=30))
    hook = webhooks.save(Webhook(name="x", url="https://example.org/", events=["alert.digest"]))
    assert sweep().alerted == 1
    assert sweep().alerted == 0
    (sent,) = mail.outbox
    assert sent.to == ["desk@example.org"]
    assert "waiting for a moderator for 30 hours" in sent.body
    (told,) = hook.deliveries.all()
    assert json.loads(told.body)["data"]["problems"][0]["code"] == "backlog"
    Heartbeat.objects.filter(name="alerts").update(at=ago(minutes=61))
    assert sweep().alerted == 1
    assert len(mail.outbox) == 2


def test_a_mail_that_cannot_be_sent_is_tried_again_and_ends_no_sweep(
    limits, comment_case, settings
):
    case = comment_case()
    Case.objects.filter(pk=case.pk).update(opened_at=ago(hours=30))
    settings.EMAIL_BACKEND = "nowhere.Backend"
    assert sweep().failed == 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert sweep().alerted == 1


def test_the_sweep_tells_that_it_had_not_run(limits):
    Heartbeat.objects.create(name="sweep", at=ago(minutes=20))
    assert sweep().alerted == 1
    assert "The sweep had not run for 20 minutes." in mail.outbox[0].body
    assert heartbeats.last("sweep") > ago(minutes=1)


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_has_the_turn():
    start, turns = threading.Barrier(6), []

    def work():
        try:
            start.wait()
            turns.append(heartbeats.take_turn("alerts", timedelta(minutes=1)))
        finally:
            connections.close_all()

    for _round in range(2):  # a row that is not there yet, and one that is
        turns.clear()
        threads = [threading.Thread(target=work) for _each in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(turns) == [False] * 5 + [True]
        Heartbeat.objects.update(at=ago(hours=1))
