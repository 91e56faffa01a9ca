"""Short ways to have a comment judged."""

from __future__ import annotations

from moderation.detectors.base import Context
from moderation.detectors.framing import FramingDetector
from moderation.text.document import Document
from moderation.types import Assessment, Kind, TextFormat

DETECTOR = FramingDetector()


def judge(
    text: str,
    format: TextFormat = TextFormat.PLAIN,  # noqa: A002
    language: str = "",
) -> Assessment:
    document = Document(text, Kind.COMMENT, format, language=language)
    return DETECTOR.detect(document, Context())


def flagged(text: str, format: TextFormat = TextFormat.PLAIN) -> set[str]:  # noqa: A002
    """Return the flagged categories."""
    return {finding.category for finding in judge(text, format).findings}


def passages(text: str, category: str, format: TextFormat = TextFormat.PLAIN) -> list[str]:  # noqa: A002
    """Return the passages shown for a category, cut out of the stored text."""
    return [
        text[evidence.start : evidence.end]
        for finding in judge(text, format).findings
        if finding.category == category
        for evidence in finding.evidence
    ]
