"""The filters of the queue: what an address asks for, and what else could be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import permissions
from moderation.admin import words
from moderation.admin.figures import FIGURE, behind
from moderation.models import Case, CaseState, Decision, Policy
from moderation.models.cases import TO_DO, by_detector, in_category
from moderation.models.scans import BAND_CHOICES
from moderation.models.search import found_by
from moderation.models.subjects import KIND_CHOICES
from moderation.services.priority import highest_of_cases_since
from moderation.types import Band

COUNTED = 1_000
"""Of so many cases, the first of the queue, the counts beside the filters are taken."""

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

    @property
    def waiting(self) -> bool:
        """Whether only cases to do are asked for."""
        return self.state == TO_DO_VALUE or self.state in TO_DO

    @property
    def active(self) -> list[str]:
        """The names of the filters that are set."""
        return [name for name in FILTERS if name in self.values]

    @property
    def _sees_authors(self) -> bool:
        return permissions.may_see_author(self.user)

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
        return found_by(rows, self.search, authors=self._sees_authors) if self.search else rows


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
    standing = Decision.objects.filter(case=OuterRef("pk"), policies__code=value, reversed_by=None)
    return Q(Exists(standing))


def _opened(value: str, asked: Asked) -> Q:
    if value == "older":
        return Q(opened_at__lt=asked.now - timedelta(days=_DAYS["month"]))
    if value not in _DAYS:
        return _NOTHING
    since = asked.now - timedelta(days=_DAYS[value])
    young = Q(opened_at__gte=since)
    # The young stand at the end of the queue: say so, or all before them are read first.
    return young & Q(priority__lte=highest_of_cases_since(since)) if asked.waiting else young


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


def choices(asked: Asked) -> list[Choice]:
    """Return every filter with its options and their counts.

    A fixed number of queries plus one for every filter that is set: the options of that one are
    counted as if it were not.
    """
    known = _known_options(asked)
    counts = _counts(asked, known)
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


def _counts(asked: Asked, known: Mapping[str, list[tuple[str, str]]]) -> dict[tuple[str, str], str]:
    free = [name for name in known if name not in {*asked.active, "state", "policy"}]
    counted = _count(asked, {name: known[name] for name in free})
    for name in asked.active:
        if name not in ("state", "policy"):
            counted |= _count(asked.without(name), {name: known[name]})
    return counted | _count_states(asked) | _count_policies(asked)


def _count(
    asked: Asked, options: Mapping[str, list[tuple[str, str]]]
) -> dict[tuple[str, str], str]:
    """Count every option among the first cases asked for; one query."""
    keys = [(name, value) for name, values in options.items() for value, _label in values]
    if not keys:
        return {}
    among = ordered(asked.cases(), asked.order)[:COUNTED]
    conditions = {
        f"n{number}": Count("pk", filter=FILTERS[name].condition(value, asked))
        for number, (name, value) in enumerate(keys)
    }
    found = among.aggregate(total=Count("pk"), **conditions)
    more = found["total"] >= COUNTED
    return {key: _shown(found[f"n{number}"], more=more) for number, key in enumerate(keys)}


def _count_states(asked: Asked) -> dict[tuple[str, str], str]:
    """Count the parts of what is to do, and each of the others up to a limit."""
    free = replace(asked, values={**asked.values, "state": TO_DO_VALUE})
    parts = [(TO_DO_VALUE, ""), *((state.value, "") for state in TO_DO)]
    counted = _count(free, {"state": parts})
    for state in (CaseState.SNOOZED, CaseState.DECIDED, CaseState.CLOSED_MOOT):
        others = replace(asked, values={**asked.values, "state": state.value})
        number = others.cases()[:COUNTED].count()
        counted["state", state.value] = _shown(number, more=number >= COUNTED)
    return counted


def _count_policies(asked: Asked) -> dict[tuple[str, str], str]:
    free = asked.without("policy")
    among = ordered(free.cases(), free.order)[:COUNTED].values("pk")
    cited = Decision.objects.filter(case__in=among, reversed_by=None, policies__isnull=False)
    rows = cited.order_by().values_list("policies__code").annotate(n=Count("case", distinct=True))
    return {("policy", code): _shown(number, more=False) for code, number in rows}


def _shown(number: int, *, more: bool) -> str:
    return f"{number}+" if more and number else str(number)


def ordered(rows: QuerySet[Case], order: str) -> QuerySet[Case]:
    """Put cases into one of :data:`ORDERS`, equal ones by number."""
    return rows.order_by(*SORTED_BY[order])


SORTED_BY = {
    "priority": ("-priority", "pk"),
    "oldest": ("opened_at", "pk"),
    "newest": ("-opened_at", "-pk"),
}


def chips(asked: Asked) -> Iterator[tuple[str, str]]:
    """Give what is set beside the filters, with the query that lets go of it."""
    if asked.search:
        yield _("Search: %(words)s") % {"words": asked.search}, asked.query(q="")
    if AUTHOR in asked.values:
        yield _("One author"), asked.query(**{AUTHOR: ""})
    if figure := asked.values.get(FIGURE):
        yield behind(figure, asked.now).label, asked.query(**{FIGURE: ""})
