"""The most telling words of each indexed article, by which retellings of its story are found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet

from moderation.corpus.documents import (
    document_of,
    document_of_reference,
    reference_of_key,
    snapshot_of_key,
)
from moderation.corpus.postings import Postings
from moderation.detectors.duplicate.retrieval import LISTED, Hit
from moderation.detectors.duplicate.rewriting import STORED_TERMS, shared_terms, telling_of
from moderation.models import StoryTerm
from moderation.models.fingerprints import IndexedDocument
from moderation.text.document import Document
from moderation.types import Kind

_TABLE = StoryTerm._meta.db_table
_AFTER_ALL = 2**31 - 1


class Terms(Postings):
    """Which articles have which telling terms, in one database.

    An article has its terms under the first number it has in the index: who told the story
    first does not change when an article is edited. Of a term that many have, the newest are
    listed: a story is retold while it is news.

    Raises:
        ImproperlyConfigured: the database is neither SQLite nor PostgreSQL.
    """

    def __init__(self, using: str) -> None:
        super().__init__(using)
        self._using = using

    def hits(
        self,
        terms: Sequence[int],
        own: Collection[int],
        limit: int,
        listed: Mapping[int, Sequence[int]] | None = None,
    ) -> list[Hit]:
        """Return the earlier articles that share enough of these terms, the best first.

        ``own`` are the numbers of the text that is asked about; ``listed`` is what
        :meth:`put` returned for it a moment ago, if that is known.
        """
        if listed is None:
            listed = self._newest(terms, min(own, default=_AFTER_ALL))
        return shared_terms({term: listed[term] for term in terms if term in listed}, limit)

    def prepare(self, document: Document) -> None:
        """Read a text before the locks are taken that :meth:`put` is called under."""
        if document.kind is Kind.ARTICLE:
            telling_of(document)

    def put(self, document: Document, number: int | None = None) -> dict[int, list[int]]:
        """Note the terms of an article that the index holds; those it had before are gone.

        ``number`` is its first one, if known. Returns for each of the terms that it will be
        asked for the newest others that have it.
        """
        if document.kind is not Kind.ARTICLE:
            return {}
        telling = telling_of(document)
        number = self._first_number(document.key) if number is None else number
        if number is None or not telling.is_long_enough:
            return {}
        listed = self._newest(telling.asked, _AFTER_ALL)
        telling_terms = [term for term in telling.asked if len(listed.get(term, ())) < LISTED]
        self._execute(
            f"INSERT INTO {_TABLE} (hash, document) "
            f"SELECT given.value, %s FROM {self._dialect.table} WHERE true "
            "ON CONFLICT DO NOTHING",
            number,
            self._bind(telling_terms[:STORED_TERMS]),
        )
        return {term: listed.get(term, []) for term in telling.asked}

    def forget(self, rows: Iterable[IndexedDocument]) -> None:
        """Forget the terms of a work, given all its rows of the index; read off its text."""
        numbers = {row.pk for row in rows}
        for document in self._documents_of(numbers) if numbers else ():
            if document.kind is Kind.ARTICLE:
                self._execute(
                    f"DELETE FROM {_TABLE} WHERE {self._both_given}",
                    self._bind(telling_of(document).asked),
                    self._bind(numbers),
                )

    def _newest(self, terms: Collection[int], before: int) -> dict[int, list[int]]:
        rows = self._fetch(
            f"""
            SELECT given.value, (
                SELECT {self._dialect.collect} FROM (
                    SELECT document FROM {_TABLE}
                    WHERE hash = given.value AND document < %s
                    ORDER BY document DESC LIMIT {LISTED}
                ) AS newest
            ) FROM {self._dialect.table}
            """,
            before,
            self._bind(terms),
        )
        return {value: sorted(self._dialect.parse(found)) for value, found in rows if found}

    def _first_number(self, key: str) -> int | None:
        snapshot_id, reference_id = snapshot_of_key(key), reference_of_key(key)
        if snapshot_id is not None:
            return min(self.numbers_of(snapshot_id), default=None)
        rows = self._rows().filter(reference=reference_id, reference__isnull=False)
        return rows.values_list("pk", flat=True).first()

    def _documents_of(self, numbers: Collection[int]) -> Iterator[Document]:
        rows = self._rows().filter(pk__in=numbers)
        for row in rows.select_related("snapshot__subject", "reference"):
            if row.reference is not None:
                yield document_of_reference(row.reference)
            elif row.snapshot is not None:
                yield document_of(row.snapshot)

    def _rows(self) -> QuerySet[IndexedDocument]:
        return IndexedDocument.objects.using(self._using)
