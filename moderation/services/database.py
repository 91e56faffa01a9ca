"""Where the desk's own rows live, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, router, transaction

from moderation.models import Scan, Subject

_known: set[str] = set()


def moderation_db() -> str:
    """Return the database alias that the site's routers give to the desk's tables."""
    return router.db_for_write(Scan)


def tables_exist(using: str) -> bool:
    """Whether the desk's tables are there; only a yes is remembered.

    A save must not fail, and must not poison the host's transaction, between the deployment
    of the code and its migrations.
    """
    if using in _known:
        return True
    connection = connections[using]
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    if Scan._meta.db_table in names and Subject._meta.db_table in names:
        _known.add(using)
        return True
    return False


@contextmanager
def write_transaction(using: str | None = None) -> Iterator[str]:
    """Open a transaction that is going to write; yield its database alias.

    SQLite refuses to turn a reading transaction into a writing one once another process has
    written, without waiting; so there the first statement is a write, whatever transaction
    mode the site has chosen.
    """
    alias = using or moderation_db()
    connection = connections[alias]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using=alias):
        if outermost and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {Scan._meta.db_table} SET id = id WHERE 0")
        yield alias
