"""What readers complain about, and how it was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.cases import Case
from moderation.models.decisions import Decision
from moderation.models.subjects import Snapshot, Subject


class ReportKind(models.TextChoices):
    READER = "reader", _("report by a reader")
    NOTICE = "notice", _("legal notice")


class ReportCategory(models.TextChoices):
    """What a reader says is wrong; the order is that of the form."""

    ATTACK = "attack", _("insults or attacks somebody")
    HATE = "hate", _("disparages a group of people")
    THREAT = "threat", _("threatens somebody, or calls for violence")
    COPIED = "copied", _("copied from somewhere else")
    FALSE = "false", _("states something false as a fact")
    PRIVACY = "privacy", _("tells private things about somebody")
    SPAM = "spam", _("advertising, or posted over and over")
    MINORS = "minors", _("sexual abuse of children")
    UNLAWFUL = "unlawful", _("breaks another law")
    OTHER = "other", _("something else")


class ReportState(models.TextChoices):
    WAITING = "waiting", _("waits for a decision")
    CONFIRMED = "confirmed", _("confirmed by the decision")
    REJECTED = "rejected", _("not confirmed by the decision")
    MOOT = "moot", _("nothing left to decide")


class Report(models.Model):
    """One person's complaint about a text: merged into the subject's case.

    ``reporter_key`` is the same for all reports of one person: the account's key, or a keyed
    hash of the address they gave. It is empty for a notice that may come without a name.
    """

    subject = models.ForeignKey(
        Subject, models.PROTECT, related_name="reports", verbose_name=_("subject")
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="reports", verbose_name=_("case"))
    snapshot = models.ForeignKey(
        Snapshot,
        models.SET_NULL,
        null=True,
        related_name="reports",
        verbose_name=_("text as reported"),
    )
    kind = models.CharField(
        _("kind"), max_length=20, choices=ReportKind.choices, default=ReportKind.READER
    )
    category = models.CharField(_("category"), max_length=20, choices=ReportCategory.choices)
    text = models.TextField(_("explanation"), blank=True)
    location = models.CharField(_("exact address"), max_length=500, blank=True)
    good_faith = models.BooleanField(_("states good faith"), default=False)

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reporter's account"),
        db_constraint=False,
    )
    reporter_key = models.CharField(_("reporter key"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    email_confirmed_at = models.DateTimeField(_("address confirmed"), null=True, editable=False)
    language = models.CharField(_("language"), max_length=20, blank=True)

    state = models.CharField(
        _("state"), max_length=20, choices=ReportState.choices, default=ReportState.WAITING
    )
    weight = models.FloatField(_("weight"), default=1)
    times = models.PositiveIntegerField(_("times reported"), default=1)
    decision = models.ForeignKey(
        Decision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="answered_reports",
        verbose_name=_("answered by"),
    )
    created_at = models.DateTimeField(_("reported"), auto_now_add=True)
    reported_at = models.DateTimeField(_("last reported"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "snapshot", "reporter_key"],
                condition=~Q(reporter_key=""),
                name="moderation_report_once",
            )
        ]
        indexes = [
            models.Index(fields=["reporter_key", "state"], name="moderation_report_by"),
            models.Index(fields=["state", "case"], name="moderation_report_state"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_waiting(self) -> bool:
        """Whether no decision has answered it."""
        return self.state == ReportState.WAITING

    if TYPE_CHECKING:
        subject_id: int
        case_id: int
        snapshot_id: int | None
        reporter_id: Any
        decision_id: int | None
