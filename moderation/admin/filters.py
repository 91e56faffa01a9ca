"""The filters of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.admin import words
from moderation.models import Case, CaseState
from moderation.models.cases import TO_DO, in_category

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECENT = 2_000


class StateFilter(admin.SimpleListFilter):
    """Cases to do unless another state, or ``all``, is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*CaseState.choices, ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        state = self.value()
        if state == "all":
            return queryset
        if state is None:
            return queryset.filter(state__in=TO_DO)
        return queryset.filter(state=state)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("to do")}
        yield from others


class CategoryFilter(admin.SimpleListFilter):
    """Cases with a finding of one category."""

    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # All categories ever would take a walk over all cases.
        recent = Case.objects.order_by("-pk").values_list("categories", flat=True)[:_RECENT]
        names = {name for categories in recent for name in categories}
        return sorted(((name, words.category(name)) for name in names), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        name = self.value()
        return queryset if name is None else queryset.filter(in_category(name))


class ClaimFilter(admin.SimpleListFilter):
    """Cases by who holds them. A claim that has run out holds nothing."""

    title = gettext_lazy("claim")
    parameter_name = "claim"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("mine", _("claimed by me")),
            ("none", _("unclaimed")),
            ("others", _("claimed by colleagues")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        held = Q(claimed_by__isnull=False, claim_expires_at__gt=timezone.now())
        mine = Q(claimed_by=request.user.pk)
        match self.value():
            case "mine":
                return queryset.filter(held & mine)
            case "none":
                return queryset.exclude(held)
            case "others":
                return queryset.filter(held).exclude(mine)
        return queryset
