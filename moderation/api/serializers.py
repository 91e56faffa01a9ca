"""Rows as the API gives them, and what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from rest_framework import serializers

from moderation import permissions
from moderation.detectors.explanations import explain
from moderation.models import (
    Case,
    CaseNote,
    Decision,
    Event,
    Evidence,
    Finding,
    Outcome,
    Scan,
    Snapshot,
    Subject,
)
from moderation.models.decisions import CHOOSABLE
from moderation.services.naming import nameless_label

if TYPE_CHECKING:
    CaseBase = serializers.ModelSerializer[Case]
    DecisionBase = serializers.ModelSerializer[Decision]
    EventBase = serializers.ModelSerializer[Event]
    EvidenceBase = serializers.ModelSerializer[Evidence]
    FindingBase = serializers.ModelSerializer[Finding]
    NoteBase = serializers.ModelSerializer[CaseNote]
    ScanBase = serializers.ModelSerializer[Scan]
    SnapshotBase = serializers.ModelSerializer[Snapshot]
    SubjectBase = serializers.ModelSerializer[Subject]
    InputBase = serializers.Serializer[Any]
else:
    CaseBase = DecisionBase = EventBase = EvidenceBase = FindingBase = serializers.ModelSerializer
    NoteBase = ScanBase = SnapshotBase = SubjectBase = serializers.ModelSerializer
    InputBase = serializers.Serializer

LONGEST_NOTE = 10_000
MOST_IN_A_BATCH = 500

LARGEST_KEY = 10**18 - 1
LARGEST_VERSION = 2**31 - 1


class AuthorHidden:
    """Mixed into rows with an author: told only to those who may see whose text it is."""

    AUTHOR_FIELDS: ClassVar[tuple[str, ...]] = ("author_label",)

    def to_representation(self, row: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(row)  # type: ignore[misc]
        request = self.context.get("request")  # type: ignore[attr-defined]
        if request is None or not permissions.may_see_author(request.user):
            told |= self.nameless(row)
        return told

    def nameless(self, row: Any) -> dict[str, Any]:
        """Return what others are told in place of what names the author."""
        return dict.fromkeys(self.AUTHOR_FIELDS, "")


# What is given


class SubjectSerializer(AuthorHidden, SubjectBase):
    """A moderated host object."""

    AUTHOR_FIELDS = ("author_key", "author_label")
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 5,
        "model_label": "newsroom.comment",
        "object_id": "812",
        "database": "default",
        "kind": "comment",
        "label": "Comment on The bridge is open again",
        "url": "/bridge-open/#comment-812",
        "author_key": "name:guest",
        "author_label": "Guest",
        "parent": 2,
        "reply_to": None,
        "published_at": "2026-05-04T10:30:00Z",
        "last_scanned_at": "2026-05-04T10:30:02Z",
        "created_at": "2026-05-04T10:30:00Z",
        "deleted_at": None,
    }

    class Meta:
        model = Subject
        fields = (
            "id",
            "model_label",
            "object_id",
            "database",
            "kind",
            "label",
            "url",
            "author_key",
            "author_label",
            "parent",
            "reply_to",
            "published_at",
            "last_scanned_at",
            "created_at",
            "deleted_at",
        )
        read_only_fields = fields

    def nameless(self, row: Subject) -> dict[str, Any]:
        """Sites may call a text by who wrote it: its label is told without the name."""
        return {**super().nameless(row), "label": nameless_label(row)}


class SnapshotSerializer(AuthorHidden, SnapshotBase):
    """A text as it was judged; the text itself for those who may see snapshots."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 9,
        "subject": 5,
        "text_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "format": "plain",
        "title": "",
        "language": "en",
        "author_label": "Guest",
        "length": 24,
        "is_current": True,
        "created_at": "2026-05-04T10:30:00Z",
        "text": "Nobody asked you, idiot.",
    }

    text = serializers.SerializerMethodField()

    class Meta:
        model = Snapshot
        fields = (
            "id",
            "subject",
            "text_hash",
            "format",
            "title",
            "language",
            "author_label",
            "length",
            "is_current",
            "created_at",
            "text",
        )
        read_only_fields = fields

    def get_text(self, snapshot: Snapshot) -> str | None:
        """Return the text, or None for those who may only know that there is one."""
        user = self.context["request"].user
        return snapshot.text if user.has_perm("moderation.view_snapshot") else None


