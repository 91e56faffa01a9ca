"""The house rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers

from moderation.api.access import MayReadOrModel
from moderation.api.base import TaggedViewSet
from moderation.models import Policy
from moderation.services import policies

if TYPE_CHECKING:
    PolicyShape = serializers.ModelSerializer[Policy]
else:
    PolicyShape = serializers.ModelSerializer


class PolicySerializer(PolicyShape):
    """A house rule that decisions cite."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "code": "civility",
        "title": "Be civil",
        "public_text": "Argue about the matter, not about the person.",
        "severity": 60,
        "ground": "contractual",
        "statement_category": "STATEMENT_CATEGORY_CYBER_VIOLENCE",
        "parent": None,
        "is_active": True,
    }

    parent: Any = serializers.SlugRelatedField(
        slug_field="code", queryset=Policy.objects.all(), allow_null=True, required=False
    )
    severity = serializers.IntegerField(min_value=0, max_value=100, required=False)

    class Meta:
        model = Policy
        fields = (
            "code",
            "title",
            "public_text",
            "severity",
            "ground",
            "statement_category",
            "parent",
            "is_active",
        )

    def update(self, instance: Policy, validated_data: Any) -> Policy:
        raise NotImplementedError  # rows are written by the service

    def validate_code(self, code: str) -> str:
        """The code is what the audit trail knows a policy by: it stays."""
        if self.instance is not None and self.instance.code != code:
            raise serializers.ValidationError("The code of a policy stays.", code="fixed")
        return code


class PolicyViewSet(TaggedViewSet):
    """Policies may be added and reworded. What was cited stays citable: none is deleted."""

    queryset = Policy.objects.select_related("parent")
    serializer_class = PolicySerializer
    permission_classes = (MayReadOrModel,)
    lookup_field = "code"
    lookup_value_regex = r"[-a-zA-Z0-9_]{1,50}"
    ordering = ("pk",)

    def save(self, row: Policy, changed: dict[str, Any]) -> Policy:
        return policies.save(row, changed=changed, actor=self.actor)
