from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

BEFORE = [("moderation", "0003_starter_policies")]
AFTER = [("moderation", "0004_copies")]


def migrate(target):
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return executor.loader.project_state(target).apps


@pytest.fixture
def latest():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("latest")
def test_indexed_texts_keep_their_numbers_when_the_index_is_narrowed():
    old = migrate(BEFORE)
    subject = old.get_model("moderation", "Subject").objects.create(
        model_label="site.article", object_id="1", database="default", kind="article"
    )
    old.get_model("moderation", "IndexedDocument").objects.create(
        id=7, subject=subject, params=1, story=7
    )
    old.get_model("moderation", "Fingerprint").objects.create(hash=2**47, document=7)

    new = migrate(AFTER)
    document = new.get_model("moderation", "IndexedDocument").objects.get()
    assert (document.pk, document.params, document.subject_id) == (7, 1, subject.pk)
    assert not new.get_model("moderation", "Fingerprint").objects.exists()
    new.get_model("moderation", "Fingerprint").objects.create(hash=-(2**31), document=-1)

    old = migrate(BEFORE)
    assert old.get_model("moderation", "IndexedDocument").objects.get().pk == 7
