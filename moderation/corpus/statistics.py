"""How large the index is, and what in it is shared most; the work is bounded, whatever its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import DatabaseError, connections, models, transaction
from django.db.models import Count, Max, Min, Q

from moderation.corpus.mending import read
from moderation.corpus.postings import Postings
from moderation.detectors.duplicate.retrieval import BOILERPLATE_STORIES, LISTED
from moderation.models import Embedding, StoryTerm
from moderation.models.fingerprints import Fingerprint, IndexedDocument
from moderation.types import Kind

SAMPLE = 300
"""Texts whose fingerprints are looked at for the hottest. One that every hundredth text has is
in such a sample nineteen times out of twenty."""

_COUNTED = 200
"""Of those that are too many to be listed, so many are counted."""

_TABLES: tuple[type[models.Model], ...] = (Fingerprint, StoryTerm, IndexedDocument, Embedding)


@dataclass(frozen=True, slots=True)
class HotFingerprint:
    """A fingerprint that many texts have; ``stories`` are those of the oldest of them."""

    hash: int
    documents: int
    stories: int
    boilerplate: bool


@dataclass(frozen=True, slots=True)
class Hottest:
    """The most shared fingerprints of ``sampled`` texts; ``boilerplate`` of them say nothing."""

    fingerprints: tuple[HotFingerprint, ...]
    boilerplate: int
    sampled: int


@dataclass(frozen=True, slots=True)
class Size:
    """Rows and bytes. Where SQLite cannot tell, the bytes are those of the whole file.

    ``earlier`` counts what is left of texts that were edited since, ``versions`` the rows made
    by each version of the fingerprints.
    """

    articles: int
    comments: int
    references: int
    earlier: int
    fingerprints: int
    story_terms: int
    versions: dict[int, int]
    bytes: int
    whole_file: bool

    @property
    def bytes_per_text(self) -> int:
        return round(self.bytes / max(1, self.articles + self.comments + self.references))


def size_of_index(using: str) -> Size:
    """Count the rows of the index and measure its tables with their indexes."""
    rows = IndexedDocument.objects.using(using)
    texts = Q(snapshot__isnull=False)
    counts = rows.aggregate(
        articles=Count("pk", filter=texts & Q(subject__kind=Kind.ARTICLE.value)),
        comments=Count("pk", filter=texts & Q(subject__kind=Kind.COMMENT.value)),
        references=Count("pk", filter=Q(reference__isnull=False)),
        earlier=Count("pk", filter=Q(reference=None, snapshot=None)),
    )
    versions = rows.values_list("params").annotate(count=Count("pk")).order_by("params")
    measured = _measured_bytes(using)
    return Size(
        **counts,
        fingerprints=Fingerprint.objects.using(using).count(),
        story_terms=StoryTerm.objects.using(using).count(),
        versions=dict(versions),
        bytes=_file_bytes(using) if measured is None else measured,
        whole_file=measured is None,
    )


def hottest(using: str, most: int) -> Hottest:
    """Return the ``most`` shared fingerprints of a sample of the indexed texts.

    The sample is spread evenly over the numbers, so an index of few texts is looked at whole.
    """
    postings = Postings(using)
    frequency: Counter[int] = Counter()
    listings: dict[int, list[int]] = {}
    sampled = 0
    for values in _sampled_fingerprints(using):
        sampled += 1
        frequency.update(values)
        listings |= postings.listings([value for value in values if value not in listings])
    counts = {value: len(documents) for value, documents in listings.items()}
    full = [value for value, count in counts.items() if count >= LISTED]
    full.sort(key=lambda value: (-frequency[value], value))
    for value in full[:_COUNTED]:
        counts[value] = Fingerprint.objects.using(using).filter(hash=value).count()
    ranked = sorted(counts, key=lambda value: (-counts[value], value))[:most]
    stories = _stories(postings, listings, {*full, *ranked})
    boilerplate = {value for value in full if stories[value] >= BOILERPLATE_STORIES}
    return Hottest(
        tuple(
            HotFingerprint(value, counts[value], stories[value], value in boilerplate)
            for value in ranked
        ),
        len(boilerplate),
        sampled,
    )


def _sampled_fingerprints(using: str) -> Iterable[Collection[int]]:
    rows = IndexedDocument.objects.using(using).filter(
        Q(snapshot__isnull=False) | Q(reference__isnull=False)
    )
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    step = max(1, (ends["last"] - ends["first"] + 1) // SAMPLE)
    chosen = range(ends["first"], ends["last"] + 1, step)
    for row in rows.select_related("snapshot__subject", "reference").filter(pk__in=chosen):
        work = read([row])
        if work is not None:
            yield work.fingerprint.hashes


def _stories(
    postings: Postings, listings: dict[int, list[int]], values: Collection[int]
) -> dict[int, int]:
    """Count the stories of the documents listed for each fingerprint."""
    documents = {number for value in values for number in listings[value]}
    told = postings.stories(documents) if documents else {}
    return {
        value: len({told[number] for number in listings[value] if number in told})
        for value in values
    }


def _measured_bytes(using: str) -> int | None:
    """Return what the tables of the index take with their indexes; None if nobody can tell."""
    connection = connections[using]
    names = [model._meta.db_table for model in _TABLES]
    holes = ", ".join(["%s"] * len(names))
    if connection.vendor == "postgresql":
        sql = f"SELECT sum(pg_total_relation_size(name)) FROM unnest(ARRAY[{holes}]) AS name"
    else:
        sql = (
            "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN "
            f"(SELECT name FROM sqlite_master WHERE tbl_name IN ({holes}))"
        )
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute(sql, names)
            return int(cursor.fetchone()[0])
    except DatabaseError:  # a SQLite without dbstat
        return None


def _file_bytes(using: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])
