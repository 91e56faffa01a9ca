"""Messages in a folder: whole, in order, each to one reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

import project.broker  # noqa: F401 - gives folder:// its meaning


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    options = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path),
    }
    with Connection("folder://", transport_options=options) as opened:
        yield opened


def test_messages_come_in_order_and_once(connection: Connection, tmp_path: Path) -> None:
    queue = connection.SimpleQueue("q")
    for number in range(3):
        queue.put({"number": number})
    received = []
    for _ in range(3):
        message = queue.get(block=False)
        received.append(message.payload["number"])
        message.ack()
    assert received == [0, 1, 2]
    with pytest.raises(Empty):
        queue.get(block=False)
    assert not list(tmp_path.glob("*.msg"))


def test_a_second_folder_in_the_process_has_bindings_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        keys = ("data_folder_in", "data_folder_out", "control_folder")
        with Connection("folder://", transport_options=dict.fromkeys(keys, str(folder))) as opened:
            queue = opened.SimpleQueue("same")
            queue.put(name)
            assert queue.get(block=False).payload == name


def test_queues_whose_names_end_alike_are_kept_apart(connection: Connection) -> None:
    connection.SimpleQueue("a.q").put("for a.q")
    with pytest.raises(Empty):
        connection.SimpleQueue("q").get(block=False)
    assert connection.SimpleQueue("a.q").get(block=False).payload == "for a.q"


def test_a_message_that_is_being_written_is_nobodys(connection: Connection, tmp_path: Path) -> None:
    channel = connection.default_channel
    (tmp_path / ".1_draft.q.msg").write_text("{")
    assert channel._size("q") == 0
    with pytest.raises(Empty):
        channel._get("q")


def test_a_message_taken_by_another_is_passed_over(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = connection.default_channel
    channel._put("q", {"number": 1})
    channel._put("q", {"number": 2})
    (taken, _waiting) = sorted(path.name for path in tmp_path.glob("*.q.msg"))
    rename = Path.rename

    def another_is_quicker(path: Path, target: Path) -> Path:
        if path.name == taken:
            path.unlink()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", another_is_quicker)
    assert channel._get("q") == {"number": 2}
