"""Comments that come in at once: a later one sees every earlier one."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from moderation.corpus import DatabaseCorpus, document_of
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector
from moderation.models import IndexedDocument, Subject
from moderation.types import Kind
from tests.duplicate.saved import take_snapshot
from tests.duplicate.test_concurrency import sqlite_file  # noqa: F401 - a fixture
from tests.duplicate.test_pasted import WATCHES


def test_of_comments_that_come_in_at_once_the_later_see_the_earlier_on_sqlite(sqlite_file):  # noqa: F811
    check_comments_that_come_in_at_once(sqlite_file)


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_comments_that_come_in_at_once_the_later_see_the_earlier_on_postgresql():
    check_comments_that_come_in_at_once("default")


def check_comments_that_come_in_at_once(using):
    """Fifty comments by ten workers: each has to count exactly those of a smaller number."""
    snapshots = [_new_comment(using, number) for number in range(50)]
    start = threading.Barrier(10)
    counts = {}

    def work(own):
        try:
            corpus = DatabaseCorpus(using)
            start.wait()
            for snapshot in own:
                document = document_of(snapshot)
                corpus.index(snapshot.pk, document)
                found = DuplicateDetector().detect(document, Context(corpus)).findings
                counts[snapshot.pk] = found[0].detail["count"] if found else 0
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[snapshots[at::10]]) for at in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = IndexedDocument.objects.using(using).order_by("pk")
    in_order = list(rows.values_list("snapshot", flat=True))
    assert [counts[pk] for pk in in_order] == [0, 0, *range(3, 51)]


def _new_comment(using, number):
    subject = Subject.objects.using(using).create(
        model_label="site.comment",
        object_id=f"{number}",
        database="default",
        kind=Kind.COMMENT.value,
        author_key=f"user:{number}",
    )
    return take_snapshot(subject, WATCHES)
