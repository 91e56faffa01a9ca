"""What the reports on a case are worth, before anybody has decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Count, Q

from moderation.models import Case, Report, ReportCategory, ReportKind, ReportState
from moderation.services.database import moderation_db

# What is at stake if the reporter is right, 0..100.
_WORTH: Mapping[str, int] = {
    ReportCategory.MINORS: 100,
    ReportCategory.THREAT: 90,
    ReportCategory.HATE: 80,
    ReportCategory.UNLAWFUL: 70,
    ReportCategory.PRIVACY: 65,
    ReportCategory.ATTACK: 55,
    ReportCategory.COPIED: 55,
    ReportCategory.FALSE: 45,
    ReportCategory.SPAM: 35,
    ReportCategory.OTHER: 30,
}

CERTAIN = 2.0
"""From this weight on, the reports of a category count in full."""

NOTICE_WEIGHT = 2.0
"""A legal notice counts in full by itself: there is a duty to look at it."""

_PRIOR = 2
"""Everybody begins with so many reports confirmed and as many not: one report says little."""


def waiting(case: Case) -> list[Report]:
    """Return the reports on ``case`` that no decision has answered."""
    if case._state.adding:
        return []
    rows = Report.objects.using(case._state.db).filter(case=case, state=ReportState.WAITING)
    return list(rows.only("kind", "category", "weight"))


def severity(reports: Iterable[Report]) -> int:
    """Return 0..100 for the worst that is reported, less if few or unreliable people do."""
    weights: dict[str, float] = {}
    for report in reports:
        weights[report.category] = weights.get(report.category, 0) + report.weight
    worth = (_WORTH[category] * min(weight / CERTAIN, 1) for category, weight in weights.items())
    return round(max(worth, default=0))


def categories(reports: Iterable[Report]) -> set[str]:
    """Return what is reported, as it stands in a case."""
    return {f"report/{report.category}" for report in reports}


class Record:
    """How a reporter's earlier reports ended; those without a key have none."""

    def __init__(self, confirmed: int = 0, rejected: int = 0) -> None:
        self.confirmed, self.rejected = confirmed, rejected

    @property
    def answered(self) -> int:
        """How many a decision confirmed or did not."""
        return self.confirmed + self.rejected

    @property
    def share(self) -> float | None:
        """The share that decisions confirmed; None before there was any."""
        return self.confirmed / self.answered if self.answered else None

    @property
    def weight(self) -> float:
        """What a report counts: 1 from somebody new, towards 2 or 0 with every decision."""
        return 2 * (self.confirmed + _PRIOR) / (self.answered + 2 * _PRIOR)


def record_of(key: str) -> Record:
    """Return the record of one reporter."""
    return records_of([key]).get(key, Record())


def records_of(keys: Iterable[str]) -> dict[str, Record]:
    """Return the records of many reporters, with one query."""
    rows = (
        Report.objects.using(moderation_db())
        .filter(reporter_key__in={key for key in keys if key})
        .values("reporter_key")
        .annotate(
            confirmed=Count("pk", filter=Q(state=ReportState.CONFIRMED)),
            rejected=Count("pk", filter=Q(state=ReportState.REJECTED)),
        )
        .order_by()
    )
    return {row["reporter_key"]: Record(row["confirmed"], row["rejected"]) for row in rows}


def weight_of(kind: str, key: str) -> float:
    """Return what a new report counts."""
    weight = record_of(key).weight
    return max(weight, NOTICE_WEIGHT) if kind == ReportKind.NOTICE else weight
