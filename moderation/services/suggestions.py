"""Scores that programs suggest: kept as labelled examples, deleted on request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from moderation.models import ApiKey, SuggestedScore
from moderation.services import audit
from moderation.services.actors import human
from moderation.services.api_keys import actor_of
from moderation.services.database import write_transaction
from moderation.text.storage import storable, text_hash
from moderation.types import Span, TextFormat


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The score that a passage of a text should have, in characters of the text."""

    attribute: str
    score: float
    span: Span


@dataclass(frozen=True, slots=True)
class Suggested:
    """What one request is about."""

    text: str
    format: TextFormat
    language: str = ""
    community: str = ""
    client_token: str = ""


def keep(key: ApiKey, about: Suggested, suggestions: Iterable[Suggestion]) -> int:
    """Write suggestions down; one for the same passage by the same key takes the old one's place.

    Returns how many there are.
    """
    text = storable(about.text)
    shared = {
        "key": key,
        "text": text,
        "text_hash": text_hash(text, about.format),
        "format": about.format.value,
        "language": storable(about.language),
        "community": storable(about.community),
        "client_token": storable(about.client_token),
    }
    latest = {(each.attribute, each.span): each.score for each in suggestions}
    rows = [
        SuggestedScore(attribute=attribute, score=score, start=span.start, end=span.end, **shared)
        for (attribute, span), score in latest.items()
    ]
    with write_transaction() as using:
        SuggestedScore.objects.using(using).bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["key", "text_hash", "attribute", "start", "end", "community"],
            update_fields=["score", "language", "client_token", "created_at"],
        )
        audit.record(
            "suggestion.kept", actor=actor_of(key), data={"key": key.pk, "scores": len(rows)}
        )
    return len(rows)


def forget(rows: QuerySet[SuggestedScore], *, user: Any) -> int:
    """Delete suggestions, texts and all; return how many there were."""
    with write_transaction():
        _total, deleted = rows.delete()
        number = deleted.get(SuggestedScore._meta.label, 0)
        audit.record("suggestion.forgotten", actor=human(user), data={"scores": number})
    return number


def examples() -> QuerySet[SuggestedScore]:
    """Return all suggestions in the order they came."""
    return SuggestedScore.objects.order_by("pk")


def passage(row: SuggestedScore) -> str:
    """Return the text that a suggestion is about."""
    return row.text[row.start : row.end]
