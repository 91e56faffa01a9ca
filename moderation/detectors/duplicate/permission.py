"""Which sources a text may share passages with, whatever they are."""

from __future__ import annotations

from moderation.detectors.base import Allowed
from moderation.detectors.scraped.sites import host_of
from moderation.text.document import Document

OWN_TEXT = "duplicate.note.own_text"
LICENSED = "duplicate.note.licensed"
ALLOWED = "duplicate.note.allowed"


def permission(document: Document, source: Document, allowed: Allowed) -> str | None:
    """Return the note that says why ``source`` is not compared with ``document``, else None."""
    if _is_own(document, source):
        return OWN_TEXT
    if source.may_be_copied or _is_listed(source, allowed.sources):
        return LICENSED
    if source.work and source.work in allowed.works:
        return ALLOWED
    if allowed.authors & {author for author in (document.author, source.author) if author}:
        return ALLOWED
    return None


def _is_own(document: Document, source: Document) -> bool:
    return (document.author != "" and document.author == source.author) or (
        document.work != "" and document.work == source.work
    )


def _is_listed(source: Document, sources: frozenset[str]) -> bool:
    if not sources:
        return False
    if source.publisher and source.publisher.casefold().strip() in sources:
        return True
    labels = host_of(source.url).split(".")
    return any(".".join(labels[at:]) in sources for at in range(len(labels)))
