"""Services that a check can use as if they were its own, and leaves as they were."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from project.demo.problems import Problem, first_line


@contextlib.contextmanager
def database(url: str) -> Iterator[str]:
    """Yield the address of an empty database on the server of ``url``, dropped afterwards.

    Where the account may not create databases it is an empty schema in the given one. Nothing
    (the check's own file) stands for SQLite.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        yield ""
        return
    import psycopg
    from psycopg import sql

    name = f"moderation_check_{secrets.token_hex(4)}"
    identifier = sql.Identifier(name)
    try:
        with psycopg.connect(url, autocommit=True) as server:
            try:
                server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
                own, drop = _with_database(url, name), "DROP DATABASE IF EXISTS {} WITH (FORCE)"
            except psycopg.errors.InsufficientPrivilege:
                server.execute(sql.SQL("CREATE SCHEMA {}").format(identifier))
                own, drop = _with_schema(url, name), "DROP SCHEMA IF EXISTS {} CASCADE"
    except psycopg.Error as error:
        raise Problem(f"DATABASE_URL cannot be used: {first_line(error)}") from error
    try:
        yield own
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(sql.SQL(drop).format(identifier))


def _with_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{query}"


def _with_schema(url: str, name: str) -> str:
    option = quote(f"-c search_path={name}")
    return f"{url}{'&' if urlsplit(url).query else '?'}options={option}"


@contextlib.contextmanager
def broker(redis_url: str) -> Iterator[None]:
    """Keep the check's messages under a prefix of their own, and remove them afterwards."""
    if not redis_url:
        yield
        return
    import redis

    prefix = f"moderation-check-{secrets.token_hex(4)}:"
    os.environ["DEMO_PREFIX"] = prefix
    try:
        yield
    finally:
        with (
            contextlib.suppress(redis.RedisError, OSError),
            redis.Redis.from_url(redis_url) as client,
        ):
            for key in client.scan_iter(f"{prefix}*"):
                client.delete(key)
