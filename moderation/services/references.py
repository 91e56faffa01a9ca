"""Reference documents: taken in, changed, switched off and removed, always with their index.

What the index holds of a document is read off its text. So it is taken out of the index
before its text changes, and put back after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from moderation.conf import settings
from moderation.corpus import get_corpus
from moderation.corpus.later import later_copies
from moderation.models import ReferenceDocument, Subject
from moderation.services import audit, intake
from moderation.services.actors import MACHINE, Actor
from moderation.services.database import after_commit, moderation_db, write_transaction
from moderation.services.errors import Unusable
from moderation.text.plain import plain_text
from moderation.text.storage import storable, text_hash
from moderation.types import Kind, TextFormat

# What a text is read with: a change of these may change its fingerprints.
_READ = frozenset(("text", "format", "title", "url", "language", "publisher"))
# A change of these may turn an older article into a copy, or into one that is allowed.
_JUDGED = frozenset(("text", "format", "may_be_copied", "is_active"))


@dataclass(frozen=True, slots=True)
class NewReference:
    """A document as it comes in: from a file, or pasted by a moderator."""

    text: str
    format: TextFormat = TextFormat.PLAIN
    title: str = ""
    url: str = ""
    publisher: str = ""
    licence: str = ""
    may_be_copied: bool = False
    published_at: datetime | None = None
    language: str = ""
    origin: str = ""


class Change(StrEnum):
    """What became of a document that came in."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


class Written(NamedTuple):
    """A document that came in: its id, and what was done."""

    id: int
    change: Change


def identity_of(url: str, text: str, text_format: TextFormat) -> str:
    """Return what is equal for two versions of one document: by address, else by text."""
    address = _address(url)
    return text_hash(address) if address else text_hash(text, text_format)


def check(new: NewReference) -> None:
    """Tell whether a document could be taken in, without doing so. Raises like :func:`put`."""
    _storable(new)


def has_double(new: NewReference, *, other_than: int | None = None) -> bool:
    """Tell whether another document has the same identity. Raises like :func:`put`."""
    rows = ReferenceDocument.objects.using(moderation_db())
    same = rows.filter(identity=_storable(new)["identity"])
    return (same if other_than is None else same.exclude(pk=other_than)).exists()


def put(new: NewReference, *, actor: Actor | None = None, compare: bool = True) -> Written:
    """Take in a document, or let it replace the one of the same identity.

    What the new one does not say, and whether the document is active, stays as it was.
    ``compare`` scans the older articles again that share passages with it, once committed.
    With an ``actor`` the audit trail tells of it.

    Raises:
        Unusable: the document has no text.
    """
    values = _storable(new)
    for last_try in (False, True):
        try:
            return _put(values, actor, compare=compare)
        except IntegrityError:
            # Somebody else takes in the same document right now; look again.
            if last_try:
                raise
    raise AssertionError("unreachable")


def _put(values: Mapping[str, Any], actor: Actor | None, *, compare: bool) -> Written:
    with write_transaction() as using:
        reference = _locked(using).filter(identity=values["identity"]).first()
        if reference is None:
            reference = ReferenceDocument()
            changed = _write(reference, values, using, compare=compare)
            done = Change.ADDED
        else:
            told = {name: value for name, value in values.items() if value}
            changed = _write(reference, told, using, compare=compare)
            done = Change.REPLACED if changed - {"origin"} else Change.UNCHANGED
        if actor is not None and done is not Change.UNCHANGED:
            _record("added" if done is Change.ADDED else "changed", reference.pk, changed, actor)
    return Written(reference.pk, done)


def change(reference_id: int, new: NewReference, *, is_active: bool, actor: Actor) -> Written:
    """Make a document what ``new`` says, in every respect; its origin stays.

    Raises:
        Unusable: the document has no text, or is another one's double.
        ReferenceDocument.DoesNotExist: it was removed meanwhile.
    """
    values = {**_storable(new), "is_active": is_active}
    del values["origin"]
    try:
        with write_transaction() as using:
            reference = _locked(using).get(pk=reference_id)
            _leave_alone(reference, values)
            changed = _write(reference, values, using, compare=True)
            if changed:
                _record("changed", reference_id, changed, actor)
    except IntegrityError as error:
        raise Unusable(_("This document is there already.")) from error
    return Written(reference_id, Change.REPLACED if changed else Change.UNCHANGED)


