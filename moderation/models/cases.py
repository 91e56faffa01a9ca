"""The queue row: everything there is to decide about one subject."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.scans import BAND_CHOICES
from moderation.models.subjects import KIND_CHOICES, Snapshot, Subject


class CaseState(models.TextChoices):
    OPEN = "open", _("open")
    CLAIMED = "claimed", _("claimed")
    ESCALATED = "escalated", _("escalated")
    SNOOZED = "snoozed", _("snoozed")
    DECIDED = "decided", _("decided")
    CLOSED_MOOT = "closed_moot", _("closed, nothing left to decide")


TO_DO = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED)
"""What waits for somebody now; a snoozed case comes back by itself."""

_IS_TO_DO = Q(state__in=[state.value for state in TO_DO])

OPEN_CASES = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED, CaseState.SNOOZED)


def in_category(name: str) -> Q:
    """Return the condition for cases with a finding of one ``kind/category``."""
    return Q(Holds(F("categories"), name))


def by_detector(name: str) -> Q:
    """Return the condition for cases with a finding of one detector."""
    return Q(Holds(F("detectors"), name))


class Holds(Func):
    """Whether a list of names, kept as JSON, has ``name`` in it.

    PostgreSQL looks into the list, by its index. Elsewhere the text of the JSON is compared:
    SQLite keeps what ``json.dumps`` wrote.
    """

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, names: Any, name: str) -> None:
        self.name = name
        super().__init__(names)

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **_kwargs: Any
    ) -> tuple[str, list[Any]]:
        names, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            return f"{names} @> %s::jsonb", [*params, json.dumps([self.name])]
        forms = sorted({json.dumps(self.name), json.dumps(self.name, ensure_ascii=False)})
        tests = " OR ".join(f"instr({names}, %s) > 0" for _form in forms)
        return f"({tests})", [part for form in forms for part in (*params, form)]


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
    reach = models.FloatField(_("weight of the reach"), default=1)
    reported = models.FloatField(_("weight of the reports"), default=0)
    # The logarithm of severity x reach x age, up to what is the same for all cases at any
    # moment: so that it is stored once and still orders cases that wait.
    priority = models.FloatField(_("priority"), default=0)
    band = models.CharField(_("band"), max_length=10, choices=BAND_CHOICES)
    score = models.FloatField(_("score"), default=0)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    detectors = models.JSONField(_("detectors"), default=list, blank=True)

    # Copies of what the subject and the text say, for the filters of the queue.
    kind = models.CharField(_("kind"), max_length=20, choices=KIND_CHOICES, blank=True)
    section = models.CharField(_("section"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)

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
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
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
        # Every order in which the queue is read, and every filter that few cases may pass.
        indexes = [
            models.Index(
                fields=["-priority", "id"], condition=_IS_TO_DO, name="moderation_case_todo"
            ),
            models.Index(
                # With the urgency, so that the order of the young is read from it alone.
                fields=["opened_at", "id", "priority"],
                condition=_IS_TO_DO,
                name="moderation_case_todo_opened",
            ),
            models.Index(fields=["due_at"], condition=_IS_TO_DO, name="moderation_case_due"),
            models.Index(fields=["state", "opened_at", "id"], name="moderation_case_state"),
            models.Index(fields=["opened_at", "id"], name="moderation_case_opened"),
            models.Index(fields=["section"], name="moderation_case_section"),
            models.Index(fields=["language"], name="moderation_case_language"),
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

    def held_by(self, user: Any) -> bool:
        """Whether ``user`` holds a claim that has not run out."""
        return (
            self.claimed_by_id is not None
            and self.claimed_by_id == user.pk
            and self.claim_expires_at is not None
            and self.claim_expires_at > timezone.now()
        )

    if TYPE_CHECKING:
        subject_id: int
        snapshot_id: int | None
        claimed_by_id: Any
        proposed_by_id: Any
