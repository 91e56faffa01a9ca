"""Stored texts as the detectors see them."""

from __future__ import annotations

from moderation.conf import settings
from moderation.models import Snapshot
from moderation.text.document import Document
from moderation.types import Kind, TextFormat

_SNAPSHOT = "snapshot"


def snapshot_key(snapshot_id: int) -> str:
    """Return the corpus key of a snapshot."""
    return f"{_SNAPSHOT}:{snapshot_id}"


def snapshot_of_key(key: str) -> int | None:
    """Return the snapshot behind a corpus key, or None for anything else."""
    kind, _, number = key.partition(":")
    return int(number) if kind == _SNAPSHOT and number.isascii() and number.isdigit() else None


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
    )
