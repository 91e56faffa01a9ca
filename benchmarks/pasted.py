"""Comments per second through index and detector, with 100,000 comments indexed, in SQLite.

Beside it the least that could be done: one INSERT and one SELECT by a hash of the text, through
the same connection, a transaction each. That finds no copy in which a character differs.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

HOT = 5_000
"""So many of the comments are one and the same advertisement, and as many one set phrase."""

ADVERTISEMENT = "Luxury watches at half price, order yours from the harbour workshop before Sunday"
SET_PHRASE = "Great article, thanks for sharing!"
ROUNDS = 5

_SYLLABLES = "ka ro mi len dor sa ti bel ug na fo rin vas eth ol pra ji mun sel ho"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000, help="indexed before (100,000)")
    parser.add_argument("--new", type=int, default=200, help="new ones of each sort a round (200)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        started = time.perf_counter()
        fill(options.comments)
        print(f"{options.comments:,} comments indexed in {time.perf_counter() - started:.0f} s")
        measure(options.comments, options.new)


# The comments


def writings(seed: int, shortest: int, longest: int) -> Iterator[str]:
    """Yield comments of made-up words, none like another."""
    lot = random.Random(seed)
    syllables = _SYLLABLES.split()
    words = ["".join(lot.choices(syllables, k=lot.randint(1, 4))) for _word in range(20_000)]
    while True:
        yield " ".join(lot.choices(words, k=lot.randint(shortest, longest)))


def background(total: int) -> Iterator[str]:
    """Yield the comments that are there before: the hot ones among thousands of others."""
    others = writings(1, 8, 60)
    step = max(total // HOT, 3)
    for number in range(total):
        yield (ADVERTISEMENT, SET_PHRASE, next(others))[min(number % step, 2)]


def changed(text: str, number: int) -> str:
    """Change one word, as somebody does who covers tracks."""
    words = text.split()
    words[number % len(words)] = f"changed{number % 9}"
    return " ".join(words)


# The tables


def fill(total: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, hash BLOB, text TEXT)")
        cursor.execute("CREATE INDEX plain_hash ON plain (hash)")
    stream = background(total)
    done = 0
    while texts := list(islice(stream, 5_000)):
        store(texts, done, indexed=True)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO plain (hash, text) VALUES (%s, %s)",
                [(plain_hash(text), text) for text in texts],
            )
        done += len(texts)


def store(texts: Sequence[str], first: int, *, indexed: bool) -> list[Any]:
    """Write comments as a site's saves leave them, with the rows of the index if wanted."""
    from moderation.corpus import document_of
    from moderation.detectors.duplicate.comments import fingerprint_of_comment
    from moderation.detectors.duplicate.fingerprint import PARAMS
    from moderation.models import Fingerprint, IndexedDocument, Snapshot, Subject
    from moderation.text.storage import text_hash
    from moderation.types import Kind

    subjects = Subject.objects.bulk_create(
        Subject(
            model_label="site.comment",
            object_id=str(first + at),
            database="default",
            kind=Kind.COMMENT.value,
            author_key=f"auth.user:{(first + at) % 977}",
        )
        for at in range(len(texts))
    )
    snapshots = Snapshot.objects.bulk_create(
        Snapshot(subject=subject, text=text, text_hash=text_hash(text), length=len(text))
        for subject, text in zip(subjects, texts, strict=True)
    )
    if indexed:
        prints = [fingerprint_of_comment(document_of(snapshot)) for snapshot in snapshots]
        rows = IndexedDocument.objects.bulk_create(
            IndexedDocument(
                subject=snapshot.subject,
                snapshot=snapshot,
                params=PARAMS,
                exact=fingerprint.exact,
                story=0,
            )
            for snapshot, fingerprint in zip(snapshots, prints, strict=True)
        )
        Fingerprint.objects.bulk_create(
            Fingerprint(hash=value, document=row.pk)
            for row, fingerprint in zip(rows, prints, strict=True)
            for value in fingerprint.hashes
        )
    return list(snapshots)


def plain_hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


# The two ways


def through_the_desk(snapshots: Sequence[Any]) -> int:
    """Index and assess; return how many were flagged."""
    from moderation.corpus import document_of, get_corpus
    from moderation.detectors.base import Context
    from moderation.detectors.duplicate import DuplicateDetector

    corpus, detector, flagged = get_corpus(), DuplicateDetector(), 0
    for snapshot in snapshots:
        document = document_of(snapshot)
        corpus.index(snapshot.pk, document)
        flagged += bool(detector.detect(document, Context(corpus)).findings)
    return flagged


def plainly(snapshots: Sequence[Any]) -> int:
    """Insert and select; return how many were there before."""
    from django.db import connection, transaction

    known = 0
    for snapshot in snapshots:
        key = plain_hash(snapshot.text)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO plain (hash, text) VALUES (%s, %s)", (key, snapshot.text))
            cursor.execute("SELECT id FROM plain WHERE hash = %s ORDER BY id LIMIT 20", (key,))
            known += len(cursor.fetchall()) > 2
    return known


def measure(total: int, new: int) -> None:
    short, long = writings(2, 8, 20), writings(3, 25, 60)
    model = next(writings(4, 30, 30))
    sorts: dict[str, Callable[[int], str]] = {
        "new, 8-20 words": lambda _number: next(short),
        "new, 25-60 words": lambda _number: next(long),
        "set phrase": lambda _number: SET_PHRASE,
        f"one of {HOT:,}": lambda _number: ADVERTISEMENT,
        "one word changed": lambda number: changed(model, number),
    }
    print(f"{'comment':<18}{'desk/s':>9}{'plain/s':>9}{'ratio':>7}{'flagged':>9}{'known':>8}")
    for name, write in sorts.items():
        seconds, hits = [0.0, 0.0], [0, 0]
        for round_ in range(ROUNDS):
            snapshots = store([write(round_ * new + at) for at in range(new)], total, indexed=False)
            total += new
            for way, work in enumerate((through_the_desk, plainly)):
                started = time.perf_counter()
                hits[way] += work(snapshots)
                seconds[way] += time.perf_counter() - started
        amount = new * ROUNDS
        desk, plain = (amount / each for each in seconds)
        print(
            f"{name:<18}{desk:>9,.0f}{plain:>9,.0f}{desk / plain:>7.2f}"
            f"{hits[0] / amount:>9.0%}{hits[1] / amount:>8.0%}"
        )


if __name__ == "__main__":
    main()
