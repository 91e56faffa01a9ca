"""The site's own lists of words and phrases: kept, looked up, tried out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import connections
from django.utils.translation import gettext as _

from moderation.detectors.phrases import Phrase, PhraseList
from moderation.models import ListedPhrase, Snapshot, WordList
from moderation.services import audit
from moderation.services.actors import human
from moderation.services.database import moderation_db, write_transaction
from moderation.text.plain import plain_text
from moderation.types import Band, Kind, Span, TextFormat

TRIED_ON = 1_000
"""Texts, the newest, that a phrase is tried on."""


_STATE = (
    "SELECT count(*), count(*) FILTER (WHERE is_active), max(updated_at) "
    f"FROM {ListedPhrase._meta.db_table}"
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a phrase would have found: the text, its readable form, and the first place."""

    snapshot: Snapshot
    text: str
    span: Span


def phrase_lists(kind: str) -> tuple[PhraseList, PhraseList]:
    """Return the blocked and the harmless phrases for a kind of text; one query."""
    using = moderation_db()
    with connections[using].cursor() as cursor:  # with every scan: the ORM takes ten times as long
        cursor.execute(_STATE)
        number, active, newest = cursor.fetchone()
    if not active:
        return PhraseList(), PhraseList()
    return _read(using, kind, (number, active, newest))


@lru_cache(maxsize=8)
def _read(using: str, kind: str, state: tuple[Any, ...]) -> tuple[PhraseList, PhraseList]:
    """Make the lists ready once per process and ``state`` of the table."""
    rows = ListedPhrase.objects.using(using).filter(is_active=True, kind__in=["", kind])
    blocked: list[Phrase] = []
    harmless: list[Phrase] = []
    for row in rows.order_by("pk"):
        (blocked if row.list == WordList.BLOCKED else harmless).append(as_phrase(row))
    return PhraseList(tuple(blocked)), PhraseList(tuple(harmless))


def as_phrase(row: ListedPhrase) -> Phrase:
    """Return a line of a list as the detector has it."""
    return Phrase(
        text=row.text, band=Band(row.band), endings=row.endings, key=str(row.pk) if row.pk else ""
    )


def save(row: ListedPhrase, *, user: Any) -> ListedPhrase:
    """Write a line of a list and put it on record."""
    using = moderation_db()
    with write_transaction(using):
        added = row.pk is None
        if added:
            row.created_by = user
        row.text = " ".join(row.text.split())
        row.save(using=using)
        _record("wordlist.added" if added else "wordlist.changed", row, user)
    return row


def remove(row: ListedPhrase, *, user: Any) -> None:
    """Take a line off its list and put it on record."""
    with write_transaction():
        _record("wordlist.removed", row, user)
        row.delete()


def _record(verb: str, row: ListedPhrase, user: Any) -> None:
    audit.record(
        verb,
        actor=human(user),
        data={"phrase": row.pk, "list": str(row.list), "active": row.is_active},
    )


def try_out(row: ListedPhrase, *, newest: int = TRIED_ON) -> Iterator[Trial]:
    """Yield the newest texts that have a phrase, at its first place in each.

    ``newest`` bounds how many texts are read; the site's text as it stands now is meant.
    """
    phrases = PhraseList((as_phrase(row),))
    snapshots = Snapshot.objects.using(moderation_db()).filter(
        is_current=True, subject__deleted_at=None
    )
    if row.kind:
        snapshots = snapshots.filter(subject__kind=row.kind)
    for snapshot in snapshots.select_related("subject").order_by("-pk")[:newest].iterator(100):
        readable = plain_text(snapshot.text, TextFormat(snapshot.format)).text
        for match in islice(phrases.find(readable), 1):
            yield Trial(snapshot, readable, match.span)


def problem_with(row: ListedPhrase) -> str:
    """Say why a line would find nothing or nearly everything; empty if it is fine."""
    if not PhraseList((as_phrase(row),)):
        return _("There is no word in it.")
    if row.kind and row.kind not in set(Kind):
        return _("There is no such kind of text.")
    return ""
