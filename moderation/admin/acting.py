"""The buttons of a case: plain forms, each checked on the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import filters
from moderation.admin.forms import AssignForm, DecisionForm, NoteForm, SnoozeForm, VersionForm
from moderation.admin.page import state_in_words
from moderation.admin.queue import QUEUE, next_in_queue
from moderation.models import Case, Decision
from moderation.services import cases, decisions, intake, notes
from moderation.services.errors import Conflict, ModerationError, NotAllowed

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = object


class Acting(CaseModelAdmin):
    """What is done to a case, mixed into the admin of the cases."""

    # Deciding, and going on

    def decide_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Decide; what was typed stays on the page when it cannot be done."""
        case = self._case(request, case_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(case_id))
        form = DecisionForm(request.POST, keys=self.personal_context(request)["keys"])
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
        self.message_user(request, self._with_undo(request, decision))
        if "_next" in request.POST:
            return self._to_next(request, case)
        return HttpResponseRedirect(self._page_url(case_id, queue_of(request)))

    def _with_undo(self, request: HttpRequest, decision: Decision) -> SafeString:
        """Say what was decided, with the button that takes it back; it needs no script."""
        if decision.proposed:
            said = _("Proposed: %(outcome)s. A second person has to confirm it.") % {
                "outcome": decision.get_proposed_display()
            }
        else:
            said = _("Decided: %(outcome)s.") % {"outcome": decision.get_outcome_display()}
        return format_html(
            '{} <form class="moderation-toast" method="post" action="{}">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<input type="hidden" name="{}" value="{}">'
            '<button type="submit" class="button" data-key="{}">{}</button></form>',
            said,
            self._undo_url(decision),
            get_token(request),
            QUEUE,
            queue_of(request),
            self.personal_context(request)["keys"].get("undo", ""),
            _("Undo (case %(number)d)") % {"number": decision.case_id},
        )

    def _undo_url(self, decision: Decision) -> str:
        return reverse(
            "admin:moderation_case_undo",
            args=[decision.case_id, decision.pk],
            current_app=self.admin_site.name,
        )

    def next_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Go on to the case that follows in the queue."""
        return self._to_next(request, self._case(request, case_id))

    def previous_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Go back to the case before in the queue."""
        return self._to_next(request, self._case(request, case_id), backwards=True)

    def _to_next(
        self, request: HttpRequest, case: Case, *, backwards: bool = False
    ) -> HttpResponse:
        queue = queue_of(request)
        asked = filters.Asked.of(QueryDict(queue), request.user)
        following = next_in_queue(asked, case, backwards=backwards)
        if following is not None:
            return HttpResponseRedirect(self._page_url(following, queue))
        self.message_user(request, _("That was the last one: nothing else waits for you."))
        return HttpResponseRedirect(self.queue_url(queue))

    def undo_view(self, request: HttpRequest, case_id: int, decision_id: int) -> HttpResponse:
        """Take back a decision of this case."""
        self._case(request, case_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(case_id))
        if not Decision.objects.filter(pk=decision_id, case=case_id).exists():
            raise Http404(_("There is no such decision."))
        try:
            decisions.undo(decision_id, actor=request.user)
        except ModerationError as error:
            return self._refused(request, case_id, error)
        self.message_user(request, _("The decision was taken back."))
        return HttpResponseRedirect(self._page_url(case_id, queue_of(request)))

    # Who has the case

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
            version = form.cleaned_data["version"]
            return cases.release(case_id, user=request.user, version=version)

        return self._act(request, case_id, VersionForm, release, _("The case is free again."))

    def assign_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Give the case to a colleague."""

        def assign(form: AssignForm) -> object:
            return cases.assign(
                case_id,
                user=request.user,
                to=form.cleaned_data["colleague"],
                version=form.cleaned_data["version"],
            )

        return self._act(request, case_id, AssignForm, assign, _("The case was handed over."))

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

    # Beside the decision

    def note_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Add a note; what was typed stays on the page when it cannot be kept."""
        case = self._case(request, case_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(case_id))
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self._page(request, case, note_form=form, status=400)
        try:
            notes.add(case_id, user=request.user, text=form.cleaned_data["text"])
        except ModerationError as error:
            return self._refused(request, case_id, error)
        self.message_user(request, _("The note was added."))
        return HttpResponseRedirect(f"{self._page_url(case_id, queue_of(request))}#timeline")

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

    # What they have in common

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
            self.message_user(request, _problem_of(form), messages.ERROR)
            return self._page(request, case, status=400)
        try:
            act(form)
        except ModerationError as error:
            return self._refused(request, case_id, error)
        self.message_user(request, done)
        return HttpResponseRedirect(self._page_url(case_id, queue_of(request)))

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

    # Comes with the admin of the cases

    if TYPE_CHECKING:

        def personal_context(self, request: HttpRequest) -> dict[str, Any]: ...
        def queue_url(self, query: str = "") -> str: ...
        def _page_url(self, case_id: int, queue: str = "") -> str: ...
        def _case(self, request: HttpRequest, key: str | int) -> Case: ...
        def _page(
            self,
            request: HttpRequest,
            case: Case,
            *,
            form: DecisionForm | None = None,
            note_form: NoteForm | None = None,
            status: int = 200,
            extra_context: dict[str, Any] | None = None,
        ) -> HttpResponse: ...


def queue_of(request: HttpRequest) -> str:
    """Return the filters of the queue that the moderator came from."""
    return request.POST.get(QUEUE) or request.GET.get(QUEUE, "")


def _problem_of(form: Any) -> str:
    """Say what is wrong with a small form: its own words where it has any."""
    if "colleague" in form.errors:
        return str(form.errors["colleague"][0])
    return _("The form cannot be read.")


def _status_of(error: ModerationError) -> int:
    match error:
        case Conflict():
            return 409
        case NotAllowed():
            return 403
    return 400
