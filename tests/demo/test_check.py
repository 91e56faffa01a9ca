"""``CHECK=1``: everything really happens, on every kind of server, and leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
import redis

from tests.demo.conftest import Run
from tests.services import PostgreSQL, Redis

pytestmark = pytest.mark.slow


def rows(said: str) -> dict[str, str]:
    """Return the rows of the table that are as they should be."""
    return dict(re.findall(r"^ok +(\S.*?)  +(\S.*)$", said, re.MULTILINE))


def assert_everything_happened(said: str) -> None:
    table = rows(said)
    assert re.match(r"19 new articles, 69 new comments$", table["Texts"])
    # Of two copies that are scanned at once the original may be looked at again.
    assert re.match(r"88 done(, \d superseded)? in ", table["Scans"])
    for kind in ("duplicate", "scraped", "framing"):
        assert re.search(r" \d+", table[f"Found: {kind}"])
    assert "pasted 3" in table["Found: duplicate"]
    assert re.match(r"\d+ open$", table["Cases"])
    assert "readers no longer see it" in table["Decision"]
    assert "readers see it again, 2 decisions on record, the case is open" in table["Undo"]
    assert re.match(r"\d+ events, verified$", table["Audit chain"])
    assert table["Queue page"].endswith("answers 200")
    assert "FAILED" not in said


def test_the_demo_passes_its_own_check(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    checked = demo(CHECK=1, TMPDIR=tmp_path / "tmp")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert_everything_happened(checked.stdout)
    assert not list((tmp_path / "tmp").iterdir())
    assert not (tmp_path / "data").exists()


def test_the_same_on_postgresql_and_redis(
    demo: Run, postgresql_server: PostgreSQL, redis_server: Redis
) -> None:
    database = postgresql_server.new_database()
    checked = demo(CHECK=1, DATABASE_URL=database, REDIS_URL=redis_server.url)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert_everything_happened(checked.stdout)
    assert "PostgreSQL" in checked.stdout
    with psycopg.connect(database) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'moderation_check%'"
        ).fetchall()
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert (left, tables) == ([], [])
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.keys() == []


def test_an_account_that_may_not_create_databases_is_enough_where_nothing_is_found(
    demo: Run, postgresql_server: PostgreSQL, tmp_path: Path
) -> None:
    (tmp_path / "one.txt").write_text("A quiet day\n\nNothing at all happened at the harbour.")
    database = postgresql_server.new_database()
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE plain_{name} LOGIN")
        connection.execute(f"ALTER DATABASE {name} OWNER TO plain_{name}")
    plain = database.replace("moderation@", f"plain_{name}@")
    checked = demo(CHECK=1, DATABASE_URL=plain, ARTICLES=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    table = rows(checked.stdout)
    assert table["Decision"] == "no case to decide: nothing was found"
    assert table["Cases"] == "none"
    with psycopg.connect(database) as connection:
        left = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'moderation_check%'"
        ).fetchall()
    assert left == []


def test_any_folder_is_checked_and_every_file_told_of(demo: Run, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    story = "\n\n".join(
        f"Paragraph {number} tells of stall {number}, its owner, the weather on that morning "
        f"and {number * 7} baskets of plums that nobody else had brought to the market."
        for number in range(12)
    )
    (folder / "market.txt").write_text(f"Plums\n\n{story}")
    (folder / "copy.html").write_text(f"<h1>Plums again</h1><p>{story}</p>")
    (folder / "other.txt").write_text("A quiet day\n\nNothing at all happened at the harbour.")
    (folder / "empty.txt").touch()
    checked = demo(CHECK=1, ARTICLES=folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    files = checked.stdout.partition("Loaded")[2]
    # Two workers may scan both at once: one of them is found, whichever was later.
    found = re.search(
        r"^(copy.html|market.txt)\n    duplicate/\w+  .+: likely \d\.\d\d, as in (.+)$",
        files,
        re.MULTILINE,
    )
    assert found
    assert {found[1], found[2]} == {"copy.html", "market.txt"}
    assert "one story: copy.html, market.txt" in files
    assert "other.txt\n    nothing found" in files
    assert "empty.txt\n    skipped: empty" in files
    table = rows(checked.stdout)
    assert table["Texts"] == "3 new articles; 1 files skipped"
    assert "3 done" in table["Scans"]
    assert "readers see it again" in table["Undo"]
