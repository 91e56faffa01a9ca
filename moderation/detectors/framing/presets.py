"""The thresholds that came with the models, without loading one."""

from __future__ import annotations

from moderation.detectors.framing import released
from moderation.detectors.framing.models import DECIDING, candidates
from moderation.detectors.framing.released import ModelError

_BY_PATTERNS = 0.5


def preset_thresholds(wanted: str, preset: str) -> dict[str, float]:
    """Return the thresholds of a preset for the model that ``wanted`` leads to.

    Without the facts of the models, those of patterns alone. Raises ``ValueError`` for the name
    of a model that there is not.
    """
    first = candidates(wanted)[0]
    try:
        given = released.read_facts(released.FOLDER)[first]["thresholds"][preset]
        return {head: float(given[head]) for head in DECIDING}
    except (ModelError, KeyError, TypeError, ValueError):
        return dict.fromkeys(DECIDING, _BY_PATTERNS)
