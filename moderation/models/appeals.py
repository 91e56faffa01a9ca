"""The way back to the author: what they were told, on which ground, and what they object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.base import AppendOnlyModel
from moderation.models.decisions import Decision
from moderation.models.reports import Report


class StatementOfReasons(AppendOnlyModel):
    """Why a text was restricted, as it was told: built from the decision, never typed.

    ``document`` has the fields of the Transparency Database, and nothing personal.
    """

    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="statement", verbose_name=_("decision")
    )
    puid = models.CharField(_("identifier"), max_length=500, unique=True)
    document = models.JSONField(_("document"))
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("statement of reasons")
        verbose_name_plural = _("statements of reasons")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.puid

    if TYPE_CHECKING:
        decision_id: int


class AppealState(models.TextChoices):
    SUBMITTED = "submitted", _("submitted")
    UNDER_REVIEW = "under_review", _("under review")
    UPHELD = "upheld", _("decision upheld")
    PARTIALLY_REVERSED = "partially_reversed", _("decision partially reversed")
    REVERSED = "reversed", _("decision reversed")
    WITHDRAWN = "withdrawn", _("withdrawn by the author")
    EXPIRED = "expired", _("expired, the decision no longer stands")


OPEN_APPEALS = (AppealState.SUBMITTED, AppealState.UNDER_REVIEW)
RESULTS = (AppealState.UPHELD, AppealState.PARTIALLY_REVERSED, AppealState.REVERSED)


class Appeal(models.Model):
    """The author contests a decision, once; somebody else than who decided judges it."""

    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="appeal", verbose_name=_("decision")
    )
    text = models.TextField(_("objection"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author's account"),
        db_constraint=False,
    )
    author_label = models.CharField(_("author"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    state = models.CharField(
        _("state"), max_length=20, choices=AppealState.choices, default=AppealState.SUBMITTED
    )
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("judge"),
    )
    judge_label = models.CharField(_("judge's name"), max_length=200, blank=True)
    ruling = models.OneToOneField(
        Decision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ruled_on_appeal",
        verbose_name=_("decision in its place"),
    )
    public_note = models.TextField(_("note for the author"), blank=True)
    internal_note = models.TextField(_("internal note"), blank=True)
    created_at = models.DateTimeField(_("submitted"), auto_now_add=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "created_at"], name="moderation_appeal_state")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to judge it."""
        return self.state in OPEN_APPEALS

    if TYPE_CHECKING:
        decision_id: int
        author_id: Any
        judge_id: Any
        ruling_id: int | None


class NoticeKind(models.TextChoices):
    REPORT_RECEIVED = "report_received", _("report received")
    REPORT_ANSWERED = "report_answered", _("report answered")
    AUTHOR_NOTIFIED = "author_notified", _("author told of a decision")
    AUTHOR_UNDONE = "author_undone", _("author told that a decision was taken back")
    APPEAL_RECEIVED = "appeal_received", _("appeal received")
    APPEAL_JUDGED = "appeal_judged", _("appeal judged")


class NoticeState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    VOID = "void", _("not needed any more")
    FAILED = "failed", _("given up")


class Notice(models.Model):
    """A message that is due to somebody. The row is the truth; a task only hurries it along.

    Whose it is, and what it says, is read when it is sent: no address is kept here.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=NoticeKind.choices)
    report = models.ForeignKey(
        Report, models.CASCADE, null=True, blank=True, related_name="notices"
    )
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="notices"
    )
    appeal = models.ForeignKey(
        Appeal, models.CASCADE, null=True, blank=True, related_name="notices"
    )
    # What it is about, as one word: so that nobody is told the same thing twice.
    about = models.CharField(max_length=100, unique=True)
    state = models.CharField(
        _("state"), max_length=20, choices=NoticeState.choices, default=NoticeState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="moderation_notice_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"

    if TYPE_CHECKING:
        report_id: int | None
        decision_id: int | None
        appeal_id: int | None
