"""Care of the index: is it true to the texts, and making it so, one text at a time.

Readers and writers go on meanwhile. Every repair is a short transaction of its own, and
whatever order the texts are taken in, each keeps the number that says when its words came in.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet

from moderation.corpus.database import DatabaseCorpus
from moderation.corpus.documents import document_of
from moderation.corpus.embeddings import Embeddings
from moderation.corpus.mending import Mender, Problem, Work, fingerprint_of, read
from moderation.corpus.postings import Postings
from moderation.detectors.duplicate.fingerprint import PARAMS
from moderation.models import ReferenceDocument, Snapshot, StoryTerm, Subject
from moderation.models import fingerprints as tables
from moderation.models.fingerprints import IndexedDocument
from moderation.types import Kind

STRETCH = 20_000
"""Rows of a table of numbers that are looked through at a time."""

HASHED_TABLES: tuple[type[models.Model], ...] = (tables.Fingerprint, StoryTerm)


class Maintenance:
    """The index of one database, looked after.

    Raises:
        ImproperlyConfigured: the database is neither SQLite nor PostgreSQL.
    """

    def __init__(self, using: str) -> None:
        self._using = using
        self._corpus = DatabaseCorpus(using)
        self._postings = Postings(using)
        self._mender = Mender(using, self._postings)
        self._embeddings = Embeddings(using)

    # What there is to look at

    def rows(self) -> QuerySet[IndexedDocument]:
        """Return every row of the index."""
        return IndexedDocument.objects.using(self._using)

    def unindexed(self, kinds: Collection[Kind]) -> QuerySet[Snapshot]:
        """Return the current texts of live subjects that the index does not have."""
        known = self.rows().filter(subject=OuterRef("subject"), snapshot=OuterRef("pk"))
        return (
            Snapshot.objects.using(self._using)
            .select_related("subject")
            .filter(~Exists(known), is_current=True, subject__deleted_at=None)
            .filter(subject__kind__in=[kind.value for kind in kinds])
        )

    def unindexed_references(self) -> QuerySet[ReferenceDocument]:
        """Return the active reference documents that the index does not have."""
        references = ReferenceDocument.objects.using(self._using)
        return references.filter(is_active=True, indexed=None)

    def last_outdated(self) -> int | None:
        """Return the largest number of a row made by another version, or None."""
        outdated = self.rows().exclude(params=PARAMS)
        return outdated.order_by("-pk").values_list("pk", flat=True).first()

    def came_after(self, number: int) -> QuerySet[IndexedDocument]:
        """Return the current texts of subjects that were indexed after a number was given."""
        return self.rows().filter(pk__gt=number, snapshot__isnull=False)

    # One work

    def examine(self, number: int) -> Problem | None:
        """Say what is wrong with the work that has a row of the index; change nothing."""
        row = self._row(number)
        if row is None:
            return None
        work = self._work_of(row)
        return self._problem(row, work)

    def mend(self, number: int) -> Problem | None:
        """Put right the work that has a row of the index; return what was wrong with it."""
        row = self._row(number)
        if row is None:
            return None
        work = self._work_of(row)
        problem = self._problem(row, work)
        if problem is Problem.DEAD:
            self._unindex(row)
            return problem
        if problem is not None:
            problem = self._mend(row)
        if work is not None:
            self._embeddings.put(work.document)
        return problem

    def is_missing(self, snapshot: Snapshot) -> bool:
        """Tell whether the index ought to hold something of an unindexed text."""
        return bool(fingerprint_of(document_of(snapshot)).exact)

    def index(self, snapshot: Snapshot) -> None:
        """Take up a current text that the index does not have."""
        self._corpus.index(snapshot.pk, document_of(snapshot))

    def index_reference(self, reference: ReferenceDocument) -> None:
        """Take up an active reference document that the index does not have."""
        self._corpus.index_reference(reference.pk)

    def _problem(self, row: IndexedDocument, work: Work | None) -> Problem | None:
        if _is_dead(row) or (work is not None and not work.fingerprint.exact):
            return Problem.DEAD
        return None if work is None else self._mender.repair_of(work).problem

    def _mend(self, row: IndexedDocument) -> Problem | None:
        with transaction.atomic(using=self._using):
            self._postings.write_first()
            self._lock(row)
            work = self._work_of(row)
            if work is None:
                return None  # deleted or edited meanwhile, and so taken care of
            self._postings.take_turn()
            repair = self._mender.repair_of(work)
            if repair.problem is not None:
                self._mender.apply(work, repair, settle=row.pk >= work.current.pk)
            return repair.problem

    def _unindex(self, row: IndexedDocument) -> None:
        if row.reference_id is not None:
            self._corpus.unindex_reference(row.reference_id)
        elif row.subject_id is not None:
            self._corpus.unindex(subject_id=row.subject_id)

    def _row(self, number: int) -> IndexedDocument | None:
        return self.rows().select_related("subject", "reference").filter(pk=number).first()

    def _work_of(self, row: IndexedDocument) -> Work | None:
        rows = self.rows().select_related("snapshot__subject", "reference").order_by("pk")
        return read(list(rows.filter(subject=row.subject_id, reference=row.reference_id)))

    def _lock(self, row: IndexedDocument) -> None:
        """Keep the work from being edited or forgotten meanwhile."""
        if row.reference_id is not None:
            references = ReferenceDocument.objects.using(self._using).select_for_update()
            references.filter(pk=row.reference_id).first()
        elif row.subject_id is not None:
            subjects = Subject.objects.using(self._using).select_for_update(no_key=True)
            subjects.filter(pk=row.subject_id).first()

    # Numbers without a document

    def stretch_end(self, table: type[models.Model], after: int | None) -> int | None:
        """Return up to where the next stretch of a table reaches; None at its end.

        A stretch is the rows with a hash above ``after`` up to the one returned.
        """
        rows = table._base_manager.using(self._using)
        ahead = rows if after is None else rows.filter(hash__gt=after)
        hashes = ahead.order_by("hash", "document").values_list("hash", flat=True)
        return hashes[STRETCH - 1 : STRETCH].first() or hashes.last()

    def count_orphans(self, table: type[models.Model], after: int | None, end: int) -> int:
        """Count the rows of a stretch whose document has gone."""
        return self._orphans(table, after, end).count()

    def remove_orphans(self, table: type[models.Model], after: int | None, end: int) -> int:
        """Remove the rows of a stretch whose document has gone; return how many these were."""
        count = self.count_orphans(table, after, end)
        if count:
            with transaction.atomic(using=self._using):
                self._postings.write_first()
                orphans = self._orphans(table, after, end)
                count = orphans._raw_delete(self._using)
        return count

    def _orphans(
        self, table: type[models.Model], after: int | None, end: int
    ) -> QuerySet[models.Model]:
        rows = table._base_manager.using(self._using).filter(hash__lte=end)
        if after is not None:
            rows = rows.filter(hash__gt=after)
        return rows.filter(~Exists(self.rows().filter(pk=OuterRef("document"))))


def _is_dead(row: IndexedDocument) -> bool:
    if row.reference is not None:
        return not row.reference.is_active
    return row.subject is None or row.subject.deleted_at is not None
