"""How bad a finding is, before anybody has looked at it."""

from __future__ import annotations

from collections.abc import Iterable

from moderation.models import Finding

# What a certain finding of the kind or category is worth, 0..100. Threats come first; a
# scraped page is a matter of quality.
_WORTH = {
    "threat": 100,
    "dehumanise": 85,
    "attack": 65,
    "rage_bait": 60,
    "profanity_directed": 55,
    "shouting": 30,
    "duplicate": 70,
    "scraped": 45,
}
_DEFAULT_WORTH = 50


def severity_of(findings: Iterable[Finding]) -> int:
    """Return 0..100 for the worst of ``findings``: its category's worth times its score."""
    return max((_worth(finding) for finding in findings), default=0)


def _worth(finding: Finding) -> int:
    worth = _WORTH.get(finding.category, _WORTH.get(finding.kind, _DEFAULT_WORTH))
    return round(worth * min(max(finding.score, 0.0), 1.0))
