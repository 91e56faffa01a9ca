"""The throw-away servers keep what they promise to the tests that lean on them."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys

import psycopg
import pytest
import redis

from tests.services import PostgreSQL, Redis


def test_postgresql_keeps_commits_through_a_kill(postgresql_server: PostgreSQL) -> None:
    url = postgresql_server.new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    postgresql_server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    postgresql_server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]


def test_postgresql_gives_each_test_its_own_database(postgresql_server: PostgreSQL) -> None:
    first, second = postgresql_server.new_database(), postgresql_server.new_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE mine (number int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)
    with psycopg.connect(postgresql_server.new_database(like=first)) as connection:
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_redis_loses_its_data_when_killed_and_comes_back(redis_server: Redis) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("key", "value")
        redis_server.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("key")
        redis_server.start()
        assert client.get("key") is None


@pytest.mark.redis
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="only setpriv ties a server to us")
def test_a_server_ends_with_the_process_that_started_it() -> None:
    code = (
        "import time; from tests.services import Redis; server = Redis(); server.start();"
        "print(server._process.pid, server.folder, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split(maxsplit=1)
        server = os.pidfd_open(int(pid))
        parent.kill()
    try:
        # Readable means ended: this waits for the event, the limit only bounds a failure.
        assert select.select([server], [], [], 30)[0]
    finally:
        os.close(server)
        shutil.rmtree(folder.strip())


@pytest.mark.redis
def test_the_command_passes_its_servers_and_the_exit_status_on() -> None:
    script = "import os, sys; sys.exit(3 if os.environ['REDIS_URL'].startswith('redis:') else 1)"
    command = [sys.executable, "-m", "tests.services", "--only", "redis"]
    ended = subprocess.run([*command, sys.executable, "-c", script], check=False)
    assert ended.returncode == 3
