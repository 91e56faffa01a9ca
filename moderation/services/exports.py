"""Decisions and cases as files: a row at a time, for tables and for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from moderation.models import ActorKind, Case, Decision
from moderation.services.database import moderation_db
from moderation.services.statistics import Period

Row = Mapping[str, Any]

CHUNK = 500

DECISION_COLUMNS = (
    "id",
    "created_at",
    "case",
    "case_version",
    "subject",
    "model",
    "object_id",
    "kind",
    "outcome",
    "policies",
    "public_note",
    "internal_note",
    "actor_kind",
    "moderator",
    "batch",
    "reverses",
    "reversed_by",
)
CASE_COLUMNS = (
    "id",
    "opened_at",
    "closed_at",
    "state",
    "subject",
    "model",
    "object_id",
    "kind",
    "severity",
    "band",
    "score",
    "categories",
    "claimed_by",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, in either width."""


def decision_rows(period: Period, *, pseudonyms: bool) -> Iterator[Row]:
    """Yield the decisions of a period in the order they were taken.

    With ``pseudonyms`` moderators have the same made-up name in every export, and internal
    notes, which may name them, are left out.
    """
    rows = (
        Decision.objects.using(moderation_db())
        .filter(created_at__gte=period.start, created_at__lt=period.end)
        .select_related("case__subject", "reversed_by")
        .prefetch_related("policies")
        .order_by("pk")
    )
    for decision in rows.iterator(CHUNK):
        yield _decision_row(decision, pseudonyms=pseudonyms)


def case_rows(period: Period, *, pseudonyms: bool) -> Iterator[Row]:
    """Yield the cases opened in a period. ``pseudonyms`` as for decisions."""
    rows: QuerySet[Case] = (
        Case.objects.using(moderation_db())
        .filter(opened_at__gte=period.start, opened_at__lt=period.end)
        .select_related("subject", "claimed_by")
        .order_by("pk")
    )
    for case in rows.iterator(CHUNK):
        yield _case_row(case, pseudonyms=pseudonyms)


def as_csv(rows: Iterable[Row], columns: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a table that no spreadsheet takes for formulas."""
    writer = csv.writer(_Echo())
    names = list(columns)
    yield writer.writerow(names)
    for row in rows:
        yield writer.writerow([safe_cell(row[name]) for name in names])


def as_json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for row in rows:
        yield json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def safe_cell(value: Any) -> Any:
    """Return a value as a cell: a text that begins like a formula gets a ' in front."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        value = " ".join(str(each) for each in value)
    if isinstance(value, str):
        text = value.replace("\x00", "")
        return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text
    return value.isoformat() if hasattr(value, "isoformat") else value


def pseudonym(account: Any, label: str) -> str:
    """Return a name for a moderator that stays the same and tells nothing; empty for nobody.

    It depends on the site's ``SECRET_KEY``. A removed account is known by the name on record.
    """
    known_by = f"account:{account}" if account is not None else f"label:{label}"
    if account is None and not label:
        return ""
    return f"moderator-{salted_hmac('moderation.pseudonym', known_by).hexdigest()[:12]}"


def _decision_row(decision: Decision, *, pseudonyms: bool) -> Row:
    subject = decision.case.subject
    is_human = decision.actor_kind == ActorKind.HUMAN
    hidden = pseudonyms and is_human
    reversal: Decision | None = getattr(decision, "reversed_by", None)
    return {
        "id": decision.pk,
        "created_at": decision.created_at,
        "case": decision.case_id,
        "case_version": decision.case_version,
        "subject": subject.pk,
        "model": subject.model_label,
        "object_id": subject.object_id,
        "kind": subject.kind,
        "outcome": decision.outcome,
        "policies": [policy.code for policy in decision.policies.all()],
        "public_note": decision.public_note,
        "internal_note": "" if pseudonyms else decision.internal_note,
        "actor_kind": decision.actor_kind,
        "moderator": pseudonym(decision.actor_id, decision.actor_label)
        if hidden
        else decision.actor_label,
        "batch": str(decision.batch_id) if decision.batch_id else None,
        "reverses": decision.reverses_id,
        "reversed_by": reversal.pk if reversal else None,
    }


def _case_row(case: Case, *, pseudonyms: bool) -> Row:
    subject, holder = case.subject, case.claimed_by
    named = holder.get_username() if holder else ""
    return {
        "id": case.pk,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "state": case.state,
        "subject": subject.pk,
        "model": subject.model_label,
        "object_id": subject.object_id,
        "kind": subject.kind,
        "severity": case.severity,
        "band": case.band,
        "score": case.score,
        "categories": case.categories,
        "claimed_by": pseudonym(case.claimed_by_id, named) if pseudonyms else named,
    }


class _Echo:
    """A file that returns what is written to it: the csv module wants one."""

    def write(self, value: str) -> str:
        return value
