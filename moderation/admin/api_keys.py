"""API keys, whose secret is shown once, and the scores that programs suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation.admin import display
from moderation.admin.base import DeskMedia, ReadOnly, ThroughServices
from moderation.models import ApiKey, KeyScope, SuggestedScore
from moderation.services import api_keys, suggestions

if TYPE_CHECKING:
    ApiKeyModelAdmin = admin.ModelAdmin[ApiKey]
    ApiKeyModelForm = forms.ModelForm[ApiKey]
    SuggestedScoreModelAdmin = admin.ModelAdmin[SuggestedScore]
else:
    ApiKeyModelAdmin = SuggestedScoreModelAdmin = admin.ModelAdmin
    ApiKeyModelForm = forms.ModelForm

_QUOTE_CHARS = 160


class ApiKeyForm(ApiKeyModelForm):
    """What a key opens is ticked, not typed."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May be used to"),
        choices=KeyScope.choices,
        initial=KeyScope.values,
        widget=forms.CheckboxSelectMultiple,
    )


class StateFilter(admin.SimpleListFilter):
    """Valid keys, or those that were revoked."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", _("valid")), ("revoked", _("revoked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        if self.value() is None:
            return queryset
        return queryset.filter(revoked_at__isnull=self.value() == "valid")


@admin.register(ApiKey)
class ApiKeyAdmin(DeskMedia, ThroughServices, ApiKeyModelAdmin):
    """A key is never deleted: its row says until when it was good."""

    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "may", "per_minute", "used", "good")
    list_filter = (StateFilter,)
    search_fields = ("name", "=prefix")
    ordering = ("-pk",)
    actions = ("revoke",)
    fieldsets = (
        (None, {"fields": ("name", "scopes")}),
        (
            gettext_lazy("Quota"),
            {
                "fields": ("per_second", "per_minute", "per_day"),
                "description": gettext_lazy("An empty field is no limit."),
            },
        ),
    )
    readonly_fields = ("shown_prefix", "created_by", "created_at", "used", "revoked_at")

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        known = (gettext_lazy("Record"), {"fields": self.readonly_fields})
        return (*self.fieldsets, known) if obj else self.fieldsets

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Offer one way to save: whatever comes next, the new key is shown first."""
        only = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **only})

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        revoked = obj is not None and obj.revoked_at is not None
        return not revoked and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: Any) -> None:
        if change:
            api_keys.change(obj, user=request.user)
        else:
            obj.secret = api_keys.create(obj, user=request.user)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this very answer: it is never stored, not even for a redirect."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The new API key"),
            "key": obj,
            "media": self.media,
        }
        response = TemplateResponse(request, "admin/moderation/apikey/created.html", context)
        add_never_cache_headers(response)
        return response

    @admin.action(description=gettext_lazy("Revoke the selected API keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = api_keys.revoke(queryset, user=request.user)
        message = ngettext(
            "%(number)d API key was revoked.", "%(number)d API keys were revoked.", revoked
        )
        messages.success(request, message % {"number": revoked})

    @admin.display(description=gettext_lazy("begins with"), ordering="prefix")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description=gettext_lazy("may"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(str(KeyScope(scope).label) for scope in key.scopes)

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def used(self, key: ApiKey) -> str:
        return display.moment(key.last_used_at)

    @admin.display(description=gettext_lazy("valid"), boolean=True)
    def good(self, key: ApiKey) -> bool:
        return key.revoked_at is None


@admin.register(SuggestedScore)
class SuggestedScoreAdmin(ReadOnly, SuggestedScoreModelAdmin):
    """What programs suggest is looked at and deleted, never changed."""

    list_display = ("id", "quoted", "attribute", "shown_score", "client", "community", "suggested")
    list_filter = ("attribute", "key")
    list_select_related = ("key",)
    date_hierarchy = "created_at"
    search_fields = ("=text_hash", "=client_token")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "shown_text",
        "attribute",
        "shown_score",
        "key",
        "language",
        "community",
        "client_token",
        "created_at",
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: SuggestedScore) -> None:
        suggestions.forget(SuggestedScore.objects.filter(pk=obj.pk), user=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SuggestedScore]) -> None:
        suggestions.forget(queryset, user=request.user)

    @admin.display(description=gettext_lazy("text"))
    def quoted(self, row: SuggestedScore) -> SafeString:
        passage = " ".join(suggestions.passage(row).split())
        cut = passage[:_QUOTE_CHARS] + ("…" if len(passage) > _QUOTE_CHARS else "")
        return display.isolated(cut)

    @admin.display(description=gettext_lazy("text"))
    def shown_text(self, row: SuggestedScore) -> SafeString:
        passage = display.shown(suggestions.passage(row))
        return format_html('<div class="moderation-text" dir="auto">{}</div>', passage)

    @admin.display(description=gettext_lazy("API key"), ordering="key__name")
    def client(self, row: SuggestedScore) -> SafeString | str:
        return display.isolated(row.key.name) if row.key else "–"

    @admin.display(description=gettext_lazy("score"), ordering="score")
    def shown_score(self, row: SuggestedScore) -> str:
        return f"{row.score:.2f}"

    @admin.display(description=gettext_lazy("suggested"), ordering="created_at")
    def suggested(self, row: SuggestedScore) -> str:
        return display.moment(row.created_at)
