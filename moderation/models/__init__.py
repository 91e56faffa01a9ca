"""The rows behind the desk, one module per aggregate."""

from moderation.models.allowances import Allowance, AllowanceOrigin, AllowanceScope
from moderation.models.api_keys import ApiKey, KeyScope, SuggestedScore
from moderation.models.appeals import (
    Appeal,
    AppealState,
    Notice,
    NoticeKind,
    NoticeState,
    StatementOfReasons,
)
from moderation.models.cases import Case, CaseState
from moderation.models.decisions import (
    ActorKind,
    Decision,
    Effect,
    EffectState,
    Outcome,
    Policy,
    PolicyGround,
)
from moderation.models.events import ChainHead, Event
from moderation.models.fingerprints import Embedding, Fingerprint, IndexedDocument, StoryTerm
from moderation.models.idempotency import IdempotentRequest
from moderation.models.monitoring import Heartbeat, Tally
from moderation.models.notes import CaseNote
from moderation.models.preferences import ModeratorPreference
from moderation.models.references import ReferenceDocument
from moderation.models.reports import Report, ReportCategory, ReportKind, ReportState
from moderation.models.scans import DetectorRun, Evidence, Finding, RunState, Scan, ScanState
from moderation.models.search import SearchText
from moderation.models.subjects import Snapshot, Subject
from moderation.models.thresholds import Threshold, ThresholdState
from moderation.models.views import Presence, SavedView
from moderation.models.walks import Walk
from moderation.models.webhooks import Delivery, DeliveryState, Webhook
from moderation.models.wordlists import ListedPhrase, WordList

__all__ = [
    "ActorKind",
    "Allowance",
    "AllowanceOrigin",
    "AllowanceScope",
    "ApiKey",
    "Appeal",
    "AppealState",
    "Case",
    "CaseNote",
    "CaseState",
    "ChainHead",
    "Decision",
    "Delivery",
    "DeliveryState",
    "DetectorRun",
    "Effect",
    "EffectState",
    "Embedding",
    "Event",
    "Evidence",
    "Finding",
    "Fingerprint",
    "Heartbeat",
    "IdempotentRequest",
    "IndexedDocument",
    "KeyScope",
    "ListedPhrase",
    "ModeratorPreference",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "Outcome",
    "Policy",
    "PolicyGround",
    "Presence",
    "ReferenceDocument",
    "Report",
    "ReportCategory",
    "ReportKind",
    "ReportState",
    "RunState",
    "SavedView",
    "Scan",
    "ScanState",
    "SearchText",
    "Snapshot",
    "StatementOfReasons",
    "StoryTerm",
    "Subject",
    "SuggestedScore",
    "Tally",
    "Threshold",
    "ThresholdState",
    "Walk",
    "Webhook",
    "WordList",
]
