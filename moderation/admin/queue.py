"""The worst passage of every case on a page of the queue, without reading whole texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Substr
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from moderation.admin import display
from moderation.admin.passages import quote_from_window
from moderation.models import Case, Evidence, ScanState
from moderation.models.cases import TO_DO
from moderation.types import Mode, Span, TextFormat

QUEUE = "_changelist_filters"
"""Where Django's admin keeps the filters that a list was left with."""

_AROUND = 300
_WINDOW = 900
CONTEXT_CHARS = 70
PASSAGE_CHARS = 140
TITLE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Extract:
    """A stretch of a stored text, where it stands, and the passage in it to point at."""

    window: str
    offset: int
    passage: Span
    format: TextFormat
    title: str

    def html(self) -> SafeString:
        """Return title and passage for a cell of a list."""
        found = quote_from_window(
            self.window,
            self.offset,
            self.passage,
            self.format,
            context=CONTEXT_CHARS,
            longest=PASSAGE_CHARS,
        )
        if not self.title:
            return display.quoted(found)
        return format_html(
            '<bdi class="moderation-title">{}</bdi> {}',
            display.shown(self.title[:TITLE_CHARS]),
            display.quoted(found),
        )


def extracts(cases: Iterable[Case]) -> dict[int, Extract]:
    """Read the neighbourhood of each case's worst passage; one query for all of them."""
    ids = [case.pk for case in cases]
    rows = (
        Case.objects.filter(pk__in=ids, snapshot__isnull=False)
        .annotate(first=Subquery(_worst("start")), last=Subquery(_worst("end")))
        .annotate(offset=Greatest(Coalesce(F("first"), Value(0)) - Value(_AROUND), Value(0)))
        .annotate(window=Substr("snapshot__text", F("offset") + Value(1), Value(_WINDOW)))
        .order_by()
        .values_list(
            "pk", "window", "offset", "first", "last", "snapshot__format", "snapshot__title"
        )
    )
    return {
        pk: Extract(window, offset, Span(first or 0, last or 0), TextFormat(text_format), title)
        for pk, window, offset, first, last, text_format, title in rows
    }


def _worst(field: str) -> QuerySet[Evidence, int]:
    live = Evidence.objects.filter(
        finding__scan__snapshot=OuterRef("snapshot"), finding__mode=Mode.LIVE.value
    ).exclude(finding__scan__state=ScanState.SUPERSEDED)
    return live.order_by("-finding__score", "-weight", "start", "pk").values_list(field)[:1]


class QueueList(ChangeList):
    """A page of the queue whose rows know their worst passage."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = with_extracts(self.result_list)
        for case in self.result_list:
            case.queue = request.GET.urlencode()


def next_in_queue(queue: QuerySet[Case], case: Case, user: Any) -> int | None:
    """Return the key of the case after ``case``, or the first one if it was the last.

    Passed over is what ``user`` cannot decide: their own content, what a colleague holds, and
    what is put aside.
    """
    held = Q(claimed_by__isnull=False, claim_expires_at__gt=timezone.now())
    rows = (
        queue.filter(state__in=TO_DO)
        .exclude(pk=case.pk)
        .exclude(held & ~Q(claimed_by=user.pk))
        .exclude(subject__author=user.pk)
        .order_by("-priority", "opened_at", "pk")
        .values_list("pk", flat=True)
    )
    same = Q(priority=case.priority)
    after = rows.filter(
        Q(priority__lt=case.priority)
        | same & Q(opened_at__gt=case.opened_at)
        | same & Q(opened_at=case.opened_at, pk__gt=case.pk)
    )
    return after.first() or rows.first()


def with_extracts(cases: Iterable[Case]) -> list[Case]:
    """Give every case its :class:`Extract` as the attribute ``extract`` (None without a text)."""
    listed = list(cases)
    found = extracts(listed)
    for case in listed:
        case.extract = found.get(case.pk)  # type: ignore[attr-defined]
    return listed


def passage_of(case: Case) -> SafeString:
    """Return the worst passage of a case that went through :func:`with_extracts`."""
    extract: Extract | None = getattr(case, "extract", None)
    return extract.html() if extract else display.isolated(str(case.subject))
