"""The site's own words and phrases, with what each would have found."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation import permissions
from moderation.admin import display
from moderation.admin.base import DeskMedia
from moderation.admin.passages import quote
from moderation.models import ListedPhrase
from moderation.services import wordlists

if TYPE_CHECKING:
    ListedPhraseModelAdmin = admin.ModelAdmin[ListedPhrase]
    ListedPhraseModelForm = forms.ModelForm[ListedPhrase]
else:
    ListedPhraseModelAdmin = admin.ModelAdmin
    ListedPhraseModelForm = forms.ModelForm

_MOST_SHOWN = 50
_CONTEXT_CHARS = 80
_QUOTE_CHARS = 200


@dataclass(frozen=True, slots=True)
class TrialView:
    """One text that the phrase stands in."""

    subject: SafeString
    quote: SafeString


class ListedPhraseForm(ListedPhraseModelForm):
    """Refuses a phrase that can never be found."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("text"):
            row = ListedPhrase(
                **{name: self.cleaned_data.get(name, "") for name in ("list", "text", "kind")}
            )
            problem = wordlists.problem_with(row)
            if problem:
                self.add_error("text", problem)
        return cleaned


@admin.register(ListedPhrase)
class ListedPhraseAdmin(DeskMedia, ListedPhraseModelAdmin):
    """Lines are tried on the newest texts before they are saved: press the button for that."""

    form = ListedPhraseForm
    list_display = ("text", "list", "kind", "band", "endings", "is_active", "updated_at")
    list_filter = ("list", "is_active", "kind", "band")
    show_facets = admin.ShowFacets.ALWAYS
    search_fields = ("text", "note")
    add_form_template = change_form_template = "admin/moderation/listedphrase/change_form.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and "_try" in request.POST:
            return self._try_out(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _try_out(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        """Show what the line as it stands in the form would have found; save nothing."""
        row = self.get_object(request, object_id) if object_id else None
        allowed = (
            self.has_change_permission(request, row) if row else self.has_add_permission(request)
        )
        if not allowed:
            return super().changeform_view(request, object_id)
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        if not form.is_valid():
            # The form again, with what was typed and what is wrong with it.
            return super().changeform_view(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What the line would have found"),
            "form": form,
            "phrase": form.instance,
            "trials": _trials(form.instance, request.user),
            "tried_on": wordlists.TRIED_ON,
            "most_shown": _MOST_SHOWN,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/moderation/listedphrase/trial.html", context)

    def save_model(self, request: HttpRequest, obj: ListedPhrase, form: Any, change: Any) -> None:
        wordlists.save(obj, user=request.user)

    def delete_model(self, request: HttpRequest, obj: ListedPhrase) -> None:
        wordlists.remove(obj, user=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ListedPhrase]) -> None:
        for row in queryset:
            wordlists.remove(row, user=request.user)


def _trials(row: ListedPhrase, user: Any) -> list[TrialView]:
    names = permissions.may_see_author(user)
    return [
        TrialView(
            display.headline(trial.snapshot.subject, trial.snapshot.title, names=names),
            display.quoted(
                quote(trial.text, trial.span, context=_CONTEXT_CHARS, longest=_QUOTE_CHARS)
            ),
        )
        for trial in islice(wordlists.try_out(row), _MOST_SHOWN + 1)
    ]
