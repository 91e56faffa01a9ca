"""What the doctor finds, one illness at a time."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from moderation.dispatch import Dispatcher
from moderation.models import DetectorRun, Scan, Subject
from moderation.services import doctor, heartbeats
from tests.site.models import Article

pytestmark = pytest.mark.django_db

IMMEDIATE = "moderation.dispatch.immediate.ImmediateDispatcher"


@pytest.fixture(autouse=True)
def _healthy(settings, make_user):
    given = {"DISPATCHER": IMMEDIATE, "SITE_URL": "https://news.example"}
    settings.MODERATION = {**settings.MODERATION, **given}
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "desk@example.org"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    make_user("mod", "view_case", "decide_case")
    heartbeats.beat("sweep")


def codes():
    return [each.code for each in doctor.examine()]


def test_a_healthy_desk(comment_case, capsys):
    comment_case()
    assert doctor.examine() == []
    call_command("moderation_doctor")
    assert "Nothing is wrong." in capsys.readouterr().out


def test_what_the_system_checks_say(settings):
    settings.MODERATION = {**settings.MODERATION, "TYPO": 1}
    (found,) = doctor.examine()
    assert (found.level, found.code) == ("error", "moderation.E001")
    settings.SILENCED_SYSTEM_CHECKS = ["moderation.E001"]
    assert codes() == []


def test_a_database_that_is_away(monkeypatch):
    def refuse(*_args):
        raise OperationalError("no")

    monkeypatch.setattr(doctor, "MigrationExecutor", refuse)
    assert codes() == ["database"]


def test_a_broker_that_is_away(settings):
    settings.MODERATION = {**settings.MODERATION, "DISPATCHER": f"{__name__}.Nobody"}
    assert "broker" in codes()


class Nobody(Dispatcher):
    def ask(self, job, *ids):
        return False

    def reachable(self):
        return False


def test_a_sweep_that_does_not_run():
    heartbeats.give_back_turn("sweep")
    (found,) = doctor.examine()
    assert (found.level, found.code) == ("error", "sweep")
    assert "never" in found.message
    assert "moderation_sweep" in found.remedy


def test_no_worker(comment_case):
    case = comment_case()
    late = timezone.now() - timedelta(minutes=20)
    Scan.objects.filter(snapshot=case.snapshot).update(state="queued", due_at=late)
    assert codes() == ["worker"]
    heartbeats.beat("worker")
    assert codes() == []


def test_rows_that_nobody_took_in():
    Article.objects.bulk_create([Article(headline="x", body="y")])
    (found,) = doctor.examine()
    assert found.code == "target"
    assert "site.Article" in found.message
    Subject.objects.all().delete()


def test_scans_that_failed_by_reason(comment_case):
    case = comment_case()
    scan = Scan.objects.get(snapshot=case.snapshot)
    Scan.objects.filter(pk=scan.pk).update(state="failed")
    DetectorRun.objects.filter(scan=scan, detector="word").update(state="failed", error="KeyError")
    (found,) = doctor.examine()
    assert found.message == "1 texts could not be scanned by 'word': KeyError."
    assert "--failed" in found.remedy


def test_a_trail_that_was_changed(comment_case):
    comment_case()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_event SET verb = 'case.eaten'")
    assert codes() == ["audit"]
    assert doctor.examine(thorough=False) == []


def test_nobody_who_may_decide(django_user_model, settings):
    django_user_model.objects.all().delete()
    assert codes() == ["moderators"]
    call_command("moderation_roles", stdout=io.StringIO())
    user = django_user_model.objects.create_user("new")
    user.groups.add(Group.objects.get(name="Moderators"))
    assert codes() == []


def test_a_cache_of_each_process_and_mails_that_go_nowhere(settings):
    settings.DEBUG = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    found = codes()
    assert {"cache", "mail"} <= set(found)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    assert "mail" in codes()


def test_a_look_that_fails_is_told_and_the_others_go_on(monkeypatch):
    def broken():
        raise KeyError("secret words")

    monkeypatch.setattr(doctor.alerts, "problems", broken)
    heartbeats.give_back_turn("sweep")
    found = doctor.examine()
    assert [each.code for each in found] == ["sweep", "doctor"]
    assert "secret words" not in found[1].message


def test_an_error_is_the_exit_code_and_programs_get_json(capsys):
    heartbeats.give_back_turn("sweep")
    with pytest.raises(CommandError, match="Errors: 1"):
        call_command("moderation_doctor", "--json", "--quick")
    (told,) = json.loads(capsys.readouterr().out)
    assert set(told) == {"level", "code", "message", "remedy"}


def test_migrations_that_are_not_applied(monkeypatch):
    class Executor(doctor.MigrationExecutor):
        def migration_plan(self, targets, clean_start=False):
            return [("moderation.0099_later", False)]

    monkeypatch.setattr(doctor, "MigrationExecutor", Executor)
    (found,) = doctor.examine()
    assert (found.code, found.level) == ("migrations", "error")
    assert "0099_later" in found.message
