"""The test site with several processes: short leases, and a detector that can be held."""

from tests.settings import *  # noqa: F403

MODERATION = {
    "DETECTORS": {
        "duplicate": None,
        "scraped": None,
        "framing": None,
        "word": {"CLASS": "tests.site.detectors.WordDetector"},
        "gate": {"CLASS": "tests.resilience.gate.GateDetector"},
    },
    "SCAN_LEASE_SECONDS": 2,
    "SWEEP_GRACE_SECONDS": 1,
    "SCAN_BACKOFF_SECONDS": 1,
    "RESCAN_MIN_GAP_SECONDS": 0,
    "RESCAN_MAX_SCANS": 1000,
}
