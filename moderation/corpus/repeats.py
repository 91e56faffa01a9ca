"""The comments that the database holds, as repeats are looked for among them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from moderation.corpus.documents import (
    documents_of,
    snapshot_key,
    snapshot_of_key,
    subject_work,
)
from moderation.corpus.postings import Postings
from moderation.detectors.base import Repeat
from moderation.detectors.duplicate.fingerprint import PARAMS, Fingerprint
from moderation.detectors.duplicate.repeats import Place, Wording
from moderation.models import Subject
from moderation.models.fingerprints import IndexedDocument
from moderation.text.document import Document
from moderation.types import Kind

_DOCUMENTS = IndexedDocument._meta.db_table
_SUBJECTS = Subject._meta.db_table


class DatabaseComments:
    """Current comments; see :class:`moderation.detectors.duplicate.repeats.Comments`.

    A comment is one row, found by its exact hash (an empty one if it says too little to be
    looked for), and a longer one has the few numbers of its sketch among the fingerprints. It
    tells no story (0).
    """

    def __init__(self, using: str, postings: Postings) -> None:
        self._using = using
        self._postings = postings

    # Reading

    def oldest(self, exact: bytes, limit: int) -> list[Place]:
        return [
            Place(
                number,
                Repeat(
                    key=snapshot_key(snapshot_id),
                    author=author,
                    work=subject_work(subject_id),
                    parent=subject_work(parent_id) if parent_id else "",
                ),
            )
            for number, snapshot_id, subject_id, author, parent_id in self._fetch(
                f"""
                SELECT comment.id, comment.snapshot_id, subject.id,
                    subject.author_key, subject.parent_id
                FROM {_DOCUMENTS} AS comment JOIN {_SUBJECTS} AS subject
                    ON subject.id = comment.subject_id
                WHERE comment.exact = %s AND comment.snapshot_id IS NOT NULL
                ORDER BY comment.id LIMIT {limit:d}
                """,
                exact,
            )
        ]

    def count(self, exact: bytes, before: int | None, most: int) -> int:
        last = "" if before is None else f"AND id < {before:d}"
        counted = f"SELECT 1 FROM {_DOCUMENTS} WHERE exact = %s {last} LIMIT {most:d}"
        ((number,),) = self._fetch(f"SELECT count(*) FROM ({counted}) AS counted", exact)
        return int(number)

    def number_of(self, key: str) -> int | None:
        snapshot_id = snapshot_of_key(key)
        found = self._fetch(f"SELECT id FROM {_DOCUMENTS} WHERE snapshot_id = %s", snapshot_id)
        return int(found[0][0]) if found else None

    def listings(self, hashes: Collection[int]) -> dict[int, list[int]]:
        return self._postings.listings(hashes)

    def wordings(self, numbers: Collection[int]) -> dict[int, Wording]:
        rows = self._rows().filter(
            pk__in=numbers, subject__kind=Kind.COMMENT.value, snapshot__isnull=False
        )
        return {
            number: Wording(bytes(exact), snapshot_key(snapshot_id))
            for number, exact, snapshot_id in rows.values_list("pk", "exact", "snapshot_id")
            if exact is not None
        }

    def documents(self, keys: Collection[str]) -> dict[str, Document]:
        snapshot_ids = filter(None, map(snapshot_of_key, keys))
        return documents_of(list(snapshot_ids), self._using)

    # Writing

    def keeps_place(self, row: IndexedDocument, fingerprint: Fingerprint) -> bool:
        """Tell whether an edit left most of a comment as it was: then it came in when it did."""
        sketch = fingerprint.hashes
        return bool(sketch) and 2 * len(self._postings.held([row.pk], sketch)) >= len(sketch)

    def change(
        self, row: IndexedDocument, snapshot_id: int, fingerprint: Fingerprint, said: set[int]
    ) -> None:
        """Let a row stand for another wording; ``said`` is the sketch of the one it had."""
        row.snapshot_id, row.exact, row.params = snapshot_id, fingerprint.exact, PARAMS
        row.save(using=self._using, update_fields=["snapshot", "exact", "params"])
        self._postings.remove([row.pk], said - set(fingerprint.hashes))
        self._postings.add(row.pk, fingerprint.hashes)

    def add(self, subject_id: int, snapshot_id: int, fingerprint: Fingerprint) -> None:
        """Take up a comment after all that are there."""
        number = self._postings.number(
            subject_id=subject_id, snapshot_id=snapshot_id, exact=fingerprint.exact, story=0
        )
        if fingerprint.hashes:
            self._postings.add(number, fingerprint.hashes)

    def _fetch(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Run what runs for every comment: to build it from objects costs more than to run it."""
        with connections[self._using].cursor() as cursor:
            cursor.execute(sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def _rows(self) -> QuerySet[IndexedDocument]:
        return IndexedDocument.objects.using(self._using)
