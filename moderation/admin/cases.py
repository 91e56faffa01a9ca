"""The queue, the page of a case, and the buttons on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import escape
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin.acting import Acting, queue_of
from moderation.admin.base import ReadOnly
from moderation.admin.batches import Batches
from moderation.admin.dashboard import Dashboard
from moderation.admin.forms import AssignForm, DecisionForm, NoteForm, SnoozeForm
from moderation.admin.listing import Listing
from moderation.admin.page import Wanted, build_page
from moderation.admin.personal import Personal
from moderation.admin.queue import QUEUE
from moderation.admin.thread import ANSWERED
from moderation.conf import settings
from moderation.models import Case, Decision, Snapshot
from moderation.services import cases
from moderation.services.colleagues import colleagues_of
from moderation.types import TextFormat

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = admin.ModelAdmin

# Nothing in a preview may run, load, submit or know where it was opened from.
PREVIEW_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@admin.register(Case)
class CaseAdmin(ReadOnly, Acting, Listing, Personal, Batches, Dashboard, CaseModelAdmin):
    """Cases are looked at here and decided through the services, never edited."""

    change_form_template = "admin/moderation/case/page.html"

    # Who may do what

    def has_view_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return permissions.may_view(request.user)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return permissions.may_decide(request.user)

    # The addresses

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:case_id>/{name}/", self.admin_site.admin_view(view), name=self._name(name))
            for name, view in (
                ("decide", self.decide_view),
                ("claim", self.claim_view),
                ("release", self.release_view),
                ("snooze", self.snooze_view),
                ("assign", self.assign_view),
                ("note", self.note_view),
                ("scan", self.scan_view),
                ("preview", self.preview_view),
                ("next", self.next_view),
                ("previous", self.previous_view),
            )
        ]
        undo = path(
            "<int:case_id>/undo/<int:decision_id>/",
            self.admin_site.admin_view(self.undo_view),
            name=self._name("undo"),
        )
        listed = [*self.listing_urls(), *self.batch_urls()]
        pages = [*listed, *self.personal_urls(), *self.dashboard_urls()]
        return [*own, undo, *pages, *super().get_urls()]

    def _name(self, action: str) -> str:
        return f"moderation_case_{action}"

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
        if request.method == "GET" and not _looks_ahead(request):
            held = cases.claim_on_opening(case, request.user)
            case = case if held is case else self._case(request, object_id)
        return self._page(request, case, extra_context=extra_context)

    def _case(self, request: HttpRequest, key: str | int) -> Case:
        if not self.has_view_permission(request):
            raise PermissionDenied
        related = (
            "subject__parent",
            "subject__author",
            f"subject__{ANSWERED}",
            "snapshot",
            "claimed_by",
            "proposed_by",
        )
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
        note_form: NoteForm | None = None,
        status: int = 200,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = build_page(case, request.user, _wanted(request))
        personal = self.personal_context(request)
        context = {
            **self.admin_site.each_context(request),
            **personal,
            "title": _("Case %(number)d") % {"number": case.pk},
            "opts": self.opts,
            "page_url": self._page_url(case.pk),
            "queue": queue_of(request),
            "queue_query": urlencode({QUEUE: queue_of(request)}) if queue_of(request) else "",
            "page": page,
            "account_url": self._account_url(request, page.author.account),
            "form": form or _new_form(case, page.proposal, personal.get("keys")),
            "snooze_form": SnoozeForm(),
            "assign_form": _assign_form(case, request.user) if page.allowed.assign else None,
            "note_form": note_form or NoteForm(),
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


def _new_form(
    case: Case, proposal: Decision | None, keys: Mapping[str, str] | None
) -> DecisionForm:
    """Return an empty form, or one that says what a colleague proposed: to be confirmed."""
    initial: dict[str, Any] = {"version": case.version}
    if proposal is not None:
        initial |= {"outcome": proposal.proposed, "cited": list(proposal.policies.all())}
    return DecisionForm(initial=initial, keys=keys)


def _assign_form(case: Case, user: Any) -> AssignForm:
    form = AssignForm()
    form.offer(colleagues_of(user, for_case=case))
    return form


def _looks_ahead(request: HttpRequest) -> bool:
    """Whether a browser fetches the page in case somebody should want it."""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def _wanted(request: HttpRequest) -> Wanted:
    return Wanted(
        part=_number(request, "part"),
        source=_number(request, "source", 0),
        passages=_number(request, "passages"),
        history=_number(request, "history"),
    )


def _number(request: HttpRequest, name: str, default: int = 1) -> int:
    """Read a number off the address; anything else counts as ``default``."""
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else default


def _safe_html(snapshot: Snapshot) -> str:
    if snapshot.format == TextFormat.HTML:
        sanitizer = import_string(settings.SANITIZER)()
        return str(sanitizer.to_safe_html(snapshot.text))
    return f"<pre>{escape(snapshot.text)}</pre>"
