"""The workbench: what a threshold would have meant, and the way of one from trial to work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import curves, words
from moderation.admin.base import ReadOnly
from moderation.models import Threshold, ThresholdState
from moderation.services import thresholds, workbench
from moderation.services.actors import human
from moderation.services.errors import ModerationError

if TYPE_CHECKING:
    ThresholdModelAdmin = admin.ModelAdmin[Threshold]
else:
    ThresholdModelAdmin = admin.ModelAdmin

_DAYS = (7, 30, 90, 365)
_MINUTES = 2.0
_DIGITS = 3

_MOVES: Mapping[str, Any] = {
    ThresholdState.SHADOW: thresholds.try_out,
    ThresholdState.LIVE: thresholds.put_live,
    ThresholdState.RETIRED: thresholds.retire,
}


def _categories() -> list[tuple[str, str]]:
    return [
        (f"{detector}/{category}", words.category(f"{detector}/{category}"))
        for detector, categories in thresholds.adjustable().items()
        for category in categories
    ]


class _Number(forms.NumberInput):
    """A field for numbers of any fineness."""

    def __init__(self) -> None:
        super().__init__({"step": "any"})


class WorkbenchForm(forms.Form):
    """What to look at, and the threshold to try."""

    what = forms.ChoiceField(label=gettext_lazy("Category"), choices=_categories)
    section = forms.CharField(
        label=gettext_lazy("Section"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty means the whole site."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Past days"),
        coerce=int,
        choices=[(number, str(number)) for number in _DAYS],
    )
    minutes = forms.FloatField(
        label=gettext_lazy("Minutes a case takes"), min_value=0.1, max_value=120, widget=_Number()
    )
    threshold = forms.FloatField(
        label=gettext_lazy("Threshold"), min_value=0, max_value=1, required=False, widget=_Number()
    )

    @property
    def place(self) -> tuple[str, str, str]:
        """Return detector, category and section."""
        detector, _slash, category = self.cleaned_data["what"].partition("/")
        return detector, category, self.cleaned_data["section"].strip()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table in words; ``marks`` say whose threshold it is."""

    threshold: str
    per_day: str
    precision: str
    recall: str
    hours: str
    marks: tuple[str, ...]


