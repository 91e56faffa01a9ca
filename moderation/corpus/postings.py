"""The table of fingerprints, spoken to in SQL: every list of numbers travels as one parameter.

Kept apart from the models because no ORM query can say "the oldest 65 of each hash".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from moderation.detectors.duplicate.fingerprint import PARAMS
from moderation.detectors.duplicate.retrieval import LISTED
from moderation.models import Snapshot, Subject
from moderation.models.fingerprints import Fingerprint, IndexedDocument

_FINGERPRINTS = Fingerprint._meta.db_table
_DOCUMENTS = IndexedDocument._meta.db_table
_SNAPSHOTS = Snapshot._meta.db_table
_SUBJECTS = Subject._meta.db_table


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the databases.

    ``table`` turns a parameter, made by ``bind``, into rows with a column ``value``;
    ``collect`` gathers the column ``document`` of many rows in one value, taken apart again
    by ``parse``. ``write_first`` opens a writing transaction, ``lock`` keeps the rows of a
    SELECT from being changed, ``take_turn`` makes those who number documents wait for each
    other.
    """

    table: str
    bind: Callable[[list[int]], Any]
    collect: str
    parse: Callable[[Any], Iterable[int]]
    write_first: str = ""
    lock: str = ""
    take_turn: str = ""


_DIALECTS = {
    "sqlite": Dialect(
        table="json_each(%s) AS given",
        bind=json.dumps,
        collect="group_concat(document)",
        parse=lambda joined: map(int, joined.split(",")),
        # A transaction that has read first is refused the right to write, without waiting,
        # once another process has written. And SQLite has one writer at a time: no turns.
        write_first=f"UPDATE {_FINGERPRINTS} SET hash = hash WHERE 0",
    ),
    "postgresql": Dialect(
        table="unnest(%s::int[]) AS given(value)",
        bind=list,
        collect="array_agg(document)",
        parse=list,
        lock="FOR NO KEY UPDATE",
        # Numbers must become visible in their order: of two texts that come in at once, the
        # one with the larger number has to see the other.
        take_turn="SELECT pg_advisory_xact_lock(hashtext('moderation.fingerprints'))",
    ),
}


class Place(NamedTuple):
    """What a document of the index is: a text of a subject, or a reference document."""

    number: int
    subject_id: int | None
    snapshot_id: int | None
    reference_id: int | None
    story: int


