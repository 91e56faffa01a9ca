"""The queue row: everything there is to decide about one subject."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.db.models.lookups import Contains
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.scans import BAND_CHOICES
from moderation.models.subjects import Snapshot, Subject


class CaseState(models.TextChoices):
    OPEN = "open", _("open")
    CLAIMED = "claimed", _("claimed")
    ESCALATED = "escalated", _("escalated")
    SNOOZED = "snoozed", _("snoozed")
    DECIDED = "decided", _("decided")
    CLOSED_MOOT = "closed_moot", _("closed, nothing left to decide")


TO_DO = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED)
"""What waits for somebody now; a snoozed case comes back by itself."""

OPEN_CASES = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED, CaseState.SNOOZED)


def in_category(name: str) -> Q:
    """Return the condition for cases with a finding of one ``kind/category``.

    The list is compared as the text of its JSON: SQLite has no operator that looks into it,
    and keeps what ``json.dumps`` wrote, where PostgreSQL writes characters as they are.
    """
    text = Cast("categories", models.TextField())
    return Q(Contains(text, json.dumps(name))) | Q(
        Contains(text, json.dumps(name, ensure_ascii=False))
    )


class Case(models.Model):
    """What a moderator sees in the queue. One open case per subject, whatever was found.

    ``version`` grows with every change; whoever writes names the version they saw.
    """

    subject = models.ForeignKey(
        Subject, models.PROTECT, related_name="cases", verbose_name=_("subject")
    )
    snapshot = models.ForeignKey(
        Snapshot,
        models.SET_NULL,
        null=True,
        related_name="cases",
        verbose_name=_("text as judged"),
    )
    state = models.CharField(
        _("state"), max_length=20, choices=CaseState.choices, default=CaseState.OPEN
    )
    version = models.PositiveIntegerField(_("version"), default=1)

    severity = models.PositiveSmallIntegerField(_("severity"), default=0)
    priority = models.FloatField(_("priority"), default=0)
    band = models.CharField(_("band"), max_length=10, choices=BAND_CHOICES)
    score = models.FloatField(_("score"), default=0)
    categories = models.JSONField(_("categories"), default=list, blank=True)

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("claimed by"),
    )
    claim_expires_at = models.DateTimeField(_("claim ends"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    escalated = models.BooleanField(_("escalated"), default=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("waits for a second person after"),
    )

    opened_at = models.DateTimeField(_("opened"))
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(state__in=[state.value for state in OPEN_CASES]),
                name="moderation_one_open_case",
            )
        ]
        indexes = [
            models.Index(fields=["state", "-priority", "opened_at"], name="moderation_case_queue")
        ]
        permissions = [
            ("claim_case", _("Can claim cases")),
            ("decide_case", _("Can decide cases")),
            ("override_case", _("Can take over claims and undo colleagues' decisions")),
            ("see_author_identity", _("Can see who wrote the texts")),
            ("manage_detectors", _("Can change what the detectors flag")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether there is something left to decide."""
        return self.state in OPEN_CASES

    def held_by_other(self, user: Any) -> bool:
        """Whether somebody else holds a claim that has not run out."""
        return (
            self.claimed_by_id is not None
            and self.claimed_by_id != user.pk
            and self.claim_expires_at is not None
            and self.claim_expires_at > timezone.now()
        )

    if TYPE_CHECKING:
        subject_id: int
        snapshot_id: int | None
        claimed_by_id: Any
        proposed_by_id: Any
