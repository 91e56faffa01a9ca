"""A detector that waits at a gate, so that a test can stop a worker in the middle of a scan."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import ClassVar

from moderation.types import Assessment, Kind


class GateDetector:
    """Texts with the word ``gate`` wait until the file ``open`` is there."""

    name: ClassVar[str] = "gate"
    version: ClassVar[str] = "1"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def detect(self, document, context):
        if "gate" in document.text:
            folder = Path(os.environ["GATE"])
            (folder / "reached").touch()
            while not (folder / "open").exists():
                time.sleep(0.02)
        return Assessment()