class Postings:
    """Which documents have which fingerprints, in one database.

    Raises:
        ImproperlyConfigured: the database is neither SQLite nor PostgreSQL.
    """

    def __init__(self, using: str) -> None:
        self._connection = connections[using]
        try:
            self._dialect = _DIALECTS[self._connection.vendor]
        except KeyError:
            vendor = self._connection.vendor
            message = f"copies are looked for on SQLite and PostgreSQL, not on {vendor}"
            raise ImproperlyConfigured(message) from None

    def listings(self, hashes: Collection[int]) -> dict[int, list[int]]:
        """Return, per fingerprint that anybody has, the oldest documents that have it."""
        rows = self._fetch(
            f"""
            SELECT given.value, (
                SELECT {self._dialect.collect} FROM (
                    SELECT document FROM {_FINGERPRINTS}
                    WHERE hash = given.value ORDER BY document LIMIT {LISTED}
                ) AS oldest
            ) FROM {self._dialect.table}
            """,
            self._bind(hashes),
        )
        return {value: sorted(self._dialect.parse(found)) for value, found in rows if found}

    def stories(self, documents: Collection[int]) -> dict[int, int]:
        """Return the story of each document that is still there."""
        rows = self._fetch(
            f"SELECT id, story FROM {_DOCUMENTS} "
            f"WHERE id IN (SELECT given.value FROM {self._dialect.table})",
            self._bind(documents),
        )
        return dict(rows)

    def same_words(self, exact: bytes) -> list[int]:
        """Return the oldest documents that have these words and no others."""
        rows = self._fetch(
            f"SELECT id FROM {_DOCUMENTS} WHERE exact = %s ORDER BY id LIMIT {LISTED}", exact
        )
        return [number for (number,) in rows]

    def numbers_of(self, snapshot_id: int) -> set[int]:
        """Return the numbers of all texts of the subject that a snapshot is of."""
        rows = self._fetch(
            f"SELECT id FROM {_DOCUMENTS} WHERE subject_id = "
            f"(SELECT subject_id FROM {_SNAPSHOTS} WHERE id = %s)",
            snapshot_id,
        )
        return {number for (number,) in rows}

    def places(self, documents: Collection[int]) -> list[Place]:
        """Return what these documents are, those of them that are still there."""
        rows = self._fetch(
            f"SELECT id, subject_id, snapshot_id, reference_id, story FROM {_DOCUMENTS} "
            f"WHERE id IN (SELECT given.value FROM {self._dialect.table})",
            self._bind(documents),
        )
        return [Place(*row) for row in rows]

    def numbers_of_subject(self, subject_id: int) -> set[int]:
        """Return the numbers of all texts of a subject."""
        rows = self._fetch(f"SELECT id FROM {_DOCUMENTS} WHERE subject_id = %s", subject_id)
        return {number for (number,) in rows}

    def number(self, **values: Any) -> int:
        """Take up a document after all that are there, or under its ``id``; return its number."""
        values |= {"params": PARAMS}
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        ((number,),) = self._fetch(
            f"INSERT INTO {_DOCUMENTS} ({names}) VALUES ({places}) RETURNING id", *values.values()
        )
        return int(number)

    def set_story(self, document: int, story: int) -> None:
        """Note whose story a document tells."""
        self._execute(f"UPDATE {_DOCUMENTS} SET story = %s WHERE id = %s", story, document)

    def add(self, document: int, hashes: Collection[int]) -> None:
        """Note that a document has these fingerprints; noted ones stay as they are."""
        self._execute(
            f"INSERT INTO {_FINGERPRINTS} (hash, document) "
            f"SELECT given.value, %s FROM {self._dialect.table} WHERE true "
            "ON CONFLICT DO NOTHING",
            document,
            self._bind(hashes),
        )

    def held(self, documents: Collection[int], hashes: Collection[int]) -> set[tuple[int, int]]:
        """Return the pairs (fingerprint, document) there are of these."""
        rows = self._fetch(
            f"SELECT hash, document FROM {_FINGERPRINTS} WHERE {self._both_given}",
            self._bind(hashes),
            self._bind(documents),
        )
        return {(value, document) for value, document in rows}

    def remove(self, documents: Collection[int], hashes: Collection[int]) -> None:
        """Forget that these documents have these fingerprints."""
        self._execute(
            f"DELETE FROM {_FINGERPRINTS} WHERE {self._both_given}",
            self._bind(hashes),
            self._bind(documents),
        )

    def write_first(self) -> None:
        """Call at the start of a transaction that is going to write."""
        if self._dialect.write_first:
            self._execute(self._dialect.write_first)

    def lock_subject(self, snapshot_id: int) -> int | None:
        """Lock the subject of a current snapshot and return its id; None if it is neither."""
        # Not a join: that would lock the snapshot too, and the next save of its text would wait.
        found = self._fetch(
            f"SELECT id FROM {_SUBJECTS} WHERE deleted_at IS NULL AND id IN "
            f"(SELECT subject_id FROM {_SNAPSHOTS} WHERE id = %s AND is_current) "
            f"{self._dialect.lock}",
            snapshot_id,
        )
        return int(found[0][0]) if found else None

    def take_turn(self) -> None:
        """Wait until nobody else is numbering documents; holds to the transaction's end."""
        if self._dialect.take_turn:
            self._execute(self._dialect.take_turn)

    @property
    def _both_given(self) -> str:
        given = f"(SELECT given.value FROM {self._dialect.table})"
        return f"hash IN {given} AND document IN {given}"

    def _bind(self, numbers: Collection[int]) -> Any:
        return self._dialect.bind(sorted(numbers))

    def _execute(self, sql: str, *params: Any) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, params)

    def _fetch(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
