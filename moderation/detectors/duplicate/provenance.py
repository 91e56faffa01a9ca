"""Who copied whom: what two texts that share passages, and their dates, say about it.

The clues, strongest first:

1. **An admission.** A text that names the other as its origin is believed: it speaks against
   itself, and who copies does not say so unless it is true. Unless the dates contradict: a
   text cannot name one that came later, but a copier can take a name that the text mentions.
2. **A third party that both name**, a news agency or another paper: neither is the source.
   Dates do not matter then, for both may have had it at any time.
3. **Dates.** What the site's own database says counts: when words came in, and when their
   object was published. The site's dates outweigh the order in which the corpus got to know
   the texts, which is that of saves and imports, but only for a text that nobody revised:
   words that an edit brought in are younger than their object. A reference document's dates
   are told by its publisher; when it was imported says nothing of its age.

What a text says in its own favour ("first published here") is shown and counts for nothing:
anybody can write that. A text that credits a third party is not taken for the original.
Clues that contradict each other leave it ``unclear``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum, StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from moderation.detectors.duplicate.credits import (
    Credit,
    CreditKind,
    agency_of,
    credits_of,
    name_key,
)
from moderation.detectors.scraped.sites import host_of, is_shared, site_of
from moderation.text.document import Document
from moderation.types import Band, Evidence, Finding, Span

_MOST_REASONS: Final = 12
_WEIGHT: Final = 0.05
"""Beside a passage that was copied, a line that says so is of little weight."""
_TELLING_PATH: Final = 8
"""So long a path is not that of two pages on different hosts by chance."""
_TELLING_TITLE: Final = 3
"""So many words of a title are."""
_LONGEST_LABEL: Final = 80

_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = timedelta(minutes=1)
"""Which of two texts that came in so close together is indexed first is a matter of luck."""

_OUTSIDE: Final = "reference:"


class ProvenanceVerdict(StrEnum):
    """What a text is to another one that has the same passages."""

    ORIGINAL = "original"
    COPY = "copy"
    SHARED_SOURCE = "shared_source"
    """Both come from somewhere else."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Reason:
    """A clue in words: an explanation key with parameters, and where it stands.

    ``span`` counts characters of the text itself or, ``in_source``, of the matched one.
    Parameters whose names end in ``_at`` are moments in ISO format.
    """

    explanation: str
    params: Mapping[str, str] = field(default_factory=dict)
    span: Span | None = None
    in_source: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with a finding."""
        stored: dict[str, Any] = {"key": self.explanation, "params": dict(self.params)}
        if self.span is not None:
            stored["source_span" if self.in_source else "span"] = list(self.span)
        return stored


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who copied whom, and why it is thought so.

    ``came_first`` says that the text is older than the source, as the dates go: then a corpus
    that has the source before the text has the two in the wrong order.
    """

    verdict: ProvenanceVerdict
    reasons: tuple[Reason, ...] = ()
    came_first: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with a finding: no text of the site but names and dates."""
        return {
            "verdict": self.verdict.value,
            "reasons": [reason.as_json() for reason in self.reasons],
        }

    def evidence(self) -> tuple[Evidence, ...]:
        """Return the reasons that stand in the text itself."""
        return tuple(
            Evidence(*reason.span, reason.explanation, reason.params, _WEIGHT)
            for reason in self.reasons
            if reason.span is not None and not reason.in_source
        )


def provenance(document: Document, source: Document) -> Provenance:
    """Judge whether ``document`` is a copy of ``source``, given that they share passages.

    ``source`` is a candidate of a corpus: as far as that knows, its words were there first.
    Whenever ``document`` is found to be the original of ``source``, the same two the other
    way round are found to be a copy.
    """
    ours, theirs = _Party(document), _Party(source)
    by_us = _Said.of(ours, theirs)
    by_them = _Said.of(theirs, ours)
    shared = _in_common(by_us.others, by_them.others, ours, theirs)
    age, of_age = _compare_ages(document, source)
    verdict = _judge(by_us, by_them, age, credited_alike=bool(shared))
    reasons = [
        *(_reason("text_names_source", credit, theirs) for credit in by_us.admissions),
        *(_reason("source_names_text", credit, ours) for credit in by_them.admissions),
        *shared,
        *of_age,
        *(_reason("text_claims", credit) for credit in by_us.claims),
        *(_reason("source_claims", credit) for credit in by_them.claims),
    ]
    if not shared:
        reasons += [_reason("text_credits", credit) for credit in by_us.others]
        reasons += [_reason("source_credits", credit) for credit in by_them.others]
    came_first = verdict is ProvenanceVerdict.ORIGINAL and age is _Age.OLDER
    return Provenance(verdict, tuple(reasons[:_MOST_REASONS]), came_first)


def with_provenance(finding: Finding, found: Provenance) -> Finding:
    """Return ``finding`` with who copied whom; where both come from elsewhere, less is sure."""
    shared = found.verdict is ProvenanceVerdict.SHARED_SOURCE
    return replace(
        finding,
        band=Band.POSSIBLE if shared and finding.band is Band.LIKELY else finding.band,
        evidence=(*finding.evidence, *found.evidence()),
        detail={**finding.detail, "provenance": found.as_json()},
    )


def _judge(by_us: _Said, by_them: _Said, age: _Age, *, credited_alike: bool) -> ProvenanceVerdict:
    """Weigh the clues in the order that the module gives."""
    if by_us.admissions and by_them.admissions:
        return ProvenanceVerdict.UNCLEAR
    if by_us.admissions:
        return ProvenanceVerdict.UNCLEAR if age is _Age.OLDER else ProvenanceVerdict.COPY
    if by_them.admissions:
        contradicted = age in (_Age.YOUNGER, _Age.DISPUTED)
        return ProvenanceVerdict.UNCLEAR if contradicted else ProvenanceVerdict.ORIGINAL
    if credited_alike:
        return ProvenanceVerdict.SHARED_SOURCE
    if age is _Age.YOUNGER:
        return ProvenanceVerdict.COPY
    if age is _Age.OLDER and not by_us.others:
        return ProvenanceVerdict.ORIGINAL
    return ProvenanceVerdict.UNCLEAR


# Whom the texts name


class _Party:
    """A text as others may name it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        host = host_of(document.url)
        self.host = host
        self.site = "" if is_shared(host) else site_of(host)
        self.path = _path_of(document.url)
        self.title = _spaced(document.title)
        self.names = {key for key in (name_key(document.publisher), self.site.split(".")[0]) if key}
        self.agencies = {
            agency for agency in (agency_of(document.publisher), agency_of(self.site)) if agency
        }

    def has_page(self, address: str) -> bool:
        """Tell whether ``address`` is where the text stands."""
        path, host = _path_of(address), host_of(address)
        if not path or path != self.path:
            return False
        return host == self.host if host and self.host else len(path) >= _TELLING_PATH

    def is_named(self, credit: Credit) -> bool:
        """Tell whether a credit means this text, its publisher or its site."""
        return bool(
            any(map(self.has_page, credit.addresses))
            or self.site in credit.sites
            or name_key(credit.name) in self.names
            or credit.agency in self.agencies
            or (self.title.count(" ") > _TELLING_TITLE and self.title in _spaced(credit.said))
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """What one of the two says: that it is from the other, that it was first, or whom else
    it names."""

    admissions: tuple[Credit, ...]
    claims: tuple[Credit, ...]
    others: tuple[Credit, ...]

    @classmethod
    def of(cls, speaker: _Party, other: _Party) -> _Said:
        admissions, claims, others = [], [], []
        for credit in credits_of(speaker.document):
            other_is_meant = other.is_named(credit)
            if credit.kind is CreditKind.OWN:
                claims.append(credit)
            elif any(map(other.has_page, credit.addresses)):
                admissions.append(credit)
            elif speaker.is_named(credit):
                if credit.kind is CreditKind.ORIGIN and not other_is_meant:
                    claims.append(credit)
            elif other_is_meant:
                admissions.append(credit)
            elif _tells_origin(credit):
                others.append(credit)
        return cls(tuple(admissions), tuple(claims), tuple(others))


def _tells_origin(credit: Credit) -> bool:
    if credit.kind is CreditKind.ADDRESS:
        return bool(credit.sites)
    # Whose the rights are is not where a text is from, unless they are an agency's.
    return credit.kind is not CreditKind.COPYRIGHT or bool(credit.agency)


def _in_common(
    by_us: Sequence[Credit], by_them: Sequence[Credit], ours: _Party, theirs: _Party
) -> list[Reason]:
    """Return whom else both name, where each of them does."""
    hosts_known = bool(ours.host and theirs.host)
    named = {key: credit for credit in reversed(by_them) for key in _keys(credit, hosts_known)}
    reasons = []
    for credit in by_us:
        same = next((named[key] for key in _keys(credit, hosts_known) if key in named), None)
        if same is not None:
            reasons.append(_reason("text_credits_too", credit))
            reasons.append(_reason("source_credits_too", same))
    return reasons


def _keys(credit: Credit, hosts_known: bool) -> Iterator[str]:  # noqa: FBT001 - of this module
    """Yield what makes two credits the same.

    As long as it is not known where the two texts stand, a host may be their own: then only
    one page is one origin.
    """
    if credit.agency:
        yield f"agency:{credit.agency}"
    if credit.kind is CreditKind.ADDRESS and not hosts_known:
        yield from (f"page:{address}" for address in credit.addresses)
    else:
        yield from (f"site:{site}" for site in credit.sites)
    if name_key(credit.name):
        yield f"name:{name_key(credit.name)}"


def _reason(key: str, credit: Credit, named: _Party | None = None) -> Reason:
    in_source = key.startswith("source_")
    explanation = f"duplicate.provenance.{key}"
    if key.endswith("_claims"):
        return Reason(explanation, {}, credit.span, in_source)
    label = _label(credit, named)
    if credit.kind is CreditKind.ADDRESS:
        explanation += ".address"
    elif not label:
        return Reason(f"{explanation}.title", {}, credit.span, in_source)
    return Reason(explanation, {"name": label}, credit.span, in_source)


def _label(credit: Credit, named: _Party | None) -> str:
    """Return the name of a publisher or a host: the site's own texts are not repeated."""
    hosts = [host for host in map(host_of, credit.addresses) if host]
    publisher = named.document.publisher if named else credit.name
    label = credit.agency or publisher or next(iter(hosts), "") or (named.host if named else "")
    return label[:_LONGEST_LABEL]


def _path_of(address: str) -> str:
    try:
        return urlsplit(address.strip()).path.strip("/")
    except ValueError:
        return ""


def _spaced(text: str) -> str:
    """Return the words of a text with a blank around each."""
    words = "".join(c if c.isalnum() else " " for c in text[:500].casefold()).split()
    return f" {' '.join(words)} "


# How old they are


class _Age(Enum):
    """How old the text is, compared with the source."""

    OLDER = "older"
    YOUNGER = "younger"
    DISPUTED = "disputed"
    """Its object is older, its words are not."""
    UNKNOWN = "unknown"


def _compare_ages(document: Document, source: Document) -> tuple[_Age, list[Reason]]:
    ours, theirs = _dates(document), _dates(source)
    if not ours or not theirs:
        return _Age.UNKNOWN, []
    params = {"ours_at": min(ours).isoformat(), "source_at": min(theirs).isoformat()}
    age = _age(document, source, ours, theirs)
    reasons = [Reason(f"duplicate.provenance.{age.value}", params)]
    seen, their_seen = document.first_seen, source.first_seen
    if age is _Age.OLDER and seen and their_seen and _aware(seen) > _aware(their_seen):
        reasons.append(Reason("duplicate.provenance.known_later"))
    return age, reasons


def _age(
    document: Document, source: Document, ours: Sequence[datetime], theirs: Sequence[datetime]
) -> _Age:
    earlier = _first_of(min(ours), min(theirs))
    if min(ours) == min(theirs) and not _is_outside(source):
        earlier = _first_of(max(ours), max(theirs))
    if earlier > 0:
        return _Age.YOUNGER
    if earlier == 0:
        return _Age.UNKNOWN
    if document.revised and document.published_at is not None and not _seen_at(document, ours):
        return _Age.DISPUTED
    if source.published_at is None and _is_outside(source):
        return _Age.UNKNOWN
    if source.published_at is None and source.revised:
        return _Age.YOUNGER  # some of it is older than what is known; the corpus knows
    if max(min(theirs) - min(ours), max(theirs) - max(ours)) < _AT_ONCE:
        return _Age.UNKNOWN
    return _Age.OLDER


def _seen_at(document: Document, dates: Sequence[datetime]) -> bool:
    """Tell whether the earliest date is that of the words, and not of their object alone."""
    return document.first_seen is not None and _aware(document.first_seen) == min(dates)


def _first_of(one: datetime, other: datetime) -> int:
    """Compare two moments: -1 if ``one`` is earlier, 1 if ``other`` is, 0 if nobody knows.

    A moment at midnight is a date and says only the day.
    """
    if _is_date(one) != _is_date(other) and abs(one - other) < _DAY:
        return 0
    return (one > other) - (one < other)


def _is_date(at: datetime) -> bool:
    return at.time() == time.min


def _dates(document: Document) -> list[datetime]:
    return [_aware(at) for at in (document.first_seen, document.published_at) if at is not None]


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _is_outside(document: Document) -> bool:
    return bool(document.publisher) or document.work.startswith(_OUTSIDE)
