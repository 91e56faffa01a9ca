"""Deciding many cases at once: look first, then each for itself, then undo if need be."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import display
from moderation.admin.forms import MOST_CASES, BatchForm, parse_items
from moderation.admin.queue import passage_of, with_extracts
from moderation.models import Case, Decision, Outcome
from moderation.services import decisions
from moderation.services.decisions import BatchItem

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = object


@dataclass(frozen=True, slots=True)
class Choice:
    """A case of the preview and the version that the moderator saw."""

    case: Case
    version: int

    @property
    def changed(self) -> bool:
        """Whether the case has changed since, and so will not be decided."""
        return self.case.version != self.version

    @property
    def band(self) -> SafeString:
        return display.band(self.case)

    @property
    def chips(self) -> SafeString:
        return display.chips(self.case.categories)

    @property
    def author(self) -> SafeString:
        return display.isolated(self.case.subject.author_label)

    @property
    def passage(self) -> SafeString:
        return passage_of(self.case)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of a batch."""

    case_id: int
    decision: Decision | None = None
    problem: str = ""


class Batches(CaseModelAdmin):
    """The pages of a batch, mixed into the admin of the cases."""

    def batch_urls(self) -> list[URLPattern]:
        """Return the addresses of these pages."""
        view = self.admin_site.admin_view
        return [
            path("batch/", view(self.decide_batch_view), name="moderation_case_batch_decide"),
            path("batch/<uuid:batch_id>/", view(self.batch_view), name="moderation_case_batch"),
            path(
                "batch/<uuid:batch_id>/undo/",
                view(self.undo_batch_view),
                name="moderation_case_batch_undo",
            ),
        ]

    def preview_batch(self, request: HttpRequest, queryset: QuerySet[Case]) -> HttpResponse | None:
        """Show the chosen cases and the form; None, with a message, when they are too many."""
        chosen = list(queryset.select_related("subject", "claimed_by")[: MOST_CASES + 1])
        if not chosen or len(chosen) > MOST_CASES:
            text = _("Choose at least one and at most %(most)d cases.") % {"most": MOST_CASES}
            self.message_user(request, text, messages.WARNING)
            return None
        return self._preview(request, [Choice(case, case.version) for case in chosen], BatchForm())

    def decide_batch_view(self, request: HttpRequest) -> HttpResponse:
        """Decide every case that is still as it was on the screen; report on each."""
        self._check(request)
        if request.method != "POST":
            return HttpResponseRedirect(self._queue_url())
        try:
            items = parse_items(request.POST.getlist("item"))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(self._queue_url())
        form = BatchForm(request.POST)
        if not form.is_valid():
            return self._preview(request, _choices(items), form, status=400)
        batch_id, done = decisions.decide_batch(items, actor=request.user, **form.ruling())
        return self._results(request, batch_id, _report(done))

    def batch_view(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """Show the decisions of a batch."""
        self._check(request)
        made = Decision.objects.filter(batch_id=batch_id).order_by("pk")
        results = [Result(row.case_id, row) for row in made.select_related("reversed_by")]
        if not results:
            raise Http404(_("There is no such batch."))
        return self._results(request, batch_id, results)

    def undo_batch_view(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """Take back what can be taken back of a batch; report on each case."""
        self._check(request)
        if request.method != "POST":
            return HttpResponseRedirect(self._batch_url(batch_id))
        done = decisions.undo_batch(batch_id, actor=request.user)
        if not done:
            raise Http404(_("There is no such batch."))
        undo_id = next((item.decision.batch_id for item in done if item.decision), None)
        return self._results(request, undo_id, _report(done))

    def _check(self, request: HttpRequest) -> None:
        user = request.user
        may = permissions.may_decide(user) or permissions.may_override(user)
        if not (permissions.may_view(user) and may):
            raise PermissionDenied

    def _preview(
        self, request: HttpRequest, choices: list[Choice], form: BatchForm, status: int = 200
    ) -> HttpResponse:
        with_extracts([choice.case for choice in choices])
        context = {"title": _("Decide together"), "choices": choices, "form": form}
        return self._render(request, "preview", context, status)

    def _results(
        self, request: HttpRequest, batch_id: uuid.UUID | None, results: list[Result]
    ) -> HttpResponse:
        context = {
            "title": _("Decided together"),
            "batch_id": batch_id,
            "results": results,
            "undoable": any(_can_be_undone(result) for result in results),
        }
        return self._render(request, "results", context)

    def _render(
        self, request: HttpRequest, page: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        full = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **context,
        }
        template = f"admin/moderation/case/batch_{page}.html"
        return TemplateResponse(request, template, full, status=status)

    def _queue_url(self) -> str:
        return reverse("admin:moderation_case_changelist", current_app=self.admin_site.name)

    def _batch_url(self, batch_id: uuid.UUID) -> str:
        return reverse(
            "admin:moderation_case_batch", args=[batch_id], current_app=self.admin_site.name
        )


def _choices(items: Iterable[tuple[int, int]]) -> list[Choice]:
    versions = dict(items)
    chosen = Case.objects.filter(pk__in=versions).select_related("subject", "claimed_by")
    by_id = chosen.in_bulk()
    return [Choice(by_id[pk], version) for pk, version in versions.items() if pk in by_id]


def _report(items: Iterable[BatchItem]) -> list[Result]:
    """Say of every case what became of it; decisions are read again, with their undo."""
    done = list(items)
    made = [item.decision.pk for item in done if item.decision]
    rows = Decision.objects.filter(pk__in=made).select_related("reversed_by").in_bulk()
    return [
        Result(
            item.case_id,
            rows.get(item.decision.pk) if item.decision else None,
            str(item.error) if item.error else "",
        )
        for item in done
    ]


def _can_be_undone(result: Result) -> bool:
    decision = result.decision
    return (
        decision is not None
        and decision.outcome != Outcome.UNDO
        and getattr(decision, "reversed_by", None) is None
    )
