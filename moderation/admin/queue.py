"""A page of the queue: which cases, in which order, and the worst passage of each.

Pages are found by the case they begin after, not by counting those before: a page costs the same
wherever it stands, and cases that are decided meanwhile move none to another page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Substr
from django.utils.html import format_html
from django.utils.safestring import SafeString

from moderation import permissions
from moderation.admin import display
from moderation.admin.filters import SORTED_BY, Asked
from moderation.admin.passages import quote_from_window, shorten
from moderation.admin.wellness import MASKED_CATEGORIES
from moderation.models import Case, Evidence, ScanState
from moderation.models.cases import TO_DO
from moderation.types import Mode, Span, TextFormat

QUEUE = "_changelist_filters"
"""Where Django's admin keeps the filters that a list was left with."""

PAGE = 50
_DIGITS = 18

_AROUND = 300
_WINDOW = 900
CONTEXT_CHARS = 70
PASSAGE_CHARS = 140
AUTHOR_CHARS = 60
TITLE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Extract:
    """A stretch of a stored text, where it stands, and the passage in it to point at."""

    window: str
    offset: int
    passage: Span
    format: TextFormat
    title: str

    def html(self, *, covered: bool = False) -> SafeString:
        """Return title and passage for a cell; ``covered`` until somebody points at it."""
        quote = quote_from_window(
            self.window,
            self.offset,
            self.passage,
            self.format,
            context=CONTEXT_CHARS,
            longest=PASSAGE_CHARS,
        )
        found = display.quoted(quote)
        if covered:
            found = format_html('<span class="moderation-covered">{}</span>', found)
        if not self.title:
            return found
        return format_html(
            '<bdi class="moderation-title">{}</bdi> {}',
            display.shown(self.title[:TITLE_CHARS]),
            found,
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


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases in their order, and where the pages before and after begin."""

    cases: list[Case]
    before: str
    after: str
    begins_after: str = ""


def page_of(
    asked: Asked,
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE,
    first: list[int] | None = None,
) -> Page:
    """Return the page that begins after, or ends before, a place that an earlier page named.

    What names no place is taken for none: the first page is shown. ``first`` are the first keys
    of all, more than a page of them, where they are known.
    """
    rows = asked.cases()
    if before and (end := _place(before, asked.order)):
        earlier = _whole(list(_beyond(asked, rows, end, backwards=True)[: size + 1]))[::-1]
        if len(earlier) > size:
            names = [_name(case, asked.order) for case in earlier]
            return Page(with_extracts(earlier[1:]), names[1], names[-1], names[0])
        after = ""  # the first page, and a whole one
    place = _place(after, asked.order)
    if place is None and first is not None:
        found = first[: size + 1]
    else:
        found = list(_beyond(asked, rows, place)[: size + 1])
    cases = with_extracts(_whole(found[:size]))
    return Page(
        cases,
        _name(cases[0], asked.order) if place and cases else "",
        _name(cases[-1], asked.order) if len(found) > size else "",
        after if place else "",
    )


def ids_of(asked: Asked, *, after: str = "", size: int = PAGE) -> list[int]:
    """Return which cases the page that begins after a place has now, without reading them."""
    return list(_beyond(asked, asked.cases(), _place(after, asked.order))[:size])


def next_in_queue(asked: Asked, case: Case, *, backwards: bool = False) -> int | None:
    """Return the key of the case after ``case``, or the first one if it was the last.

    Passed over is what the moderator cannot decide: their own content, what a colleague holds,
    what waits for a second person after them, and what is put aside. ``backwards`` goes the
    other way, from the first one to the last.
    """
    user = asked.user
    held = Q(claimed_by__isnull=False, claim_expires_at__gt=asked.now)
    rows = (
        asked.cases()
        .filter(state__in=TO_DO)
        .exclude(pk=case.pk)
        .exclude(held & ~Q(claimed_by=user.pk))
        .exclude(subject__author=user.pk)
        .exclude(proposed_by=user.pk)
    )
    place = _place(_name(case, asked.order), asked.order)
    following: int | None = _beyond(asked, rows, place, backwards=backwards).first()
    if following is None:
        following = _beyond(asked, rows, None, backwards=backwards).first()
    return following


_Place = tuple[float | datetime, int]


def _beyond(
    asked: Asked, rows: QuerySet[Case], place: _Place | None, *, backwards: bool = False
) -> QuerySet[Case, Any]:
    """Return the keys of the cases after a place, nearest first."""
    rows = rows.order_by(*asked.sorting(backwards=backwards))
    if place is not None:
        field, (value, pk) = SORTED_BY[asked.order], place
        beyond = "lt" if (asked.order != "oldest") != backwards else "gt"
        pk_beyond = "lt" if (asked.order == "newest") != backwards else "gt"
        # The first condition alone is what an index is entered by.
        rows = rows.filter(
            Q(**{f"{field}__{beyond}e": value})
            & (Q(**{f"{field}__{beyond}": value}) | Q(**{f"pk__{pk_beyond}": pk}))
        )
    return rows.values_list("pk", flat=True)


def _name(case: Case, order: str) -> str:
    value = case.priority if order == "priority" else case.opened_at.isoformat()
    return f"{value}~{case.pk}"


def _place(name: str, order: str) -> _Place | None:
    value, _tilde, key = name.partition("~")
    if not (key.isascii() and key.isdecimal() and len(key) < _DIGITS):
        return None
    try:
        at = float(value) if order == "priority" else datetime.fromisoformat(value)
    except ValueError:
        return None
    if isinstance(at, float):
        return (at, int(key)) if isfinite(at) else None
    return (at, int(key)) if at.tzinfo is not None else None


def _whole(keys: list[int]) -> list[Case]:
    """Read the cases behind ``keys``, in that order."""
    found = Case.objects.select_related("subject", "claimed_by").in_bulk(keys)
    return [found[key] for key in keys if key in found]


def author_of(case: Case, user: Any) -> SafeString:
    """Return the author's name, for those who may know it."""
    name = case.subject.author_label if permissions.may_see_author(user) else ""
    return display.isolated(shorten(name, AUTHOR_CHARS) or "–")


def with_extracts(cases: Iterable[Case]) -> list[Case]:
    """Give every case its :class:`Extract` as the attribute ``extract`` (None without a text)."""
    listed = list(cases)
    found = extracts(listed)
    for case in listed:
        case.extract = found.get(case.pk)  # type: ignore[attr-defined]
    return listed


def passage_of(case: Case, user: Any, *, mask: bool = False) -> SafeString:
    """Return the worst passage of a case that went through :func:`with_extracts`.

    A text that is no longer kept is called what ``user`` may know of it. ``mask`` covers the
    passage where it may be a slur or a threat, for who wants that.
    """
    extract: Extract | None = getattr(case, "extract", None)
    if extract is None:
        return display.headline(case.subject, "", names=permissions.may_see_author(user))
    return extract.html(covered=mask and not _MASKED.isdisjoint(case.categories))


_MASKED = {f"{kind}/{category}" for kind, category in MASKED_CATEGORIES}
