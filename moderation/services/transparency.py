"""The field rules of the Transparency Database of the Digital Services Act, without a network.

Pure Python: a document goes in, what is wrong with it comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

VISIBILITIES = frozenset(
    {
        "DECISION_VISIBILITY_CONTENT_REMOVED",
        "DECISION_VISIBILITY_CONTENT_DISABLED",
        "DECISION_VISIBILITY_CONTENT_DEMOTED",
        "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
        "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
        "DECISION_VISIBILITY_CONTENT_LABELLED",
        "DECISION_VISIBILITY_OTHER",
    }
)
MONETARIES = frozenset(
    f"DECISION_MONETARY_{name}" for name in ("SUSPENSION", "TERMINATION", "OTHER")
)
PROVISIONS = frozenset(
    f"DECISION_PROVISION_{name}"
    for name in (
        "PARTIAL_SUSPENSION",
        "TOTAL_SUSPENSION",
        "PARTIAL_TERMINATION",
        "TOTAL_TERMINATION",
    )
)
ACCOUNTS = frozenset({"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"})
ACCOUNT_TYPES = frozenset({"ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"})
ILLEGAL, INCOMPATIBLE = "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
CONTENT_TYPES = frozenset(
    f"CONTENT_TYPE_{name}"
    for name in ("TEXT", "IMAGE", "VIDEO", "AUDIO", "APP", "PRODUCT", "SYNTHETIC_MEDIA", "OTHER")
)
CATEGORIES = tuple(
    f"STATEMENT_CATEGORY_{name}"
    for name in (
        "ANIMAL_WELFARE",
        "CONSUMER_INFORMATION",
        "CYBER_VIOLENCE",
        "CYBER_VIOLENCE_AGAINST_WOMEN",
        "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "ILLEGAL_OR_HARMFUL_SPEECH",
        "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
        "NOT_SPECIFIED_NOTICE",
        "OTHER_VIOLATION_TC",
        "PROTECTION_OF_MINORS",
        "RISK_FOR_PUBLIC_SECURITY",
        "SCAMS_AND_FRAUD",
        "SELF_HARM",
        "UNSAFE_AND_PROHIBITED_PRODUCTS",
        "VIOLENCE",
    )
)
SOURCES = frozenset(
    {
        "SOURCE_ARTICLE_16",
        "SOURCE_TRUSTED_FLAGGER",
        "SOURCE_TYPE_OTHER_NOTIFICATION",
        "SOURCE_VOLUNTARY",
    }
)
AUTOMATED_DECISIONS = frozenset(
    f"AUTOMATED_DECISION_{name}" for name in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
)
DECISIONS = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
COUNTRIES = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
        *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)

_PUID = re.compile(r"[a-zA-Z0-9_-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_KEYWORD = re.compile(r"KEYWORD_[A-Z0-9_]+")
_LANGUAGE = re.compile(r"[a-z]{2}")
_FIRST_CONTENT, _FIRST_APPLICATION = date(2000, 1, 1), date(2020, 1, 1)

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that breaks a rule; ``rule`` is a stable word."""

    field: str
    rule: str


def faults(document: Document) -> list[Fault]:
    """Return every rule that ``document`` breaks; nothing for one the database would take."""
    found = [Fault(name, "unknown") for name in document if name not in FIELDS]
    for rule in _RULES:
        found += rule(document)
    return found


# One rule, one function


def _identifier(document: Document) -> Iterator[Fault]:
    yield from _text(document, "puid", 500, required=True)
    puid = document.get("puid")
    if isinstance(puid, str) and puid and not _PUID.fullmatch(puid):
        yield Fault("puid", "characters")


def _restriction(document: Document) -> Iterator[Fault]:
    if not any(document.get(name) for name in DECISIONS):
        yield Fault("decision_visibility", "required")
    yield from _choices(document, "decision_visibility", VISIBILITIES)
    yield from _choice(document, "decision_monetary", MONETARIES)
    yield from _choice(document, "decision_provision", PROVISIONS)
    yield from _choice(document, "decision_account", ACCOUNTS)
    yield from _choice(document, "account_type", ACCOUNT_TYPES)
    other = "DECISION_VISIBILITY_OTHER" in _listed(document, "decision_visibility")
    yield from _only_with(document, "decision_visibility_other", 500, wanted=other)
    other = document.get("decision_monetary") == "DECISION_MONETARY_OTHER"
    yield from _only_with(document, "decision_monetary_other", 500, wanted=other)


def _ground(document: Document) -> Iterator[Fault]:
    yield from _choice(document, "decision_ground", (ILLEGAL, INCOMPATIBLE), required=True)
    illegal = document.get("decision_ground") == ILLEGAL
    incompatible = document.get("decision_ground") == INCOMPATIBLE
    yield from _only_with(document, "illegal_content_legal_ground", 500, wanted=illegal)
    yield from _only_with(document, "illegal_content_explanation", 2000, wanted=illegal)
    yield from _only_with(document, "incompatible_content_ground", 500, wanted=incompatible)
    yield from _only_with(document, "incompatible_content_explanation", 2000, wanted=incompatible)
    yield from _choice(document, "incompatible_content_illegal", ("Yes", "No"))
    if "incompatible_content_illegal" in document and not incompatible:
        yield Fault("incompatible_content_illegal", "unexpected")
    yield from _text(document, "decision_ground_reference_url", 500)
    url = document.get("decision_ground_reference_url")
    if isinstance(url, str) and url and not is_url(url):
        yield Fault("decision_ground_reference_url", "url")


