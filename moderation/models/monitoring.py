"""What the desk knows about its own running: signs of life, and counts that only grow."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When something that has to happen again and again happened last."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """A count that only grows, for the metrics: it outlives the rows that were counted."""

    name = models.CharField(_("name"), max_length=50)
    labels = models.CharField(_("labels"), max_length=300, blank=True)
    value = models.FloatField(_("value"), default=0)

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        constraints = [
            models.UniqueConstraint(fields=["name", "labels"], name="moderation_one_tally")
        ]

    def __str__(self) -> str:
        return f"{self.name}{{{self.labels}}}"
