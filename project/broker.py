"""A message broker that is a folder: nothing to install for the demo.

Kombu has one, but it writes a message under its final name, where a worker may read it half
written, and it takes messages by way of the system's temporary folder. Here a message appears
and disappears by a rename. A message that is lost all the same (a worker killed while it has
one in hand) is asked for again by the sweep.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads

# A leading dot keeps a file out of every queue: queues are told apart by what follows the
# first dot of the name.
HIDDEN = "."


class Channel(filesystem.Channel):
    """Kombu's folder channel with whole messages only."""

    # Kombu's base classes do not agree on the name of the second argument.
    def _put(self, queue: str, payload: Any, **_kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        draft = folder / f"{HIDDEN}{name}"
        try:
            draft.write_text(dumps(payload), encoding="utf-8")
            draft.rename(folder / name)
        except OSError as error:
            raise ChannelError(f"cannot add a message to {folder}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names, not paths, are wanted
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            claimed = folder / f"{HIDDEN}{name}"
            try:
                (folder / name).rename(claimed)
            except FileNotFoundError:
                continue  # another worker was quicker
            message = loads(claimed.read_text(encoding="utf-8"))
            claimed.unlink()
            return message
        raise Empty


class Transport(filesystem.Transport):
    """What ``folder://`` in the broker URL stands for."""

    Channel = Channel

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        # Kombu keeps one memory of what is bound for all folders of the process, and then
        # leaves the bindings of the second folder out.
        self.state = virtual.BrokerState()


TRANSPORT_ALIASES["folder"] = f"{__name__}:Transport"