def _content(document: Document) -> Iterator[Fault]:
    yield from _text(document, "decision_facts", 5000, required=True)
    yield from _choices(document, "content_type", CONTENT_TYPES, required=True)
    other = "CONTENT_TYPE_OTHER" in _listed(document, "content_type")
    yield from _only_with(document, "content_type_other", 500, wanted=other)
    language = document.get("content_language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        yield Fault("content_language", "choice")


def _category(document: Document) -> Iterator[Fault]:
    yield from _choice(document, "category", CATEGORIES, required=True)
    yield from _choices(document, "category_addition", CATEGORIES)
    given = document.get("category_specification")
    words = _listed(document, "category_specification")
    if given is not None and (
        not isinstance(given, list) or not all(_is_keyword(word) for word in given)
    ):
        yield Fault("category_specification", "choice")
    other = "KEYWORD_OTHER" in words
    yield from _only_with(document, "category_specification_other", 500, wanted=other, needed=False)


def _dates(document: Document) -> Iterator[Fault]:
    yield from _day(document, "content_date", _FIRST_CONTENT, required=True)
    yield from _day(document, "application_date", _FIRST_APPLICATION, required=True)
    begins = _as_date(document.get("application_date"))
    for name in END_DATES:
        yield from _day(document, name, _FIRST_APPLICATION)
        ends = _as_date(document.get(name))
        if begins and ends and ends < begins:
            yield Fault(name, "order")


def _scope(document: Document) -> Iterator[Fault]:
    yield from _choices(document, "territorial_scope", COUNTRIES)


def _source(document: Document) -> Iterator[Fault]:
    yield from _choice(document, "source_type", SOURCES, required=True)
    yield from _text(document, "source_identity", 500)
    if document.get("source_identity") and document.get("source_type") == "SOURCE_VOLUNTARY":
        yield Fault("source_identity", "unexpected")


def _automation(document: Document) -> Iterator[Fault]:
    yield from _choice(document, "automated_detection", ("Yes", "No"), required=True)
    yield from _choice(document, "automated_decision", AUTOMATED_DECISIONS, required=True)


END_DATES = tuple(
    f"end_date_{what}_restriction" for what in ("visibility", "monetary", "service", "account")
)
FIELDS = frozenset(
    {
        *("puid", *DECISIONS, "decision_visibility_other", "decision_monetary_other"),
        *("account_type", "decision_ground", "decision_ground_reference_url"),
        *("illegal_content_legal_ground", "illegal_content_explanation"),
        *("incompatible_content_ground", "incompatible_content_explanation"),
        *("incompatible_content_illegal", "decision_facts", "content_type", "content_type_other"),
        *("category", "category_addition", "category_specification"),
        *("category_specification_other", "content_date", "application_date", *END_DATES),
        *("territorial_scope", "content_language", "source_type", "source_identity"),
        *("automated_detection", "automated_decision"),
    }
)
_RULES: tuple[Callable[[Document], Iterator[Fault]], ...] = (
    _identifier,
    _restriction,
    _ground,
    _content,
    _category,
    _dates,
    _scope,
    _source,
    _automation,
)


# What the rules are made of


def _text(document: Document, name: str, most: int, *, required: bool = False) -> Iterator[Fault]:
    value = document.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        if required:
            yield Fault(name, "required")
    elif not isinstance(value, str):
        yield Fault(name, "type")
    elif len(value) > most:
        yield Fault(name, "length")


def _only_with(
    document: Document, name: str, most: int, *, wanted: bool, needed: bool = True
) -> Iterator[Fault]:
    """Check a text that another field asks for, and that may not stand without it."""
    if wanted:
        yield from _text(document, name, most, required=needed)
    elif document.get(name) is not None:
        yield Fault(name, "unexpected")


def _choice(
    document: Document, name: str, allowed: Collection[str], *, required: bool = False
) -> Iterator[Fault]:
    value = document.get(name)
    if value is None:
        if required:
            yield Fault(name, "required")
    elif not isinstance(value, str) or value not in allowed:
        yield Fault(name, "choice")


def _choices(
    document: Document, name: str, allowed: Collection[str], *, required: bool = False
) -> Iterator[Fault]:
    value = document.get(name)
    if value is None or value == []:
        if required:
            yield Fault(name, "required")
    elif not isinstance(value, list):
        yield Fault(name, "type")
    elif not all(isinstance(each, str) and each in allowed for each in value):
        yield Fault(name, "choice")


def _day(document: Document, name: str, first: date, *, required: bool = False) -> Iterator[Fault]:
    value = document.get(name)
    if value is None:
        if required:
            yield Fault(name, "required")
        return
    day = _as_date(value)
    if day is None:
        yield Fault(name, "date")
    elif day < first:
        yield Fault(name, "too_early")


def _as_date(value: Any) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _listed(document: Document, name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else []


def _is_keyword(word: Any) -> bool:
    return isinstance(word, str) and _KEYWORD.fullmatch(word) is not None


def is_url(url: str) -> bool:
    """Whether ``url`` is an address on the web, with its host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in url
