"""Making what the index holds of one work right again, each passage under the number it had.

Whatever was lost or made in another way is made anew from the stored texts. That takes one
thing for granted: a change of :data:`~moderation.detectors.duplicate.fingerprint.PARAMS` comes
with a migration that empties the table of fingerprints, for nobody can tell any more which of
the old ones a text had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import QuerySet

from moderation.corpus.documents import document_of, document_of_reference
from moderation.corpus.postings import Postings
from moderation.corpus.terms import Terms
from moderation.detectors.duplicate.comments import fingerprint_of_comment
from moderation.detectors.duplicate.fingerprint import PARAMS, Fingerprint
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.retrieval import head_of_story
from moderation.models import Snapshot
from moderation.models.fingerprints import IndexedDocument
from moderation.text.document import Document
from moderation.types import Kind


class Problem(StrEnum):
    """What can be wrong with what the index holds of a work."""

    OUTDATED = "outdated"
    INCOMPLETE = "incomplete"
    DOUBLED = "doubled"
    DEAD = "dead"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Work:
    """One indexed work: its rows in the order of their numbers, and what it says."""

    rows: Sequence[IndexedDocument]
    current: IndexedDocument
    """The row that stands for the text; of doubled ones the oldest."""
    document: Document
    fingerprint: Fingerprint


def read(rows: Sequence[IndexedDocument]) -> Work | None:
    """Read the work that has these rows, or None if none of them stands for a text any more."""
    for row in rows:
        document = _document_of(row)
        if document is not None:
            return Work(rows, row, document, fingerprint_of(document))
    return None


def fingerprint_of(document: Document) -> Fingerprint:
    """Return what the index holds of a text; its exact hash is empty if that is nothing."""
    if document.kind is Kind.COMMENT:
        return fingerprint_of_comment(document)
    return Reading(document).fingerprint


def is_outdated(rows: Iterable[IndexedDocument]) -> bool:
    """Tell whether any of the rows was made by another version of the fingerprints."""
    return any(row.params != PARAMS for row in rows)


@dataclass(slots=True)
class Repair:
    """What has to change: fingerprints to add and to remove, by the number of the document."""

    problem: Problem | None = None
    added: dict[int, set[int]] = field(default_factory=dict)
    removed: dict[int, set[int]] = field(default_factory=dict)
    emptied: set[int] = field(default_factory=set)


class Mender:
    """Compares the rows of one work with its text, and puts them right.

    Whoever calls :meth:`apply` holds the work's lock and has taken the turn.
    """

    def __init__(self, using: str, postings: Postings) -> None:
        self._using = using
        self._postings = postings
        self._terms = Terms(using)

    def repair_of(self, work: Work) -> Repair:
        """Find out what is wrong with the rows of a work."""
        holders = self._holders(work)
        repair = Repair(_problem(work, holders))
        if repair.problem is None:
            return repair
        for value, numbers in holders.items():
            for number in numbers[1:]:
                repair.removed.setdefault(number, set()).add(value)
        repair.added = self._origins(work, set(work.fingerprint.hashes) - holders.keys())
        holding = {numbers[0] for numbers in holders.values()} | repair.added.keys()
        repair.emptied = {row.pk for row in work.rows} - holding - {work.current.pk}
        return repair

    def apply(self, work: Work, repair: Repair, *, settle: bool = True) -> None:
        """Write down a repair.

        Without ``settle`` the row that stands for the text is left outdated: its story can
        be told only once all texts before it are there.
        """
        for number, values in repair.removed.items():
            self._postings.remove([number], values)
        self._rows().filter(pk__in=repair.emptied).delete()
        others = {row.pk for row in work.rows} - repair.emptied - {work.current.pk}
        self._rows().filter(pk__in=others).update(snapshot=None, exact=None, params=PARAMS)
        for number, values in repair.added.items():
            self._postings.add(number, values)
        if settle:
            self._rows().filter(pk=work.current.pk).update(
                params=PARAMS, exact=work.fingerprint.exact, story=self._story(work)
            )
            self._terms.put(work.document)

    def _holders(self, work: Work) -> dict[int, list[int]]:
        """Return, per fingerprint of the text, the numbers of the rows that have it."""
        holders: dict[int, list[int]] = {}
        held = self._postings.held([row.pk for row in work.rows], work.fingerprint.hashes)
        for value, number in sorted(held):
            holders.setdefault(value, []).append(number)
        return holders

    def _story(self, work: Work) -> int:
        if work.document.kind is Kind.COMMENT:
            return 0
        number, hashes = work.current.pk, work.fingerprint.hashes
        listings = {
            value: [document for document in documents if document < number]
            for value, documents in self._postings.listings(hashes).items()
        }
        head = head_of_story(listings, len(hashes), self._postings.stories)
        return number if head is None else head

    def _origins(self, work: Work, values: set[int]) -> dict[int, set[int]]:
        """Say with which row fingerprints came in that no row has.

        Earlier texts of the subject are still stored, and rows that stand for earlier texts
        have numbers in the same order.
        """
        found: dict[int, set[int]] = {}
        numbers = [row.pk for row in work.rows if row.pk < work.current.pk]
        for text in self._earlier_texts(work.current) if numbers else ():
            said = values.intersection(fingerprint_of(document_of(text)).hashes)
            if said:
                number = numbers.pop(0) if len(numbers) > 1 else numbers[0]
                found.setdefault(number, set()).update(said)
                values = values - said
        if values:
            found.setdefault(work.current.pk, set()).update(values)
        return found

    def _earlier_texts(self, current: IndexedDocument) -> Iterable[Snapshot]:
        snapshots = Snapshot.objects.using(self._using).select_related("subject")
        earlier = snapshots.filter(subject=current.subject_id, pk__lt=current.snapshot_id or 0)
        return earlier.order_by("pk").iterator(chunk_size=20)

    def _rows(self) -> QuerySet[IndexedDocument]:
        return IndexedDocument.objects.using(self._using)


def _problem(work: Work, holders: dict[int, list[int]]) -> Problem | None:
    exact = work.current.exact
    if is_outdated(work.rows) or exact is None or bytes(exact) != work.fingerprint.exact:
        return Problem.OUTDATED
    texts = [row for row in work.rows if row.snapshot_id is not None]
    if len(texts) > 1 or any(len(numbers) > 1 for numbers in holders.values()):
        return Problem.DOUBLED
    if len(holders) < len(work.fingerprint.hashes):
        return Problem.INCOMPLETE
    return None


def _document_of(row: IndexedDocument) -> Document | None:
    """Return the text that a row stands for; the rest of an earlier text stands for none."""
    if row.reference is not None:
        return document_of_reference(row.reference)
    return None if row.snapshot is None else document_of(row.snapshot)
