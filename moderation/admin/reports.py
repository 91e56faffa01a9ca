"""What readers report: a list to look things up in, and a part of the page of a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import display, words
from moderation.admin.base import HidesPersons, ReadOnly
from moderation.models import Case, Report, ReportKind
from moderation.services import reported
from moderation.services.reported import Record

if TYPE_CHECKING:
    ReportModelAdmin = admin.ModelAdmin[Report]
else:
    ReportModelAdmin = admin.ModelAdmin

_MOST_ON_PAGE = 50


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report, as the page of a case shows it."""

    report: Report
    category: str
    text: SafeString | str
    who: SafeString | str
    record: str
    when: SafeString | str
    is_notice: bool


@dataclass(frozen=True, slots=True)
class ReportsView:
    """The newest reports of a case, and how many there are besides."""

    rows: list[ReportView]
    more: int


def reports_view(case: Case, user: Any) -> ReportsView:
    """Return the reports of ``case`` for ``user``, with two queries."""
    rows = list(Report.objects.filter(case=case).order_by("-pk")[: _MOST_ON_PAGE + 1])
    shown, names = rows[:_MOST_ON_PAGE], permissions.may_see_author(user)
    records = reported.records_of(report.reporter_key for report in shown)
    more = 0 if len(rows) <= _MOST_ON_PAGE else Report.objects.filter(case=case).count()
    return ReportsView(
        rows=[_view(report, records, names=names) for report in shown],
        more=max(more - _MOST_ON_PAGE, 0),
    )


def _view(report: Report, records: dict[str, Record], *, names: bool) -> ReportView:
    return ReportView(
        report=report,
        category=words.category(f"report/{report.category}"),
        text=display.shown(report.text),
        who=who(report, names=names),
        record=record_in_words(records.get(report.reporter_key, Record())),
        when=display.moment(report.reported_at),
        is_notice=report.kind == ReportKind.NOTICE,
    )


def who(report: Report, *, names: bool) -> SafeString | str:
    """Say who reports, to those who may know."""
    if not names:
        return _("a reader with an account") if report.reporter_id else _("a reader")
    told = " · ".join(part for part in (report.name, report.email) if part)
    return display.isolated(told) if told else _("a reader")


def record_in_words(record: Record) -> str:
    """Say how far somebody's earlier reports could be relied on."""
    if record.share is None:
        return _("no report decided yet")
    return _("%(confirmed)d of %(answered)d confirmed") % {
        "confirmed": record.confirmed,
        "answered": record.answered,
    }


@admin.register(Report)
class ReportAdmin(HidesPersons, ReadOnly, ReportModelAdmin):
    """All reports; what is to be done about them is done on the page of their case."""

    list_display = (
        "id",
        "to_case",
        "shown_subject",
        "category",
        "kind",
        "state",
        "shown_who",
        "reliability",
        "shown_weight",
        "times",
        "reported",
    )
    list_filter = ("state", "kind", "category", "reported_at")
    list_select_related = ("case", "subject", "reporter")
    persons = ("reporter", "reporter_key", "name", "email", "label", "subject__label")
    search_fields = ("=reporter_key", "=email", "subject__label", "=subject__object_id")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "to_case",
        "shown_subject",
        "kind",
        "category",
        "shown_text",
        "shown_location",
        "good_faith",
        "shown_who",
        "reliability",
        "shown_weight",
        "times",
        "state",
        "decision",
        "created_at",
        "reported_at",
        "answered_at",
    )

    def has_view_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return permissions.may_view(request.user)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        _remember(changes.result_list, names=permissions.may_see_author(request.user))
        return changes

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Report | None:
        report: Report | None = super().get_object(request, *args, **kwargs)
        if report is not None:
            _remember([report], names=permissions.may_see_author(request.user))
        return report

    @admin.display(description=gettext_lazy("case"), ordering="case")
    def to_case(self, report: Report) -> SafeString:
        address = reverse(
            "admin:moderation_case_change",
            args=[report.case_id],
            current_app=self.admin_site.name,
        )
        return format_html('<a href="{}">{}</a>', address, report.case)

    @admin.display(description=gettext_lazy("subject"))
    def shown_subject(self, report: Report) -> SafeString:
        return display.headline(report.subject, "", names=_known(report).names)

    @admin.display(description=gettext_lazy("explanation"))
    def shown_text(self, report: Report) -> SafeString:
        return format_html(
            '<div class="moderation-text" dir="auto">{}</div>', display.shown(report.text)
        )

    @admin.display(description=gettext_lazy("exact address"))
    def shown_location(self, report: Report) -> SafeString:
        return display.isolated(report.location)

    @admin.display(description=gettext_lazy("reporter"))
    def shown_who(self, report: Report) -> SafeString | str:
        return who(report, names=_known(report).names)

    @admin.display(description=gettext_lazy("reliability"))
    def reliability(self, report: Report) -> str:
        return record_in_words(_known(report).record)

    @admin.display(description=gettext_lazy("weight"), ordering="weight")
    def shown_weight(self, report: Report) -> str:
        return f"{report.weight:.2f}"

    @admin.display(description=gettext_lazy("last reported"), ordering="reported_at")
    def reported(self, report: Report) -> SafeString | str:
        return display.moment(report.reported_at)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the page says of a report besides its row."""

    names: bool = False
    record: Record = Record()  # noqa: RUF009 - never changed


def _remember(reports: Iterable[Report], *, names: bool) -> None:
    records = reported.records_of(report.reporter_key for report in reports)
    for report in reports:
        record = records.get(report.reporter_key, Record())
        report.known = _Known(names, record)  # type: ignore[attr-defined]


def _known(report: Report) -> _Known:
    known: _Known = getattr(report, "known", _Known())
    return known
