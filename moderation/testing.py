"""For the tests of sites that use the desk: scans without a worker or a broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.test import override_settings

from moderation.conf import user_settings
from moderation.models import Scan, ScanState
from moderation.services.database import moderation_db
from moderation.services.scanning import run_scan


def run_pending_scans() -> int:
    """Run every queued scan here and now; return how many were run.

    Use it after saving in a ``TestCase``, where nothing is ever committed and so no worker is
    ever asked.
    """
    pending = Scan.objects.using(moderation_db()).filter(state=ScanState.QUEUED)
    return sum(run_scan(scan_id) is not None for scan_id in pending.values_list("pk", flat=True))


@contextmanager
def moderation_settings(**values: Any) -> Iterator[None]:
    """Lay ``values`` over the site's ``MODERATION`` for a while."""
    changed: Mapping[str, Any] = {**user_settings(), **values}
    with override_settings(MODERATION=changed):
        yield
