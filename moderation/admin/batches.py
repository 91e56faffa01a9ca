"""Many cases at once: look first, then each for itself, then undo if need be."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import display
from moderation.admin.filters import Asked
from moderation.admin.forms import AssignForm, BatchForm, SnoozeForm, parse_items
from moderation.admin.page import state_in_words
from moderation.admin.queue import QUEUE, author_of, passage_of, with_extracts
from moderation.models import Case, Decision, Outcome
from moderation.services import cases, decisions
from moderation.services.colleagues import colleagues_of
from moderation.services.decisions import BatchItem
from moderation.services.errors import InvalidTransition, ModerationError
from moderation.services.preferences import preferences_of

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = object


@dataclass(frozen=True, slots=True)
class Choice:
    """A case of the preview and the version that the moderator saw."""

    case: Case
    version: int
    user: Any
    mask: bool

    @property
    def item(self) -> str:
        return f"{self.case.pk}:{self.version}"

    @property
    def changed(self) -> bool:
        """Whether the case has changed since, and so will be left as it is."""
        return self.case.version != self.version

    @property
    def now(self) -> str:
        return _standing(self.case)

    @property
    def band(self) -> SafeString:
        return display.band(self.case)

    @property
    def chips(self) -> SafeString:
        return display.chips(self.case.categories)

    @property
    def author(self) -> SafeString:
        return author_of(self.case, self.user)

    @property
    def passage(self) -> SafeString:
        return passage_of(self.case, self.user, mask=self.mask)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of a batch."""

    case_id: int
    decision: Decision | None = None
    problem: str = ""
    now: str = ""


# What can be done


class BatchSnoozeForm(SnoozeForm):
    """For how long; the versions come with the cases."""

    version = None  # type: ignore[assignment]


