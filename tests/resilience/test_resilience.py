"""The promises, with somebody trying to break them: nothing is lost, nothing is doubled."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.resilience.site import Site, kill, wait_for

pytestmark = pytest.mark.slow

SAVE = """
for number in range({count}):
    bad = "a badword" if number % 3 == 0 else "an ordinary text"
    Article.objects.create(headline=str(number), body=f"{{bad}}, number {{number}} {extra}")
print("saved")
"""


@pytest.fixture(scope="module")
def migrated_file(tmp_path_factory) -> Path:
    """A database in a file, with its tables; whoever wants one takes a copy."""
    path = tmp_path_factory.mktemp("migrated") / "site.sqlite3"
    Site(path.parent, f"sqlite:///{path}", "memory://").migrate()
    return path


@pytest.fixture(scope="module")
def migrated_database(tmp_path_factory, _postgresql) -> str:
    """The same on a server."""
    _postgresql.start()
    url = _postgresql.new_database()
    Site(tmp_path_factory.mktemp("migrated"), url, "memory://").migrate()
    return url


@pytest.fixture
def sqlite_site(tmp_path, redis_server, migrated_file):
    copy = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(migrated_file)) as original, closing(sqlite3.connect(copy)) as to:
        original.backup(to)  # all of it, wherever SQLite keeps it
    return Site(tmp_path, f"sqlite:///{copy}", redis_server.url)


@pytest.fixture
def postgresql_site(tmp_path, redis_server, postgresql_server, migrated_database):
    database_url = postgresql_server.new_database(like=migrated_database)
    return Site(tmp_path, database_url, redis_server.url)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, redis_server):
    return request.getfixturevalue(f"{request.param}_site")


def save(site, count, extra=""):
    assert site.run(SAVE.format(count=count, extra=extra)).strip() == "saved"


def assert_whole(state, articles):
    assert state["articles"] == state["subjects"] == state["done"] == articles
    assert state["unfinished"] == 0
    assert state["bad"] == -(-articles // 3)
    assert state["cases"] == state["cased_subjects"] == state["findings"] == state["bad"]
    assert state["chain"]


def test_a_broker_that_is_down_delays_and_loses_nothing(site, redis_server):
    redis_server.stop()
    save(site, 12)
    assert site.state()["unfinished"] == 12
    redis_server.start()
    with site.worker():
        state = site.sweep_until_finished()
    assert_whole(state, 12)


def test_a_worker_killed_in_the_middle_of_a_scan_is_replaced(site):
    save(site, 6, extra="gate")
    with site.worker() as first:
        site.sweep()
        wait_for((site.gate / "reached").exists, "the worker reaching the gate")
        kill(first)
    assert site.state()["unfinished"] == 6
    (site.gate / "open").touch()
    with site.worker():
        state = site.sweep_until_finished()
    assert_whole(state, 6)


def test_tasks_delivered_twice_to_two_workers_change_nothing(site):
    save(site, 12)
    twice = """
from moderation.dispatch import Job, get_dispatcher
for _time in range(2):
    for pk in Scan.objects.values_list("pk", flat=True):
        assert get_dispatcher().ask(Job.SCAN, pk)
"""
    with site.worker("-n", "one@%h"), site.worker("-n", "two@%h"):
        site.run(twice)
        state = site.sweep_until_finished()
        site.run(twice)
        wait_for(lambda: site.log().count("succeeded in") >= 48, "every delivery being handled")
        again = site.state()
    assert_whole(state, 12)
    assert again == state


def test_a_database_that_restarts_in_the_middle_of_scans(postgresql_site, postgresql_server):
    site = postgresql_site
    save(site, 6, extra="gate")
    with site.worker():
        site.sweep()
        wait_for((site.gate / "reached").exists, "the worker reaching the gate")
        postgresql_server.restart()
        (site.gate / "open").touch()
        state = site.sweep_until_finished()
    assert_whole(state, 6)


def test_no_text_reaches_the_broker_or_a_log(postgresql_site, redis_server):
    site = postgresql_site
    redis_server.clear()
    site.run('Article.objects.create(headline="h", body="badword SECRETTEXT")')
    dump = site.run(
        """
import redis
client = redis.from_url(os.environ["REDIS_URL"])
for key in client.keys("*"):
    kind = client.type(key)
    print(key, client.lrange(key, 0, -1) if kind == b"list" else "")
"""
    )
    assert "moderation.scan" in dump
    assert "SECRETTEXT" not in dump
    with site.worker():
        site.sweep_until_finished()
    assert "moderation.scan" in site.log()
    assert "SECRETTEXT" not in site.log()


HOST = """
import logging, random
from django.db import transaction
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
for number in range(60):
    with transaction.atomic():
        article = Article._base_manager.select_for_update().order_by("pk")[number % 3]
        article.body = f"a badword, edit {number} of {random.random()}"
        article.save()
    if number % 20 == 19:
        with transaction.atomic():
            Article._base_manager.order_by("pk").first().delete()
            Article.objects.create(headline="new", body=f"a badword, new {number}")
(Path(os.environ["GATE"]) / "host-is-done").touch()
"""

MODERATORS = """
from django.contrib.auth import get_user_model
from moderation.services import cases, decisions
from moderation.services.errors import ModerationError
User = get_user_model()
user, _ = User.objects.get_or_create(username=f"mod{os.getpid()}", is_superuser=True)
policy = Policy.objects.first()
while not (Path(os.environ["GATE"]) / "host-is-done").exists():
    case = Case.objects.exclude(state__in=["decided", "closed_moot"]).order_by("?").first()
    if case is None:
        continue
    try:
        decision = decisions.decide(case.pk, outcome="hide", actor=user, version=case.version,
                                    policies=[policy])
        decisions.undo(decision.pk, actor=user)
    except ModerationError:
        pass
"""

SCANS = """
for pk in Scan.objects.filter(state="queued").values_list("pk", flat=True):
    scanning.run_scan(pk)
"""

WORKER = """
while not (Path(os.environ["GATE"]) / "host-is-done").exists():
    for pk in Scan.objects.filter(state="queued").values_list("pk", flat=True):
        scanning.run_scan(pk)
"""


def test_hosts_moderators_and_workers_at_once_do_not_get_in_each_others_way(postgresql_site):
    site = postgresql_site
    save(site, 3)
    site.run(SCANS)
    together = [site.start(code) for code in (HOST, MODERATORS, MODERATORS, WORKER)]
    outputs = [process.communicate(timeout=200) for process in together]
    assert [process.returncode for process in together] == [0] * 4, outputs
    said = "".join(out + err for out, err in outputs)
    assert "not taken in" not in said
    assert "deadlock" not in said
    site.run("sweeping.sweep()\n" + SCANS)
    state = site.state()
    assert (state["unfinished"], state["chain"]) == (0, True)
    assert state["cases"] >= 3
    assert int(site.run("print(Decision.objects.count())")) > 2
