"""Migrations over rows that are there, forwards, back, and forwards again."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import moderation
from moderation.models import Case
from moderation.models.search import found_by
from moderation.services.priority import rank

FOLDER = Path(moderation.__file__).with_name("migrations")
OPENED = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)

database = pytest.mark.django_db(transaction=True)
both = pytest.mark.both_databases


def migrate(name):
    target = [("moderation", name)]
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    then = executor.loader.project_state(target).apps
    return lambda model: then.get_model("moderation", model).objects


@pytest.fixture
def latest():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def a_case(rows, text="You are a badword.", **more):
    subject = rows("Subject").create(
        model_label="site.comment",
        object_id=str(rows("Subject").count()),
        database="default",
        kind="comment",
        label="On the bridge",
        author_label="Jane Öz",
    )
    fields = {"format": "html", "language": "de", "text_hash": "0" * 64, "length": len(text)}
    snapshot = rows("Snapshot").create(subject=subject, text=text, **fields)
    given = {"severity": 60, "state": "open", "opened_at": OPENED, **more}
    return rows("Case").create(subject=subject, snapshot=snapshot, **given)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("0*.py")), ids=lambda path: path.stem)
def test_no_migration_depends_on_what_the_desk_computes_today(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("moderation")
        elif isinstance(node, ast.Import):  # of fields and their defaults, as Django writes it
            assert all(
                alias.name.startswith("moderation.models.")
                for alias in node.names
                if alias.name.startswith("moderation")
            )


@both
@database
@pytest.mark.usefixtures("latest")
def test_cases_that_are_there_are_found_and_ordered_as_new_ones_are():
    rows = migrate("0010_webhooks")
    text = "<p>Das Straßenfest &amp; l’été<br>हिन्दी 東京タワー กรุงเทพ</p>" + "<" * 50_000
    case = a_case(rows, text)
    milder = a_case(rows, severity=30)
    scan = rows("Scan").create(snapshot_id=case.snapshot_id, due_at=OPENED, state="done")
    found = {"kind": "framing", "category": "attack", "score": 0.9, "band": "likely"}
    for mode, detector in (("live", "wordlist"), ("live", "framing"), ("shadow", "scraped")):
        rows("Finding").create(scan=scan, mode=mode, detector=detector, threshold=0.5, **found)
    rows = migrate("0011_queue")
    told = rows("Case").get(pk=case.pk)
    assert told.detectors == ["framing", "wordlist"]
    assert (told.kind, told.language) == ("comment", "de")
    assert (told.due_at - OPENED).total_seconds() == 8 * 3600
    assert told.priority > rows("Case").get(pk=milder.pk).priority
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("moderation"))
    now = Case.objects.get(pk=case.pk)
    before = now.priority, now.due_at
    rank(now)
    assert (now.priority, now.due_at) == (pytest.approx(before[0]), before[1])
    every = Case.objects.all()
    for asked in ("straßenfest", "STRASSEN", "l’été", "हिन्दी", "京", "กรุง"):
        assert found_by(every, asked, authors=False).get() == now
    assert not found_by(every, "jane", authors=False).exists()
    assert not found_by(every, "bridge", authors=False).exists()  # of a label, not of a title
    assert found_by(every, "jane öz bridge", authors=True).count() == 2


@both
@database
@pytest.mark.usefixtures("latest")
def test_proposals_stay_proposals_when_the_migration_is_taken_back_and_made_again(make_user):
    user = make_user("first")
    rows = migrate("0012_case_page")
    case, other = a_case(rows), a_case(rows)
    given = {"outcome": "propose", "proposed": "hide", "actor_kind": "human", "actor_id": user.pk}
    known = rows("Decision").create(case=case, case_version=1, **given)
    unknown = rows("Decision").create(case=other, case_version=1, **given)
    rows("Decision").create(case=other, case_version=2, outcome="label", actor_kind="human")
    rows("Event").create(
        number=1,
        at=OPENED,
        verb="case.proposed",
        case=case,
        data={"decision": known.pk, "proposed": "hide"},
    )
    migrate("0011_queue")
    rows = migrate("0012_case_page")
    assert rows("Decision").get(pk=known.pk).proposed == "hide"
    assert rows("Decision").get(pk=unknown.pk).proposed == "label"
    assert rows("Decision").get(outcome="label").proposed == ""
    assert rows("Case").get(pk=case.pk).proposed_by_id == user.pk
    assert rows("Case").get(pk=other.pk).proposed_by_id is None
    rows("Event").all().delete()


@both
@database
@pytest.mark.usefixtures("latest")
def test_the_queue_is_read_while_one_index_takes_the_place_of_another(capsys):
    def indexes() -> set[str]:
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, Case._meta.db_table))

    old, new = "moderation_case_waiting", "moderation_case_todo_opened"
    migrate("0014_attempts")
    assert indexes() & {old, new} == {old}
    migrate("0015_queue_speed")
    assert indexes() & {old, new} == {new}
    call_command("sqlmigrate", "moderation", "0015_queue_speed")
    told = capsys.readouterr().out
    assert 0 < told.index(f'CREATE INDEX "{new}"') < told.index("DROP INDEX")


@both
@pytest.mark.django_db
def test_no_table_has_what_the_database_cannot_do():
    for model in apps.get_app_config("moderation").get_models():
        assert model.check(databases=["default"]) == []
