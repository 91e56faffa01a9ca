"""The other places where a comment was pasted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils.safestring import SafeString

from moderation.admin import display
from moderation.admin.findings import Assessment
from moderation.admin.passages import shorten
from moderation.corpus import DatabaseCorpus
from moderation.models import Case, Finding, Snapshot
from moderation.models.cases import OPEN_CASES
from moderation.text.plain import plain_text
from moderation.types import TextFormat

PASTED = ("duplicate", "pasted")
EXCERPT_CHARS = 160
_READ_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Repeat:
    """One of the comments: what it says, whose it is, under what it stands, its open case."""

    excerpt: SafeString
    author: SafeString
    under: SafeString
    url: str
    case: int | None


@dataclass(frozen=True, slots=True)
class RepeatsView:
    """How often a comment was pasted, and the first of the others."""

    count: int
    at_least: bool
    places: int
    authors: int
    listed: list[Repeat]


def repeats_view(assessment: Assessment, *, names: bool, veil: bool = False) -> RepeatsView | None:
    """Return the other places of a pasted comment, in two queries; None for anything else.

    ``names`` says whether authors are named, ``veil`` whether what they say is covered: it is
    what this one says.
    """
    found = next((each for each in assessment.live if (each.kind, each.category) == PASTED), None)
    if found is None:
        return None
    return RepeatsView(
        count=_number(found, "count"),
        at_least=bool(found.detail.get("more")),
        places=_number(found, "places"),
        authors=_number(found, "authors"),
        listed=_listed(found, names=names, veil=veil),
    )


def _number(finding: Finding, name: str) -> int:
    value = finding.detail.get(name)
    return value if isinstance(value, int) else 0


def _listed(finding: Finding, *, names: bool, veil: bool) -> list[Repeat]:
    keys = [DatabaseCorpus.snapshot_id(str(key)) for key in finding.detail.get("keys", [])]
    open_cases = Case.objects.filter(subject=OuterRef("subject"), state__in=OPEN_CASES)
    rows = Snapshot.objects.select_related("subject__parent").annotate(
        open_case=Subquery(open_cases.values("pk")[:1])
    )
    found = rows.in_bulk([key for key in keys if key is not None])
    return [_repeat(found[key], names=names, veil=veil) for key in keys if key in found]


def _repeat(snapshot: Snapshot, *, names: bool, veil: bool) -> Repeat:
    subject = snapshot.subject
    text = plain_text(snapshot.text[:_READ_CHARS], TextFormat(snapshot.format)).text
    excerpt = display.shown(shorten(" ".join(text.split()), EXCERPT_CHARS))
    return Repeat(
        excerpt=display.veiled(excerpt) if veil else excerpt,
        author=display.isolated((names and snapshot.author_label) or "–"),
        under=display.isolated(str(subject.parent) if subject.parent else "–"),
        url=display.safe_url(subject.url),
        case=getattr(snapshot, "open_case", None),
    )
