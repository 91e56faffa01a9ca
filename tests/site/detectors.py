"""Detectors whose behaviour a test can steer."""

from __future__ import annotations

import re
from typing import ClassVar

from moderation.types import Assessment, Band, Evidence, Finding, Kind


class WordDetector:
    """Flags every ``badword``, with the score of 0.9, and ``meh`` with 0.5."""

    name: ClassVar[str] = "word"
    version: ClassVar[str] = "1"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def __init__(self, *, category: str = "attack") -> None:
        self.category = category
        self.adjustable = (category,)

    def detect(self, document, context):
        findings = []
        for word, score, band in (
            ("badword", 0.9, Band.LIKELY),
            ("meh", 0.5, Band.POSSIBLE),
        ):
            spans = [match.span() for match in re.finditer(word, document.text)]
            if spans:
                evidence = tuple(Evidence(start, end, "test.word") for start, end in spans)
                findings.append(Finding("framing", self.category, score, band, 0.5, evidence))
        top = max((finding.score for finding in findings), default=0.0)
        return Assessment(findings=tuple(findings), scores={self.category: top})


class BrokenDetector:
    """Fails on texts that contain ``explode``, quoting them in its message."""

    name: ClassVar[str] = "broken"
    version: ClassVar[str] = "1"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def detect(self, document, context):
        if "explode" in document.text:
            raise RuntimeError(f"cannot cope with {document.text}")
        return Assessment(scores={"calm": 0.0})
