"""Statements of reasons: what was decided, on which ground, written from the record alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from moderation.conf import settings
from moderation.models import (
    ActorKind,
    Decision,
    Finding,
    Outcome,
    Policy,
    PolicyGround,
    Report,
    ReportKind,
    StatementOfReasons,
)
from moderation.models.decisions import RESTRICTING
from moderation.models.scans import FINISHED_SCANS
from moderation.services import transparency
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import Unusable
from moderation.services.statistics import Period
from moderation.types import Band, Mode

_VISIBILITY = {
    Outcome.LABEL: "DECISION_VISIBILITY_CONTENT_LABELLED",
    Outcome.HIDE: "DECISION_VISIBILITY_CONTENT_DISABLED",
    Outcome.REMOVE: "DECISION_VISIBILITY_CONTENT_REMOVED",
    Outcome.REQUEST_CHANGES: "DECISION_VISIBILITY_OTHER",
}
_ASKED = "The author was asked to change the text; it stays visible in the meantime."
_KEYWORDS = {
    "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS": "KEYWORD_COPYRIGHT_INFRINGEMENT",
    "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH": "KEYWORD_HATE_SPEECH",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE": "KEYWORD_CYBER_BULLYING_INTIMIDATION",
}
_FOUND = {
    "duplicate": "passages that other texts have too",
    "scraped": "remains of another page or of a program",
    "framing": "wording that attacks or provokes",
    "wordlist": "words of the site's own lists",
}
_LANGUAGE = re.compile(r"[a-z]{2}(?=$|[-_])")
_AUTOMATED = {True: "Yes", False: "No"}


def of(decision: Decision) -> StatementOfReasons:
    """Return the statement of a decision that restricts; it is written down the first time.

    Raises:
        Unusable: the decision restricts nothing, or the document breaks a rule of the database.
    """
    using = moderation_db()
    rows: QuerySet[StatementOfReasons] = StatementOfReasons.objects.using(using)
    known = rows.filter(decision=decision).first()
    if known is not None:
        return known
    document = build(decision)
    broken = transparency.faults(document)
    if broken:
        told = ", ".join(f"{fault.field}: {fault.rule}" for fault in broken)
        raise Unusable(f"The statement of reasons breaks rules of the database ({told}).")
    with write_transaction(using):
        statement, _new = rows.get_or_create(
            decision=decision, defaults={"puid": document["puid"], "document": document}
        )
    return statement


def build(decision: Decision) -> dict[str, Any]:
    """Return the document of a decision that restricts, from what is on record.

    Nothing that somebody typed about this one case goes into it, nor any name, text or address.

    Raises:
        Unusable: the decision restricts nothing.
    """
    if decision.outcome not in RESTRICTING:
        raise Unusable("A statement of reasons is about a restriction.")
    subject, snapshot = decision.case.subject, decision.snapshot
    kinds = _kinds(decision)
    told = _reports(decision)
    visibility = _VISIBILITY[Outcome(decision.outcome)]
    policies = sorted(decision.policies.all(), key=lambda policy: (-policy.severity, policy.code))
    if not policies:
        raise Unusable("The policies of this decision were deleted.")
    document: dict[str, Any] = {
        "puid": puid_of(decision),
        "decision_visibility": [visibility],
        **_ground(policies),
        "decision_facts": _facts(decision, kinds, told),
        "content_type": ["CONTENT_TYPE_TEXT"],
        "content_date": _day(subject.published_at or subject.created_at),
        "application_date": _day(decision.created_at),
        "source_type": _source(told),
        "automated_detection": _AUTOMATED[bool(kinds)],
        "automated_decision": _automation(decision),
    }
    if visibility == "DECISION_VISIBILITY_OTHER":
        document["decision_visibility_other"] = _ASKED
    language = _LANGUAGE.match((snapshot.language if snapshot else "").lower())
    if language:
        document["content_language"] = language.group()
    if settings.TERRITORIAL_SCOPE:
        document["territorial_scope"] = list(settings.TERRITORIAL_SCOPE)
    return document


def puid_of(decision: Decision) -> str:
    """Return the identifier of a decision: never used twice, and it names nobody."""
    return f"decision-{decision.pk}-{decision.created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"


def exported(period: Period) -> Iterator[dict[str, Any]]:
    """Yield the documents of the restrictions of a period that were not taken back."""
    for statement in standing(period).iterator(chunk_size=500):
        yield statement.document


def standing(period: Period) -> QuerySet[StatementOfReasons]:
    """Return the statements about decisions of a period that were not taken back."""
    rows: QuerySet[StatementOfReasons] = StatementOfReasons.objects.using(moderation_db()).filter(
        decision__created_at__gte=period.start,
        decision__created_at__lt=period.end,
        decision__reversed_by=None,
    )
    return rows.order_by("decision_id")


def of_decisions(decisions: QuerySet[Decision]) -> Iterator[dict[str, Any]]:
    """Yield the documents of those of ``decisions`` that have one and were not taken back."""
    rows = StatementOfReasons.objects.using(moderation_db()).filter(
        decision__in=decisions.order_by().values("pk"), decision__reversed_by=None
    )
    for statement in rows.order_by("decision_id").iterator(chunk_size=500):
        yield statement.document


def as_json(documents: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield one JSON object in pieces, in the form in which the database takes several."""
    yield '{"statements": ['
    for number, document in enumerate(documents):
        yield (",\n" if number else "\n") + json.dumps(document, ensure_ascii=False)
    yield "\n]}\n"


