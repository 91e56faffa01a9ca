"""An index of as many made-up articles as a benchmark wants, in SQLite or PostgreSQL.

Filling it text by text would take hours for a million articles. So their fingerprints are made
first, into files that an interrupted run goes on from and that both databases are filled from,
and then written in the order of the table, as a bulk load does. Texts are not stored: the
article behind a number is written down when somebody asks for it.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import _prose
import numpy as np

Array = np.ndarray[Any, Any]

CHUNK = 20_000
"""Articles per file of fingerprints."""

RECENT = 5_000
"""The newest articles, that have the story terms of their own words. To tell those of all would
take as long as everything else; the others have as many that nobody asks for, for a newspaper
does not write of the same people for ever."""

_BATCH = 5_000
_ROWS = 1_000_000


SAVED = "saved"
"""Object id of the subjects that are saved one by one."""


def use_django(settings: str = "tests.settings") -> None:
    """Set Django up on the database that ``DATABASE_URL`` names, with all tables."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def say(text: str) -> None:
    """Tell how far a long run has come, beside the results."""
    print(text, file=sys.stderr, flush=True)


# Fingerprints in files


def make_fingerprints(folder: Path, articles: int) -> None:
    """Make those files of fingerprints that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    started, made = time.perf_counter(), 0
    for first in range(0, articles, CHUNK):
        path = _file(folder, first)
        if not path.exists():
            _make_file(path, range(first, first + CHUNK))
            made += CHUNK
            rate = made / (time.perf_counter() - started)
            say(f"  fingerprints of {first + CHUNK:>9,} articles, {rate:,.0f}/s")


def _file(folder: Path, first: int) -> Path:
    return folder / f"fingerprints-{first:08}.npz"


def _make_file(path: Path, numbers: Iterable[int]) -> None:
    from moderation.detectors.duplicate.fingerprint import fingerprint_of

    rows, exact = [], []
    for number in numbers:
        fingerprint = fingerprint_of(_prose.with_footer(number))
        rows.append((np.array(fingerprint.hashes, dtype=np.int64) << 32) | document_of(number))
        exact.append(np.frombuffer(fingerprint.exact, dtype=np.uint8))
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("wb") as stream:
        np.savez(stream, rows=np.concatenate(rows), exact=np.array(exact))
    unfinished.rename(path)


def document_of(number: int) -> int:
    """Return the number under which an article is indexed; its subject and snapshot have it too."""
    return number + 1


def article_of(document: int) -> int:
    return document - 1


# Into the database


def fill(folder: Path, articles: int) -> None:
    """Fill an empty index with the first ``articles`` articles; a full one is left alone."""
    from moderation.models import IndexedDocument

    if IndexedDocument.objects.count() >= articles:
        return
    make_fingerprints(folder, articles)
    started = time.perf_counter()
    exact = np.concatenate([_part(folder, first, "exact") for first in range(0, articles, CHUNK)])
    rows = np.concatenate([_part(folder, first, "rows") for first in range(0, articles, CHUNK)])
    rows = rows[(rows & 0xFFFFFFFF) <= articles]
    rows.sort()
    _unsafely_fast()
    _clear()
    _write("moderation_fingerprint", rows)
    _write("moderation_storyterm", _story_terms(folder, articles))
    _write_documents(exact, range(1, articles + 1))
    _settle()
    say(f"  {len(rows):,} rows written in {time.perf_counter() - started:,.0f} s")


def grow(folder: Path, articles: int) -> None:
    """Fill an empty index article by article, as a site does: each is a few rows everywhere."""
    from django.db import transaction

    from moderation.corpus.postings import Postings
    from moderation.models import StoryTerm

    make_fingerprints(folder, articles)
    exact = np.concatenate([_part(folder, first, "exact") for first in range(0, articles, CHUNK)])
    rows = np.concatenate([_part(folder, first, "rows") for first in range(0, articles, CHUNK)])
    hashes, terms = _by_document(rows), _by_document(_story_terms(folder, articles))
    for document in range(1, articles + 1):
        with transaction.atomic():
            _write_documents(exact, range(document, document + 1))
            Postings("default").add(document, hashes[document])
            StoryTerm.objects.bulk_create(
                StoryTerm(hash=term, document=document) for term in terms[document]
            )
    _settle()


def _by_document(rows: Array) -> dict[int, list[int]]:
    documents = rows & 0xFFFFFFFF
    order = np.argsort(documents, kind="stable")
    found, firsts = np.unique(documents[order], return_index=True)
    groups = np.split(rows[order] >> 32, firsts[1:])
    return {number: group.tolist() for number, group in zip(found.tolist(), groups, strict=True)}


def _part(folder: Path, first: int, name: str) -> Array:
    with np.load(_file(folder, first)) as stored:
        part: Array = stored[name]
        return part


def _write_documents(exact: Array, numbers: Iterable[int]) -> None:
    from moderation.detectors.duplicate.fingerprint import PARAMS
    from moderation.models import IndexedDocument, Snapshot, Subject

    _create(
        Subject,
        (
            Subject(
                pk=n, model_label="site.article", object_id=str(n), database="made up",
                kind="article",
            )
            for n in numbers
        ),
    )  # fmt: skip
    _create(
        Snapshot,
        (Snapshot(pk=n, subject_id=n, text_hash=str(n), text="", length=5_000) for n in numbers),
    )
    _create(
        IndexedDocument,
        (
            IndexedDocument(
                pk=n, subject_id=n, snapshot_id=n, params=PARAMS,
                exact=exact[n - 1].tobytes(), story=n,
            )
            for n in numbers
        ),
    )  # fmt: skip


def _create(model: Any, rows: Iterator[Any]) -> None:
    while model.objects.bulk_create(islice(rows, _BATCH)):
        pass


def _story_terms(folder: Path, articles: int) -> Array:
    from moderation.detectors.duplicate.rewriting import STORED_TERMS

    path = folder / f"terms-{articles:08}.npy"
    if not path.exists():
        older = np.arange(1, max(0, articles - RECENT) + 1).repeat(STORED_TERMS)
        lot = np.random.Generator(np.random.PCG64(_prose.SEED))
        unasked = lot.integers(-(2**31), 2**31, size=len(older), dtype=np.int64)
        recent = _terms_of(range(max(0, articles - RECENT), articles), STORED_TERMS)
        np.save(path, np.unique(np.concatenate([(unasked << 32) | older, recent])))
    return np.asarray(np.load(path))


def _terms_of(numbers: Iterable[int], most: int) -> Array:
    """Return the terms as the index takes them: of those that many have, no more are stored."""
    from moderation.detectors.duplicate.retrieval import LISTED
    from moderation.detectors.duplicate.rewriting import telling_of

    stored: Counter[int] = Counter()
    rows: list[int] = []
    for number in numbers:
        asked = telling_of(article_document(_prose.article(number))).asked
        terms = [term for term in asked if stored[term] < LISTED][:most]
        stored.update(terms)
        rows += ((term << 32) | document_of(number) for term in terms)
    return np.array(rows, dtype=np.int64)


def _clear() -> None:
    """Forget what an interrupted run has written."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("storyterm", "fingerprint", "indexeddocument", "snapshot", "subject"):
            cursor.execute(f"DELETE FROM moderation_{table}")


