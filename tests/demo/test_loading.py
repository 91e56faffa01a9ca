"""``manage.py load_newsroom``: twice is the same as once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from project import environment
from project.newsroom import content
from tests.demo.conftest import Run

ARTICLES, COMMENTS = len(content.articles()), len(content.comments())


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data / "db.sqlite3")) as database, database:
        return database.execute(query).fetchall()


def everything(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "db.sqlite3")) as database:
        return list(database.iterdump())


def test_loading_twice_changes_nothing(manage: Run, data: Path) -> None:
    first = manage("load_newsroom")
    assert first.stdout.strip() == f"{ARTICLES} new articles, {COMMENTS} new comments"
    before = everything(data)
    second = manage("load_newsroom")
    assert second.stdout.strip() == f"{ARTICLES} unchanged articles, {COMMENTS} unchanged comments"
    assert everything(data) == before
    assert any("creamery-cooperative" in line for line in before)


def test_what_moderators_and_editors_did_meanwhile_stays(manage: Run, data: Path) -> None:
    manage("load_newsroom")
    ask(data, "UPDATE newsroom_article SET is_public = 0, headline = 'Edited'")
    assert manage("load_newsroom").returncode == 0
    seen = ask(data, "SELECT is_public, headline FROM newsroom_article")
    assert (len(seen), set(seen)) == (ARTICLES, {(0, "Edited")})


def test_the_files_of_a_folder_are_loaded_updated_and_left_alone(
    manage: Run, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    (folder / "below").mkdir(parents=True)
    (folder / "one.txt").write_text("One\n\nThe first.")
    (folder / "below" / "two.html").write_text("<h1>Two</h1><p>The second.")
    (folder / "old.txt").write_bytes("Größe".encode("latin-1"))
    (folder / "notes.md").write_text("no article")

    loaded = manage("load_newsroom", "--articles", str(folder))
    assert loaded.stdout.strip() == "3 new articles"
    assert "skipped notes.md: neither .txt nor .html" in loaded.stderr
    assert "old.txt: read as Windows-1252" in loaded.stderr
    rows = ask(data, "SELECT headline, author_id FROM newsroom_article ORDER BY headline")
    assert rows == [("Größe", None), ("One", None), ("Two", None)]

    (folder / "one.txt").write_text("One\n\nThe first, corrected.")
    again = manage("load_newsroom", "--articles", str(folder))
    assert sorted(again.stdout.strip().split(", ")) == [
        "1 changed articles",
        "2 unchanged articles",
    ]
    assert ask(data, "SELECT count(*) FROM newsroom_article") == [(3,)]


def test_a_folder_without_texts_is_an_error(manage: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    failed = manage("load_newsroom", "--articles", str(tmp_path / "empty"))
    assert failed.returncode == 1
    assert failed.stderr.strip().endswith("empty: no .txt or .html file with text in it")
    missing = manage("load_newsroom", "--articles", str(tmp_path / "missing"))
    assert missing.returncode == 1
    assert missing.stderr.strip().endswith("missing: No such file or directory")


def test_nothing_is_written_beside_the_project(manage: Run, tmp_path: Path) -> None:
    assert manage("check").returncode == 0
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data" / "secret-key").parent != environment.BASE_DIR / ".demo"
