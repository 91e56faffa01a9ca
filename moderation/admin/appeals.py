"""Appeals: the list, and the page on which they are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import display
from moderation.admin.base import HidesPersons, ReadOnly
from moderation.models import Appeal, AppealState, Policy
from moderation.models.appeals import RESULTS
from moderation.models.decisions import CHOOSABLE, DISMISSING, RESTRICTING
from moderation.services import appeals, notices
from moderation.services.errors import Conflict, ModerationError, NotAllowed

if TYPE_CHECKING:
    AppealModelAdmin = admin.ModelAdmin[Appeal]
else:
    AppealModelAdmin = admin.ModelAdmin

_LEFT = [("", "–"), *((v, label) for v, label in CHOOSABLE if v in {*DISMISSING, *RESTRICTING})]


class JudgementForm(forms.Form):
    """How an appeal is judged."""

    result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        choices=[(state.value, state.label) for state in RESULTS],
        widget=forms.RadioSelect,
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("What is decided instead"),
        choices=_LEFT,
        required=False,
        help_text=gettext_lazy(
            "For a reversal, why the text is left alone; for a partial one, what is left."
        ),
    )
    policies = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Policies for what is left"),
        queryset=Policy.objects.filter(is_active=True),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    public_note = forms.CharField(
        label=gettext_lazy("Answer to the author"),
        required=False,
        strip=False,
        max_length=appeals.NOTE_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    internal_note = forms.CharField(
        label=gettext_lazy("Internal note"),
        required=False,
        strip=False,
        max_length=appeals.NOTE_CHARS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@admin.register(Appeal)
class AppealAdmin(HidesPersons, ReadOnly, AppealModelAdmin):
    """Appeals are taken and judged through the service; nobody judges their own decision."""

    change_form_template = "admin/moderation/appeal/page.html"
    list_display = ("id", "shown_subject", "shown_decision", "state", "shown_judge", "submitted")
    list_filter = ("state", "created_at")
    persons = ("author", "author_label")
    list_select_related = ("decision__case__subject",)
    ordering = ("-pk",)
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Appeal | None = None) -> bool:
        return permissions.may_view(request.user)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:appeal_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"moderation_appeal_{name}",
            )
            for name, view in (("take", self.take_view), ("judge", self.judge_view))
        ]
        return [*own, *super().get_urls()]

    # The page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one appeal; what is done about it is posted to addresses of its own."""
        return self._page(request, self._appeal(request, object_id))

    def take_view(self, request: HttpRequest, appeal_id: int) -> HttpResponse:
        """Take an appeal under review."""
        appeal = self._appeal(request, appeal_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(appeal))
        try:
            appeals.take(appeal.pk, user=request.user)
        except ModerationError as error:
            return self._refused(request, appeal, error)
        self.message_user(request, _("The appeal is yours to judge."))
        return HttpResponseRedirect(self._page_url(appeal))

    def judge_view(self, request: HttpRequest, appeal_id: int) -> HttpResponse:
        """Judge an appeal; what was typed stays when it cannot be done."""
        appeal = self._appeal(request, appeal_id)
        if request.method != "POST":
            return HttpResponseRedirect(self._page_url(appeal))
        form = JudgementForm(request.POST)
        if not form.is_valid():
            return self._page(request, appeal, form, 400)
        given = form.cleaned_data
        try:
            appeals.judge(
                appeal.pk, user=request.user, **{**given, "policies": list(given["policies"])}
            )
        except ModerationError as error:
            return self._refused(request, appeal, error, form)
        self.message_user(request, _("The appeal is judged, and its author will be told."))
        return HttpResponseRedirect(self._page_url(appeal))

    def _appeal(self, request: HttpRequest, key: str | int) -> Appeal:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Appeal.objects.select_related(
            "decision__case__subject", "decision__snapshot", "ruling"
        )
        is_key = str(key).isascii() and str(key).isdecimal() and len(str(key)) < 19
        found = rows.filter(pk=key).first() if is_key else None
        if found is None:
            raise Http404(_("There is no such appeal."))
        return found

    def _page(
        self,
        request: HttpRequest,
        appeal: Appeal,
        form: JudgementForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        names = permissions.may_see_author(request.user)
        mine = appeal.state == AppealState.UNDER_REVIEW and appeal.judge_id == request.user.pk
        reason = appeals.why_not_judge(appeal, request.user) if appeal.is_open else ""
        about = notices.about(appeal.decision)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Appeal %(number)d") % {"number": appeal.pk},
            "opts": self.opts,
            "media": self.media,
            "appeal": appeal,
            "decision": appeal.decision,
            "policies": about["policies"],
            "passages": [display.shown(passage) for passage in about["passages"]],
            "subject_name": display.headline(appeal.decision.case.subject, "", names=names),
            "author": display.isolated(appeal.author_label) if names else "",
            "text": display.shown(appeal.text),
            "public_note": display.shown(appeal.public_note),
            "internal_note": display.shown(appeal.internal_note),
            "ruled_note": display.shown(appeal.decision.public_note),
            "submitted": display.date(appeal.created_at),
            "form": form or JudgementForm(),
            "mine": mine and not reason,
            "may_take": appeal.is_open and not mine and not reason,
            "why_not": reason,
        }
        request.current_app = self.admin_site.name
        template = self.change_form_template
        assert isinstance(template, str)  # noqa: S101 - for the type checker
        return TemplateResponse(request, template, context, status=status)

    def _refused(
        self,
        request: HttpRequest,
        appeal: Appeal,
        error: ModerationError,
        form: JudgementForm | None = None,
    ) -> HttpResponse:
        self.message_user(request, str(error), messages.ERROR)
        status = {Conflict: 409, NotAllowed: 403}.get(type(error), 400)
        return self._page(request, self._appeal(request, appeal.pk), form, status)

    def _page_url(self, appeal: Appeal) -> str:
        return reverse(
            "admin:moderation_appeal_change",
            args=[appeal.pk],
            current_app=self.admin_site.name,
        )

    # The list

    @admin.display(description=gettext_lazy("subject"))
    def shown_subject(self, appeal: Appeal) -> SafeString:
        return display.headline(appeal.decision.case.subject, "", names=False)

    @admin.display(description=gettext_lazy("decision"))
    def shown_decision(self, appeal: Appeal) -> str:
        return appeal.decision.get_outcome_display()

    @admin.display(description=gettext_lazy("judge"), ordering="judge_label")
    def shown_judge(self, appeal: Appeal) -> SafeString | str:
        return display.isolated(appeal.judge_label) if appeal.judge_label else "–"

    @admin.display(description=gettext_lazy("submitted"), ordering="created_at")
    def submitted(self, appeal: Appeal) -> SafeString | str:
        return display.moment(appeal.created_at)
