"""The dashboard: how the desk is doing, and the cases behind every figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import charts, display, words
from moderation.admin.figures import REFERENCE, RIGHT, SUBJECT, WRONG, link
from moderation.models import (
    Appeal,
    AppealState,
    Case,
    CaseState,
    Outcome,
    Scan,
    ScanState,
    Subject,
)
from moderation.models.scans import BAND_CHOICES
from moderation.services import health, statistics
from moderation.services.statistics import Period

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = object

SPANS = (14, 90)
"""How many days back one may look."""

_MINUTE = timedelta(minutes=1)
_AGES = (
    ("young", ("hour", "day"), gettext_lazy("less than a day")),
    ("three_days", ("three_days",), gettext_lazy("one to three days")),
    ("week", ("week",), gettext_lazy("three to seven days")),
    ("longer", ("longer",), gettext_lazy("more than a week")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure under its name, how long its bar is, and where the cases behind it are."""

    name: SafeString | str
    value: int | str
    url: str = ""
    bar: str = "0"
    amiss: bool = False


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the chart, as a row of its table."""

    day: statistics.Day
    came: str
    decided: str


@dataclass(frozen=True, slots=True)
class PrecisionLine:
    """How good a detector is in one band."""

    detector: str
    band: str
    share: str
    interval: str
    right: Line
    wrong: Line
    span: charts.Box
    tick: charts.Box


class Dashboard(CaseModelAdmin):
    """The page of figures, mixed into the admin of the cases."""

    def dashboard_urls(self) -> list[URLPattern]:
        """Return the address of the page."""
        view = self.admin_site.admin_view(self.dashboard_view)
        return [path("dashboard/", view, name="moderation_case_dashboard")]

    def dashboard_view(self, request: HttpRequest) -> HttpResponse:
        """Show every figure; a constant number of queries, each over a period or the backlog."""
        if not permissions.may_view(request.user):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        days = next((span for span in SPANS if request.GET.get("days") == str(span)), SPANS[0])
        period = statistics.last_days(days)
        queue = self.queue_url()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dashboard"),
            "opts": self.opts,
            "spans": SPANS,
            "days": days,
            "period": period,
            **_waiting(queue),
            **_flow(queue, period),
            **_decided(queue, period),
            "precision": _precision(queue, period),
            "sources": _sources(queue, period, names=permissions.may_see_author(request.user)),
            "appeals": _appeals(self._list_url(request, Appeal), period),
            "health": _health(self._list_url(request, Scan), period),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/moderation/case/dashboard.html", context)

    def _list_url(self, request: HttpRequest, model: type[Appeal] | type[Scan]) -> str:
        """Return the address of a list, for those who may look at it."""
        known = self.admin_site._registry.get(model)
        if known is None or not known.has_view_permission(request):
            return ""
        name = f"admin:moderation_{model._meta.model_name}_changelist"
        return reverse(name, current_app=self.admin_site.name)

    if TYPE_CHECKING:  # comes with the list

        def queue_url(self, query: str = "") -> str: ...


def _behind(queue: str, name: str, *parts: object) -> str:
    return f"{queue}?{link(name, *parts)}"


def _lines(rows: Iterable[tuple[SafeString | str, int, str]]) -> list[Line]:
    """Give the rows bars on one scale."""
    listed = list(rows)
    most = max((value for _name, value, _url in listed), default=0)
    return [Line(name, value, url, charts.bar(value, most)) for name, value, url in listed]


# What waits


def _waiting(queue: str) -> dict[str, Any]:
    backlog = statistics.backlog()
    ages = [
        (str(label), sum(backlog.by_age[part] for part in parts), _behind(queue, "open", name))
        for name, parts, label in _AGES
    ]
    states = [
        (str(CaseState(state).label), number, f"{queue}?{urlencode({'state': state})}")
        for state, number in backlog.by_state.items()
    ]
    oldest = display.age(backlog.oldest) if backlog.oldest is not None else ""
    return {
        "open": backlog.total,
        "open_url": f"{queue}?{urlencode({'state': 'to_do', 'order': 'oldest'})}",
        "oldest": oldest,
        "ages": _lines(ages),
        "states": _lines(states),
    }


# What came and what was done


def _flow(queue: str, period: Period) -> dict[str, Any]:
    days = statistics.flow(period)
    came, done = sum(day.arrivals for day in days), sum(day.decisions for day in days)
    return {
        "flow": charts.columns([day.arrivals for day in days], [day.decisions for day in days]),
        "flow_days": [_day(queue, day) for day in reversed(days) if day.arrivals or day.decisions],
        "came": Line(_("came in"), came, _behind(queue, "came", period)),
        "done": Line(_("decided"), done, _behind(queue, "done", period)),
    }


def _day(queue: str, day: statistics.Day) -> DayLine:
    alone = Period(day.day, day.day)
    return DayLine(day, _behind(queue, "came", alone), _behind(queue, "done", alone))


def _decided(queue: str, period: Period) -> dict[str, Any]:
    waiting, actions = statistics.time_to_decide(period), statistics.actions(period)
    return {
        "half": _took(_("half of them within"), waiting.p50, queue, period),
        "most": _took(_("nine in ten within"), waiting.p90, queue, period),
        "rate": words.percent(actions.rate) if actions.rate is not None else "",
        "restricting": Line(
            _("decisions that took something from the author"),
            actions.restricting,
            _behind(queue, "outcome", period, "restricting"),
        ),
        "rulings": Line(
            _("standing decisions"), actions.decisions, _behind(queue, "outcome", period)
        ),
        "outcomes": _lines(
            (str(Outcome(value).label), number, _behind(queue, "outcome", period, value))
            for value, number in actions.by_outcome.items()
        ),
    }


def _took(name: str, time: timedelta | None, queue: str, period: Period) -> Line | None:
    if time is None:
        return None
    return Line(name, _duration(time), _behind(queue, "took", period, int(time.total_seconds())))


def _duration(time: timedelta) -> str:
    if time < _MINUTE:
        return _("less than a minute")
    now = timezone.now()
    return timesince(now - time, now)


# How good the detectors are, and what they found


def _precision(queue: str, period: Period) -> list[PrecisionLine]:
    bands = {value: str(label) for value, label in BAND_CHOICES}
    lines = []
    for row in statistics.precision(period):
        low, high = row.interval
        behind = {
            verdict: _behind(queue, "judged", period, row.band, verdict, row.detector)
            for verdict in (RIGHT, WRONG)
        }
        lines.append(
            PrecisionLine(
                detector=row.detector,
                band=bands.get(row.band, row.band),
                share=words.percent(row.share),
                interval=_("%(low)s to %(high)s")
                % {"low": words.percent(low), "high": words.percent(high)},
                right=Line("", row.right, behind[RIGHT]),
                wrong=Line("", row.wrong, behind[WRONG]),
                span=charts.span(low, high),
                tick=charts.tick(row.share),
            )
        )
    return lines


def _sources(queue: str, period: Period, *, names: bool) -> list[Line]:
    def row(copied: statistics.Copied) -> tuple[SafeString | str, int, str]:
        source = copied.source
        if isinstance(source, Subject):
            name, kind = display.headline(source, copied.title, names=names), SUBJECT
        else:
            name, kind = display.isolated(str(source)), REFERENCE
        return name, copied.texts, _behind(queue, "copied", period, kind, source.pk)

    return _lines(row(copied) for copied in statistics.top_sources(period))


def _appeals(listed: str, period: Period) -> list[Line]:
    asked = {"created_at__gte": period.start.isoformat(), "created_at__lt": period.end.isoformat()}
    return _lines(
        (
            str(AppealState(state).label),
            number,
            f"{listed}?{urlencode({'state__exact': state, **asked})}" if listed else "",
        )
        for state, number in statistics.appeals(period).items()
    )


# Workers and queue


def _health(scans: str, period: Period) -> list[Line]:
    now, found, ready = health.figures(), statistics.trouble(period), health.readiness()

    def of_scans(**asked: str | int) -> str:
        return f"{scans}?{urlencode(asked)}" if scans else ""

    sweep = _ago(now.since_sweep) if now.since_sweep is not None else _("never")
    return [
        Line(
            _("oldest text that is not scanned"),
            _old(now.oldest_unscanned),
            of_scans(
                state__in=f"{ScanState.QUEUED},{ScanState.RUNNING}",
                created_at__lt=_moment_ago(now.oldest_unscanned),
            ),
        ),
        Line(
            _("longest overdue scan"),
            _old(now.overdue_scan),
            of_scans(state__exact=ScanState.QUEUED),
            amiss=(now.overdue_scan or 0) > health.SWEEP_LATE_AFTER,
        ),
        Line(
            _("scans given up in this period"),
            found.failed,
            of_scans(
                state__exact=ScanState.FAILED,
                finished_at__gte=period.start.isoformat(),
                finished_at__lt=period.end.isoformat(),
            ),
            amiss=found.failed > 0,
        ),
        Line(
            _("scans that are tried again"),
            found.retrying,
            of_scans(state__exact=ScanState.QUEUED, attempts__gt=0),
        ),
        Line(_("last sweep"), sweep, amiss=not ready.get("sweep", False)),
        Line(
            _("last scan by a worker"),
            _ago(now.since_worker) if now.since_worker is not None else _("never"),
        ),
        Line(
            _("broker"),
            _("reachable") if ready.get("broker") else _("not reachable"),
            amiss=not ready.get("broker", False),
        ),
    ]


def _old(seconds: float | None) -> str:
    return _("none waits") if seconds is None else _duration(timedelta(seconds=seconds))


def _moment_ago(seconds: float | None) -> str:
    """Return when something began that is so old, and a second more for what is as old."""
    return (timezone.now() - timedelta(seconds=(seconds or 0) - 1)).isoformat()


def _ago(seconds: float) -> str:
    return _("%(age)s ago") % {"age": _duration(timedelta(seconds=seconds))}