class EvidenceSerializer(EvidenceBase):
    """A passage that speaks for a finding, in characters of the snapshot's text."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "start": 18,
        "end": 23,
        "source_start": None,
        "source_end": None,
        "weight": 1.0,
        "explanation": "framing.attack",
        "params": {},
        "reason": "An insult, addressed to somebody.",
    }

    reason = serializers.SerializerMethodField()

    class Meta:
        model = Evidence
        fields = (
            "start",
            "end",
            "source_start",
            "source_end",
            "weight",
            "explanation",
            "params",
            "reason",
        )
        read_only_fields = fields

    def get_reason(self, evidence: Evidence) -> str:
        """Return the explanation in the words of the request's language."""
        return explain(evidence.explanation, evidence.params, translate=_)


class FindingSerializer(FindingBase):
    """What a detector found, with the passages."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 31,
        "scan": 12,
        "snapshot": 9,
        "detector": "framing",
        "kind": "framing",
        "category": "attack",
        "score": 0.91,
        "band": "likely",
        "mode": "live",
        "threshold": 0.7,
        "source": None,
        "reference": None,
        "detail": {},
        "evidence": [EvidenceSerializer.EXAMPLE],
    }

    snapshot = serializers.IntegerField(source="scan.snapshot_id", read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta:
        model = Finding
        fields = (
            "id",
            "scan",
            "snapshot",
            "detector",
            "kind",
            "category",
            "score",
            "band",
            "mode",
            "threshold",
            "source",
            "reference",
            "detail",
            "evidence",
        )
        read_only_fields = fields


class ScanSerializer(ScanBase):
    """One run of the detectors."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 12,
        "snapshot": 9,
        "state": "done",
        "reason": "save",
        "note": "",
        "scores": {"framing/attack": 0.91},
        "scanned_chars": 24,
        "duration_ms": 14,
        "attempts": 1,
        "created_at": "2026-05-04T10:30:00Z",
        "started_at": "2026-05-04T10:30:02Z",
        "finished_at": "2026-05-04T10:30:02Z",
    }
    TAKEN: ClassVar[dict[str, Any]] = {"subject": 5}

    class Meta:
        model = Scan
        fields = (
            "id",
            "snapshot",
            "state",
            "reason",
            "note",
            "scores",
            "scanned_chars",
            "duration_ms",
            "attempts",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class CaseSerializer(CaseBase):
    """A row of the queue. ``version`` goes into ``If-Match`` of what changes it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 17,
        "subject": SubjectSerializer.EXAMPLE,
        "snapshot": 9,
        "state": "open",
        "version": 3,
        "severity": 59,
        "priority": 59.0,
        "band": "likely",
        "score": 0.91,
        "categories": ["framing/attack"],
        "detectors": ["framing"],
        "section": "Valley",
        "language": "en",
        "claimed_by": None,
        "claim_expires_at": None,
        "snoozed_until": None,
        "escalated": False,
        "proposed_by": None,
        "opened_at": "2026-05-04T10:30:02Z",
        "due_at": "2026-05-05T10:30:02Z",
        "updated_at": "2026-05-04T10:30:02Z",
        "closed_at": None,
    }

    subject = SubjectSerializer(read_only=True)
    categories = serializers.ListField(child=serializers.CharField(), read_only=True)
    detectors = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Case
        fields = (
            "id",
            "subject",
            "snapshot",
            "state",
            "version",
            "severity",
            "priority",
            "band",
            "score",
            "categories",
            "detectors",
            "section",
            "language",
            "claimed_by",
            "claim_expires_at",
            "snoozed_until",
            "escalated",
            "proposed_by",
            "opened_at",
            "due_at",
            "updated_at",
            "closed_at",
        )
        read_only_fields = fields


class DecisionSerializer(DecisionBase):
    """A ruling, and whether it was taken back."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 40,
        "case": 17,
        "case_version": 3,
        "snapshot": 9,
        "outcome": "hide",
        "proposed": "",
        "policies": ["civility"],
        "internal_note": "",
        "public_note": "Please stay civil.",
        "actor_kind": "human",
        "actor": 3,
        "actor_label": "mia",
        "batch_id": None,
        "reverses": None,
        "reversed_by": None,
        "created_at": "2026-05-04T11:00:00Z",
    }

    policies: Any = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
    proposed = serializers.ChoiceField(choices=[("", "–"), *Outcome.choices], read_only=True)
    reversed_by = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = (
            "id",
            "case",
            "case_version",
            "snapshot",
            "outcome",
            "proposed",
            "policies",
            "internal_note",
            "public_note",
            "actor_kind",
            "actor",
            "actor_label",
            "batch_id",
            "reverses",
            "reversed_by",
            "created_at",
        )
        read_only_fields = fields

    def get_reversed_by(self, decision: Decision) -> int | None:
        """Return the decision that took this one back."""
        reversal: Decision | None = getattr(decision, "reversed_by", None)
        return reversal.pk if reversal else None


