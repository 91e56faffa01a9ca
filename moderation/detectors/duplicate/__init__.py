"""Copied texts: found by shared fingerprints, shown passage by passage."""

from moderation.detectors.duplicate.detector import DuplicateDetector
from moderation.detectors.duplicate.memory import MemoryCorpus
from moderation.detectors.duplicate.verdict import Verdict

__all__ = ["DuplicateDetector", "MemoryCorpus", "Verdict"]
