"""Jobs as Celery tasks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from celery import current_app
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for it
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


_IMPATIENT = {
    "socket_connect_timeout": CONNECT_TIMEOUT,
    "socket_timeout": CONNECT_TIMEOUT,
    "retry_on_timeout": False,
    "max_retries": 0,
}


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
        elif job is Job.DELIVER:
            limit = (settings.WEBHOOK_TIMEOUT + LEEWAY) * len(ids)
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

    def reachable(self) -> bool:
        """Whether the broker takes a connection of its own, apart from those in use."""
        if current_app.conf.task_always_eager:
            return True
        try:
            with current_app.connection_for_write(connect_timeout=CONNECT_TIMEOUT) as connection:
                connection.transport_options = {
                    **(connection.transport_options or {}),
                    **_IMPATIENT,
                }
                # One more attempt, at once: whoever asks has a page waiting for the answer.
                connection.ensure_connection(
                    max_retries=1, interval_start=0, interval_step=0, timeout=int(CONNECT_TIMEOUT)
                )
        except Exception as error:  # noqa: BLE001 - brokers raise what they like
            logger.warning("The broker cannot be reached (%s).", type(error).__name__)
            return False
        return True

    def _broker(self) -> Connection:
        with self._lock:
            if self._connection is None:
                connection = current_app.connection_for_write(connect_timeout=CONNECT_TIMEOUT)
                connection.transport_options = {
                    **(connection.transport_options or {}),
                    **_IMPATIENT,
                }
                self._connection = connection
            return self._connection

    def check(self) -> Iterator[CheckMessage]:
        """W002 no broker, W007 nobody runs the sweep."""
        conf = current_app.conf
        if not (conf.broker_url or conf.broker_write_url):
            unread = hasattr(django_settings, "CELERY_BROKER_URL")
            yield Warning(
                "Celery has no broker: nothing will be scanned until the sweep finds one.",
                hint=_ABOUT_LOADING if unread else _ABOUT_BROKER,
                id="moderation.W002",
            )
        elif not _sweeps(conf):
            yield Warning(
                "Celery beat does not run the sweep: scans that get lost stay lost.",
                hint=f"Add {{'task': '{Job.SWEEP}', 'schedule': 60.0}} to CELERY_BEAT_SCHEDULE; or "
                "run 'manage.py moderation_sweep' from cron and silence this.",
                id="moderation.W007",
            )


_ABOUT_BROKER = (
    "Set CELERY_BROKER_URL (or broker_url of your Celery app), for example "
    "'redis://localhost:6379/0'."
)
_ABOUT_LOADING = (
    "CELERY_BROKER_URL is set, but no Celery application has read it: import yours where Django "
    "starts, for example in the __init__.py beside your settings."
)


def _sweeps(conf: Any) -> bool:
    """Whether the schedule has the sweep, or is kept where we cannot look."""
    entries = (conf.beat_schedule or {}).values()
    if any(entry.get("task") == Job.SWEEP for entry in entries if isinstance(entry, Mapping)):
        return True
    return bool(conf.beat_scheduler != "celery.beat:PersistentScheduler")