class EventSerializer(EventBase):
    """A line of the audit trail."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "number": 101,
        "at": "2026-05-04T11:00:00Z",
        "verb": "case.decided",
        "actor_ref": "user:3",
        "actor_label": "mia",
        "case": 17,
        "data": {"case": 17, "decision": 40, "outcome": "hide"},
        "previous_hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "hash": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
    }

    class Meta:
        model = Event
        fields = (
            "number",
            "at",
            "verb",
            "actor_ref",
            "actor_label",
            "case",
            "data",
            "previous_hash",
            "hash",
        )
        read_only_fields = fields


# What is taken


def account_key(**options: Any) -> serializers.Field[Any, Any, Any, Any]:
    """Return a field for the key of an account, of the kind that the site's accounts have."""
    key = get_user_model()._meta.pk
    if isinstance(key, models.UUIDField):
        return serializers.UUIDField(**options)
    if isinstance(key, models.IntegerField):
        return serializers.IntegerField(min_value=1, max_value=LARGEST_KEY, **options)
    return serializers.CharField(max_length=_LONGEST_ACCOUNT_KEY, **options)


def account_pattern() -> str:
    """Return the expression for the key of an account as :func:`account_key` has it."""
    key = get_user_model()._meta.pk
    if isinstance(key, models.UUIDField):
        return r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    if isinstance(key, models.IntegerField):
        return r"[1-9][0-9]{0,17}"
    return rf"\S{{1,{_LONGEST_ACCOUNT_KEY}}}"


_LONGEST_ACCOUNT_KEY = 200


class VersionSerializer(InputBase):
    """The version of the case that the caller saw, unless ``If-Match`` says it."""

    version = serializers.IntegerField(min_value=1, max_value=LARGEST_VERSION, required=False)
    TAKEN: ClassVar[dict[str, Any]] = {"version": 3}


class ClaimSerializer(VersionSerializer):
    """Hold a case for some minutes; ``take_over`` takes it from a colleague."""

    TAKEN = {"version": 3, "take_over": False}

    take_over = serializers.BooleanField(default=False)


class SnoozeSerializer(VersionSerializer):
    """Put a case aside until a moment to come."""

    TAKEN = {"until": "2036-05-05T08:00:00Z", "version": 3}

    until = serializers.DateTimeField()


