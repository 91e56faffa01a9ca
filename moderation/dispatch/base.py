"""The door between "this row wants work" and whoever does the work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar

from django.core.checks import CheckMessage
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from moderation.conf import settings


class Job(StrEnum):
    """What can be asked for; the values are the names of the tasks."""

    SCAN = "moderation.scan"
    SWEEP = "moderation.sweep"
    DELIVER = "moderation.deliver"
    NOTIFY = "moderation.notify"


GROUP = 20
"""How many rows are asked for together, where there are many."""


class Dispatcher(ABC):
    """Gets jobs done some time soon. Losing one is allowed: the sweep asks again.

    ``in_request`` tells that jobs run while whoever asked for them waits.
    """

    in_request: ClassVar[bool] = False

    @abstractmethod
    def ask(self, job: Job, *ids: int) -> bool:
        """Ask for ``job`` on these rows; return whether the request was handed over.

        Must not raise for a broker that is down, and must not wait for one.
        """

    def reachable(self) -> bool:
        """Whether requests can be handed over at this moment; must not wait long to know."""
        return True

    def check(self) -> Iterable[CheckMessage]:
        """Return what the system checks should report about the way requests take."""
        return ()


def get_dispatcher() -> Dispatcher:
    """Return the dispatcher the site chose. Raises ``ImportError`` for a wrong path."""
    return _build(settings.DISPATCHER)


@lru_cache(maxsize=8)
def _build(path: str) -> Dispatcher:
    dispatcher = import_string(path)()
    if not isinstance(dispatcher, Dispatcher):
        raise TypeError(f"{path} is not a Dispatcher")
    return dispatcher


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "MODERATION":
        _build.cache_clear()


setting_changed.connect(_forget, dispatch_uid="moderation.dispatch.forget")
