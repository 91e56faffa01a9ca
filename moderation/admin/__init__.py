"""The moderator's desk in the Django admin. Reads rows; every write goes through a service."""

from moderation.admin.allowances import AllowanceAdmin
from moderation.admin.api_keys import ApiKeyAdmin, SuggestedScoreAdmin
from moderation.admin.appeals import AppealAdmin
from moderation.admin.cases import CaseAdmin
from moderation.admin.policies import PolicyAdmin
from moderation.admin.records import (
    DecisionAdmin,
    EventAdmin,
    FindingAdmin,
    ScanAdmin,
    SnapshotAdmin,
    SubjectAdmin,
)
from moderation.admin.references import ReferenceDocumentAdmin
from moderation.admin.reports import ReportAdmin
from moderation.admin.thresholds import ThresholdAdmin
from moderation.admin.webhooks import DeliveryAdmin, WebhookAdmin
from moderation.admin.wordlists import ListedPhraseAdmin

__all__ = [
    "AllowanceAdmin",
    "ApiKeyAdmin",
    "AppealAdmin",
    "CaseAdmin",
    "DecisionAdmin",
    "DeliveryAdmin",
    "EventAdmin",
    "FindingAdmin",
    "ListedPhraseAdmin",
    "PolicyAdmin",
    "ReferenceDocumentAdmin",
    "ReportAdmin",
    "ScanAdmin",
    "SnapshotAdmin",
    "SubjectAdmin",
    "SuggestedScoreAdmin",
    "ThresholdAdmin",
    "WebhookAdmin",
]
