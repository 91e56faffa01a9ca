"""What moderators set up for themselves: their preferences, and their views of the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.admin.filters import Asked
from moderation.models import Case
from moderation.models.preferences import ModeratorPreference
from moderation.services import preferences, views
from moderation.services.preferences import BOTH, CASE, KEYS, QUEUE

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = object

_PAGES = {
    BOTH: gettext_lazy("On every page"),
    QUEUE: gettext_lazy("In the queue"),
    CASE: gettext_lazy("On the page of a case"),
}


class PreferenceForm(forms.Form):
    """Keys and wellness, as one moderator wants them."""

    keys_on = forms.BooleanField(
        label=gettext_lazy("Use single keys"),
        help_text=gettext_lazy("They rest while you type. Everything has a button as well."),
        required=False,
    )
    mask_offensive = forms.BooleanField(
        label=gettext_lazy("Mask offensive words until I point at them"), required=False
    )
    break_hint = forms.BooleanField(
        label=gettext_lazy("Suggest a break after many severe cases"), required=False
    )

    def __init__(self, data: Any = None, *, preference: ModeratorPreference) -> None:
        initial = {
            name: getattr(preference, name) for name in ("keys_on", "mask_offensive", "break_hint")
        }
        super().__init__(data, initial=initial, label_suffix="")
        for name, key in KEYS.items():
            self.fields[f"key_{name}"] = forms.CharField(
                label=key.label,
                required=False,
                max_length=1,
                strip=True,
                initial=preference.key_map.get(name, key.default),
                widget=forms.TextInput(attrs={"size": 2, "autocomplete": "off"}),
            )

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Give the keys by the pages they work on."""
        for page, title in _PAGES.items():
            names = [name for name, key in KEYS.items() if key.page == page]
            yield str(title), [self[f"key_{name}"] for name in names]

    def choices(self) -> list[forms.BoundField]:
        """Return what is switched on or off."""
        return [self["keys_on"], self["mask_offensive"], self["break_hint"]]

    def keys(self) -> dict[str, str]:
        """Return the keys by name."""
        return {name: self.cleaned_data.get(f"key_{name}", "") for name in KEYS}

    def clean(self) -> dict[str, Any] | None:
        try:
            preferences.check_keys(self.keys())
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                for problem in problems:
                    self.add_error(f"key_{name}", problem)
        return None


class Personal(CaseModelAdmin):
    """The pages that are about the moderator, mixed into the admin of the cases."""

    def personal_urls(self) -> list[URLPattern]:
        """Return the addresses of these pages."""
        view = self.admin_site.admin_view
        return [
            path("preferences/", view(self.preferences_view), name="moderation_case_preferences"),
            path("views/save/", view(self.save_view_view), name="moderation_case_view_save"),
            path(
                "views/<int:view_id>/delete/",
                view(self.delete_view_view),
                name="moderation_case_view_delete",
            ),
        ]

    def preferences_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a moderator has chosen, and keep what they choose."""
        self._may_look(request)
        preference = preferences.preferences_of(request.user)
        if request.method == "POST" and "_defaults" in request.POST:
            defaults = {name: key.default for name, key in KEYS.items()}
            return self._keep(request, keys=defaults, keys_on=True)
        form = PreferenceForm(
            request.POST if request.method == "POST" else None, preference=preference
        )
        if form.is_bound and form.is_valid():
            return self._keep(
                request,
                keys=form.keys(),
                keys_on=form.cleaned_data["keys_on"],
                **{name: form.cleaned_data[name] for name in ("mask_offensive", "break_hint")},
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("My preferences"),
            "opts": self.opts,
            "form": form,
            "keys": preferences.keys_of(preference),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            "admin/moderation/case/preferences.html",
            context,
            status=400 if form.errors else 200,
        )

    def _keep(self, request: HttpRequest, **chosen: Any) -> HttpResponse:
        before = preferences.preferences_of(request.user)
        kept = {"mask_offensive": before.mask_offensive, "break_hint": before.break_hint}
        preferences.save_preferences(request.user, **{**kept, **chosen})
        self.message_user(request, _("Your preferences were saved."))
        return HttpResponseRedirect(
            reverse("admin:moderation_case_preferences", current_app=self.admin_site.name)
        )

    def save_view_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the filters of the queue under a name."""
        self._may_look(request)
        query = Asked.of(QueryDict(request.POST.get("query", "")[:4_000]), request.user).query()
        if request.method == "POST":
            try:
                views.save_view(
                    request.user,
                    name=request.POST.get("name", ""),
                    query=query,
                    shared="shared" in request.POST,
                )
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
            else:
                self.message_user(request, _("The view was saved."))
        return HttpResponseRedirect(self.queue_url(query))

    def delete_view_view(self, request: HttpRequest, view_id: int) -> HttpResponse:
        """Delete a view of one's own."""
        self._may_look(request)
        if request.method == "POST" and views.delete_view(request.user, view_id):
            self.message_user(request, _("The view was deleted."))
        return HttpResponseRedirect(self.queue_url())

    if TYPE_CHECKING:  # come with the list

        def queue_url(self, query: str = "") -> str: ...

        def _may_look(self, request: HttpRequest) -> None: ...
