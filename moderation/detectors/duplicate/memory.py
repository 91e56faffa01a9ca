"""A corpus without a database: a folder of texts, the cases of a test."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from moderation.detectors.base import Candidate, Lookup, Repeat, Repeats
from moderation.detectors.duplicate.comments import fingerprint_of_comment
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.repeats import Place, Wording, search
from moderation.detectors.duplicate.retrieval import (
    LISTED,
    head_of_story,
    promising,
    rank,
    varied,
)
from moderation.detectors.duplicate.rewriting import STORED_TERMS, shared_terms, telling_of
from moderation.text.document import Document
from moderation.types import Kind


class MemoryCorpus:
    """Documents in the order they were added; a corpus as :mod:`moderation.detectors.base` has it.

    A document that was added is compared with those before it, any other with all of them.
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._documents: list[Document] = []
        self._numbers: dict[str, int] = {}
        self._stories: list[int] = []
        self._exact: defaultdict[bytes, list[int]] = defaultdict(list)
        self._listings: defaultdict[int, list[int]] = defaultdict(list)
        self._terms: defaultdict[int, list[int]] = defaultdict(list)
        self._comments = _MemoryComments()
        for document in documents:
            self.add(document)

    def __len__(self) -> int:
        return len(self._documents)

    def add(self, document: Document) -> None:
        """Take up a document under its key.

        Raises:
            ValueError: the key is empty or taken.
        """
        if not document.key or document.key in self._numbers:
            raise ValueError(f"a document needs a key of its own, not {document.key!r}")
        if document.kind is Kind.COMMENT:
            number = self._numbers[document.key] = len(self._documents)
            self._documents.append(document)
            self._stories.append(number)
            self._comments.add(number, document)
            return
        # Read as a copy, so that what was found out about so many texts is not kept for ever.
        reading = Reading(replace(document))
        fingerprint = reading.fingerprint
        head = head_of_story(
            self._listed(fingerprint.hashes), len(fingerprint.hashes), self._stories_of
        )
        number = self._numbers[document.key] = len(self._documents)
        self._documents.append(document)
        self._stories.append(number if head is None else head)
        self._exact[fingerprint.exact].append(number)
        for value in fingerprint.hashes:
            if len(self._listings[value]) < LISTED:
                self._listings[value].append(number)
        self._note_terms(number, reading)

    def candidates(
        self,
        exact: bytes,
        fingerprints: Sequence[int],
        *,
        exclude: str,
        limit: int,
        content: Collection[int] = frozenset(),
    ) -> Lookup:
        """See :meth:`moderation.detectors.base.Corpus.candidates`."""
        own = {self._numbers[exclude]} if exclude in self._numbers else set()
        listings = self._listed(fingerprints)
        same = self._exact.get(exact, ())
        ranking = rank(listings, same, own, self._stories_of, content)
        hits = promising(ranking.hits, len(fingerprints))
        stories = self._stories_of([hit.document for hit in hits])
        return Lookup(
            tuple(
                Candidate(self._documents[hit.document].key, hit.weight)
                for hit in varied(hits, stories, limit)
            ),
            ranking.boilerplate,
        )

    def document(self, key: str) -> Document | None:
        """See :meth:`moderation.detectors.base.Corpus.document`."""
        number = self._numbers.get(key)
        return None if number is None else self._documents[number]

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
        before = self._numbers.get(exclude, len(self._documents))
        listings = {term: self._newest(term, before) for term in terms if term in self._terms}
        return [
            Candidate(self._documents[hit.document].key, hit.weight)
            for hit in shared_terms(listings, limit)
        ]

    def alike(self, document: Document, *, limit: int) -> Sequence[Candidate]:
        """See :meth:`moderation.detectors.base.Corpus.alike`: it has no embedder."""
        return ()

    def _note_terms(self, number: int, reading: Reading) -> None:
        telling = telling_of(reading.document, reading)
        if telling.is_long_enough:
            telling_terms = [t for t in telling.asked if len(self._terms[t]) < LISTED]
            for term in telling_terms[:STORED_TERMS]:
                self._terms[term].append(number)

    def _newest(self, term: int, before: int) -> Sequence[int]:
        numbers = self._terms[term]
        return numbers[: bisect_left(numbers, before)][-LISTED:]

    def _listed(self, fingerprints: Iterable[int]) -> dict[int, list[int]]:
        return {value: self._listings[value] for value in fingerprints if value in self._listings}

    def _stories_of(self, numbers: Collection[int]) -> dict[int, int]:
        return {number: self._stories[number] for number in numbers}


class _MemoryComments:
    """The comments among the documents, as :func:`.repeats.search` wants them."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._numbers: dict[str, int] = {}
        self._wordings: dict[int, Wording] = {}
        self._exact: defaultdict[bytes, list[int]] = defaultdict(list)
        self._listings: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, number: int, document: Document) -> None:
        fingerprint = fingerprint_of_comment(document)
        self._documents[document.key] = document
        self._numbers[document.key] = number
        self._wordings[number] = Wording(fingerprint.exact, document.key)
        if fingerprint.exact:
            self._exact[fingerprint.exact].append(number)
        for value in fingerprint.hashes:
            if len(self._listings[value]) < LISTED:
                self._listings[value].append(number)

    def oldest(self, exact: bytes, limit: int) -> list[Place]:
        return [self._place(number) for number in self._exact.get(exact, ())[:limit]]

    def count(self, exact: bytes, before: int | None, most: int) -> int:
        numbers = self._exact.get(exact, [])
        earlier = len(numbers) if before is None else bisect_left(numbers, before)
        return min(earlier, most)

    def number_of(self, key: str) -> int | None:
        return self._numbers.get(key)

    def listings(self, hashes: Collection[int]) -> dict[int, list[int]]:
        return {value: self._listings[value] for value in hashes if value in self._listings}

    def wordings(self, numbers: Collection[int]) -> dict[int, Wording]:
        return {number: self._wordings[number] for number in numbers}

    def documents(self, keys: Collection[str]) -> dict[str, Document]:
        return {key: self._documents[key] for key in keys}

    def _place(self, number: int) -> Place:
        document = self._documents[self._wordings[number].key]
        return Place(number, Repeat(document.key, document.author, document.work, document.parent))
