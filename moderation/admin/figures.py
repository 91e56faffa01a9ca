"""The cases behind a figure of the dashboard, as a parameter of the queue's address.

``decided.2026-05-01.2026-05-14`` and its like: what is counted, the days, and what narrows it
down. What is counted is asked of :mod:`moderation.services.statistics`, as the figure was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from moderation.models import Outcome
from moderation.models.cases import OPEN_CASES
from moderation.models.decisions import RESTRICTING
from moderation.models.scans import BAND_CHOICES
from moderation.services import statistics
from moderation.services.statistics import MOST_DAYS, Period

FIGURE = "figure"
RIGHT, WRONG = "right", "wrong"
SUBJECT, REFERENCE = "subject", "reference"

_YEARS = range(1970, 9000)
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Behind:
    """What a figure counts, in words, and the condition for the cases behind it."""

    label: str
    condition: Q


def link(name: str, *parts: object) -> str:
    """Return the query of the queue that shows the cases behind a figure."""
    value = ".".join(str(_written(part)) for part in (name, *parts))
    return urlencode({"state": "all", FIGURE: value})


def behind(value: str, now: datetime) -> Behind:
    """Read the parameter. What means nothing has nothing behind it; it does not fail."""
    name, _dot, rest = value.partition(".")
    reader = _FIGURES.get(name)
    try:
        if reader is not None:
            return reader(rest, now)
    except (ValueError, KeyError, OverflowError):
        pass
    return Behind(_("Unknown"), Q(pk__in=()))


def _written(part: object) -> object:
    return f"{part.first}.{part.last}" if isinstance(part, Period) else part


def _period(text: str) -> tuple[Period, str, str]:
    """Split off the two days; returns them, how to say them, and the rest."""
    first, last, *rest = text.split(".", 2)
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    if not timedelta() <= period.last - period.first < timedelta(days=MOST_DAYS):
        raise ValueError(text)
    if period.first.year not in _YEARS:
        raise ValueError(text)
    days = date_format(period.first, "SHORT_DATE_FORMAT")
    if period.last != period.first:
        days = f"{days} – {date_format(period.last, 'SHORT_DATE_FORMAT')}"
    return period, days, rest[0] if rest else ""


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise ValueError(text)
    return int(text)


def _open(text: str, now: datetime) -> Behind:
    aged = statistics.of_ages(now)
    aged["young"] = aged["hour"] | aged["day"]  # which the dashboard shows as one
    return Behind(_("Open, by age"), Q(state__in=OPEN_CASES) & aged[text])


def _came(text: str, now: datetime) -> Behind:
    period, days, _rest = _period(text)
    cases = statistics.events_of(statistics.OPENED, period).values("case")
    return Behind(_("Came in: %(days)s") % {"days": days}, Q(pk__in=cases))


def _done(text: str, now: datetime) -> Behind:
    period, days, _rest = _period(text)
    cases = statistics.events_of(statistics.DECIDED, period).values("case")
    return Behind(_("Decided: %(days)s") % {"days": days}, Q(pk__in=cases))


def _took(text: str, now: datetime) -> Behind:
    period, days, seconds = _period(text)
    least = timedelta(seconds=min(_number(seconds), 10**10))
    cases = statistics.waited(period).filter(waited__gte=least).order_by().values("case")
    return Behind(_("Slowly decided: %(days)s") % {"days": days}, Q(pk__in=cases))


def _outcome(text: str, now: datetime) -> Behind:
    period, days, value = _period(text)
    rows = statistics.standing(period)
    if value == "restricting":
        label, rows = _("restricted"), rows.filter(outcome__in=RESTRICTING)
    elif value:
        label, rows = str(Outcome(value).label), rows.filter(outcome=value)
    else:
        label = _("decided")
    title = _("%(outcome)s: %(days)s") % {"outcome": label, "days": days}
    return Behind(title, Q(pk__in=rows.order_by().values("case")))


def _judged(text: str, now: datetime) -> Behind:
    period, days, rest = _period(text)
    band, verdict, detector = rest.split(".", 2)
    bands = dict(BAND_CHOICES)
    rows = statistics.judged(period, detector=detector, band=band)
    false_alarm = Q(outcome=Outcome.DISMISS_FALSE_POSITIVE)
    judged = {RIGHT: _("rightly flagged"), WRONG: _("wrongly flagged")}[verdict]
    rows = rows.filter(false_alarm if verdict == WRONG else ~false_alarm)
    title = _("%(detector)s, %(band)s, %(judged)s: %(days)s") % {
        "detector": detector,
        "band": bands[band],
        "judged": judged,
        "days": days,
    }
    return Behind(title, Q(pk__in=rows.order_by().values("case")))


def _copied(text: str, now: datetime) -> Behind:
    period, days, rest = _period(text)
    kind, _dot, key = rest.partition(".")
    field = {SUBJECT: "source__subject", REFERENCE: "reference"}[kind]
    found = statistics.copies(period).filter(**{field: _number(key)})
    title = _("Copies of one text: %(days)s") % {"days": days}
    return Behind(title, Q(subject__in=found.values("scan__snapshot__subject")))


_FIGURES: dict[str, Callable[[str, datetime], Behind]] = {
    "open": _open,
    "came": _came,
    "done": _done,
    "took": _took,
    "outcome": _outcome,
    "judged": _judged,
    "copied": _copied,
}
