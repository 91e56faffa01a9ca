"""What a threshold would have meant: held against past scans and the decisions on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from moderation.models import Finding, Outcome, Scan, ScanState, Threshold, ThresholdState
from moderation.services.database import moderation_db
from moderation.services.detectors import configured_detectors
from moderation.services.statistics import Period, standing
from moderation.types import Mode

MOST_SCANS = 20_000
MOST_DECISIONS = 5_000
"""So many rows are read at most, the newest."""

GRID = (
    *(0.01, 0.02, 0.03, 0.05, 0.07),
    *(step / 20 for step in range(2, 20)),
    *(0.97, 0.99),
)
"""The thresholds of the table: closer at the ends, where a step means more."""

_SCANNED = (ScanState.DONE, ScanState.FAILED)
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Judged:
    """A text with its score that a moderator has decided: ``right`` unless wrongly flagged."""

    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Material:
    """The past of one category: the score of every text, and those that were decided.

    ``days`` is the time in which these texts came; ``cut`` says that there were more of them.
    """

    scores: tuple[float, ...] = ()
    judged: tuple[Judged, ...] = ()
    days: float = 1.0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold would have meant.

    ``right`` and ``wrong`` count the decided texts that it flags, ``missed`` those rightly
    flagged that it leaves out; ``hours`` are a moderator's, each day.
    """

    threshold: float
    per_day: float
    right: int
    wrong: int
    missed: int
    hours: float

    @property
    def precision(self) -> float | None:
        flagged = self.right + self.wrong
        return self.right / flagged if flagged else None

    @property
    def recall(self) -> float | None:
        """The share among the decided: what nobody has looked at is not known."""
        due = self.right + self.missed
        return self.right / due if due else None


def points(material: Material, thresholds: Iterable[float], *, minutes: float) -> list[Point]:
    """Hold each threshold against the past; ``minutes`` is what one case takes."""
    return [_point(material, threshold, minutes) for threshold in sorted(set(thresholds))]


def _point(material: Material, threshold: float, minutes: float) -> Point:
    per_day = sum(score >= threshold for score in material.scores) / material.days
    flagged = [each.right for each in material.judged if each.score >= threshold]
    due = sum(each.right for each in material.judged)
    right = sum(flagged)
    hours = per_day * minutes / 60
    return Point(threshold, per_day, right, len(flagged) - right, due - right, hours)


# Reading the past


def material(
    detector: str, category: str, *, section: str = "", days: int = 30, now: datetime | None = None
) -> Material:
    """Read the newest scans and decisions of the last ``days``; two queries, bounded."""
    at = now or timezone.now()
    since = at - timedelta(days=days)
    rows = _scores(detector, category)
    fresh = [row for row in rows if row[0] > since]
    cut = len(rows) == MOST_SCANS == len(fresh)
    oldest = min((finished for finished, _section, _score in fresh), default=at)
    covered = (at - oldest).total_seconds() / _SECONDS_A_DAY
    return Material(
        scores=tuple(
            score
            for _at, where, score in fresh
            if score is not None and (not section or where == section)
        ),
        judged=tuple(judged(detector, category, section=section, days=days, now=at)),
        days=max(1.0, min(float(days), covered)),
        cut=cut,
    )


def _scores(detector: str, category: str) -> list[tuple[datetime, str, float | None]]:
    newest = (
        Scan.objects.using(moderation_db())
        .filter(state__in=_SCANNED, finished_at__isnull=False)
        .order_by("-pk")
        .values_list("finished_at", "snapshot__subject__section", "scores")
    )
    return [
        (finished, section, score_of(scores, detector, category))
        for finished, section, scores in newest[:MOST_SCANS].iterator()
        if finished is not None
    ]


def judged(
    detector: str, category: str, *, section: str = "", days: int = 30, now: datetime | None = None
) -> Iterator[Judged]:
    """Yield the decided texts that say whether the category was rightly flagged; one query.

    Wrongly flagged says so of every category. What was upheld, but for another category of the
    detector, says nothing of this one. What was upheld although the detector found nothing was
    missed. Only standing rulings count.
    """
    last = timezone.localdate(now)
    findings = Finding.objects.filter(scan=OuterRef("snapshot__scans"), detector=detector)
    named = findings if category == detector else findings.filter(category=category)
    rows = (
        standing(Period(last - timedelta(days=days), last))
        .filter(snapshot__scans__state__in=_SCANNED)
        .annotate(scores=F("snapshot__scans__scores"), found=Exists(findings), named=Exists(named))
        .order_by("-pk")
    )
    if section:
        rows = rows.filter(case__subject__section=section)
    read = rows.values_list("outcome", "scores", "found", "named")
    for outcome, scores, found, of_it in read[:MOST_DECISIONS]:
        score = score_of(scores, detector, category)
        right = outcome != Outcome.DISMISS_FALSE_POSITIVE
        if score is not None and not (right and found and not of_it):
            yield Judged(score, right)


def score_of(scores: Any, detector: str, category: str) -> float | None:
    """Return one stored score; None where the detector gave none, or no number."""
    given = scores.get(detector) if isinstance(scores, Mapping) else None
    score = given.get(category) if isinstance(given, Mapping) else None
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        return None
    return float(score)


# What holds now


def own_threshold(detector: str, category: str) -> float | None:
    """Return the threshold that a running detector has by itself; None if it does not tell."""
    for configured in configured_detectors():
        tell = getattr(configured.detector, "own_thresholds", None)
        if configured.name == detector and tell is not None:
            known: Mapping[str, float] = tell()
            return known.get(category)
    return None


def standing_thresholds(detector: str, category: str, section: str) -> Sequence[Threshold]:
    """Return the live threshold and the one on trial for exactly this place."""
    rows = Threshold.objects.using(moderation_db()).filter(
        detector=detector, category=category, section=section
    )
    states = [ThresholdState.LIVE, ThresholdState.SHADOW]
    return list(rows.filter(state__in=states).order_by("state"))


@dataclass(frozen=True, slots=True)
class Trial:
    """How a threshold on trial compares with what decided meanwhile, in scanned texts."""

    both: int = 0
    only_live: int = 0
    only_trial: int = 0
    cut: bool = False


def compare(row: Threshold) -> Trial:
    """Compare the newest findings since a threshold went on trial; one query, bounded."""
    if row.tried_at is None:
        return Trial()
    ended = row.live_at or row.retired_at or timezone.now()
    findings = Finding.objects.using(moderation_db()).filter(
        detector=row.detector,
        scan__state__in=_SCANNED,
        scan__finished_at__gte=row.tried_at,
        scan__finished_at__lte=ended,
    )
    if row.section:
        findings = findings.filter(scan__snapshot__subject__section=row.section)
    read = findings.order_by("-pk").values_list("scan_id", "mode", "category", "detail")
    rows = list(read[:MOST_DECISIONS])
    found: dict[str, set[int]] = {Mode.LIVE: set(), Mode.SHADOW: set()}
    for scan, mode, category, detail in rows:
        if row.category in (category, detail.get("decided_by")):
            found[mode].add(scan)
    live, trial = found[Mode.LIVE], found[Mode.SHADOW]
    return Trial(
        len(live & trial), len(live - trial), len(trial - live), len(rows) == MOST_DECISIONS
    )
