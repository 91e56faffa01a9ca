"""The demo that stays: its pages, and that nothing of it is left when it ends."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from project import environment
from project.demo import surroundings
from project.demo.browser import Browser
from tests.demo.conftest import Run
from tests.demo.conftest import surroundings as variables

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes the way Linux does"),
]


@dataclass
class Running:
    """A demo that has said that it is ready."""

    process: subprocess.Popen[str]
    folder: Path
    base: str
    said: str

    @property
    def browser(self) -> Browser:
        return Browser(self.base)

    def password(self, username: str) -> str:
        found = re.search(rf"^Account +{username} +(\S+)", self.said, re.MULTILINE)
        assert found, self.said
        return found[1]

    def children(self) -> list[int]:
        """Return every process that descends from the demo."""
        found, parents = [], [self.process.pid]
        while parents:
            path = Path(f"/proc/{(pid := parents.pop())}/task/{pid}/children")
            parents.extend(map(int, path.read_text().split()))
            found.append(pid)
        return found[1:]

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal and return the exit status and what was said last."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said


def has_ended(pid: int, *, seconds: float) -> bool:
    """Wait until a process that need not be our child is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two texts: a demo that starts with less starts sooner."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "plain.txt").write_text("<b>Bells</b> found\n\nIn a barn.\nUnder straw.")
    (folder / "hostile.html").write_text(
        "<h1>Hostile</h1><p onclick='x()'>Read me.</p><script>alert(1)</script>"
        "<a href='javascript:alert(1)'>link</a>"
    )
    return folder


@contextmanager
def running(folder: Path, texts: Path) -> Iterator[Running]:
    port = surroundings.free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "project.demo"],
        cwd=environment.BASE_DIR,
        env=variables(DEMO_DIR=folder, PORT=port, ARTICLES=texts),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        else:
            pytest.fail(f"the demo did not start:\n{said}")
        yield Running(process, folder, f"http://{surroundings.HOST}:{port}", said)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, texts: Path) -> Iterator[Running]:
    """One demo for all tests that only look and write."""
    with running(tmp_path_factory.mktemp("site") / "data", texts) as demo:
        yield demo


def path_of(site: Running, headline: str) -> str:
    found = re.search(rf'href="(/[\w-]+/)">{re.escape(headline)}<', site.browser.get("/").text)
    assert found
    return found[1]


def test_pages_show_markup_of_texts_as_text_and_run_nothing(site: Running) -> None:
    text = site.browser.get(path_of(site, "&lt;b&gt;Bells&lt;/b&gt; found")).text
    assert "<p>In a barn.<br>\nUnder straw.</p>" in text
    hostile = site.browser.get(path_of(site, "Hostile")).text
    assert "Read me." in hostile
    for harmful in ("onclick", "javascript:", "style="):
        assert harmful not in hostile
    assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)", hostile)


def test_readers_write_comments_and_answer_them(site: Running) -> None:
    page, browser = path_of(site, "Hostile"), site.browser
    comment = {"author_name": "Reader <1>", "body": "Well & good {{ 7 }}\n\n<script>", "parent": ""}
    written = browser.post_form(page, comment)
    anchor = re.search(r'id="comment-(\d+)"', written.text)
    assert anchor
    assert "Reader &lt;1&gt;" in written.text
    assert "<p>Well &amp; good {{ 7 }}</p>" in written.text
    assert "<p>&lt;script&gt;</p>" in written.text

    answer = browser.get(f"{page}?reply_to={anchor[1]}")
    assert "Reply to Reader &lt;1&gt;" in answer.text
    answered = browser.post_form(page, {**comment, "body": "An answer.", "parent": anchor[1]})
    assert re.search(r'depth-1" id="comment-\d+">.*?An answer\.', answered.text, re.DOTALL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": ""},
        {"author_name": ""},
        {"body": "x" * 5001},
        {"parent": "999999"},
        {"parent": "nonsense"},
    ],
)
def test_comments_that_are_wrong_are_given_back(site: Running, wrong: dict[str, str]) -> None:
    page = path_of(site, "Hostile")
    before = site.browser.get(page).text.count('id="comment-')
    given_back = site.browser.post_form(
        page, {"author_name": "Reader", "body": "Fine.", "parent": "", **wrong}
    )
    assert given_back.status == 200
    assert "errorlist" in given_back.text
    assert site.browser.get(page).text.count('id="comment-') == before


def test_what_is_not_there_is_not_found(site: Running) -> None:
    for path in ("/nowhere/", "/section/nowhere/", "/?page=%00"):
        assert site.browser.get(path).status == (200 if "page" in path else 404)


@pytest.mark.parametrize(("username", "status"), [("moderator", 200), ("author", 403)])
def test_the_printed_passwords_open_what_they_should(
    site: Running, username: str, status: int
) -> None:
    queue = re.search(r"^Queue +http://[^/]+(\S+)", site.said, re.MULTILINE)
    assert queue
    browser = site.browser
    browser.post_form(
        "/admin/login/",
        {"username": username, "password": site.password(username), "next": "/admin/"},
    )
    assert browser.get(queue[1]).status == status


def test_a_second_demo_in_the_same_folder_is_refused(site: Running, demo: Run) -> None:
    ended = demo(DEMO_DIR=site.folder, PORT=surroundings.free_port())
    assert ended.returncode == 2
    assert f"(process {site.process.pid})" in ended.stderr


def test_passwords_are_shown_once_and_can_be_replaced(site: Running, demo: Run) -> None:
    before = site.password("author")
    reset = demo("--reset-passwords", DEMO_DIR=site.folder)
    assert reset.returncode == 0, reset.stderr
    after = re.search(r"^Account +author +(\S+)", reset.stdout, re.MULTILINE)
    assert after
    assert after[1] != before
    for password, opens in ((before, False), (after[1], True)):
        fields = {"username": "author", "password": password, "next": "/admin/"}
        answer = site.browser.post_form("/admin/login/", fields)
        assert answer.url.endswith("/admin/") is opens
    site.said = reset.stdout + site.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(
    data: Path, texts: Path, number: signal.Signals
) -> None:
    with running(data, texts) as demo:
        children = demo.children()
        assert len(children) >= 3  # web, worker and beat, and by now perhaps the worker's own
        status, said = demo.end(number)
    assert (status, said.strip()) == (0, "Stopping ...")
    assert all(has_ended(pid, seconds=30) for pid in children)


def test_a_killed_demo_takes_its_processes_along_and_can_be_started_again(
    data: Path, texts: Path
) -> None:
    with running(data, texts) as demo:
        children = demo.children()
        demo.process.kill()
        demo.process.wait()
        assert all(has_ended(pid, seconds=60) for pid in children)
    with running(data, texts) as again:
        assert "--reset-passwords" in again.said
        assert "Account " not in again.said
        assert "unchanged" in again.said
        assert again.browser.get("/").status == 200


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_when_one_process_dies_all_end_and_its_log_is_shown(
    data: Path, texts: Path, name: str
) -> None:
    with running(data, texts) as demo:
        children = demo.children()
        heads = {}
        for pid in children:
            line = Path(f"/proc/{pid}/cmdline").read_text()
            key = next(key for key in ("runserver", "worker", "beat") if f"\0{key}\0" in line)
            heads.setdefault({"runserver": "web"}.get(key, key), pid)
        os.kill(heads[name], signal.SIGKILL)
        said, _ = demo.process.communicate(timeout=60)
    assert demo.process.returncode == 1
    assert f"demo: the {name} process ended (signal 9):" in said
    assert all(has_ended(pid, seconds=30) for pid in children)
