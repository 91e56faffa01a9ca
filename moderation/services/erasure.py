"""Erasing a person on request: names, keys, addresses and words go, what happened stays.

The audit chain covers ids and codes only (see :class:`moderation.models.Event`), so that names
can be taken out of it and it still verifies. What keeps the rows of one person together
afterwards is a random word: figures by author come out the same, and lead to nobody.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Q, QuerySet

from moderation.models import (
    Allowance,
    AllowanceScope,
    Appeal,
    Case,
    CaseNote,
    Decision,
    Event,
    IdempotentRequest,
    ModeratorPreference,
    Presence,
    Report,
    SavedView,
    Snapshot,
    Subject,
    Threshold,
)
from moderation.models.cases import OPEN_CASES
from moderation.services import allowances, audit
from moderation.services.actors import MACHINE
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import Unusable
from moderation.services.hosts import load
from moderation.services.retention import (
    BATCH,
    clear_texts,
    forget_appellants,
    forget_reporters,
)

MARK = "erased:"
"""What the author key of an erased person begins with."""

_NOBODY = "erased"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is meant: an author by their key, an account by its number, or both."""

    author_key: str = ""
    user_id: Any = None
    email: str = ""


@dataclass(slots=True)
class Erasure:
    """How many rows name the person, or did until now; ``still_on_site`` are the site's own."""

    subjects: int = 0
    texts: int = 0
    open_cases: int = 0
    reports: int = 0
    appeals: int = 0
    decisions: int = 0
    notes: int = 0
    events: int = 0
    lists: int = 0
    settings: int = 0
    still_on_site: int = 0


def look_for(person: Person) -> Erasure:
    """Return what an erasure would touch. Raises :class:`Unusable` if nobody is named."""
    using = moderation_db()
    _check(person)
    subjects = _subjects(person, using)
    texts = Snapshot.objects.using(using).filter(subject__in=subjects)
    return Erasure(
        subjects=subjects.count(),
        texts=texts.exclude(text="").count(),
        open_cases=Case.objects.using(using)
        .filter(subject__in=subjects, state__in=OPEN_CASES)
        .count(),
        reports=_reports(person, using).count(),
        appeals=_appeals(person, using).count(),
        decisions=_written_by(Decision, person, using).count(),
        notes=sum(_written_by(model, person, using, name).count() for model, name in _NOTES),
        events=_written_by(Event, person, using).count(),
        lists=_lists(person, using).count(),
        settings=sum(rows.count() for rows in _settings(person, using)),
        still_on_site=sum(load(subject) is not None for subject in subjects.iterator(BATCH)),
    )


def erase(person: Person) -> Erasure:
    """Take a person out of the desk's rows; return what was touched.

    Works in batches and may be run again after it was broken off. What the site still shows of
    the person is the site's to delete; the desk does not read it in again. Raises
    :class:`Unusable` if nobody is named.
    """
    found = look_for(person)
    using, alias = moderation_db(), MARK + secrets.token_urlsafe(12)
    while _erase_subjects(person, alias, using):
        pass
    with write_transaction(using):
        forget_reporters(list(_reports(person, using).values_list("pk", flat=True)), using)
        forget_appellants(list(_appeals(person, using).values_list("pk", flat=True)), using)
        for row in _lists(person, using):
            allowances.remove(row, actor=MACHINE)
        for rows in _settings(person, using):
            rows.delete()
        _erase_account(person, using)
        counted = {each.name: getattr(found, each.name) for each in fields(found)}
        audit.record("person.erased", data={"alias": alias, **counted})
    return found


def _check(person: Person) -> None:
    if not person.author_key and person.user_id is None and not person.email:
        raise Unusable("Name an author key, an account or an e-mail address.")
    if person.author_key.startswith(MARK):
        raise Unusable("This person was erased before.")


# What they wrote


def _subjects(person: Person, using: str) -> QuerySet[Subject]:
    chosen = Q(pk__in=[])
    if person.author_key:
        chosen |= Q(author_key=person.author_key)
    if person.user_id is not None:
        chosen |= Q(author_id=person.user_id)
    return Subject.objects.using(using).filter(chosen).order_by("pk")


def _erase_subjects(person: Person, alias: str, using: str) -> int:
    with write_transaction(using):
        keys = list(_subjects(person, using).values_list("pk", flat=True)[:BATCH])
        texts = Snapshot.objects.using(using).filter(subject__in=keys)
        clear_texts(list(texts.values_list("pk", flat=True)), using)
        Subject.objects.using(using).filter(pk__in=keys).update(
            author=None, author_key=alias, author_label="", label="", url=""
        )
    return len(keys)


def is_erased(subject: Subject) -> bool:
    """Whether the author of a subject was erased, so that nothing of theirs is read in again."""
    return subject.author_key.startswith(MARK)


# What they did


def _reports(person: Person, using: str) -> QuerySet[Report]:
    chosen = Q(pk__in=[])
    if person.user_id is not None:
        chosen |= Q(reporter_id=person.user_id)
    if person.email:
        chosen |= Q(email__iexact=person.email)
    return Report.objects.using(using).filter(chosen)


def _appeals(person: Person, using: str) -> QuerySet[Appeal]:
    chosen = Q(decision__case__subject__in=_subjects(person, using))
    if person.user_id is not None:
        chosen |= Q(author_id=person.user_id)
    return Appeal.objects.using(using).filter(chosen)


def _lists(person: Person, using: str) -> QuerySet[Allowance]:
    rows = Allowance.objects.using(using).filter(scope=AllowanceScope.AUTHOR)
    return rows.filter(value=person.author_key) if person.author_key else rows.none()


def _settings(person: Person, using: str) -> list[QuerySet[Any]]:
    if person.user_id is None:
        return []
    return [
        *(
            model.objects.using(using).filter(user=person.user_id)
            for model in (ModeratorPreference, Presence, SavedView)
        ),
        IdempotentRequest.objects.using(using).filter(actor=f"user:{person.user_id}"),
    ]


_NOTES: tuple[tuple[Any, str], ...] = ((CaseNote, "author"), (Appeal, "judge"))


def _written_by(model: Any, person: Person, using: str, name: str = "actor") -> QuerySet[Any]:
    # Not by the manager: it refuses to change what is written once, and here names are.
    rows: QuerySet[Any] = QuerySet(model, using=using)
    return rows.none() if person.user_id is None else rows.filter(**{f"{name}_id": person.user_id})


def _erase_account(person: Person, using: str) -> None:
    """Take the name of a moderator off what they did; the account's number stays in the chain."""
    for model, name in ((Decision, "actor"), (Event, "actor"), *_NOTES):
        rows = _written_by(model, person, using, name)
        rows.update(**{name: None, f"{name}_label": _NOBODY})
    made = _written_by(Threshold, person, using, "created_by")
    made.update(created_by=None, created_label=_NOBODY)
