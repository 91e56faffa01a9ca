"""Inflammatory framing in comments: attacks, dehumanising, threats, rage-bait, shouting."""

from typing import Any

from moderation.detectors.framing.detector import FramingDetector

__all__ = ["FramingDetector", "scores"]


def scores(text: str, *, model: str = "auto", preset: str = "balanced") -> dict[str, Any]:
    """Return all scores of a plain text, and the passages of what flags.

    See :meth:`.FramingDetector.scores`; raises ``ValueError`` for an unknown name.
    """
    return FramingDetector(model=model, preset=preset).scores(text)
