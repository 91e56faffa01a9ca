"""Jobs as Celery tasks."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from celery import current_app
from django.conf import settings as django_settings
from kombu import Connection, pools

from moderation.conf import settings
from moderation.dispatch.base import Dispatcher, Job

logger = logging.getLogger("moderation.dispatch")

CONNECT_TIMEOUT = 1.0
"""Seconds the saving process waits for a broker that does not answer, at most."""

LEEWAY = 15
"""Seconds a scan gets for its rows beyond the time of its detectors."""

PAUSE_AFTER_FAILURE = 15.0
"""Seconds without a further attempt after a failure; the sweep asks for what was missed."""


class CeleryDispatcher(Dispatcher):
    """Publishes with short timeouts and without retries, over a connection pool of its own.

    After a failure it does not try again for a while: a site whose broker is down saves at
    full speed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._connection: Connection | None = None

    def ask(self, job: Job, *ids: int) -> bool:
        if time.monotonic() < self._paused_until:
            return False
        try:
            self._publish(job, ids)
        except Exception as error:  # noqa: BLE001 - brokers raise what they like; none may reach a save
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
            logger.warning(
                "The broker cannot be reached (%s); the sweep will ask for what waits.",
                type(error).__name__,
            )
            return False
        return True

    def _publish(self, job: Job, ids: tuple[int, ...]) -> None:
        options: dict[str, Any] = {"retry": False, "ignore_result": True}
        if settings.QUEUE:
            options["queue"] = settings.QUEUE
        if job is Job.SCAN:
            # The detectors watch the clock themselves; these catch the one that does not.
            limit = (settings.SCAN_TIME_LIMIT + LEEWAY) * len(ids)
            options.update(soft_time_limit=limit, time_limit=limit + LEEWAY)
        task = current_app.tasks.get(str(job))
        if current_app.conf.task_always_eager and task is not None:
            task.apply_async(args=ids, **options)
            return
        with pools.producers[self._broker()].acquire(
            block=True, timeout=CONNECT_TIMEOUT
        ) as producer:
            if task is not None:
                task.apply_async(args=ids, producer=producer, **options)
            else:
                current_app.send_task(str(job), args=ids, producer=producer, **options)

    def _broker(self) -> Connection:
        with self._lock:
            if self._connection is None:
                connection = current_app.connection_for_write(connect_timeout=CONNECT_TIMEOUT)
                connection.transport_options = {
                    **(connection.transport_options or {}),
                    "socket_connect_timeout": CONNECT_TIMEOUT,
                    "socket_timeout": CONNECT_TIMEOUT,
                    "retry_on_timeout": False,
                    "max_retries": 0,
                }
                self._connection = connection
            return self._connection


def broker_is_set() -> bool:
    """Whether the site told Celery, in any of the usual places, where its broker is."""
    return bool(
        current_app.conf.broker_url
        or current_app.conf.broker_write_url
        or getattr(django_settings, "CELERY_BROKER_URL", None)
        or os.environ.get("CELERY_BROKER_URL")
    )
