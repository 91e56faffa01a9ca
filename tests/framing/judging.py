"""Short ways to have a comment judged."""

from __future__ import annotations

from functools import cache

from moderation.detectors.base import Context
from moderation.detectors.framing import FramingDetector
from moderation.text.document import Document
from moderation.types import Assessment, Kind, TextFormat

MODELS = ("standard", "light")


@cache
def detector(model: str = "standard") -> FramingDetector:
    return FramingDetector(model=model)


def judge(
    text: str,
    format: TextFormat = TextFormat.PLAIN,  # noqa: A002
    language: str = "",
    model: str = "standard",
) -> Assessment:
    document = Document(text, Kind.COMMENT, format, language=language)
    return detector(model).detect(document, Context())


def flagged(
    text: str,
    format: TextFormat = TextFormat.PLAIN,  # noqa: A002
    model: str = "standard",
) -> set[str]:
    """Return the flagged categories."""
    return {finding.category for finding in judge(text, format, model=model).findings}


def passages(
    text: str,
    category: str,
    format: TextFormat = TextFormat.PLAIN,  # noqa: A002
    model: str = "standard",
) -> list[str]:
    """Return the passages shown for a category, cut out of the stored text."""
    return [
        text[evidence.start : evidence.end]
        for finding in judge(text, format, model=model).findings
        if finding.category == category
        for evidence in finding.evidence
    ]