class AssignSerializer(VersionSerializer):
    """Give a case to a colleague, by the key of their account."""

    TAKEN = {"to": 4, "version": 3}

    to = account_key()


class ColleagueSerializer(InputBase):
    """Somebody whom a case can be given to."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"id": "4", "account": "mia", "name": "Mia Osei (mia)"}

    id = serializers.CharField(source="key", help_text="The key of the account.")
    account = serializers.CharField(help_text="Its user name.")
    name = serializers.CharField(help_text="What to call whoever has it.")


class NoteSerializer(NoteBase):
    """What moderators tell each other about a case."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 2,
        "case": 17,
        "text": "The same account as last week.",
        "author": 3,
        "author_label": "mia",
        "created_at": "2026-05-04T10:45:00Z",
    }
    TAKEN: ClassVar[dict[str, Any]] = {"text": "The same account as last week."}

    class Meta:
        model = CaseNote
        fields = ("id", "case", "text", "author", "author_label", "created_at")
        read_only_fields = ("id", "case", "author", "author_label", "created_at")
        extra_kwargs = {"text": {"max_length": LONGEST_NOTE, "trim_whitespace": False}}


class RulingSerializer(InputBase):
    """What is decided, on which policies, with which notes."""

    outcome = serializers.ChoiceField(choices=CHOOSABLE)
    policies = serializers.ListField(
        child=serializers.CharField(max_length=50), default=list, max_length=20
    )
    internal_note = serializers.CharField(
        max_length=LONGEST_NOTE, default="", allow_blank=True, trim_whitespace=False
    )
    public_note = serializers.CharField(
        max_length=LONGEST_NOTE, default="", allow_blank=True, trim_whitespace=False
    )


class DecideSerializer(RulingSerializer, VersionSerializer):
    """Decide one case."""

    TAKEN = {
        "outcome": "hide",
        "policies": ["civility"],
        "public_note": "Please stay civil.",
        "version": 3,
    }


class SeenCaseSerializer(InputBase):
    """A case and the version of it that the caller saw."""

    case = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY)
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_VERSION)


class BatchSerializer(RulingSerializer):
    """Decide many cases alike, each for itself."""

    TAKEN: ClassVar[dict[str, Any]] = {
        "outcome": "dismiss_allowed",
        "cases": [{"case": 17, "version": 3}, {"case": 18, "version": 1}],
    }

    cases = serializers.ListField(
        child=SeenCaseSerializer(), allow_empty=False, max_length=MOST_IN_A_BATCH
    )


class RefusalSerializer(InputBase):
    """Why one case of a batch was not decided."""

    code = serializers.CharField(source="error.code", default="")
    detail = serializers.CharField(source="error", default="")


class BatchItemSerializer(InputBase):
    """What became of one case of a batch: a decision, or why there is none."""

    case = serializers.IntegerField(source="case_id")
    decision = serializers.IntegerField(source="decision.pk", default=None, allow_null=True)
    error = RefusalSerializer(source="*", allow_null=True)

    def to_representation(self, item: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(item)
        if item.error is None:
            told["error"] = None
        return told


class BatchResultSerializer(InputBase):
    """What became of a batch; ``batch`` takes all of it back."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "batch": "0b6d4f2e-6a0a-4d0c-9d0b-1f1d7c3a9e55",
        "results": [
            {"case": 17, "decision": 40, "error": None},
            {
                "case": 18,
                "decision": None,
                "error": {"code": "conflict", "detail": "The case is closed already."},
            },
        ],
    }

    batch = serializers.UUIDField()
    results = BatchItemSerializer(many=True)


class ScanRequestSerializer(InputBase):
    """Scan a subject's current text again."""

    TAKEN: ClassVar[dict[str, Any]] = {"subject": 5}

    subject = serializers.PrimaryKeyRelatedField(queryset=Subject.objects.filter(deleted_at=None))
