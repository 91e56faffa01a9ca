"""The allow-lists, and the boilerplate that was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from moderation.admin import display
from moderation.admin.base import DeskMedia, ThroughServices
from moderation.admin.passages import shorten
from moderation.models import Allowance, AllowanceOrigin
from moderation.services import allowances
from moderation.services.actors import human
from moderation.services.errors import Unusable

if TYPE_CHECKING:
    AllowanceModelAdmin = admin.ModelAdmin[Allowance]
    AllowanceModelForm = forms.ModelForm[Allowance]
else:
    AllowanceModelAdmin = admin.ModelAdmin
    AllowanceModelForm = forms.ModelForm

_SHOWN_CHARS = 160


class AllowanceForm(AllowanceModelForm):
    """A line of the lists, in the form in which it is stored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_active" in self.fields and self.instance.origin == AllowanceOrigin.LEARNED:
            self.fields["is_active"].help_text = gettext_lazy(
                "Switched off, it is content: copies of it are flagged."
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if "scope" in cleaned and "value" in cleaned:
            try:
                cleaned["value"] = allowances.usable(
                    cleaned["scope"], cleaned["value"], other_than=self.instance.pk
                )
            except Unusable as error:
                self.add_error("value", str(error))
        return cleaned


@admin.register(Allowance)
class AllowanceAdmin(ThroughServices, DeskMedia, AllowanceModelAdmin):
    form = AllowanceForm
    list_display = ("shown_value", "scope", "origin", "stories", "is_active", "note")
    list_filter = ("scope", "origin", "is_active")
    show_facets = admin.ShowFacets.ALWAYS
    search_fields = ("value", "note")
    ordering = ("-pk",)
    actions = ("switch_on", "switch_off", "count_as_content")

    def get_fields(self, request: HttpRequest, obj: Allowance | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("scope", "value", "note", "is_active")
        value = "whole_value" if self._is_learned(obj) else "value"
        return ("scope", value, "note", "is_active", *self._known(obj))

    def get_readonly_fields(
        self, request: HttpRequest, obj: Allowance | None = None
    ) -> tuple[str, ...]:
        """What was learned is what it is; it can be switched off."""
        if obj is None:
            return ()
        fixed = ("scope", "whole_value") if self._is_learned(obj) else ()
        return (*fixed, *self._known(obj))

    def _is_learned(self, allowance: Allowance) -> bool:
        return allowance.origin == AllowanceOrigin.LEARNED

    def _known(self, allowance: Allowance) -> tuple[str, ...]:
        who = ("stories",) if self._is_learned(allowance) else ("shown_creator",)
        return ("origin", *who, "created_at", "updated_at")

    def save_model(self, request: HttpRequest, obj: Allowance, form: Any, change: Any) -> None:
        allowances.save(obj, actor=human(request.user))

    def delete_model(self, request: HttpRequest, obj: Allowance) -> None:
        allowances.remove(obj, actor=human(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Allowance]) -> None:
        for allowance in queryset:
            allowances.remove(allowance, actor=human(request.user))

    @admin.action(description=gettext_lazy("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Allowance]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description=gettext_lazy("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Allowance]) -> None:
        self._switch(request, queryset, active=False)

    @admin.action(
        description=gettext_lazy("Count as content"),
        permissions=["change"],
    )
    def count_as_content(self, request: HttpRequest, queryset: QuerySet[Allowance]) -> None:
        self._switch(request, queryset.filter(origin=AllowanceOrigin.LEARNED), active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Allowance], *, active: bool) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        count = allowances.set_active(ids, active=active, actor=human(request.user))
        text = ngettext("%(count)d entry changed.", "%(count)d entries changed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=gettext_lazy("value"), ordering="value")
    def shown_value(self, allowance: Allowance) -> SafeString:
        return display.isolated(shorten(allowance.value, _SHOWN_CHARS))

    @admin.display(description=gettext_lazy("value"))
    def whole_value(self, allowance: Allowance) -> SafeString:
        return format_html(
            '<div class="moderation-text" dir="auto">{}</div>', display.shown(allowance.value)
        )

    @admin.display(description=gettext_lazy("created by"))
    def shown_creator(self, allowance: Allowance) -> SafeString | str:
        return display.isolated(str(allowance.created_by)) if allowance.created_by else "–"
