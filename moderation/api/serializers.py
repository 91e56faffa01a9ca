"""Rows as the API gives them, and what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from moderation.detectors.explanations import explain
from moderation.models import (
    Case,
    Decision,
    Event,
    Evidence,
    Finding,
    Policy,
    Scan,
    Snapshot,
    Subject,
)
from moderation.models.decisions import CHOOSABLE

if TYPE_CHECKING:
    CaseBase = serializers.ModelSerializer[Case]
    DecisionBase = serializers.ModelSerializer[Decision]
    EventBase = serializers.ModelSerializer[Event]
    EvidenceBase = serializers.ModelSerializer[Evidence]
    FindingBase = serializers.ModelSerializer[Finding]
    PolicyBase = serializers.ModelSerializer[Policy]
    ScanBase = serializers.ModelSerializer[Scan]
    SnapshotBase = serializers.ModelSerializer[Snapshot]
    SubjectBase = serializers.ModelSerializer[Subject]
    InputBase = serializers.Serializer[Any]
else:
    CaseBase = DecisionBase = EventBase = EvidenceBase = FindingBase = serializers.ModelSerializer
    PolicyBase = ScanBase = SnapshotBase = SubjectBase = serializers.ModelSerializer
    InputBase = serializers.Serializer

LONGEST_NOTE = 10_000
MOST_IN_A_BATCH = 500

# What is given


class SubjectSerializer(SubjectBase):
    """A moderated host object."""

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


class SnapshotSerializer(SnapshotBase):
    """A text as it was judged; the text itself for those who may see snapshots."""

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

    subject = SubjectSerializer(read_only=True)
    categories = serializers.ListField(child=serializers.CharField(), read_only=True)

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
            "claimed_by",
            "claim_expires_at",
            "snoozed_until",
            "escalated",
            "opened_at",
            "updated_at",
            "closed_at",
        )
        read_only_fields = fields


class PolicySerializer(PolicyBase):
    """A house rule that decisions cite."""

    class Meta:
        model = Policy
        fields = ("code", "title", "public_text", "severity", "ground", "parent", "is_active")
        extra_kwargs = {"parent": {"allow_null": True}}

    parent: Any = serializers.SlugRelatedField(
        slug_field="code", queryset=Policy.objects.all(), allow_null=True, required=False
    )


class DecisionSerializer(DecisionBase):
    """A ruling, and whether it was taken back."""

    policies: Any = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
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


class VersionSerializer(InputBase):
    """The version of the case that the caller saw, unless ``If-Match`` says it."""

    version = serializers.IntegerField(min_value=1, required=False)


class ClaimSerializer(VersionSerializer):
    """Hold a case for some minutes; ``take_over`` takes it from a colleague."""

    take_over = serializers.BooleanField(default=False)


class SnoozeSerializer(VersionSerializer):
    """Put a case aside until a moment to come."""

    until = serializers.DateTimeField()


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


class SeenCaseSerializer(InputBase):
    """A case and the version of it that the caller saw."""

    case = serializers.IntegerField(min_value=1)
    version = serializers.IntegerField(min_value=1)


class BatchSerializer(RulingSerializer):
    """Decide many cases alike, each for itself."""

    cases = serializers.ListField(
        child=SeenCaseSerializer(), allow_empty=False, max_length=MOST_IN_A_BATCH
    )


class BatchItemSerializer(InputBase):
    """What became of one case of a batch."""

    case = serializers.IntegerField(source="case_id")
    decision = serializers.IntegerField(source="decision.pk", default=None)
    error = serializers.SerializerMethodField()

    def get_error(self, item: Any) -> dict[str, str] | None:
        """Return why the case was not decided."""
        if item.error is None:
            return None
        return {"code": item.error.code, "detail": str(item.error)}


class BatchResultSerializer(InputBase):
    """What became of a batch; ``batch`` takes all of it back."""

    batch = serializers.UUIDField()
    results = BatchItemSerializer(many=True)


class ScanRequestSerializer(InputBase):
    """Scan a subject's current text again."""

    subject = serializers.PrimaryKeyRelatedField(queryset=Subject.objects.filter(deleted_at=None))
