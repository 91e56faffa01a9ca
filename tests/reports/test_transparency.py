"""The field rules of the Transparency Database, each with what it refuses."""

from __future__ import annotations

import sys

import pytest

from moderation.models.decisions import StatementCategory
from moderation.services import transparency
from moderation.services.transparency import Fault, faults

SOUND = {
    "puid": "decision-40-20260504T110000000000",
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_DISABLED"],
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "Be civil",
    "incompatible_content_explanation": "Argue about the matter.",
    "incompatible_content_illegal": "No",
    "category": "STATEMENT_CATEGORY_CYBER_VIOLENCE",
    "decision_facts": "The content is a text (comment).",
    "content_type": ["CONTENT_TYPE_TEXT"],
    "content_date": "2026-05-04",
    "application_date": "2026-05-04",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
}
ILLEGAL = {
    "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
    "incompatible_content_ground": None,
    "incompatible_content_explanation": None,
    "incompatible_content_illegal": None,
    "illegal_content_legal_ground": "Section 5",
    "illegal_content_explanation": "It is against the law.",
}
NO_VISIBILITY = {"decision_visibility": None}


def document(**changes):
    """A sound document with these changes; None leaves a field out."""
    return {name: value for name, value in {**SOUND, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        ILLEGAL,
        {**NO_VISIBILITY, "decision_monetary": "DECISION_MONETARY_SUSPENSION"},
        {**NO_VISIBILITY, "decision_provision": "DECISION_PROVISION_TOTAL_SUSPENSION"},
        {**NO_VISIBILITY, "decision_account": "DECISION_ACCOUNT_SUSPENDED"},
        {"decision_visibility": ["DECISION_VISIBILITY_OTHER"], "decision_visibility_other": "x"},
        {"decision_monetary": "DECISION_MONETARY_OTHER", "decision_monetary_other": "x"},
        {"content_type": ["CONTENT_TYPE_OTHER"], "content_type_other": "x"},
        {"account_type": "ACCOUNT_TYPE_PRIVATE"},
        {"decision_ground_reference_url": "https://news.example/rules"},
        {"category_addition": ["STATEMENT_CATEGORY_VIOLENCE"]},
        {"category_specification": ["KEYWORD_HATE_SPEECH", "KEYWORD_DISCRIMINATION"]},
        {"category_specification": ["KEYWORD_OTHER"], "category_specification_other": "x"},
        {"end_date_visibility_restriction": "2026-05-04"},
        {"territorial_scope": ["DE", "FR"], "content_language": "de"},
        {"source_type": "SOURCE_ARTICLE_16", "source_identity": "An office"},
        {"puid": "a" * 500, "decision_facts": "x" * 5000},
    ],
)
def test_what_the_database_takes_is_without_fault(changes):
    assert faults(document(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"puid": None}, "puid", "required"),
        ({"puid": " "}, "puid", "required"),
        ({"puid": "a" * 501}, "puid", "length"),
        ({"puid": "a b"}, "puid", "characters"),
        ({"puid": "ä"}, "puid", "characters"),
        ({"puid": 5}, "puid", "type"),
        (NO_VISIBILITY, "decision_visibility", "required"),
        ({"decision_visibility": []}, "decision_visibility", "required"),
        ({"decision_visibility": ["OTHER"]}, "decision_visibility", "choice"),
        ({"decision_visibility": [["x"]]}, "decision_visibility", "choice"),
        ({"decision_visibility": "DECISION_VISIBILITY_OTHER"}, "decision_visibility", "type"),
        (
            {"decision_visibility": ["DECISION_VISIBILITY_OTHER"]},
            "decision_visibility_other",
            "required",
        ),
        ({"decision_visibility_other": "x"}, "decision_visibility_other", "unexpected"),
        (
            {
                "decision_visibility": ["DECISION_VISIBILITY_OTHER"],
                "decision_visibility_other": "x" * 501,
            },
            "decision_visibility_other",
            "length",
        ),
        ({"decision_monetary": "x"}, "decision_monetary", "choice"),
        ({"decision_monetary": "DECISION_MONETARY_OTHER"}, "decision_monetary_other", "required"),
        ({"decision_provision": "DECISION_PROVISION_OTHER"}, "decision_provision", "choice"),
        ({"decision_account": "x"}, "decision_account", "choice"),
        ({"account_type": "x"}, "account_type", "choice"),
        ({"decision_ground": None}, "decision_ground", "required"),
        ({"decision_ground": {}}, "decision_ground", "choice"),
        (
            {**ILLEGAL, "illegal_content_legal_ground": None},
            "illegal_content_legal_ground",
            "required",
        ),
        (
            {**ILLEGAL, "illegal_content_legal_ground": "x" * 501},
            "illegal_content_legal_ground",
            "length",
        ),
        (
            {**ILLEGAL, "illegal_content_explanation": None},
            "illegal_content_explanation",
            "required",
        ),
        (
            {**ILLEGAL, "illegal_content_explanation": "x" * 2001},
            "illegal_content_explanation",
            "length",
        ),
        (
            {**ILLEGAL, "incompatible_content_ground": "x"},
            "incompatible_content_ground",
            "unexpected",
        ),
        (
            {**ILLEGAL, "incompatible_content_illegal": "No"},
            "incompatible_content_illegal",
            "unexpected",
        ),
        ({"incompatible_content_ground": None}, "incompatible_content_ground", "required"),
        ({"incompatible_content_ground": "x" * 501}, "incompatible_content_ground", "length"),
        (
            {"incompatible_content_explanation": None},
            "incompatible_content_explanation",
            "required",
        ),
        (
            {"incompatible_content_explanation": "x" * 2001},
            "incompatible_content_explanation",
            "length",
        ),
        ({"incompatible_content_illegal": True}, "incompatible_content_illegal", "choice"),
        ({"illegal_content_explanation": "x"}, "illegal_content_explanation", "unexpected"),
        ({"decision_ground_reference_url": "rules"}, "decision_ground_reference_url", "url"),
        (
            {"decision_ground_reference_url": "https://a.example/" + "x" * 500},
            "decision_ground_reference_url",
            "length",
        ),
        ({"decision_facts": None}, "decision_facts", "required"),
        ({"decision_facts": "x" * 5001}, "decision_facts", "length"),
        ({"content_type": None}, "content_type", "required"),
        ({"content_type": ["TEXT"]}, "content_type", "choice"),
        ({"content_type": ["CONTENT_TYPE_OTHER"]}, "content_type_other", "required"),
        ({"category": None}, "category", "required"),
        ({"category": "STATEMENT_CATEGORY_ELSE"}, "category", "choice"),
        ({"category_addition": ["x"]}, "category_addition", "choice"),
        ({"category_specification": ["hate speech"]}, "category_specification", "choice"),
        ({"category_specification": "KEYWORD_OTHER"}, "category_specification", "choice"),
        (
            {
                "category_specification": ["KEYWORD_OTHER"],
                "category_specification_other": "x" * 501,
            },
            "category_specification_other",
            "length",
        ),
        ({"content_date": None}, "content_date", "required"),
        ({"content_date": "04.05.2026"}, "content_date", "date"),
        ({"content_date": "2026-02-30"}, "content_date", "date"),
        ({"content_date": "1999-12-31"}, "content_date", "too_early"),
        ({"application_date": None}, "application_date", "required"),
        ({"application_date": "2019-12-31"}, "application_date", "too_early"),
        (
            {"end_date_visibility_restriction": "2026-05-03"},
            "end_date_visibility_restriction",
            "order",
        ),
        ({"end_date_monetary_restriction": "soon"}, "end_date_monetary_restriction", "date"),
        ({"end_date_service_restriction": 5}, "end_date_service_restriction", "date"),
        ({"end_date_account_restriction": "2019-01-01"}, "end_date_account_restriction", "order"),
        ({"territorial_scope": ["XX"]}, "territorial_scope", "choice"),
        ({"territorial_scope": "DE"}, "territorial_scope", "type"),
        ({"content_language": "german"}, "content_language", "choice"),
        ({"source_type": None}, "source_type", "required"),
        ({"source_type": "SOURCE"}, "source_type", "choice"),
        ({"source_identity": "An office"}, "source_identity", "unexpected"),
        (
            {"source_type": "SOURCE_ARTICLE_16", "source_identity": "x" * 501},
            "source_identity",
            "length",
        ),
        ({"automated_detection": None}, "automated_detection", "required"),
        ({"automated_detection": True}, "automated_detection", "choice"),
        ({"automated_decision": None}, "automated_decision", "required"),
        ({"automated_decision": "Yes"}, "automated_decision", "choice"),
        ({"author": "Ann"}, "author", "unknown"),
    ],
)
def test_each_rule_is_told_by_its_field(changes, field, rule):
    assert Fault(field, rule) in faults(document(**changes))


def test_the_rules_need_no_framework():
    names = {name for name, value in vars(transparency).items() if isinstance(value, type(sys))}
    assert names == {"re"}


def test_policies_have_the_categories_of_the_database():
    assert set(StatementCategory.values) == set(transparency.CATEGORIES)
    assert len(transparency.CATEGORIES) == 16


def test_an_empty_document_lacks_everything_required():
    assert {fault.field for fault in faults({})} >= {"puid", "category", "decision_facts"}