def set_active(reference_ids: Iterable[int], *, active: bool, actor: Actor) -> int:
    """Switch documents on or off; return how many were not so before.

    Articles are compared with active documents only; findings that are there stay.
    """
    switched = 0
    for reference_id in reference_ids:
        with write_transaction() as using:
            reference = _locked(using).filter(pk=reference_id).first()
            if reference is None:
                continue
            changed = _write(reference, {"is_active": active}, using, compare=True)
            if changed:
                _record("changed", reference_id, changed, actor)
                switched += 1
    return switched


def remove(reference_id: int, *, actor: Actor) -> None:
    """Delete a document. What was found with it stays on record, without its text."""
    with write_transaction() as using:
        reference = _locked(using).filter(pk=reference_id).first()
        if reference is None:
            return
        get_corpus().unindex_reference(reference_id)
        reference.delete(using=using)
        _record("removed", reference_id, frozenset(), actor)


def record_import(origin: str, counts: Mapping[str, int]) -> None:
    """Note in the audit trail that a file was imported, and what came of it."""
    audit.record("reference.imported", actor=MACHINE, data={"origin": origin, **counts})


def compare_older(reference_id: int) -> int:
    """Queue a scan for the older articles that share passages; return for how many."""
    using = moderation_db()
    reference = ReferenceDocument.objects.using(using).filter(pk=reference_id).first()
    if reference is None:
        return 0
    subjects = Subject.objects.using(using).filter(
        pk__in=later_copies(reference), kind=Kind.ARTICLE.value, deleted_at__isnull=True
    )
    return sum(intake.request_scan(subject) is not None for subject in subjects)


def _locked(using: str) -> QuerySet[ReferenceDocument]:
    return ReferenceDocument.objects.using(using).select_for_update()


def _write(
    reference: ReferenceDocument, values: Mapping[str, Any], using: str, *, compare: bool
) -> frozenset[str]:
    """Write the values that differ, and bring the index up to date; return their names."""
    is_new = reference.pk is None
    changed = frozenset(
        name for name, value in values.items() if is_new or getattr(reference, name) != value
    )
    if not changed:
        return changed
    moves = bool(changed & (_READ | {"is_active"}))
    if moves and not is_new:
        get_corpus().unindex_reference(reference.pk)
    for name in changed:
        setattr(reference, name, values[name])
    reference.save(using=using)
    if moves:
        get_corpus().index_reference(reference.pk)
    if compare and reference.is_active and changed & _JUDGED:
        later = partial(compare_older, reference.pk)
        after_commit(using, f"Comparing with reference document {reference.pk}", later)
    return changed


def _leave_alone(reference: ReferenceDocument, values: dict[str, Any]) -> None:
    """Keep what was told by the whole of a text of which a part is stored."""
    if all(getattr(reference, name) == values[name] for name in ("text", "format")):
        del values["text_hash"], values["length"]
        if reference.url == values["url"]:
            del values["identity"]


def _record(verb: str, reference_id: int, changed: Iterable[str], actor: Actor) -> None:
    fields = sorted(set(changed) - {"identity", "text_hash", "length"})
    data = {"reference": reference_id, "fields": fields}
    audit.record(f"reference.{verb}", actor=actor, data=data)


def _storable(new: NewReference) -> dict[str, Any]:
    """Return the columns of a document, cut to what they hold."""
    text = storable(new.text[: settings.SNAPSHOT_MAX_CHARS])
    text_format = TextFormat(new.format)
    if not plain_text(text, text_format).text.strip():
        raise Unusable(_("There is no text."))
    url = storable(new.url.strip())
    if len(url) > _length("url"):
        url = ""  # half an address leads somewhere else
    return {
        "identity": identity_of(url, new.text, text_format),
        "title": _line(new.title, "title"),
        "url": url,
        "publisher": _line(new.publisher, "publisher"),
        "licence": _line(new.licence, "licence"),
        "may_be_copied": new.may_be_copied,
        "published_at": new.published_at,
        "language": _line(new.language, "language"),
        "format": text_format.value,
        "text": text,
        "text_hash": text_hash(new.text, text_format),
        "length": len(new.text),
        "origin": storable(new.origin)[: _length("origin")],
    }


def _line(value: str, field: str) -> str:
    return " ".join(storable(value).split())[: _length(field)]


def _length(field: str) -> int:
    return int(getattr(ReferenceDocument._meta.get_field(field), "max_length", None) or 0)


def _address(url: str) -> str:
    """Write an address as one of several that lead to the same page."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url.strip()
    return urlunsplit(
        (parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, "")
        if parts.netloc
        else parts
    )
