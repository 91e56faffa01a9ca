from __future__ import annotations

import threading

import pytest
from django.core.management import call_command
from django.db import connections

from moderation.corpus import DatabaseCorpus, document_of
from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector
from moderation.models import IndexedDocument
from tests.duplicate.prose import HARBOUR
from tests.duplicate.saved import new_subject, take_snapshot


@pytest.fixture
def sqlite_file(settings, tmp_path, django_db_setup, django_db_blocker):
    """A database that threads can share; the SQLite of the tests, in memory, is none."""
    settings.DATABASE_ROUTERS = []
    connections.settings["shared"] = {
        **connections.settings["default"],
        "NAME": str(tmp_path / "shared.sqlite3"),
        "OPTIONS": {"timeout": 30},  # the modes a careless site has
    }
    with django_db_blocker.unblock():
        call_command("migrate", database="shared", verbosity=0)
        yield "shared"
        connections["shared"].close()
    del connections["shared"]
    del connections.settings["shared"]


def test_of_texts_that_come_in_at_once_the_later_are_copies_on_sqlite(sqlite_file):
    check_texts_that_come_in_at_once(sqlite_file)


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_texts_that_come_in_at_once_the_later_are_copies_on_postgresql():
    check_texts_that_come_in_at_once("default")


def check_texts_that_come_in_at_once(using):
    """Each is indexed, then compared; whoever has the larger number has to see the smaller."""
    snapshots = [
        take_snapshot(new_subject(f"{number}", using=using), HARBOUR) for number in range(8)
    ]
    start = threading.Barrier(len(snapshots))
    found = {}

    def work(snapshot):
        try:
            corpus = DatabaseCorpus(using)
            document = document_of(snapshot)
            start.wait()
            corpus.index(snapshot.pk, document)
            findings = DuplicateDetector().detect(document, Context(corpus)).findings
            found[snapshot.pk] = {corpus.snapshot_id(finding.source) for finding in findings}
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[snapshot]) for snapshot in snapshots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = IndexedDocument.objects.using(using).order_by("pk")
    first, *others = rows.values_list("snapshot", flat=True)
    assert found[first] == set()
    assert len(others) == 7
    assert all(first in found[other] for other in others)
