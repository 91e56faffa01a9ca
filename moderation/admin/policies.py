"""The house rules, written by the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from moderation.admin.base import DeskMedia, ThroughServices
from moderation.models import Policy
from moderation.services import policies
from moderation.services.actors import human

if TYPE_CHECKING:
    PolicyModelAdmin = admin.ModelAdmin[Policy]
else:
    PolicyModelAdmin = admin.ModelAdmin


@admin.register(Policy)
class PolicyAdmin(ThroughServices, DeskMedia, PolicyModelAdmin):
    """Policies may be added and reworded. What was cited stays citable: none is deleted."""

    list_display = ("title", "code", "severity", "ground", "parent", "is_active")
    list_filter = ("is_active", "ground")
    show_facets = admin.ShowFacets.ALWAYS
    list_select_related = ("parent",)
    search_fields = ("code", "title", "public_text")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Policy | None = None
    ) -> tuple[str, ...]:
        """The code is what the audit trail knows a policy by."""
        return ("code",) if obj else ()

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Policy | None = None
    ) -> dict[str, Any]:
        return {} if obj else {"code": ("title",)}

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: Any) -> None:
        policies.save(obj, changed=form.changed_data, actor=human(request.user))
