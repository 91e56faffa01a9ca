"""The filters of the queue: what an address asks for, and what else could be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import words
from moderation.admin.figures import FIGURE, behind
from moderation.models import Case, CaseState, Decision, Policy
from moderation.models.cases import TO_DO, by_detector, in_category
from moderation.models.scans import BAND_CHOICES
from moderation.models.search import matching, matching_each
from moderation.models.subjects import KIND_CHOICES
from moderation.types import Band

COUNTED = 1_000
"""Of so many cases, the first of the queue, the counts beside the filters are taken."""

COUNTED_OF_FEW = 100
"""The same where filters or words narrow the queue down: to find more would take too long."""

_LOOKED_AT = 500
"""Of so many cases, the first whatever they are, the other values of filters are counted then."""

MORE = "+"
"""What stands behind a count that may be too low."""

_RECENT = 500
_LONGEST = 200
_MOST_OPTIONS = 50

TO_DO_VALUE, ALL = "to_do", "all"
_NOTHING = Q(pk__in=())
_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a queue asks for. Unknown values find nothing, they do not fail."""

    values: Mapping[str, str]
    user: Any
    now: datetime
    words: Q | None = None

    @classmethod
    def of(cls, query: QueryDict, user: Any) -> Asked:
        """Read the parameters that mean something; everything else is left alone."""
        values = {
            name: query.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in PARAMETERS
        }
        return cls({name: value for name, value in values.items() if value}, user, timezone.now())

    def without(self, *names: str) -> Asked:
        """Return the same, without some of the filters."""
        return replace(self, values={k: v for k, v in self.values.items() if k not in names})

    def of_state(self, state: str) -> Asked:
        """Return what asks for all cases of a state."""
        order = {"order": self.values["order"]} if "order" in self.values else {}
        return replace(self, values={"state": state, **order})

    def among(self, keys: QuerySet[Case, int]) -> QuerySet[Case]:
        """Return which of some hundred cases are asked for."""
        if not self.search:
            return self.cases().filter(pk__in=keys)
        each = matching_each(self.search, authors=self._sees_authors)
        return replace(self, words=each).cases().filter(pk__in=keys)

    def query(self, **changes: str) -> str:
        """Return the query of the address, with ``changes``; an empty value leaves one out."""
        values = {**self.values, **changes}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def state(self) -> str:
        return self.values.get("state", TO_DO_VALUE)

    @property
    def search(self) -> str:
        return self.values.get("q", "")

    @property
    def order(self) -> str:
        """How the cases are ordered; by priority only what is to do, the rest is history."""
        fallback = "priority" if self.waiting else "newest"
        order = self.values.get("order", fallback)
        return order if order in ORDERS and (self.waiting or order != "priority") else fallback

    def sorting(self, *, backwards: bool = False) -> tuple[Any, Any]:
        """Return what the cases are ordered by; ``backwards`` for the other end first."""
        field = SORTED_BY[self.order]
        down = (self.order != "oldest") != backwards
        pk_down = (self.order == "newest") != backwards
        key: Any = F(field)
        if self.order == "priority" and self.values.get("opened") in _DAYS:
            # The young stand far down the queue. Their own index finds all of them with their
            # urgencies at once; a sum keeps the database from reading the queue down to them.
            key = key + Value(0.0)
        return (key.desc() if down else key.asc()), ("-pk" if pk_down else "pk")

    @property
    def waiting(self) -> bool:
        """Whether only cases to do are asked for."""
        return self.state == TO_DO_VALUE or self.state in TO_DO

    @property
    def active(self) -> list[str]:
        """The names of the filters that are set."""
        return [name for name in FILTERS if name in self.values]

    @property
    def narrowed(self) -> bool:
        """Whether anything but a state is asked for."""
        return not self.values.keys() <= {"state", "order"}

    @property
    def counted(self) -> int:
        """How many cases the counts are taken of."""
        return COUNTED_OF_FEW if self.narrowed else COUNTED

    @property
    def _sees_authors(self) -> bool:
        return permissions.may_see_author(self.user)

    def _matching(self) -> Q:
        return matching(self.search, authors=self._sees_authors, using=Case.objects.db)

    def cases(self) -> QuerySet[Case]:
        """Return the cases asked for, in no order yet."""
        rows = Case.objects.filter(_state(self.state, self))
        for name, value in self.values.items():
            if name in FILTERS and name != "state":
                rows = rows.filter(FILTERS[name].condition(value, self))
        if figure := self.values.get(FIGURE):
            rows = rows.filter(behind(figure, self.now).condition)
        if author := self.values.get(AUTHOR):
            rows = rows.filter(subject__author_key=author) if self._sees_authors else rows.none()
        return rows.filter(self.words or self._matching()) if self.search else rows


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: its heading, and the condition that a value of it stands for."""

    title: Any
    condition: Callable[[str, Asked], Q]


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose, with how many cases there are; None where nobody counted."""

    label: str
    query: str
    chosen: bool
    count: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with its options, as the page shows it."""

    name: str
    title: str
    options: list[Option]
    active: bool

    @property
    def cut(self) -> bool:
        """Whether there may be more of an option than were counted."""
        return any((option.count or "").endswith(MORE) for option in self.options)


# What a value means


def _state(value: str, asked: Asked) -> Q:
    if value == ALL:
        return Q()
    if value == TO_DO_VALUE:
        return Q(state__in=TO_DO)
    # What is to do is named as such as well, so that its index serves each part of it.
    return Q(state__in=TO_DO, state=value) if value in TO_DO else Q(state=value)


def _equal(field: str) -> Callable[[str, Asked], Q]:
    return lambda value, asked: Q(**{field: value})


def _policy(value: str, asked: Asked) -> Q:
    policy = Policy.objects.filter(code=value).values_list("pk", flat=True).first()
    if policy is None:
        return _NOTHING
    undone = Decision.objects.filter(reverses=OuterRef("pk"))
    standing = Decision.objects.filter(~Exists(undone), case=OuterRef("pk"), policies=policy)
    return Q(Exists(standing))


def _opened(value: str, asked: Asked) -> Q:
    if value == "older":
        return Q(opened_at__lt=asked.now - timedelta(days=_DAYS["month"]))
    if value not in _DAYS:
        return _NOTHING
    return Q(opened_at__gte=asked.now - timedelta(days=_DAYS[value]))


def _assignee(value: str, asked: Asked) -> Q:
    held = Q(claimed_by__isnull=False, claim_expires_at__gt=asked.now)
    match value:
        case "me":
            return held & Q(claimed_by=asked.user.pk)
        case "none":
            return ~held
        case "others":
            return held & ~Q(claimed_by=asked.user.pk)
    key = get_user_model()._meta.pk
    try:
        return held & Q(claimed_by=key.clean(value, None))
    except ValidationError:
        return _NOTHING


def _overdue(value: str, asked: Asked) -> Q:
    return Q(due_at__lt=asked.now, state__in=TO_DO) if value == "yes" else _NOTHING


FILTERS: dict[str, Filter] = {
    "state": Filter(gettext_lazy("state"), _state),
    "assignee": Filter(gettext_lazy("assignee"), _assignee),
    "overdue": Filter(gettext_lazy("due"), _overdue),
    "kind": Filter(gettext_lazy("kind"), _equal("kind")),
    "band": Filter(gettext_lazy("band"), _equal("band")),
    "category": Filter(gettext_lazy("category"), lambda value, asked: in_category(value)),
    "detector": Filter(gettext_lazy("detector"), lambda value, asked: by_detector(value)),
    "section": Filter(gettext_lazy("section"), _equal("section")),
    "language": Filter(gettext_lazy("language"), _equal("language")),
    "opened": Filter(gettext_lazy("opened"), _opened),
    "policy": Filter(gettext_lazy("policy cited"), _policy),
}
AUTHOR = "subject__author_key"
ORDERS = {
    "priority": gettext_lazy("most urgent first"),
    "oldest": gettext_lazy("oldest first"),
    "newest": gettext_lazy("newest first"),
}
PARAMETERS = (*FILTERS, FIGURE, AUTHOR, "q", "order")


# What there is to choose, and how often


def first_of(asked: Asked, most: int | None = None) -> QuerySet[Case, int]:
    """Return the keys of the first cases asked for, as many as are counted."""
    rows = asked.cases().order_by(*asked.sorting())
    return rows.values_list("pk", flat=True)[: most or asked.counted]


def choices(asked: Asked, first: list[int]) -> list[Choice]:
    """Return every filter with its options, counted among the ``first`` cases asked for.

    A fixed number of queries, whatever is set.
    """
    known = _known_options(asked)
    counts = _counts(asked, known, first)
    found = []
    for name, values in known.items():
        chosen = asked.values.get(name, TO_DO_VALUE if name == "state" else "")
        options = [
            Option(label, asked.query(**{name: value}), value == chosen, counts.get((name, value)))
            for value, label in values
        ]
        if name != "state":
            options.insert(0, Option(_("any"), asked.query(**{name: ""}), not chosen, None))
        if len(options) > 1:
            found.append(Choice(name, str(FILTERS[name].title), options, name in asked.values))
    return found


def _known_options(asked: Asked) -> dict[str, list[tuple[str, str]]]:
    return {
        name: _with_chosen(values[:_MOST_OPTIONS], asked.values.get(name))
        for name, values in {
            **_fixed_options(),
            **_recent_options(),
            "assignee": _assignees(asked),
            "policy": list(Policy.objects.values_list("code", "title")[:_MOST_OPTIONS]),
        }.items()
    }


def _with_chosen(values: list[tuple[str, str]], chosen: str | None) -> list[tuple[str, str]]:
    if not chosen or any(value == chosen for value, _label in values):
        return values
    return [*values, (chosen, chosen)]


def _fixed_options() -> dict[str, list[tuple[str, str]]]:
    states = [(value, str(label)) for value, label in CaseState.choices]
    bands = [(value, str(label)) for value, label in BAND_CHOICES if value != Band.NONE.value]
    return {
        "state": [(TO_DO_VALUE, _("to do")), *states, (ALL, _("all"))],
        "assignee": [],
        "overdue": [("yes", _("overdue"))],
        "kind": [(value, str(label)) for value, label in KIND_CHOICES],
        "band": bands,
        "category": [],
        "detector": [],
        "section": [],
        "language": [],
        "opened": [
            ("day", _("in the last day")),
            ("week", _("in the last week")),
            ("month", _("in the last month")),
            ("older", _("before that")),
        ],
    }


def _recent_options() -> dict[str, list[tuple[str, str]]]:
    """Return what the newest cases have: all there ever was would take a walk over all cases."""
    fields = ("categories", "detectors", "section", "language")
    recent = list(Case.objects.order_by("-pk").values_list(*fields)[:_RECENT])
    categories = {name for row in recent for name in row[0]}
    named = sorted(((name, words.category(name)) for name in categories), key=lambda two: two[1])
    return {
        "category": named,
        "detector": _plain(name for row in recent for name in row[1]),
        "section": _plain(row[2] for row in recent),
        "language": _plain(row[3] for row in recent),
    }


def _plain(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in sorted({value for value in values if value})]


def _assignees(asked: Asked) -> list[tuple[str, str]]:
    accounts = get_user_model()._default_manager
    holding = Case.objects.filter(
        state=CaseState.CLAIMED, claimed_by__isnull=False, claim_expires_at__gt=asked.now
    ).exclude(claimed_by=asked.user.pk)
    named = accounts.filter(pk__in=holding.order_by().values("claimed_by")).order_by("pk")
    return [
        ("me", _("me")),
        ("none", _("nobody")),
        ("others", _("colleagues")),
        *((str(account.pk), account.get_username()) for account in named[:_MOST_OPTIONS]),
    ]


_Counts = dict[tuple[str, str], str | None]


def _counts(asked: Asked, known: Mapping[str, list[tuple[str, str]]], first: list[int]) -> _Counts:
    more = len(first) >= asked.counted
    # Keys are passed on where few were found or it took long; else they are found again.
    among = first if asked.narrowed or asked.state in TO_DO else first_of(asked)
    free = [name for name in known if name not in {*asked.active, "state", "policy"}]
    conditions = {
        (name, value): FILTERS[name].condition(value, asked)
        for name in free
        for value, _label in known[name]
    }
    counts = _count(Case.objects.filter(pk__in=among), conditions, more=more)
    counts |= _count_others(asked, known) | _count_states(asked)
    if "policy" in asked.values:
        counts |= _count_other_policies(asked)
    else:
        counts |= _count_policies(among, more=more)
    chosen = {(name, asked.values[name]): _shown(len(first), more=more) for name in asked.active}
    return counts | chosen | {("state", asked.state): _shown(len(first), more=more)}


def _count(rows: QuerySet[Case], conditions: Mapping[tuple[str, str], Q], *, more: bool) -> _Counts:
    """Count the cases that meet each of the conditions; one query."""
    if not conditions:
        return {}
    found = rows.order_by().aggregate(
        **{f"n{n}": Count("pk", filter=each) for n, each in enumerate(conditions.values())}
    )
    return {key: _shown(found[f"n{n}"], more=more) for n, key in enumerate(conditions)}


def _count_others(asked: Asked, known: Mapping[str, list[tuple[str, str]]]) -> _Counts:
    """Count the other options of filters that are set, among the first cases of the state."""
    names = [name for name in asked.active if name not in ("state", "policy")]
    if not names:
        return {}
    window = first_of(asked.of_state(asked.state), _LOOKED_AT)
    set_to = {name: FILTERS[name].condition(asked.values[name], asked) for name in names}
    conditions = {
        (name, value): _all(set_to[other] for other in names if other != name)
        & FILTERS[name].condition(value, asked)
        for name in names
        for value, _label in known[name]
    }
    rows = asked.without(*names).among(window)
    return _count(rows, conditions, more=window.count() >= _LOOKED_AT)


def _all(conditions: Iterable[Q]) -> Q:
    return reduce(and_, conditions, Q())


def _count_states(asked: Asked) -> _Counts:
    """Count what the other filters leave of the first cases of each state."""
    most = _LOOKED_AT if asked.narrowed else COUNTED
    window = first_of(asked.of_state(TO_DO_VALUE), most)
    waiting = replace(asked, values={**asked.values, "state": TO_DO_VALUE})
    parts = (TO_DO_VALUE, *(state.value for state in TO_DO))
    conditions = {("state", part): _state(part, asked) for part in parts}
    rows = waiting.among(window)
    counts = _count(rows, conditions, more=window.count() >= most)
    for state in (CaseState.SNOOZED, CaseState.DECIDED, CaseState.CLOSED_MOOT):
        if state == asked.state:
            continue  # counted already, by what was found
        window = first_of(asked.of_state(state.value), most)
        others = replace(asked, values={**asked.values, "state": state.value})
        number = window.count()
        left = others.among(window).count() if asked.narrowed else number
        counts["state", state.value] = _shown(left, more=number >= most)
    return counts


def _count_policies(cases: list[int] | QuerySet[Case, int], *, more: bool) -> _Counts:
    cited = Decision.objects.filter(case__in=cases, reversed_by=None, policies__isnull=False)
    rows = cited.order_by().values_list("policies__code").annotate(n=Count("case", distinct=True))
    return {("policy", code): _shown(number, more=more) for code, number in rows}


def _count_other_policies(asked: Asked) -> _Counts:
    """Count every policy where one is set, among the first cases of the state."""
    window = first_of(asked.of_state(asked.state), _LOOKED_AT)
    rows = asked.without("policy").among(window)
    return _count_policies(rows.values_list("pk", flat=True), more=window.count() >= _LOOKED_AT)


def _shown(number: int, *, more: bool) -> str | None:
    """Say a count; None where there may be some, only not among those that were looked at."""
    if not more:
        return str(number)
    if not number:
        return None
    return f"{number_format(number, use_l10n=True, force_grouping=True)}{MORE}"


SORTED_BY = {"priority": "priority", "oldest": "opened_at", "newest": "opened_at"}
"""The field behind each of :data:`ORDERS`; equal ones go by number."""


def chips(asked: Asked) -> Iterator[tuple[str, str]]:
    """Give what is set beside the filters, with the query that lets go of it."""
    if asked.search:
        yield _("Search: %(words)s") % {"words": asked.search}, asked.query(q="")
    if AUTHOR in asked.values:
        yield _("One author"), asked.query(**{AUTHOR: ""})
    if figure := asked.values.get(FIGURE):
        yield behind(figure, asked.now).label, asked.query(**{FIGURE: ""})
