"""The queue, the page of a case, and the buttons on it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import escape, format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import display
from moderation.admin.base import ReadOnly
from moderation.admin.batches import Batches
from moderation.admin.filters import CategoryFilter, ClaimFilter, StateFilter
from moderation.admin.forms import DecisionForm, SnoozeForm, VersionForm
from moderation.admin.page import build_page, state_in_words
from moderation.admin.passages import shorten
from moderation.admin.queue import QUEUE, QueueList, next_in_queue, passage_of
from moderation.conf import settings
from moderation.models import Case, Decision, Snapshot
from moderation.services import cases, decisions, intake
from moderation.services.errors import Conflict, ModerationError, NotAllowed
from moderation.types import TextFormat

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = admin.ModelAdmin

_AUTHOR_CHARS = 60

# Nothing in a preview may run, load, submit or know where it was opened from.
PREVIEW_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@admin.register(Case)
class CaseAdmin(ReadOnly, Batches, CaseModelAdmin):
    """Cases are looked at here and decided through the services, never edited."""

    list_display = ("shown_severity", "passage", "author", "age", "shown_state")
    list_display_links = None
    list_filter = (StateFilter, "subject__kind", "band", CategoryFilter, ClaimFilter)
    search_fields = (
        "snapshot__title",
        "snapshot__text",
        "subject__label",
        "subject__author_label",
    )
    search_help_text = gettext_lazy("Searches in texts, titles and authors' names.")
    list_select_related = ("subject", "claimed_by")
    list_per_page = 50
    ordering = ("-priority", "opened_at")
    sortable_by = ("shown_severity", "age")
    show_full_result_count = False
    actions = ("decide_selected",)
    change_form_template = "admin/moderation/case/page.html"

    # Who may do what

    def has_view_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return permissions.may_view(request.user)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return permissions.may_decide(request.user)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The page of a case links to the other cases of its author."""
        return lookup == "subject__author_key" or super().lookup_allowed(lookup, value, request)

    # The queue

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[QueueList]:
        return QueueList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"title": _("Moderation queue"), **(extra_context or {})}
        )

    @admin.display(description=gettext_lazy("severity"), ordering="severity")
    def shown_severity(self, case: Case) -> SafeString:
        return format_html("{} {}", case.severity, display.band(case))

    @admin.display(description=gettext_lazy("text"))
    def passage(self, case: Case) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><div class="moderation-chips">{} {}</div>',
            self._page_url(case.pk, getattr(case, "queue", "")),
            passage_of(case),
            case.subject.get_kind_display(),
            display.chips(case.categories),
        )

    @admin.display(description=gettext_lazy("author"))
    def author(self, case: Case) -> SafeString:
        return display.isolated(shorten(case.subject.author_label, _AUTHOR_CHARS) or "–")

    @admin.display(description=gettext_lazy("age"), ordering="opened_at")
    def age(self, case: Case) -> SafeString:
        return display.age(case.opened_at)

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, case: Case) -> SafeString:
        return display.isolated(state_in_words(case))

    @admin.action(
        permissions=["decide"], description=gettext_lazy("Decide the selected cases together…")
    )
    def decide_selected(
        self, request: HttpRequest, queryset: QuerySet[Case]
    ) -> HttpResponse | None:
        return self.preview_batch(request, queryset)

    # The addresses

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:case_id>/{name}/", self.admin_site.admin_view(view), name=self._name(name))
            for name, view in (
                ("decide", self.decide_view),
                ("claim", self.claim_view),
                ("release", self.release_view),
                ("snooze", self.snooze_view),
                ("scan", self.scan_view),
                ("preview", self.preview_view),
                ("next", self.next_view),
            )
        ]
        undo = path(
            "<int:case_id>/undo/<int:decision_id>/",
            self.admin_site.admin_view(self.undo_view),
            name=self._name("undo"),
        )
        return [*own, undo, *self.batch_urls(), *super().get_urls()]

    def _name(self, action: str) -> str:
        return f"moderation_case_{action}"

    def _page_url(self, case_id: int, queue: str = "") -> str:
        """Return the address of a case; ``queue`` are the filters it was chosen by."""
        address = reverse(
            "admin:moderation_case_change", args=[case_id], current_app=self.admin_site.name
        )
        return f"{address}?{urlencode({QUEUE: queue})}" if queue else address

    # The page of a case

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one case. What is done to it is posted to addresses of its own."""
        case = self._case(request, object_id)
        if request.method == "POST":
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, case, extra_context=extra_context)

    def _case(self, request: HttpRequest, key: str | int) -> Case:
        if not self.has_view_permission(request):
            raise PermissionDenied
        related = ("subject__parent", "subject__author", "snapshot", "claimed_by")
        rows = Case.objects.select_related(*related)
        found = rows.filter(pk=key).first() if str(key).isdecimal() else None
        if found is None:
            raise Http404(_("There is no such case."))
        return found

    def _page(
        self,
        request: HttpRequest,
        case: Case,
        *,
        form: DecisionForm | None = None,
        status: int = 200,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = build_page(case, request.user, part=_part(request))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Case %(number)d") % {"number": case.pk},
            "opts": self.opts,
            "page_url": self._page_url(case.pk),
            "queue": _queue(request),
            "queue_query": urlencode({QUEUE: _queue(request)}) if _queue(request) else "",
            "page": page,
            "account_url": self._account_url(request, page.author.account),
            "form": form or DecisionForm(initial={"version": case.version}),
            "snooze_form": SnoozeForm(),
            "may_rescan": permissions.may_decide(request.user),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        template = self.change_form_template
        assert isinstance(template, str)  # noqa: S101 - for the type checker
        return TemplateResponse(request, template, context, status=status)

    def _account_url(self, request: HttpRequest, account: Any) -> str:
        """Return where the account is administered, if this moderator may look there."""
        known = account and self.admin_site._registry.get(type(account))
        if not known or not known.has_view_permission(request, account):
            return ""
        name = f"{account._meta.app_label}_{account._meta.model_name}_change"
        return reverse(f"admin:{name}", args=[account.pk], current_app=self.admin_site.name)

    def preview_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Show the text as judged: HTML sanitised, Markdown as it was written."""
        snapshot = self._case(request, case_id).snapshot
        if snapshot is None:
            raise Http404(_("The text is no longer kept."))
        body = (
            '<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width"><title>{escape(snapshot.title)}</title>'
            f'<body dir="auto">{_safe_html(snapshot)}'
        )
        return HttpResponse(body, headers=PREVIEW_HEADERS)

    # The buttons

    def decide_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Decide; what was typed stays on the page when it cannot be done."""
        case = self._case(request, case_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(case_id))
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._page(request, case, form=form, status=400)
        try:
            decision = decisions.decide(
                case_id,
                actor=request.user,
                version=form.cleaned_data["version"],
                **form.ruling(),
            )
        except ModerationError as error:
            return self._refused(request, case_id, error, form)
        outcome = decision.get_outcome_display()
        self.message_user(request, _("Decided: %(outcome)s.") % {"outcome": outcome})
        if "_next" in request.POST:
            return self._to_next(request, case)
        return HttpResponseRedirect(self._page_url(case_id, _queue(request)))

    def next_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Go on to the case that follows in the queue."""
        return self._to_next(request, self._case(request, case_id))

    def _to_next(self, request: HttpRequest, case: Case) -> HttpResponse:
        queue = _queue(request)
        following = next_in_queue(self._queue_of(request, queue), case, request.user)
        if following is not None:
            return HttpResponseRedirect(self._page_url(following, queue))
        self.message_user(request, _("That was the last one: nothing else waits for you."))
        address = reverse("admin:moderation_case_changelist", current_app=self.admin_site.name)
        return HttpResponseRedirect(f"{address}?{queue}" if queue else address)

    def _queue_of(self, request: HttpRequest, queue: str) -> QuerySet[Case]:
        """Return the cases that the filters of a queue choose."""
        asked = copy(request)
        asked.GET = QueryDict(queue)
        try:
            rows: QuerySet[Case] = self.get_changelist_instance(asked).queryset
        except IncorrectLookupParameters:
            rows = self.get_queryset(request)
        return rows

    def claim_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Claim, prolong a claim, or take one over."""

        def claim(form: VersionForm) -> object:
            return cases.claim(
                case_id,
                user=request.user,
                version=form.cleaned_data["version"],
                take_over=form.cleaned_data["take_over"],
            )

        return self._act(request, case_id, VersionForm, claim, _("The case is yours for now."))

    def release_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Give the case back to the queue."""

        def release(form: VersionForm) -> object:
            if not permissions.may_claim(request.user):
                raise NotAllowed(_("You may not release cases."))
            version = form.cleaned_data["version"]
            return cases.release(case_id, user=request.user, version=version)

        return self._act(request, case_id, VersionForm, release, _("The case is free again."))

    def snooze_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Put the case aside for some hours."""

        def snooze(form: SnoozeForm) -> object:
            return cases.snooze(
                case_id,
                user=request.user,
                until=form.until(),
                version=form.cleaned_data["version"],
            )

        return self._act(request, case_id, SnoozeForm, snooze, _("The case was put aside."))

    def scan_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Ask for another scan of the subject's current text."""
        case = self._case(request, case_id)
        if request.method == "POST":
            if not permissions.may_decide(request.user):
                raise PermissionDenied
            if intake.request_scan(case.subject) is None:
                self.message_user(request, _("There is no text to scan."), messages.WARNING)
            else:
                self.message_user(request, _("A new scan was asked for."))
        return HttpResponseRedirect(self._page_url(case_id))

    def undo_view(self, request: HttpRequest, case_id: int, decision_id: int) -> HttpResponse:
        """Take back a decision of this case."""
        self._case(request, case_id)
        if request.method == "POST":
            if not Decision.objects.filter(pk=decision_id, case=case_id).exists():
                raise Http404(_("There is no such decision."))
            try:
                decisions.undo(decision_id, actor=request.user)
            except ModerationError as error:
                return self._refused(request, case_id, error)
            self.message_user(request, _("The decision was taken back."))
        return HttpResponseRedirect(self._page_url(case_id))

    def _act(
        self,
        request: HttpRequest,
        case_id: int,
        form_class: type[Any],
        act: Callable[[Any], object],
        done: str,
    ) -> HttpResponse:
        """Carry out a small action and return to the page of the case."""
        case = self._case(request, case_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(case_id))
        form = form_class(request.POST)
        if not form.is_valid():
            self.message_user(request, _("The form cannot be read."), messages.ERROR)
            return self._page(request, case, status=400)
        try:
            act(form)
        except ModerationError as error:
            return self._refused(request, case_id, error)
        self.message_user(request, done)
        return HttpResponseRedirect(self._page_url(case_id))

    def _refused(
        self,
        request: HttpRequest,
        case_id: int,
        error: ModerationError,
        form: DecisionForm | None = None,
    ) -> HttpResponse:
        """Say why nothing was written, beside the case as it is now."""
        case = self._case(request, case_id)
        text = str(error)
        if isinstance(error, Conflict):
            text = _("%(reason)s Nothing was written. It is now: %(state)s.") % {
                "reason": text,
                "state": state_in_words(case),
            }
        self.message_user(request, text, messages.ERROR)
        return self._page(request, case, form=form, status=_status_of(error))


def _status_of(error: ModerationError) -> int:
    match error:
        case Conflict():
            return 409
        case NotAllowed():
            return 403
    return 400


def _queue(request: HttpRequest) -> str:
    """Return the filters of the queue that the moderator came from."""
    return request.POST.get(QUEUE) or request.GET.get(QUEUE, "")


def _part(request: HttpRequest) -> int:
    part = request.GET.get("part", "")
    return int(part) if part.isascii() and part.isdecimal() and len(part) < 7 else 1


def _safe_html(snapshot: Snapshot) -> str:
    if snapshot.format == TextFormat.HTML:
        sanitizer = import_string(settings.SANITIZER)()
        return str(sanitizer.to_safe_html(snapshot.text))
    return f"<pre>{escape(snapshot.text)}</pre>"
