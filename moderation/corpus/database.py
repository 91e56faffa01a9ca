"""The corpus that the database holds: every indexed text of the site."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from django.db import router, transaction
from django.db.models import QuerySet

from moderation.corpus.documents import (
    document_of,
    document_of_reference,
    documents_of,
    reference_key,
    reference_of_key,
    snapshot_key,
    snapshot_of_key,
    subject_work,
)
from moderation.corpus.embeddings import Embeddings, get_embedder
from moderation.corpus.mending import Mender, fingerprint_of, is_outdated, read
from moderation.corpus.postings import Place, Postings
from moderation.corpus.repeats import DatabaseComments
from moderation.corpus.terms import Terms
from moderation.detectors.base import Candidate, Lookup, Repeats
from moderation.detectors.duplicate.fingerprint import PARAMS, Fingerprint
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.repeats import search
from moderation.detectors.duplicate.retrieval import (
    LISTED,
    Hit,
    head_of_story,
    promising,
    rank,
    varied,
)
from moderation.models import ReferenceDocument, Snapshot
from moderation.models.fingerprints import IndexedDocument
from moderation.text.document import Document
from moderation.types import Kind


def get_corpus() -> DatabaseCorpus:
    """Return the corpus in the database that the site's routers give to the desk's tables."""
    return DatabaseCorpus(router.db_for_write(IndexedDocument))


class _Added(NamedTuple):
    """The number of a text, and the oldest documents that have each of its fingerprints."""

    number: int
    listings: Mapping[int, Sequence[int]]


class _Newest(NamedTuple):
    """A text as it came into the index, and who else had its fingerprints and terms then.

    Only what came before it counts as its source.
    """

    key: str
    number: int
    listings: Mapping[int, Sequence[int]]
    terms: Mapping[int, Sequence[int]]


class DatabaseCorpus:
    """Current texts of subjects, and reference documents; a corpus as
    :mod:`moderation.detectors.base` has it.

    Index a text before it is compared: then of two copies that come in at the same moment
    the later one is sure to see the earlier, and only that one.

    Raises:
        ImproperlyConfigured: the database is neither SQLite nor PostgreSQL.
    """

    key = staticmethod(snapshot_key)
    snapshot_id = staticmethod(snapshot_of_key)
    reference_key = staticmethod(reference_key)
    reference_id = staticmethod(reference_of_key)

    def __init__(self, using: str, newest: _Newest | None = None) -> None:
        self._using = using
        self._newest = newest
        self._postings = Postings(using)
        self._comments = DatabaseComments(using, self._postings)
        self._terms = Terms(using)
        self._embeddings = Embeddings(using)

    # Reading

    def candidates(
        self,
        exact: bytes,
        fingerprints: Sequence[int],
        *,
        exclude: str,
        limit: int,
        content: Collection[int] = frozenset(),
    ) -> Lookup:
        """See :meth:`moderation.detectors.base.Corpus.candidates`.

        Passages that the subject of ``exclude`` had before another text had them do not
        count, so an article that others copied is no candidate's copy.
        """
        newest = self._newest_if(exclude)
        listings = newest.listings if newest else self._postings.listings(fingerprints)
        same, own = self._postings.same_words(exact), self._own(exclude)
        ranking = rank(listings, same, own, self._postings.stories, content)
        hits = promising(ranking.hits, len(fingerprints))
        found = self._as_candidates(hits, limit) if hits else ()
        return Lookup(tuple(found), ranking.boilerplate)

    def document(self, key: str) -> Document | None:
        """See :meth:`moderation.detectors.base.Corpus.document`."""
        reference_id = reference_of_key(key)
        if reference_id is not None:
            reference = self._references().filter(pk=reference_id).first()
            return None if reference is None else document_of_reference(reference)
        snapshot_id = snapshot_of_key(key)
        if snapshot_id is None:
            return None
        return documents_of([snapshot_id], self._using).get(key)

    def repeats(
        self,
        exact: bytes,
        sketch: Sequence[int],
        *,
        exclude: str,
        same: Callable[[Document], bool],
    ) -> Repeats:
        """See :meth:`moderation.detectors.base.Corpus.repeats`."""
        return search(self._comments, exact, sketch, exclude=exclude, same=same)

    def similar(self, terms: Sequence[int], *, exclude: str, limit: int) -> Sequence[Candidate]:
        """See :meth:`moderation.detectors.base.Corpus.similar`."""
        newest = self._newest_if(exclude)
        listed = newest.terms if newest and newest.terms.keys() >= set(terms) else None
        hits = self._terms.hits(terms, self._own(exclude), limit, listed)
        return self._as_candidates(hits, limit) if hits else ()

    def alike(self, document: Document, *, limit: int) -> Sequence[Candidate]:
        """See :meth:`moderation.detectors.base.Corpus.alike`."""
        if get_embedder() is None:
            return ()
        hits = self._embeddings.hits(document, self._own(document.key), limit)
        return self._as_candidates(hits, limit) if hits else ()

    def is_indexed(self, snapshot_id: int) -> bool:
        """Tell whether the snapshot is what the index holds of its subject."""
        return self._rows().filter(snapshot=snapshot_id, params=PARAMS).exists()

    # Writing

    def index(self, snapshot_id: int, document: Document) -> DatabaseCorpus:
        """Make the current snapshot of a subject what the index holds of it.

        Returns the corpus to compare the text with right away: of a new text it knows what
        the index held at that moment, so that nobody has to ask again.

        Fingerprints the subject had before keep their place in time, new ones come after
        everything. A snapshot that is not (or no longer) current is passed over. Call it in
        a transaction of its own: on PostgreSQL it keeps other texts from being indexed until
        that transaction ends.
        """
        newest = None
        fingerprint = fingerprint_of(document)
        self._terms.prepare(document)
        with transaction.atomic(using=self._using):
            self._postings.write_first()
            subject_id = self._lock_subject(snapshot_id)
            if subject_id is None:
                return self
            rows = self._mended(self._rows_of_subject(subject_id))
            if not self._moved(rows, snapshot_id, fingerprint):
                self._postings.take_turn()
                if document.kind is Kind.COMMENT:
                    self._replace_comment(rows, subject_id, snapshot_id, fingerprint)
                elif rows:
                    self._replace(rows, subject_id, snapshot_id, fingerprint)
                    self._terms.put(document)
                else:
                    added = self._add(fingerprint, subject_id=subject_id, snapshot_id=snapshot_id)
                    terms = self._terms.put(document, added.number)
                    newest = _Newest(document.key, added.number, added.listings, terms)
        self._embeddings.put(document)
        return DatabaseCorpus(self._using, newest) if newest else self

    def unindex(self, *, subject_id: int) -> None:
        """Remove everything the index holds of a subject."""
        with transaction.atomic(using=self._using):
            self._postings.write_first()
            rows = self._rows_of_subject(subject_id)
            self._forget(rows, keep=set())

    def place_behind(self, copy_id: int, original_id: int) -> bool:
        """Have a snapshot come after another one; return False if it does, or one is not current.

        It gets a number after everything. To be called in a transaction of its own, as
        :meth:`index` is.
        """
        with transaction.atomic(using=self._using):
            self._postings.write_first()
            subject_id = self._lock_subject(copy_id)
            self._postings.take_turn()
            rows = self._rows_of_subject(subject_id) if subject_id else []
            copy = next((row for row in rows if row.snapshot_id == copy_id), None)
            original = self._rows().filter(snapshot=original_id).first()
            if copy is None or original is None or original.pk < min(row.pk for row in rows):
                return False
            snapshots = Snapshot.objects.using(self._using).select_related("subject")
            document = document_of(snapshots.get(pk=copy_id))
            fingerprint = fingerprint_of(document)
            self._forget(rows, keep=set())
            if original.story in {row.pk for row in rows}:
                original.story = original.pk
                original.save(using=self._using, update_fields=["story"])
            self._add(fingerprint, subject_id=copy.subject_id or 0, snapshot_id=copy_id)
            self._terms.put(document)
            return True

    def index_reference(self, reference_id: int) -> None:
        """Make the text of an active reference document what the index holds of it.

        Before its text is changed, take the old one out: what the index holds is read off
        the text.
        """
        with transaction.atomic(using=self._using):
            self._postings.write_first()
            active = self._references().select_for_update().filter(is_active=True)
            reference = active.filter(pk=reference_id).first()
            if reference is None:
                return
            document = document_of_reference(reference)
            fingerprint = Reading(document).fingerprint
            row = self._rows().filter(reference=reference_id).first()
            if row is not None and _holds(row, fingerprint):
                return
            self._postings.take_turn()
            self._forget([row] if row else [], keep=set())
            self._add(fingerprint, id=self._number_before_all(), reference_id=reference_id)
            self._terms.put(document)
        self._embeddings.put(document)

    def unindex_reference(self, reference_id: int) -> None:
        """Remove what the index holds of a reference document."""
        with transaction.atomic(using=self._using):
            self._postings.write_first()
            self._forget(list(self._rows().filter(reference=reference_id)), keep=set())

    # Candidates

    def _newest_if(self, key: str) -> _Newest | None:
        return self._newest if self._newest and self._newest.key == key else None

    def _own(self, key: str) -> set[int]:
        newest = self._newest_if(key)
        if newest is not None:
            return {newest.number}
        snapshot_id = snapshot_of_key(key)
        return set() if snapshot_id is None else self._postings.numbers_of(snapshot_id)

    def _as_candidates(self, hits: Sequence[Hit], limit: int) -> list[Candidate]:
        """Turn documents into the current texts of their subjects, one each."""
        numbers = [hit.document for hit in hits]
        places = self._postings.places(numbers)
        works = {place.number: _work(place) for place in places}
        keys = self._current_keys(places)
        found = [hit for hit in hits if works.get(hit.document) in keys]
        stories = {place.number: place.story for place in places}
        return [
            Candidate(keys[works[hit.document]], hit.weight)
            for hit in varied(_per_work(found, works), stories, limit)
        ]

    def _current_keys(self, places: Collection[Place]) -> dict[str, str]:
        """Return the key of what each work says now."""
        keys = {
            _work(place): reference_key(place.reference_id)
            for place in places
            if place.reference_id is not None
        }
        snapshots = {place.subject_id: place.snapshot_id for place in places if place.snapshot_id}
        missing = {place.subject_id for place in places if place.subject_id} - snapshots.keys()
        if missing:
            others = self._rows().filter(subject__in=missing, snapshot__isnull=False)
            snapshots.update(others.values_list("subject_id", "snapshot_id"))
        for subject_id, snapshot_id in snapshots.items():
            if subject_id is not None and snapshot_id is not None:
                keys[subject_work(subject_id)] = snapshot_key(snapshot_id)
        return keys

    # Index

    def _lock_subject(self, snapshot_id: int) -> int | None:
        """Keep the subject from being edited or forgotten meanwhile."""
        return self._postings.lock_subject(snapshot_id)

    def _mended(self, rows: list[IndexedDocument]) -> list[IndexedDocument]:
        """Make anew what another version made: else it would lose its place in time."""
        work = read(sorted(rows, key=lambda row: row.pk)) if is_outdated(rows) else None
        if work is None:
            return rows
        self._postings.take_turn()
        mender = Mender(self._using, self._postings)
        mender.apply(work, mender.repair_of(work))
        return list(self._rows().filter(pk__in=[row.pk for row in rows]))

    def _moved(
        self, rows: Sequence[IndexedDocument], snapshot_id: int, fingerprint: Fingerprint
    ) -> bool:
        """Handle a snapshot whose words are indexed already."""
        for row in rows:
            if row.snapshot_id is not None and _holds(row, fingerprint):
                if row.snapshot_id != snapshot_id:
                    row.snapshot_id = snapshot_id
                    row.save(using=self._using, update_fields=["snapshot"])
                return True
        return False

    def _replace(
        self,
        rows: Sequence[IndexedDocument],
        subject_id: int,
        snapshot_id: int,
        fingerprint: Fingerprint,
    ) -> None:
        kept = self._forget(rows, keep=set(fingerprint.hashes))
        self._add(fingerprint, kept, subject_id=subject_id, snapshot_id=snapshot_id)

    def _replace_comment(
        self,
        rows: Sequence[IndexedDocument],
        subject_id: int,
        snapshot_id: int,
        fingerprint: Fingerprint,
    ) -> None:
        if rows and self._comments.keeps_place(rows[0], fingerprint):
            self._comments.change(rows[0], snapshot_id, fingerprint, self._said(rows))
            return
        if rows:
            self._forget(rows, keep=set())
        self._comments.add(subject_id, snapshot_id, fingerprint)

    def _add(self, fingerprint: Fingerprint, kept: Collection[int] = (), **fields: int) -> _Added:
        """Give a text a number; return that, and who has its fingerprints now."""
        listings = self._postings.listings(fingerprint.hashes)
        head = head_of_story(listings, len(fingerprint.hashes), self._postings.stories)
        number = self._postings.number(exact=fingerprint.exact, story=head or 0, **fields)
        if head is None:
            self._postings.set_story(number, number)
        self._postings.add(number, set(fingerprint.hashes) - set(kept))
        return _Added(
            number,
            {each: [*listings.get(each, ()), number][:LISTED] for each in fingerprint.hashes},
        )

    def _number_before_all(self) -> int:
        first = self._rows().order_by("pk").values_list("pk", flat=True).first()
        return min(0 if first is None else first, 0) - 1

    def _forget(self, rows: Sequence[IndexedDocument], keep: set[int]) -> set[int]:
        """Reduce what a subject said to what it still says, and return that.

        What it said is read off its text: to store it with every row would make the index a
        third larger. Should the text have changed or gone meanwhile, some fingerprints stay
        behind without a document, and nobody looks at them.
        """
        if not rows:
            return set()
        numbers = [row.pk for row in rows]
        self._terms.forget(rows)
        self._embeddings.forget(numbers)
        held = self._postings.held(numbers, keep)
        self._postings.remove(numbers, self._said(rows) - keep)
        holders = {document for _, document in held}
        self._rows().filter(pk__in=holders).update(snapshot=None, exact=None)
        self._rows().filter(pk__in=set(numbers) - holders).delete()
        return {value for value, _ in held}

    def _said(self, rows: Iterable[IndexedDocument]) -> set[int]:
        snapshots = Snapshot.objects.using(self._using).select_related("subject")
        texts = snapshots.filter(pk__in=[row.snapshot_id for row in rows if row.snapshot_id])
        references = self._references().filter(
            pk__in=[row.reference_id for row in rows if row.reference_id]
        )
        documents = [*map(document_of, texts), *map(document_of_reference, references)]
        return {value for document in documents for value in fingerprint_of(document).hashes}

    def _rows_of_subject(self, subject_id: int) -> list[IndexedDocument]:
        numbers = self._postings.numbers_of_subject(subject_id)  # most are new and have none
        return list(self._rows().filter(pk__in=numbers)) if numbers else []

    def _rows(self) -> QuerySet[IndexedDocument]:
        return IndexedDocument.objects.using(self._using)

    def _references(self) -> QuerySet[ReferenceDocument]:
        return ReferenceDocument.objects.using(self._using)


def _holds(row: IndexedDocument, fingerprint: Fingerprint) -> bool:
    """Tell whether a row stands for these words, in the present form of the index."""
    return row.params == PARAMS and row.exact is not None and bytes(row.exact) == fingerprint.exact


def _work(place: Place) -> str:
    if place.reference_id is not None:
        return reference_key(place.reference_id)
    return subject_work(place.subject_id or 0)


def _per_work(hits: Iterable[Hit], works: dict[int, str]) -> list[Hit]:
    """Add up the hits of documents that are texts of one work."""
    merged: dict[str, Hit] = {}
    for hit in hits:
        first = merged.setdefault(works[hit.document], hit)
        if first is not hit:
            merged[works[hit.document]] = replace(
                first, hits=first.hits + hit.hits, weight=first.weight + hit.weight
            )
    return sorted(merged.values(), key=lambda hit: (-hit.weight, hit.document))
