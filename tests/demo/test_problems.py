"""What cannot work is said in one line, with what to do about it, and status 2."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from project.demo import options, surroundings
from project.demo.options import Options
from project.demo.problems import Problem
from tests.demo.conftest import Run


def test_a_problem_is_one_line_and_status_2(demo: Run) -> None:
    with socket.socket() as taken:
        taken.bind((surroundings.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = demo(PORT=port)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == f"demo: port {port} is taken; choose another one with PORT=...\n"


def test_servers_that_do_not_answer_are_named_without_their_password(demo: Run) -> None:
    port = surroundings.free_port()
    for check in ("", "1"):
        database = demo(DATABASE_URL=f"postgresql://desk:secret@127.0.0.1:{port}/x", CHECK=check)
        broker = demo(REDIS_URL=f"redis://:secret@127.0.0.1:{port}/0", CHECK=check)
        for ended, variable in ((database, "127.0.0.1"), (broker, "REDIS_URL: 127.0.0.1")):
            assert ended.returncode == 2
            assert len(ended.stderr.splitlines()) == 1
            assert variable in ended.stderr
            assert str(port) in ended.stderr
            assert "secret" not in ended.stderr


def test_a_folder_that_cannot_be_written_to(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = demo(DEMO_DIR=tmp_path / "file" / "data")
    assert ended.returncode == 2
    assert ended.stderr == f"demo: cannot write to {tmp_path / 'file' / 'data'}: Not a directory\n"


def test_a_folder_without_texts(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = demo(CHECK=1, ARTICLES=tmp_path / "empty")
    assert ended.returncode == 2
    assert ended.stderr.endswith("no .txt or .html file with text in it\n")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("port", ["0", "65536", "80a", "-1", "８０"])
def test_ports_that_are_none(port: str) -> None:
    with pytest.raises(Problem, match="a port is a number"):
        options.read([], {"PORT": port})


@pytest.mark.parametrize(("value", "check"), [("", False), ("0", False), ("1", True)])
def test_empty_variables_mean_nothing_was_asked_for(value: str, check: bool) -> None:
    read = options.read([], {"CHECK": value, "ARTICLES": "", "PORT": " ", "REDIS_URL": ""})
    assert (read.check, read.articles, read.port) == (check, None, options.DEFAULT_PORT)


def test_a_folder_of_articles_has_to_be_there(tmp_path: Path) -> None:
    assert options.read([], {"ARTICLES": str(tmp_path)}).articles == tmp_path.resolve()
    with pytest.raises(Problem, match="there is no such folder"):
        options.read([], {"ARTICLES": str(tmp_path / "missing")})


@pytest.mark.parametrize("url", ["nonsense", "mysql://me:secret@host/x", "postgresql://h:port/x"])
def test_addresses_of_databases_we_cannot_use(tmp_path: Path, url: str) -> None:
    with pytest.raises(Problem, match=r"^DATABASE_URL is no address like") as raised:
        surroundings._check_urls(Options(folder=tmp_path, database_url=url))
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["localhost:6379", "http://host", "redis://", "redis://h:port"])
def test_addresses_of_brokers_we_cannot_use(tmp_path: Path, url: str) -> None:
    with pytest.raises(Problem, match=r"^REDIS_URL is no address like"):
        surroundings._check_urls(Options(folder=tmp_path, redis_url=url))


def test_one_demo_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with (
        surroundings.occupied(tmp_path),
        pytest.raises(Problem, match="is running in"),
        surroundings.occupied(tmp_path),
    ):
        pass
    with surroundings.occupied(tmp_path):
        assert (tmp_path / "lock").read_text()


def test_leftovers_are_cleared_away_and_waiting_messages_kept(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "logs").mkdir()
    for name in ("broker/.1_draft.q.msg", "broker/2_waiting.q.msg", "beat-schedule.db", "logs/x"):
        (tmp_path / name).touch()
    with surroundings.occupied(tmp_path):
        left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"broker", "broker/2_waiting.q.msg", "lock"}
