"""The Celery application of the demo site."""

from __future__ import annotations

import os

from celery import Celery

import project.broker  # noqa: F401 - gives folder:// its meaning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
