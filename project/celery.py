"""The Celery application of the demo site."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready

import project.broker  # noqa: F401 - gives folder:// its meaning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
@worker_ready.connect
def settle(**_signal: Any) -> None:
    """Spare the garbage collector what stays as long as the worker does: the code and its data."""
    gc.collect()
    gc.freeze()
