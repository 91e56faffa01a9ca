"""Bodies that show by themselves that they were scraped from a page or spun by a machine."""

from moderation.detectors.scraped.detector import ScrapedDetector, mask

__all__ = ["ScrapedDetector", "mask"]
