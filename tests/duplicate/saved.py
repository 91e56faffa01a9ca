"""Texts as the desk stores them, without a site that saves them."""

from __future__ import annotations

from moderation.models import ReferenceDocument, Snapshot, Subject
from moderation.text.storage import text_hash
from moderation.types import Kind


def new_subject(name, using="default", **fields):
    return Subject.objects.using(using).create(
        model_label="site.article",
        object_id=name,
        database="default",
        kind=Kind.ARTICLE.value,
        **fields,
    )


def take_snapshot(subject, text, **fields):
    body = text if isinstance(text, str) else " ".join(text)
    subject.snapshots.update(is_current=False)
    return Snapshot.objects.using(subject._state.db).create(
        subject=subject, text=body, text_hash=text_hash(body), length=len(body), **fields
    )


def new_reference(text, using="default", **fields):
    body = text if isinstance(text, str) else " ".join(text)
    fields.setdefault("identity", text_hash(fields.get("url", "") or body))
    return ReferenceDocument.objects.using(using).create(
        text=body, text_hash=text_hash(body), length=len(body), **fields
    )