def _write(table: str, rows: Array) -> None:
    """Write pairs of numbers that are in the order of the table."""
    from django.db import connection

    write = _copy if connection.vendor == "postgresql" else _insert
    for start in range(0, len(rows), _ROWS):
        write(table, rows[start : start + _ROWS])


def _insert(table: str, rows: Array) -> None:
    from django.db import connection, transaction

    connection.ensure_connection()
    pairs = zip((rows >> 32).tolist(), (rows & 0xFFFFFFFF).tolist(), strict=True)
    with transaction.atomic():
        connection.connection.executemany(
            f"INSERT INTO {table} (hash, document) VALUES (?, ?)", pairs
        )


def _copy(table: str, rows: Array) -> None:
    """Send rows in PostgreSQL's binary form: two fields, each with its length before it."""
    from django.db import connection

    fields = [("count", ">i2"), ("a", ">i4"), ("hash", ">i4"), ("b", ">i4"), ("document", ">i4")]
    tuples = np.empty(len(rows), dtype=fields)
    tuples["count"], tuples["a"], tuples["b"] = 2, 4, 4
    tuples["hash"], tuples["document"] = rows >> 32, rows & 0xFFFFFFFF
    statement = f"COPY {table} (hash, document) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + tuples.tobytes() + b"\xff\xff")


def _unsafely_fast() -> None:
    from django.db import connection

    if connection.vendor == "sqlite":
        _pragmas("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000")


def _settle() -> None:
    """Leave the database as it is after some days of use."""
    from django.db import connection

    if connection.vendor == "sqlite":
        _pragmas("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-2000")
        return
    with connection.cursor() as cursor:
        for table in ("subject", "snapshot", "indexeddocument"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('moderation_{table}', 'id'), max(id)) "
                f"FROM moderation_{table}"
            )
        cursor.execute("VACUUM ANALYZE")


def _pragmas(*pragmas: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")


# What the benchmarks ask


def corpus() -> Any:
    """Return the corpus of the database, which writes texts down as they are asked for."""
    from moderation.corpus import DatabaseCorpus

    class Corpus(DatabaseCorpus):
        def document(self, key: str) -> Any:
            document = super().document(key)
            if document is None or document.text:
                return document
            write_down(article_of(DatabaseCorpus.snapshot_id(key) or 0))
            return super().document(key)

    return Corpus("default")


def write_down(number: int) -> None:
    """Store the text of an article that is in the index."""
    from moderation.models import Snapshot

    text = _prose.text_of(_prose.with_footer(number))
    Snapshot.objects.filter(pk=document_of(number)).update(text=text)


def save(corpus: Any, words: _prose.Words) -> int:
    """Save and index an article as a site does; return its snapshot."""
    from moderation.corpus import document_of as stored_document
    from moderation.models import Snapshot, Subject

    subject = Subject.objects.create(
        model_label="site.article", object_id=SAVED, database="made up", kind="article"
    )
    text = _prose.text_of(words)
    snapshot = Snapshot.objects.create(
        subject=subject, text=text, text_hash=str(subject.pk), length=len(text)
    )
    corpus.index(snapshot.pk, stored_document(snapshot))
    return snapshot.pk


def article_document(words: _prose.Words) -> Any:
    """Return a document that is in no corpus."""
    from moderation.text.document import Document
    from moderation.types import Kind

    return Document(text=_prose.text_of(words), kind=Kind.ARTICLE)


def question(words: _prose.Words) -> Any:
    """Return a document that is in no corpus, read and ready to be looked up."""
    from moderation.detectors.duplicate.reading import Reading
    from moderation.detectors.duplicate.rewriting import telling_of

    document = article_document(words)
    reading = Reading(document)
    _ = reading.fingerprint, telling_of(document, reading).asked
    return document


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds something takes."""
    started = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - started)
