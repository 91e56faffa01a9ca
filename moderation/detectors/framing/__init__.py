"""Inflammatory framing in comments: attacks, dehumanising, threats, rage-bait, shouting."""

from moderation.detectors.framing.detector import FramingDetector

__all__ = ["FramingDetector"]
