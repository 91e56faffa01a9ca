"""The site's own thresholds: from which score a category is flagged, and what a score means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ThresholdState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SHADOW = "shadow", _("on trial")
    LIVE = "live", _("live")
    RETIRED = "retired", _("retired")


IN_FORCE = (ThresholdState.LIVE, ThresholdState.SHADOW)
"""What a scan looks at: one of each for a category and a section."""


class Threshold(models.Model):
    """The score from which one category of a detector is flagged, in a section or everywhere.

    On trial, what it would flag is recorded and opens no case. ``slope`` and ``offset`` move
    the logit of a score to that of the share of such texts that moderators found rightly
    flagged; 1 and 0 say that nothing is known of it. Scores are stored as the detector gave
    them, so that they stay comparable.
    """

    detector = models.CharField(_("detector"), max_length=50)
    category = models.CharField(_("category"), max_length=50)
    section = models.CharField(
        _("section"), max_length=100, blank=True, help_text=_("Empty means the whole site.")
    )
    value = models.FloatField(_("threshold"))
    slope = models.FloatField(_("slope of the calibration"), default=1.0)
    offset = models.FloatField(_("offset of the calibration"), default=0.0)
    state = models.CharField(
        _("state"), max_length=10, choices=ThresholdState.choices, default=ThresholdState.DRAFT
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
        db_constraint=False,
    )
    created_label = models.CharField(_("made by"), max_length=200)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    tried_at = models.DateTimeField(_("on trial since"), null=True, blank=True)
    live_at = models.DateTimeField(_("live since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        verbose_name = _("threshold")
        verbose_name_plural = _("thresholds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=1), name="moderation_threshold_is_score"
            ),
            *(
                models.UniqueConstraint(
                    fields=["detector", "category", "section"],
                    condition=Q(state=state.value),
                    name=f"moderation_one_{state.value}_threshold",
                )
                for state in IN_FORCE
            ),
        ]

    def __str__(self) -> str:
        where = f" ({self.section})" if self.section else ""
        return f"{self.detector}/{self.category}{where}: {self.value:.3f}"

    @property
    def is_calibrated(self) -> bool:
        """Whether it says what share of the texts with a score was rightly flagged."""
        return (self.slope, self.offset) != (1.0, 0.0)

    if TYPE_CHECKING:
        created_by_id: int | None