@admin.register(Threshold)
class ThresholdAdmin(ReadOnly, ThresholdModelAdmin):
    """Thresholds are made on the workbench and moved by a service; none is changed."""

    list_display = ("what", "section", "value", "state", "created_label", "created_at")
    list_filter = ("state", "detector", "category")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        *("what", "section", "value", "state", "reason", "calibration", "created_label"),
        *("created_at", "tried_at", "live_at", "retired_at"),
    )
    change_list_template = "admin/moderation/threshold/change_list.html"
    change_form_template = "admin/moderation/threshold/change_form.html"

    def has_view_permission(self, request: HttpRequest, obj: Threshold | None = None) -> bool:
        return permissions.may_manage_detectors(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "moderation_threshold"
        own = [
            path("workbench/", view(self.workbench_view), name=f"{name}_workbench"),
            path("<int:pk>/move/", view(self.move_view), name=f"{name}_move"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description=gettext_lazy("category"), ordering="category")
    def what(self, row: Threshold) -> str:
        return words.category(f"{row.detector}/{row.category}")

    @admin.display(description=gettext_lazy("calibration"))
    def calibration(self, row: Threshold) -> str:
        """Say what the threshold means, as far as decisions have told."""
        if not row.is_calibrated:
            return ""
        share = thresholds.calibrated(row.value, row.slope, row.offset)
        return _("%(share)s of the texts with this score were rightly flagged.") % {
            "share": words.percent(share)
        }

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        context = {
            "moves": list(_moves(row)),
            "move_url": reverse(f"{self._name}_move", args=[row.pk]),
            "trial": workbench.compare(row) if row.tried_at else None,
            "workbench_url": f"{reverse(f'{self._name}_workbench')}?{_query(row)}",
        }
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a threshold on trial, to work, or take it back."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = Threshold.objects.filter(pk=pk).first()
        move = _MOVES.get(request.POST.get("to", ""))
        if row is None or move is None:
            raise Http404
        try:
            move(row, actor=human(request.user))
        except ModerationError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _said(request.POST["to"]))
        return redirect(f"{self._name}_change", row.pk)

    def workbench_view(self, request: HttpRequest) -> HttpResponse:
        """Show the past at every threshold; with POST, put one on trial."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = WorkbenchForm(_given(request.POST if posted else request.GET))
        context: dict[str, Any] = {}
        if form.is_valid():
            made = self._try(request, form) if posted else None
            if made is not None:
                return redirect(f"{self._name}_change", made.pk)
            if form.is_valid():  # it may have got an error meanwhile
                context = _figures(form)
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Threshold workbench"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/moderation/threshold/workbench.html", context)

    def _try(self, request: HttpRequest, form: WorkbenchForm) -> Threshold | None:
        """Put the threshold of the form on trial; None, with a message, if that cannot be."""
        detector, category, section = form.place
        value = form.cleaned_data["threshold"]
        if value is None:
            form.add_error("threshold", _("Enter the threshold to try."))
            return None
        row = Threshold(
            detector=detector,
            category=category,
            section=section,
            value=value,
            reason=request.POST.get("reason", "")[:500],
        )
        try:
            made = thresholds.try_new(row, actor=human(request.user))
        except ModerationError as error:
            messages.error(request, str(error))
            return None
        messages.success(request, _said(ThresholdState.SHADOW))
        return made

    @property
    def _name(self) -> str:
        return f"{self.admin_site.name}:moderation_threshold"


def _given(data: Any) -> dict[str, Any]:
    """Lay what was asked over what the page begins with."""
    first = next(
        (f"{name}/{each[0]}" for name, each in thresholds.adjustable().items() if each), ""
    )
    begin = {"what": first, "days": 30, "minutes": _MINUTES}
    return {**begin, **{name: data[name] for name in WorkbenchForm.base_fields if name in data}}


def _query(row: Threshold) -> str:
    what = f"{row.detector}/{row.category}"
    return urlencode({"what": what, "section": row.section, "threshold": row.value})


def _moves(row: Threshold) -> Iterator[tuple[str, str]]:
    if row.state == ThresholdState.DRAFT:
        yield ThresholdState.SHADOW.value, _("Put it on trial")
    if row.state == ThresholdState.SHADOW:
        yield ThresholdState.LIVE.value, _("Put it live")
    if row.state != ThresholdState.RETIRED:
        yield ThresholdState.RETIRED.value, _("Take it back")


def _said(state: str) -> str:
    return {
        ThresholdState.SHADOW: _("From now on it is recorded what the threshold would flag."),
        ThresholdState.LIVE: _("The threshold decides from now on what is flagged."),
        ThresholdState.RETIRED: _("The threshold was taken back."),
    }[ThresholdState(state)]


# The figures of the page


def _figures(form: WorkbenchForm) -> dict[str, Any]:
    detector, category, section = form.place
    days, minutes = form.cleaned_data["days"], form.cleaned_data["minutes"]
    past = workbench.material(detector, category, section=section, days=days)
    marks = _marks(form)
    points = workbench.points(past, [*workbench.GRID, *marks], minutes=minutes)
    return {
        "rows": [_row(point, marks) for point in points],
        "material": past,
        "shares": _shares(points),
        "amounts": _amounts(points),
        "most_per_day": _number(max(point.per_day for point in points)),
        "chosen_at": _chosen_at(form),
        "chart_width": curves.WIDTH,
        "chart_height": curves.HEIGHT,
    }


def _marks(form: WorkbenchForm) -> dict[float, list[str]]:
    """Return whose thresholds there are, by their values."""
    detector, category, section = form.place
    own = workbench.own_threshold(detector, category)
    found = [(own, _("the detector’s own"))]
    found += [
        (row.value, str(row.get_state_display()))
        for row in workbench.standing_thresholds(detector, category, section)
    ]
    found.append((form.cleaned_data["threshold"], _("the one you try")))
    marks: dict[float, list[str]] = {}
    for value, mark in found:
        if value is not None:
            marks.setdefault(value, []).append(mark)
    return marks


def _row(point: workbench.Point, marks: Mapping[float, Sequence[str]]) -> Row:
    return Row(
        threshold=_number(point.threshold, _DIGITS),
        per_day=_number(point.per_day),
        precision=_share(point.precision, point.right, point.right + point.wrong),
        recall=_share(point.recall, point.right, point.right + point.missed),
        hours=_number(point.hours),
        marks=tuple(marks.get(point.threshold, ())),
    )


def _number(value: float, digits: int = 1) -> str:
    """Write a number, rounded: Django's own formatting cuts off."""
    return number_format(round(value, digits), digits)


def _share(share: float | None, part: int, whole: int) -> str:
    if share is None:
        return "–"
    return _("%(share)s (%(part)d of %(whole)d)") % {
        "share": words.percent(share),
        "part": part,
        "whole": whole,
    }


def _shares(points: Sequence[workbench.Point]) -> list[curves.Curve]:
    return [
        curves.curve("precision", _("precision"), [(p.threshold, p.precision) for p in points]),
        curves.curve(
            "recall", _("recall among the decided"), [(p.threshold, p.recall) for p in points]
        ),
    ]


def _amounts(points: Sequence[workbench.Point]) -> list[curves.Curve]:
    top = max(point.per_day for point in points)
    amounts = [(point.threshold, point.per_day) for point in points]
    return [curves.curve("amount", _("texts a day"), amounts, top=top)]


def _chosen_at(form: WorkbenchForm) -> str:
    value = form.cleaned_data["threshold"]
    return "" if value is None else curves.across(value)
