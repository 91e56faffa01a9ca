"""Walking over many rows by primary key: in pages, resumable, with flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db import DatabaseError, connections, models, router, transaction

from moderation.models import Walk
from moderation.services.database import moderation_db
from moderation.targets import Registration

ModelT = TypeVar("ModelT", bound=models.Model)


class Position:
    """Where a walk stands, kept in the database under its name."""

    def __init__(self, name: str) -> None:
        self._row, _created = Walk.objects.using(moderation_db()).get_or_create(name=name[:255])

    @property
    def key(self) -> str:
        """The last primary key seen, as text; empty at the beginning."""
        return self._row.position

    @property
    def seen(self) -> int:
        """Rows seen since the walk began."""
        return self._row.seen

    def advance(self, key: str, rows: int) -> None:
        self._row.position, self._row.seen = key, self._row.seen + rows
        self._row.save(using=self._row._state.db)

    def rewind(self) -> None:
        self._row.position, self._row.seen = "", 0
        self._row.save(using=self._row._state.db)

    def forget(self) -> None:
        """End a walk that nobody is going to begin again under this name."""
        self._row.delete(using=self._row._state.db)


def walk_name(purpose: str, registration: Registration, alias: str) -> str:
    """Return the name under which a walk over one model in one database is kept."""
    return f"{purpose}:{alias}:{registration.root._meta.label_lower}"


def rows_seen(purpose: str, registration: Registration, alias: str) -> int:
    """Return how far an interrupted walk has come; 0 when there is none."""
    rows = Walk.objects.using(moderation_db()).filter(name=walk_name(purpose, registration, alias))
    return rows.values_list("seen", flat=True).first() or 0


def pages(
    registration: Registration,
    alias: str,
    position: Position,
    *,
    page: int,
    limit: int | None = None,
    restart: bool = False,
) -> Iterator[list[models.Model]]:
    """Yield the host's rows in pages; see :func:`pages_of`."""
    rows = registration.target.queryset(alias)
    yield from pages_of(rows, position, page=page, limit=limit, restart=restart)


def pages_of(
    rows: models.QuerySet[ModelT],
    position: Position,
    *,
    page: int,
    limit: int | None = None,
    restart: bool = False,
) -> Iterator[list[ModelT]]:
    """Yield ``rows`` by primary key from where ``position`` stands.

    The position moves on after the caller has dealt with a page, and goes back to the start
    at the end. ``limit`` ends the walk after so many rows, to be gone on with later.
    """
    if restart:
        position.rewind()
    seen = 0
    while limit is None or seen < limit:
        size = page if limit is None else min(page, limit - seen)
        batch = list(_after(rows, position.key).order_by("pk")[:size])
        if batch:
            yield batch
            position.advance(str(batch[-1].pk), len(batch))
            seen += len(batch)
        if len(batch) < size:
            position.rewind()
            return
    if seen and not _after(rows, position.key).exists():
        position.rewind()  # else the next walk would find nothing but the end


def _after(rows: models.QuerySet[ModelT], key: str) -> models.QuerySet[ModelT]:
    if not key:
        return rows
    return rows.filter(pk__gt=_pk_field(rows.model).to_python(key))


def _pk_field(model: type[models.Model]) -> Any:
    field: Any = model._meta.pk
    while field.remote_field is not None:  # a child's key is the link to its parent
        field = field.target_field
    return field


def aliases_of(model: type[models.Model]) -> list[str]:
    """Return the databases in which ``model`` has its table.

    A site without a router for its second database is the rule rather than the exception, so
    the table itself is asked for. A database that does not answer is left out as well.
    """
    return [
        alias
        for alias in connections
        if router.allow_migrate_model(alias, model)
        and not connections[alias].settings_dict.get("TEST", {}).get("MIRROR")
        and _can_be_read(model, alias)
    ]


def _can_be_read(model: type[models.Model], alias: str) -> bool:
    try:
        with transaction.atomic(using=alias):
            model._base_manager.using(alias).exists()
    except DatabaseError:
        return False
    return True
