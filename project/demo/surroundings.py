"""Making sure that everything the demo stands on is there, with a clear word where it is not."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection

from project import environment
from project.demo.options import Options
from project.demo.problems import Problem, first_line

HOST = "127.0.0.1"
BROKER_TIMEOUT = 5.0


@contextlib.contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for this demo alone, and clear away what an earlier one left behind.

    The lock goes with the process, so a demo that was killed leaves none.
    """
    try:
        (folder / "broker").mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise Problem(f"cannot write to {folder}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise Problem(f"a demo is running in {folder} already (process {holder})") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _tidy(folder)
        yield


def _tidy(folder: Path) -> None:
    """Remove half-written messages and the beat's old diary; waiting messages stay."""
    for leftover in [*folder.glob("broker/.*"), *folder.glob("beat-schedule*")]:
        leftover.unlink(missing_ok=True)
    shutil.rmtree(folder / "logs", ignore_errors=True)


def set_up(options: Options) -> None:
    """Point Django at the folder and services of ``options``."""
    _check_urls(options)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DEMO_DIR": str(options.folder),
        "DATABASE_URL": options.database_url,
        "REDIS_URL": options.redis_url,
    }
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise Problem(f"{first_line(error)}; `make env` installs what is missing") from error


def _check_urls(options: Options) -> None:
    # The addresses may hold passwords: they are never repeated.
    try:
        environment.database(options.database_url, options.folder)
    except ValueError as error:
        raise Problem("DATABASE_URL is no address like postgresql://user@host/name") from error
    try:
        broker = urlsplit(options.redis_url)
        understood = not options.redis_url or (
            broker.scheme in {"redis", "rediss"} and bool(broker.hostname) and broker.port != 0
        )
    except ValueError:
        understood = False
    if not understood:
        raise Problem("REDIS_URL is no address like redis://host:6379/0")


def check_port(port: int) -> None:
    """Raise ``Problem`` if the web server could not listen on ``port``."""
    with socket.socket() as probe:
        # As the web server does: an address that is merely cooling down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken" if taken else f"cannot be used ({error.strerror})"
            raise Problem(f"port {port} {why}; choose another one with PORT=...") from error


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def check_broker(redis_url: str) -> None:
    """Raise ``Problem`` if Redis does not answer; files need no check."""
    if not redis_url:
        return
    import redis

    address = urlsplit(redis_url)
    try:
        with redis.Redis.from_url(
            redis_url, socket_connect_timeout=BROKER_TIMEOUT, socket_timeout=BROKER_TIMEOUT
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        where = f"{address.hostname}:{address.port or 6379}"
        raise Problem(f"REDIS_URL: {where} does not answer ({first_line(error)})") from error


def migrate() -> None:
    """Create or update the tables. Raises ``Problem`` if the database cannot be reached."""
    try:
        connection.ensure_connection()
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise Problem(f"{database_name()} cannot be used: {first_line(error)}") from error


def database_name() -> str:
    """Return the database as a person would name it, without user and password."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"SQLite {options['NAME']}"
    host = options["HOST"] or options["OPTIONS"].get("host") or "local socket"
    return f"PostgreSQL {options['NAME']} at {host}"


def broker_name(redis_url: str) -> str:
    """Return the broker as a person would name it."""
    if not redis_url:
        return "message files (no server)"
    address = urlsplit(redis_url)
    return f"Redis at {address.hostname}:{address.port or 6379}"
