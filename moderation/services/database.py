"""Where the desk's own rows live, and how they are written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections, router, transaction

from moderation.models import Scan, Subject
from moderation.services.errors import where

logger = logging.getLogger("moderation.database")

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
def write_transaction(using: str | None = None, *, savepoint: bool = True) -> Iterator[str]:
    """Open a transaction that is going to write; yield its database alias.

    SQLite refuses to turn a reading transaction into a writing one once another process has
    written, without waiting; so there the first statement is a write, whatever transaction
    mode the site has chosen. Within another transaction it is a savepoint, unless it is told not
    to be: then a failure takes the transaction around it down too.
    """
    alias = using or moderation_db()
    connection = connections[alias]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using=alias, savepoint=savepoint):
        if outermost and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {Scan._meta.db_table} SET id = id WHERE 0")
        yield alias


def after_commit(using: str, name: str, call: Callable[[], object]) -> None:
    """Run ``call`` once the transaction has committed; a failure is logged under ``name``.

    Django's own robust hooks put the message of the error into the log, and that may quote a
    text; of a ``partial`` they want a name it has not, and raise into the site's commit.
    """

    def run() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - it is the site's commit we are in
            logger.error("%s failed: %s", name, where(error))  # noqa: TRY400 - a trace may hold text

    transaction.on_commit(run, using=using)
