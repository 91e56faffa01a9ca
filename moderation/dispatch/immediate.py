"""Jobs run at once, in the process that asks: for tests and very small sites."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import ClassVar

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for it
from django.utils.module_loading import import_string

from moderation.dispatch.base import Dispatcher, Job

logger = logging.getLogger("moderation.dispatch")

_SERVICES = {
    Job.SCAN: "moderation.services.scanning.run_scan",
    Job.SWEEP: "moderation.services.sweep.sweep",
    Job.DELIVER: "moderation.services.deliveries.deliver",
    Job.NOTIFY: "moderation.services.notices.send",
}


class ImmediateDispatcher(Dispatcher):
    """Runs the service straight away. A failure is logged, never raised into the save."""

    in_request: ClassVar[bool] = True

    def ask(self, job: Job, *ids: int) -> bool:
        service = import_string(_SERVICES[job])
        try:
            if ids:
                for row_id in ids:
                    service(row_id)
            else:
                service()
        except Exception as error:  # noqa: BLE001 - the same promise as with a worker elsewhere
            logger.error("%s failed: %s", job, type(error).__name__)  # noqa: TRY400 - a trace may hold text
            return False
        return True

    def check(self) -> Iterator[CheckMessage]:
        """W001 work done inside the save on a live site."""
        if not django_settings.DEBUG:
            yield Warning(
                "Texts are scanned inside the request that saves them.",
                hint="Use moderation.dispatch.celery.CeleryDispatcher on a live site.",
                id="moderation.W001",
            )