class BatchAssignForm(AssignForm):
    """To whom; the versions come with the cases."""

    version = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do with every one of some cases, and what has to be filled in for it."""

    label: Any
    button: Any
    may: Callable[[Any], bool]
    form: type[forms.Form] = forms.Form
    run: Callable[[int, int, Any, Any], object] | None = None
    outcome: str = ""


def _decides(user: Any) -> bool:
    return permissions.may_decide(user) or permissions.may_override(user)


DECIDE = "decide"
ACTIONS: dict[str, Action] = {
    DECIDE: Action(
        gettext_lazy("Decide together…"), gettext_lazy("Decide all of them"), _decides, BatchForm
    ),
    "escalate": Action(
        gettext_lazy("Escalate…"),
        gettext_lazy("Decide all of them"),
        _decides,
        BatchForm,
        outcome=Outcome.ESCALATE.value,
    ),
    "claim": Action(
        gettext_lazy("Claim…"),
        gettext_lazy("Claim all of them"),
        permissions.may_claim,
        run=lambda case_id, version, user, form: cases.claim(case_id, user=user, version=version),
    ),
    "release": Action(
        gettext_lazy("Release…"),
        gettext_lazy("Release all of them"),
        permissions.may_claim,
        run=lambda case_id, version, user, form: cases.release(case_id, user=user, version=version),
    ),
    "snooze": Action(
        gettext_lazy("Put aside…"),
        gettext_lazy("Put all of them aside"),
        permissions.may_claim,
        BatchSnoozeForm,
        lambda case_id, version, user, form: cases.snooze(
            case_id, user=user, until=form.until(), version=version
        ),
    ),
    "assign": Action(
        gettext_lazy("Give to a colleague…"),
        gettext_lazy("Give away all of them"),
        permissions.may_override,
        BatchAssignForm,
        lambda case_id, version, user, form: cases.assign(
            case_id, user=user, to=form.cleaned_data["colleague"], version=version
        ),
    ),
}
"""What the queue offers for chosen cases. Without ``run`` it is a decision."""


class Batches(CaseModelAdmin):
    """The pages of a batch, mixed into the admin of the cases."""

    def batch_urls(self) -> list[URLPattern]:
        """Return the addresses of these pages."""
        view = self.admin_site.admin_view
        return [
            path("batch/", view(self.decide_batch_view), name="moderation_case_batch_decide"),
            path(
                "batch/preview/",
                view(self.preview_view_of_batch),
                name="moderation_case_batch_preview",
            ),
            path("batch/<uuid:batch_id>/", view(self.batch_view), name="moderation_case_batch"),
            path(
                "batch/<uuid:batch_id>/undo/",
                view(self.undo_batch_view),
                name="moderation_case_batch_undo",
            ),
        ]

    def batch_actions(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """Return what this moderator may do with chosen cases."""
        return [(name, act.label) for name, act in ACTIONS.items() if act.may(request.user)]

    def preview_view_of_batch(self, request: HttpRequest) -> HttpResponse:
        """Show the chosen cases and what has to be filled in. Nothing is written yet."""
        read = self._read(request)
        if isinstance(read, HttpResponse):
            return read
        name, items = read
        action = ACTIONS[name]
        form = action.form(initial={"outcome": action.outcome}) if action.outcome else action.form()
        return self._preview(request, name, items, form)

    def decide_batch_view(self, request: HttpRequest) -> HttpResponse:
        """Do it with every case that is still as it was on the screen; report on each."""
        read = self._read(request)
        if isinstance(read, HttpResponse):
            return read
        name, items = read
        action = ACTIONS[name]
        form = action.form(request.POST)
        if not form.is_valid():
            return self._preview(request, name, items, form, status=400)
        if action.run is None:
            assert isinstance(form, BatchForm)  # noqa: S101 - for the type checker
            batch_id, done = decisions.decide_batch(items, actor=request.user, **form.ruling())
            return self._results(request, batch_id, _report(done))
        done = [
            _act(action.run, case_id, version, request.user, form) for case_id, version in items
        ]
        return self._results(request, None, _report(done))

    def _read(self, request: HttpRequest) -> HttpResponse | tuple[str, list[tuple[int, int]]]:
        """Read action and cases off a form; whoever cannot go on is sent back, told why."""
        self._check(request)
        back = HttpResponseRedirect(self._back(request))
        if request.method != "POST":
            return back
        name = request.POST.get("action", DECIDE)
        if name not in ACTIONS:
            self.message_user(request, _("Choose what to do with the cases."), messages.WARNING)
            return back
        if not ACTIONS[name].may(request.user):
            raise PermissionDenied
        try:
            return name, parse_items(request.POST.getlist("item"))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return back

    def batch_view(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """Show the decisions of a batch."""
        self._may_decide(request)
        made = Decision.objects.filter(batch_id=batch_id).order_by("pk")
        results = [Result(row.case_id, row) for row in made.select_related("reversed_by")]
        if not results:
            raise Http404(_("There is no such batch."))
        return self._results(request, batch_id, results)

    def undo_batch_view(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """Take back what can be taken back of a batch; report on each case."""
        self._may_decide(request)
        if request.method != "POST":
            return HttpResponseRedirect(self._batch_url(batch_id))
        done = decisions.undo_batch(batch_id, actor=request.user)
        if not done:
            raise Http404(_("There is no such batch."))
        undo_id = next((item.decision.batch_id for item in done if item.decision), None)
        return self._results(request, undo_id, _report(done))

    def _check(self, request: HttpRequest) -> None:
        user = request.user
        if not (permissions.may_view(user) and self.batch_actions(request)):
            raise PermissionDenied

    def _may_decide(self, request: HttpRequest) -> None:
        if not (permissions.may_view(request.user) and _decides(request.user)):
            raise PermissionDenied

    def _preview(
        self,
        request: HttpRequest,
        name: str,
        items: list[tuple[int, int]],
        form: forms.Form,
        status: int = 200,
    ) -> HttpResponse:
        choices = _choices(items, request.user)
        if isinstance(form, AssignForm):
            form.offer(colleagues_of(request.user))
        with_extracts([choice.case for choice in choices])
        context = {
            "title": str(ACTIONS[name].label).rstrip("…"),
            "action": name,
            "button": ACTIONS[name].button,
            "decides": ACTIONS[name].run is None,
            "choices": choices,
            "form": form,
        }
        return self._render(request, "preview", context, status)

    def _results(
        self, request: HttpRequest, batch_id: uuid.UUID | None, results: list[Result]
    ) -> HttpResponse:
        context = {
            "title": _("What became of the cases"),
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
            "queue": request.POST.get(QUEUE, ""),
            "queue_url": self._back(request),
            **context,
        }
        template = f"admin/moderation/case/batch_{page}.html"
        return TemplateResponse(request, template, full, status=status)

    def _back(self, request: HttpRequest) -> str:
        """Return the queue with the filters that the cases were chosen by."""
        return self.queue_url(
            Asked.of(QueryDict(request.POST.get(QUEUE, "")), request.user).query()
        )

    def _batch_url(self, batch_id: uuid.UUID) -> str:
        return reverse(
            "admin:moderation_case_batch", args=[batch_id], current_app=self.admin_site.name
        )

    if TYPE_CHECKING:  # comes with the list

        def queue_url(self, query: str = "") -> str: ...


def _choices(items: Iterable[tuple[int, int]], user: Any) -> list[Choice]:
    versions = dict(items)
    chosen = Case.objects.filter(pk__in=versions).select_related("subject", "claimed_by")
    by_id = chosen.in_bulk()
    mask = preferences_of(user).mask_offensive
    return [
        Choice(by_id[pk], version, user, mask) for pk, version in versions.items() if pk in by_id
    ]


def _act(
    run: Callable[[int, int, Any, Any], object], case_id: int, version: int, user: Any, form: Any
) -> BatchItem:
    try:
        run(case_id, version, user, form)
    except ModerationError as error:
        return BatchItem(case_id, error=error)
    except Case.DoesNotExist:
        return BatchItem(case_id, error=InvalidTransition(_("There is no such case.")))
    return BatchItem(case_id)


def _report(items: Iterable[BatchItem]) -> list[Result]:
    """Say of every case what became of it; decisions are read again, with their undo."""
    done = list(items)
    made = [item.decision.pk for item in done if item.decision]
    rows = Decision.objects.filter(pk__in=made).select_related("reversed_by").in_bulk()
    others = Case.objects.select_related("claimed_by").in_bulk(
        [item.case_id for item in done if not item.decision]
    )
    return [
        Result(
            item.case_id,
            rows.get(item.decision.pk) if item.decision else None,
            str(item.error) if item.error else "",
            _standing(others[item.case_id]) if item.case_id in others else "",
        )
        for item in done
    ]


def _standing(case: Case) -> str:
    """Say where a case stands now, and who saw to that."""
    if case.is_open:
        return state_in_words(case)
    last = case.decisions.order_by("-pk").first()
    if last is None:
        return case.get_state_display()
    return _("%(outcome)s, by %(name)s") % {
        "outcome": last.get_outcome_display(),
        "name": last.actor_label,
    }


def _can_be_undone(result: Result) -> bool:
    decision = result.decision
    return (
        decision is not None
        and decision.outcome != Outcome.UNDO
        and getattr(decision, "reversed_by", None) is None
    )