# What the fields are made of


def _ground(policies: Sequence[Policy]) -> dict[str, Any]:
    """Tell the ground of the gravest policy; a legal one is told where it stands first."""
    first = policies[0]
    same = [policy for policy in policies if policy.ground == first.ground]
    ground = "; ".join(policy.title for policy in same)[:500]
    explained = "\n\n".join(policy.public_text or policy.title for policy in same)[:2000]
    category = first.statement_category
    about: dict[str, Any] = {"category": category}
    if category in _KEYWORDS:
        about["category_specification"] = [_KEYWORDS[category]]
    if first.ground == PolicyGround.LEGAL:
        return {
            "decision_ground": transparency.ILLEGAL,
            "illegal_content_legal_ground": ground,
            "illegal_content_explanation": explained,
            **about,
        }
    also = any(policy.ground == PolicyGround.LEGAL for policy in policies)
    return {
        "decision_ground": transparency.INCOMPATIBLE,
        "incompatible_content_ground": ground,
        "incompatible_content_explanation": explained,
        "incompatible_content_illegal": _AUTOMATED[also],
        **about,
    }


def _facts(decision: Decision, kinds: Sequence[str], told: Sequence[str]) -> str:
    parts = [f"The content is a text ({decision.case.subject.kind})."]
    if kinds:
        named = ", ".join(_FOUND.get(each, "other signs") for each in kinds)
        parts.append(f"An automated scan found: {named}.")
    if ReportKind.NOTICE in told:
        parts.append("A notice under Article 16 was received about it.")
    elif told:
        parts.append("Readers had reported it.")
    if decision.actor_kind == ActorKind.MACHINE:
        parts.append("The decision was taken by automated means.")
    else:
        parts.append("A moderator read the text and took the decision.")
    return " ".join(parts)


def _kinds(decision: Decision) -> list[str]:
    """Return which kinds of finding the machine had when it was decided."""
    if decision.snapshot_id is None:
        return []
    rows = Finding.objects.using(decision._state.db).filter(
        scan__snapshot=decision.snapshot_id,
        scan__state__in=FINISHED_SCANS,
        scan__finished_at__lte=decision.created_at,
        mode=Mode.LIVE.value,
    )
    return sorted(set(rows.exclude(band=Band.NONE.value).values_list("kind", flat=True)))


def _reports(decision: Decision) -> list[str]:
    """Return the kinds of report that had come in on the text when it was decided."""
    rows = Report.objects.using(decision._state.db).filter(
        case=decision.case_id, created_at__lte=decision.created_at
    )
    return list(rows.order_by().values_list("kind", flat=True).distinct())


def _source(told: Sequence[str]) -> str:
    if ReportKind.NOTICE in told:
        return "SOURCE_ARTICLE_16"
    return "SOURCE_TYPE_OTHER_NOTIFICATION" if told else "SOURCE_VOLUNTARY"


def _automation(decision: Decision) -> str:
    if decision.actor_kind == ActorKind.MACHINE:
        return "AUTOMATED_DECISION_FULLY"
    proposals = Decision.objects.using(decision._state.db).filter(
        case=decision.case_id,
        snapshot=decision.snapshot_id,
        outcome=Outcome.PROPOSE,
        actor_kind=ActorKind.MACHINE,
        pk__lt=decision.pk,
        reversed_by=None,
    )
    return f"AUTOMATED_DECISION_{'PARTIALLY' if proposals.exists() else 'NOT_AUTOMATED'}"


def _day(moment: datetime) -> str:
    return timezone.localtime(moment).date().isoformat()
