"""The Celery application of every site here, as Celery's own documentation has it."""

from celery import Celery

import project.broker  # noqa: F401 - gives folder:// its meaning

app = Celery("site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
