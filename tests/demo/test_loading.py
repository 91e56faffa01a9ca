"""``manage.py load_newsroom``: twice is the same as once."""

from __future__ import annotations

import json
from pathlib import Path

from project import environment
from project.newsroom import content
from tests.demo.conftest import Run

ARTICLES, COMMENTS = len(content.articles()), len(content.comments())


def articles(manage: Run) -> list[dict[str, object]]:
    dumped = manage("dumpdata", "newsroom.article")
    assert dumped.returncode == 0, dumped.stderr
    return [row["fields"] for row in json.loads(dumped.stdout)]


def test_loading_twice_changes_nothing(manage: Run) -> None:
    first = manage("load_newsroom")
    assert first.stdout.strip() == f"{ARTICLES} new articles, {COMMENTS} new comments"
    before = manage("dumpdata", "newsroom", "auth", "moderation").stdout
    second = manage("load_newsroom")
    assert second.stdout.strip() == f"{ARTICLES} unchanged articles, {COMMENTS} unchanged comments"
    assert manage("dumpdata", "newsroom", "auth", "moderation").stdout == before


def test_what_moderators_and_editors_did_meanwhile_stays(manage: Run) -> None:
    manage("load_newsroom")
    changed = manage(
        "shell",
        "-c",
        "from project.newsroom.models import Article;"
        "Article.objects.update(is_public=False, headline='Edited')",
    )
    assert changed.returncode == 0, changed.stderr
    manage("load_newsroom")
    assert {(row["is_public"], row["headline"]) for row in articles(manage)} == {(False, "Edited")}


def test_the_files_of_a_folder_are_loaded_updated_and_left_alone(
    manage: Run, tmp_path: Path
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
    assert {row["headline"] for row in articles(manage)} == {"One", "Two", "Größe"}
    assert {row["author"] for row in articles(manage)} == {None}

    (folder / "one.txt").write_text("One\n\nThe first, corrected.")
    again = manage("load_newsroom", "--articles", str(folder))
    assert sorted(again.stdout.strip().split(", ")) == [
        "1 changed articles",
        "2 unchanged articles",
    ]
    assert len(articles(manage)) == 3


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
