"""The rows behind the desk, one module per aggregate."""

from moderation.models.allowances import Allowance, AllowanceOrigin, AllowanceScope
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
from moderation.models.notes import CaseNote
from moderation.models.references import ReferenceDocument
from moderation.models.scans import DetectorRun, Evidence, Finding, RunState, Scan, ScanState
from moderation.models.subjects import Snapshot, Subject
from moderation.models.walks import Walk
from moderation.models.wordlists import ListedPhrase, WordList

__all__ = [
    "ActorKind",
    "Allowance",
    "AllowanceOrigin",
    "AllowanceScope",
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
    "IndexedDocument",
    "ListedPhrase",
    "Outcome",
    "Policy",
    "PolicyGround",
    "ReferenceDocument",
    "RunState",
    "Scan",
    "ScanState",
    "Snapshot",
    "StoryTerm",
    "Subject",
    "Walk",
    "WordList",
]
