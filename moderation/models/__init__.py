"""The rows behind the desk, one module per aggregate."""

from moderation.models.allowances import Allowance, AllowanceOrigin, AllowanceScope
from moderation.models.api_keys import ApiKey, KeyScope, SuggestedScore
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
from moderation.models.notes import CaseNote
from moderation.models.preferences import ModeratorPreference
from moderation.models.references import ReferenceDocument
from moderation.models.scans import DetectorRun, Evidence, Finding, RunState, Scan, ScanState
from moderation.models.search import SearchText
from moderation.models.subjects import Snapshot, Subject
from moderation.models.views import Presence, SavedView
from moderation.models.walks import Walk
from moderation.models.wordlists import ListedPhrase, WordList

__all__ = [
    "ActorKind",
    "Allowance",
    "AllowanceOrigin",
    "AllowanceScope",
    "ApiKey",
    "Case",
    "CaseNote",
    "CaseState",
    "ChainHead",
    "Decision",
    "DetectorRun",
    "Effect",
    "EffectState",
    "Embedding",
    "Event",
    "Evidence",
    "Finding",
    "Fingerprint",
    "IdempotentRequest",
    "IndexedDocument",
    "KeyScope",
    "ListedPhrase",
    "ModeratorPreference",
    "Outcome",
    "Policy",
    "PolicyGround",
    "Presence",
    "ReferenceDocument",
    "RunState",
    "SavedView",
    "Scan",
    "ScanState",
    "SearchText",
    "Snapshot",
    "StoryTerm",
    "Subject",
    "SuggestedScore",
    "Walk",
    "WordList",
]
