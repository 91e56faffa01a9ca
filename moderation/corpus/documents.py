"""Stored texts as the detectors see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from moderation.conf import settings
from moderation.models import ReferenceDocument, Snapshot
from moderation.text.document import Document
from moderation.text.plain import plain_text
from moderation.types import Kind, TextFormat

_SNAPSHOT = "snapshot"
_REFERENCE = "reference"
_SUBJECT = "subject"

_ONE_SAVE = timedelta(minutes=1)
"""A subject and its first text are taken in together; what comes so much later is an edit."""


def snapshot_key(snapshot_id: int) -> str:
    """Return the corpus key of a snapshot."""
    return f"{_SNAPSHOT}:{snapshot_id}"


def snapshot_of_key(key: str) -> int | None:
    """Return the snapshot behind a corpus key, or None for anything else."""
    return _number(key, _SNAPSHOT)


def reference_key(reference_id: int) -> str:
    """Return the corpus key of a reference document, which is its work as well."""
    return f"{_REFERENCE}:{reference_id}"


def reference_of_key(key: str) -> int | None:
    """Return the reference document behind a corpus key, or None for anything else."""
    return _number(key, _REFERENCE)


def subject_work(subject_id: int) -> str:
    """Return the work that all texts of a subject are."""
    return f"{_SUBJECT}:{subject_id}"


def document_of(snapshot: Snapshot) -> Document:
    """Return the text of a snapshot, as much of it as is scanned."""
    subject = snapshot.subject
    return Document(
        text=snapshot.text[: settings.SCAN_MAX_CHARS],
        kind=Kind(subject.kind),
        format=TextFormat(snapshot.format),
        title=snapshot.title,
        language=snapshot.language,
        key=snapshot_key(snapshot.pk),
        author=subject.author_key,
        url=subject.url,
        work=subject_work(subject.pk),
        parent=subject_work(subject.parent_id) if subject.parent_id else "",
        answers=_current_text(subject.reply_to_id, using=snapshot._state.db),
        first_seen=snapshot.created_at,
        published_at=subject.published_at,
        revised=snapshot.created_at - subject.created_at > _ONE_SAVE,
    )


def documents_of(snapshot_ids: Collection[int], using: str) -> dict[str, Document]:
    """Return the texts of these snapshots by their keys; those that have gone are left out."""
    found = Snapshot.objects.using(using).select_related("subject")
    return {snapshot_key(each.pk): document_of(each) for each in found.filter(pk__in=snapshot_ids)}


def _current_text(subject_id: int | None, using: str | None) -> str:
    """Return the readable text that a subject has now; empty for none."""
    if subject_id is None:
        return ""
    said = Snapshot.objects.using(using).filter(subject=subject_id, is_current=True).first()
    if said is None:
        return ""
    return plain_text(said.text[: settings.SCAN_MAX_CHARS], TextFormat(said.format)).text


def document_of_reference(reference: ReferenceDocument) -> Document:
    """Return the text of a reference document, as much of it as is compared."""
    return Document(
        text=reference.text[: settings.SCAN_MAX_CHARS],
        kind=Kind.ARTICLE,
        format=TextFormat(reference.format),
        title=reference.title,
        language=reference.language,
        key=reference_key(reference.pk),
        url=reference.url,
        work=reference_key(reference.pk),
        publisher=reference.publisher,
        licence=reference.licence,
        may_be_copied=reference.may_be_copied,
        first_seen=reference.added_at,
        published_at=reference.published_at,
    )


def _number(key: str, kind: str) -> int | None:
    found, _colon, number = key.partition(":")
    return int(number) if found == kind and number.isascii() and number.isdigit() else None
