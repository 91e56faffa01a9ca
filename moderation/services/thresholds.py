"""The site's own thresholds: kept, tried beside the live ones, put to work, taken back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.detectors.base import SiteThresholds
from moderation.models import Threshold, ThresholdState
from moderation.models.thresholds import IN_FORCE
from moderation.services import audit
from moderation.services.actors import Actor
from moderation.services.database import moderation_db, write_transaction
from moderation.services.detectors import configured_detectors
from moderation.services.errors import InvalidTransition, Unusable
from moderation.text.storage import storable
from moderation.types import Assessment, Finding

_FOLLOWS = {
    ThresholdState.DRAFT: (ThresholdState.SHADOW, ThresholdState.RETIRED),
    ThresholdState.SHADOW: (ThresholdState.LIVE, ThresholdState.RETIRED),
    ThresholdState.LIVE: (ThresholdState.RETIRED,),
    ThresholdState.RETIRED: (),
}
"""A threshold is tried before it decides anything; what is retired stays on record."""

_SINCE = {
    ThresholdState.SHADOW: "tried_at",
    ThresholdState.LIVE: "live_at",
    ThresholdState.RETIRED: "retired_at",
}
_VERBS = {
    ThresholdState.DRAFT: "threshold.drafted",
    ThresholdState.SHADOW: "threshold.tried",
    ThresholdState.LIVE: "threshold.live",
    ThresholdState.RETIRED: "threshold.retired",
}


# What a scan looks at


@dataclass(frozen=True, slots=True)
class InForce:
    """The thresholds that hold for one text; ``calibrations`` by detector and category."""

    by_detector: Mapping[str, SiteThresholds] = field(default_factory=dict)
    calibrations: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    @property
    def live(self) -> dict[str, SiteThresholds]:
        """Return what decides, without what is on trial."""
        return {name: SiteThresholds(site.live) for name, site in self.by_detector.items()}

    def explain(self, assessment: Assessment, detector: str) -> Assessment:
        """Note with each finding what share of texts of its score was rightly flagged."""
        if not self.calibrations:
            return assessment
        findings = (self._explained(found, detector) for found in assessment.findings)
        return replace(assessment, findings=tuple(findings))

    def _explained(self, found: Finding, detector: str) -> Finding:
        known = self.calibrations.get((detector, found.category))
        if known is None:
            return found
        share = round(calibrated(found.score, *known), 4)
        return replace(found, detail={**found.detail, "rightly_flagged": share})


_ROWS = (
    "SELECT detector, category, section, state, value, slope, "
    f'"offset" FROM {Threshold._meta.db_table} WHERE state IN (%s, %s) AND section IN (%s, %s)'
)


def in_force(section: str = "") -> InForce:
    """Return what holds in a section: its own thresholds before those of the site; one query."""
    states = [state.value for state in IN_FORCE]
    with connections[moderation_db()].cursor() as cursor:  # with every scan: as the word lists
        cursor.execute(_ROWS, [*states, "", section])
        rows = sorted(cursor.fetchall(), key=lambda row: bool(row[2]))
    if not rows:
        return InForce()
    values: dict[str, dict[str, dict[str, float]]] = {}
    calibrations: dict[tuple[str, str], tuple[float, float]] = {}
    for detector, category, _section, state, value, slope, offset in rows:
        values.setdefault(detector, {}).setdefault(state, {})[category] = value
        if state == ThresholdState.LIVE:
            calibrations[detector, category] = (slope, offset)
    found = {name: SiteThresholds(**by_state) for name, by_state in values.items()}
    known = {what: numbers for what, numbers in calibrations.items() if numbers != (1.0, 0.0)}
    return InForce(found, known)


def calibrated(score: float, slope: float, offset: float) -> float:
    """Return a probability with its logit stretched by ``slope`` and moved by ``offset``."""
    bounded = min(max(slope * logit(score) + offset, -_STEEPEST), _STEEPEST)
    return 1 / (1 + math.exp(-bounded))


def logit(score: float) -> float:
    """Return the logit of a probability, finite for the surest: scores have four digits."""
    bounded = min(max(score, _LEAST), 1 - _LEAST)
    return math.log(bounded / (1 - bounded))


_LEAST, _STEEPEST = 1e-4, 30.0


# Keeping them


def adjustable() -> dict[str, tuple[str, ...]]:
    """Return the categories of each running detector that takes thresholds of the site."""
    return {
        configured.name: tuple(getattr(configured.detector, "adjustable", ()))
        for configured in configured_detectors()
        if getattr(configured.detector, "adjustable", ())
    }


def draft(row: Threshold, *, actor: Actor) -> Threshold:
    """Write a new threshold that nothing looks at yet.

    Raises:
        Unusable: no running detector takes a threshold for the category, or a number is none.
    """
    if row.category not in adjustable().get(row.detector, ()):
        raise Unusable(_("No detector takes a threshold for this category."))
    if not all(map(math.isfinite, (row.value, row.slope, row.offset))) or not 0 <= row.value <= 1:
        raise Unusable(_("A threshold is a number between 0 and 1."))
    row.state, row.section = ThresholdState.DRAFT, row.section.strip()
    row.reason = storable(row.reason)
    row.created_by, row.created_label = actor.user, actor.label
    with write_transaction() as using:
        row.save(using=using, force_insert=True)
        _record(row, actor)
    return row


def try_out(row: Threshold, *, actor: Actor) -> Threshold:
    """Record from now on what a draft would flag, in place of another one on trial.

    Raises:
        InvalidTransition: it is no draft.
    """
    return _move(row, ThresholdState.SHADOW, actor)


def try_new(row: Threshold, *, actor: Actor) -> Threshold:
    """Write a new threshold and put it on trial at once; raises as :func:`draft` does."""
    with write_transaction():
        return try_out(draft(row, actor=actor), actor=actor)


def put_live(row: Threshold, *, actor: Actor) -> Threshold:
    """Let a threshold on trial decide what is flagged, in place of the one before.

    Raises:
        InvalidTransition: it is not on trial.
    """
    return _move(row, ThresholdState.LIVE, actor)


def retire(row: Threshold, *, actor: Actor) -> Threshold:
    """Take a threshold back: the detector's own holds again.

    Raises:
        InvalidTransition: it is retired already.
    """
    return _move(row, ThresholdState.RETIRED, actor)


def _move(given: Threshold, state: ThresholdState, actor: Actor) -> Threshold:
    with write_transaction() as using:
        rows = Threshold.objects.using(using).select_for_update()
        # All of one category, so that two people cannot put two of them in one place.
        of_it = rows.filter(
            detector=given.detector, category=given.category, section=given.section
        ).exclude(state=ThresholdState.RETIRED)
        by_key = {row.pk: row for row in of_it.order_by("pk")}
        row = by_key.pop(given.pk, None)
        if row is None or state not in _FOLLOWS[ThresholdState(row.state)]:
            raise InvalidTransition(_("The threshold was changed meanwhile: look at it again."))
        for other in by_key.values():
            if other.state == state:
                _write(other, ThresholdState.RETIRED, actor)
        _write(row, state, actor)
    return row


def _write(row: Threshold, state: ThresholdState, actor: Actor) -> None:
    row.state = state
    setattr(row, _SINCE[state], timezone.now())
    row.save(update_fields=["state", _SINCE[state]])
    _record(row, actor)


def _record(row: Threshold, actor: Actor) -> None:
    data: dict[str, Any] = {
        "threshold": row.pk,
        "what": f"{row.detector}/{row.category}",
        "section": row.section,
        "value": row.value,
    }
    if row.is_calibrated:
        data |= {"slope": row.slope, "offset": row.offset}
    audit.record(_VERBS[ThresholdState(row.state)], actor=actor, data=data)
