"""The pages of the queue: the list, what keeps it fresh, and who looks at a case now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation import permissions
from moderation.admin import display
from moderation.admin.filters import ORDERS, Asked, chips, choices, first_of
from moderation.admin.queue import PAGE, QUEUE, author_of, ids_of, page_of, passage_of
from moderation.models import Case, CaseState, Decision
from moderation.models.cases import TO_DO
from moderation.services import preferences, views
from moderation.services.priority import age_factor, report_factor, weight_when_new

if TYPE_CHECKING:
    CaseModelAdmin = admin.ModelAdmin[Case]
else:
    CaseModelAdmin = object

_SHOWN = re.compile(r"(\d{1,17})-(\d{1,9})")


@dataclass(frozen=True)
class Row:
    """A case as the queue shows it; what a template asks for twice is worked out once."""

    case: Case
    url: str
    viewers: list[str]
    decided: tuple[str, str] | None
    user: Any
    mask: bool = False

    @property
    def item(self) -> str:
        """What a choice of this row stands for: the case as it was on the screen."""
        return f"{self.case.pk}:{self.case.version}"

    @cached_property
    def waited(self) -> float:
        return age_factor(self.case, timezone.now())

    @property
    def weight(self) -> str:
        """What the case weighs now: severity x reach x reports x age."""
        weight = weight_when_new(self.case) * self.waited
        return number_format(min(round(weight), 10**9), use_l10n=True, force_grouping=True)

    @cached_property
    def reason(self) -> str:
        case, age = self.case, self.waited
        parts = [_("severity %(number)s") % {"number": case.severity}]
        if case.reach > 1:
            parts.append(_("reach %(factor)s") % {"factor": _factor(case.reach)})
        if (reported := report_factor(case.reported)) > 1:
            parts.append(_("reports %(factor)s") % {"factor": _factor(reported)})
        if age > 1.05:
            parts.append(_("waiting %(factor)s") % {"factor": _factor(age)})
        return " × ".join(parts)

    @property
    def band(self) -> SafeString:
        return display.band(self.case)

    @property
    def chips(self) -> SafeString:
        return display.chips(self.case.categories)

    @property
    def passage(self) -> SafeString:
        return passage_of(self.case, self.user, mask=self.mask)

    @property
    def author(self) -> SafeString:
        return author_of(self.case, self.user)

    @property
    def age(self) -> SafeString:
        return display.age(self.case.opened_at)

    @cached_property
    def overdue(self) -> bool:
        due = self.case.due_at
        return due is not None and self.waiting and due < timezone.now()

    @cached_property
    def due(self) -> SafeString | str:
        if self.case.due_at is None or not self.waiting:
            return ""
        return display.due(self.case.due_at)

    @property
    def waiting(self) -> bool:
        return self.case.state in TO_DO

    @property
    def mine(self) -> bool:
        return self.case.held_by(self.user)

    @property
    def taken(self) -> bool:
        """Whether this moderator has nothing to do here: a colleague has it, or nobody need."""
        return not self.case.is_open or self.case.held_by_other(self.user)

    @property
    def state(self) -> SafeString:
        if self.mine:
            return display.isolated(_("claimed by you"))
        if self.decided:
            outcome, name = self.decided
            text = _("%(outcome)s, by %(name)s") % {"outcome": outcome, "name": name}
            return format_html("{}<br>{}", self.case.get_state_display(), display.isolated(text))
        if self.case.state == CaseState.CLAIMED and self.case.claimed_by is not None:
            name = self.case.claimed_by.get_username()
            return display.isolated(_("claimed by %(name)s") % {"name": name})
        return display.isolated(self.case.get_state_display())

    @cached_property
    def presence(self) -> str:
        if not self.viewers:
            return ""
        names = ", ".join(self.viewers)
        return ngettext(
            "%(names)s is looking at it", "%(names)s are looking at it", len(self.viewers)
        ) % {"names": names}


def _factor(number: float) -> str:
    return number_format(round(number, 1 if number < 100 else 0), use_l10n=True)


class Listing(CaseModelAdmin):
    """The list of cases and its fragments, mixed into the admin of the cases."""

    def listing_urls(self) -> list[URLPattern]:
        """Return the addresses of these pages."""
        view = self.admin_site.admin_view
        return [
            path("live/", view(self.live_view), name="moderation_case_live"),
            path(
                "<int:case_id>/present/", view(self.presence_view), name="moderation_case_present"
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a page of the queue."""
        self._may_look(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        asked = Asked.of(request.GET, request.user)
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        first = list(first_of(asked))
        page = page_of(asked, after=after, before=before, first=first)
        filters = choices(asked, first)
        personal = self.personal_context(request)
        context = {
            **self.admin_site.each_context(request),
            **personal,
            "title": _("Moderation queue"),
            "opts": self.opts,
            "media": self.media,
            "asked": asked,
            "rows": self._rows(page.cases, asked, mask=personal["preference"].mask_offensive),
            "after": page.after,
            "before": page.before,
            "here": page.begins_after,
            "filters": filters,
            "cut": any(each.cut for each in filters),
            "chips": list(chips(asked)),
            "orders": self._orders(asked),
            "views": views.views_for(request.user),
            "may_act": permissions.may_decide(request.user) or permissions.may_claim(request.user),
            "actions": self.batch_actions(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/moderation/case/queue.html", context)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """Tell what has become of the rows on a screen, and whether others belong there now."""
        self._may_look(request)
        asked = Asked.of(request.GET, request.user)
        shown = dict(_SHOWN.findall(request.GET.get("shown", "")[:4_000])[: 2 * PAGE])
        keys = [int(key) for key in shown]
        cases = Case.objects.select_related("subject", "claimed_by").in_bulk(keys)
        now = ids_of(asked, after=request.GET.get("here", ""))
        context = {
            "rows": self._rows([cases[key] for key in keys if key in cases], asked),
            "new": _news(now, keys),
        }
        answer = TemplateResponse(request, "admin/moderation/case/_live.html", context)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def presence_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Note that somebody looks at a case; tell who else does, and where it stands."""
        self._may_look(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._case(request, case_id)
        views.note_presence(case_id, request.user)
        rows = self._rows([case], Asked.of(QueryDict(), request.user))
        context = {"row": rows[0], "seen": request.POST.get("version", "")}
        answer = TemplateResponse(request, "admin/moderation/case/_present.html", context)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def _may_look(self, request: HttpRequest) -> None:
        if not permissions.may_view(request.user):
            raise PermissionDenied

    def _rows(self, cases: Iterable[Case], asked: Asked, *, mask: bool = False) -> list[Row]:
        listed = list(cases)
        viewers = views.viewers_of([case.pk for case in listed], but=asked.user)
        decided = _last_decisions([case.pk for case in listed if not case.is_open])
        query = asked.query()
        return [
            Row(
                case,
                self._page_url(case.pk, query),
                viewers.get(case.pk, []),
                decided.get(case.pk),
                asked.user,
                mask,
            )
            for case in listed
        ]

    def _orders(self, asked: Asked) -> list[tuple[str, str, bool]]:
        return [
            (name, str(label), name == asked.order)
            for name, label in ORDERS.items()
            if asked.waiting or name != "priority"
        ]

    def personal_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what templates need of a moderator's own choices: ``keys``, ``preference``."""
        preference = preferences.preferences_of(request.user)
        return {"keys": preferences.keys_of(preference), "preference": preference}

    def queue_url(self, query: str = "") -> str:
        """Return the address of the queue with some filters."""
        address = reverse("admin:moderation_case_changelist", current_app=self.admin_site.name)
        return f"{address}?{query}" if query else address

    def _page_url(self, case_id: int, queue: str = "") -> str:
        """Return the address of a case; ``queue`` are the filters it was chosen by."""
        address = reverse(
            "admin:moderation_case_change", args=[case_id], current_app=self.admin_site.name
        )
        return f"{address}?{urlencode({QUEUE: queue})}" if queue else address

    if TYPE_CHECKING:  # comes with the other parts of the admin of the cases

        def _case(self, request: HttpRequest, key: str | int) -> Case: ...

        def batch_actions(self, request: HttpRequest) -> list[tuple[str, Any]]: ...


def _news(now: list[int], shown: list[int]) -> int:
    """Count what belongs between the rows shown; what moved up from the next page is no news."""
    if len(shown) < PAGE:
        return len(set(now) - set(shown))
    last = max((place for place, key in enumerate(now) if key in shown), default=len(now))
    return len(set(now[:last]) - set(shown))


def _last_decisions(case_ids: list[int]) -> dict[int, tuple[str, str]]:
    """Return the last outcome of closed cases, and who decided."""
    if not case_ids:
        return {}
    rows = Decision.objects.filter(case__in=case_ids).order_by("pk")
    return {row.case_id: (row.get_outcome_display(), row.actor_label) for row in rows}
