"""The pytest plugin of the sites: a migrated database, a real worker, and those who use a site.

Nothing is rolled back between tests: what one writes the worker has to see. So every test makes
content of its own.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import django
import pytest

from tests.services import Server

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
"""Seconds the worker has for what is queued, before a test gives up on it."""

ATTACK = "You are a stupid idiot and a liar, {}, and you know it."
CLEAN = "Thank you for the clear report, {}; I had wondered about the harbour for weeks."


def pytest_configure() -> None:
    (Path(os.environ["SITE_FOLDER"]) / "broker").mkdir(exist_ok=True)
    import tests.sites.celery_app  # noqa: F401 - the site publishes through it

    django.setup()


class Worker(Server):
    """A Celery worker process of the site."""

    name = "worker"

    @classmethod
    def missing(cls) -> str:
        return ""

    @property
    def url(self) -> str:
        return str(os.environ["SITE_FOLDER"])

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "celery", "-A", "tests.sites.celery_app", "worker"),
            *("--pool=solo", "--loglevel=INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]

    def _is_ready(self) -> bool:
        return "ready." in self.log.read_text(errors="replace")

    def said(self) -> str:
        return self._log_tail()


@pytest.fixture(scope="session", autouse=True)
def worker() -> Iterator[Worker]:
    """The site as its makers start it: migrated, checked, with a worker of its own."""
    from django.core.management import call_command
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    call_command("check", fail_level="WARNING", tags=["moderation"])
    with Worker() as process:
        yield process
    teardown_test_environment()


@pytest.fixture
def wait(worker: Worker) -> Callable[[Callable[[], bool]], None]:
    """Wait until something holds that the worker brings about."""

    def wait(until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not until():
            assert worker.running, worker.said()
            assert time.monotonic() < deadline, worker.said()
            time.sleep(0.02)

    return wait


@pytest.fixture
def scanned(wait: Callable[[Callable[[], bool]], None]) -> Callable[[Any], Any]:
    """Wait for the worker, and return the one subject that stands for a host object."""
    from moderation.models import Scan, ScanState
    from moderation.services.hosts import find_subject

    def scanned(obj: Any) -> Any:
        subject = find_subject(obj, "default")
        assert subject is not None, f"{obj!r} was not taken in"
        scans = Scan.objects.filter(snapshot__subject=subject)
        wait(lambda: not scans.filter(state__in=(ScanState.QUEUED, ScanState.RUNNING)).exists())
        scan = scans.exclude(state=ScanState.SUPERSEDED).get(snapshot__is_current=True)
        assert scan.state == ScanState.DONE, list(scan.runs.values("detector", "error"))
        return type(subject).objects.get(pk=subject.pk)

    return scanned


@pytest.fixture
def desk(scanned: Callable[[Any], Any], moderator: Any, policy: Any) -> Desk:
    return Desk(scanned, moderator, policy)


class Desk:
    """What a moderator does about a host object, by a call or on the pages of the admin."""

    def __init__(self, scanned: Callable[[Any], Any], moderator: Any, policy: Any) -> None:
        self.scanned = scanned
        self.moderator = moderator
        self.policy = policy

    def case(self, obj: Any) -> Any:
        """Return the open case of ``obj``; there has to be one, and one only."""
        from moderation.models import Case
        from moderation.models.cases import OPEN_CASES

        return Case.objects.get(subject=self.scanned(obj), state__in=OPEN_CASES)

    def hide(self, obj: Any, *, through: str = "services") -> Any:
        """Decide that ``obj`` is hidden; return the decision, to be undone."""
        from moderation.models import EffectState

        case = self.case(obj)
        if through == "admin":
            self._send(case, "decide", outcome="hide", cited=[self.policy.pk])
        else:
            self._decide(case)
        decision = case.decisions.get(reversed_by=None, outcome="hide")
        assert decision.actor == self.moderator
        assert decision.effect.state == EffectState.APPLIED
        return decision

    def undo(self, decision: Any, *, through: str = "services") -> None:
        from moderation.models import Effect, EffectState
        from moderation.services import decisions

        if through == "admin":
            self._send(decision.case, "undo", decision.pk)
        else:
            decisions.undo(decision.pk, actor=self.moderator)
        assert Effect.objects.get(decision=decision).state == EffectState.UNDONE

    def _decide(self, case: Any) -> None:
        from moderation.services import decisions

        decisions.decide(
            case.pk,
            outcome="hide",
            actor=self.moderator,
            version=case.version,
            policies=[self.policy],
        )

    def _send(self, case: Any, action: str, *more: int, **fields: Any) -> None:
        """Open the page of a case in the admin and send one of its forms."""
        from django.test import Client
        from django.urls import reverse

        client = Client(enforce_csrf_checks=True)
        client.force_login(self.moderator)
        address = reverse("admin:moderation_case_change", args=[case.pk])
        page = client.get(address)
        assert page.status_code == 200
        answer = client.post(
            reverse(f"admin:moderation_case_{action}", args=[case.pk, *more]),
            {**hidden_fields(page.content.decode()), **fields},
        )
        assert answer.status_code == 302, answer.content.decode()
        assert answer.url == address


@pytest.fixture
def policy() -> Any:
    from moderation.models import Policy

    return Policy.objects.get_or_create(code="site-civility", defaults={"title": "Be civil"})[0]


def permit(user: Any, *codenames: str) -> Any:
    """Give ``user`` permissions, and return the account without what it had cached of them."""
    from django.contrib.auth.models import Permission

    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return type(user).objects.get(pk=user.pk)


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden inputs of a page's forms, as a browser would send them back."""
    fields = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        name = re.search(r"name=\"([^\"]*)\"", tag)
        value = re.search(r"value=\"([^\"]*)\"", tag)
        if name:
            fields[name[1]] = unescape(value[1]) if value else ""
    return fields
