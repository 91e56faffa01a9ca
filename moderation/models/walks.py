"""How far a long walk over the host's rows has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Walk(models.Model):
    """The position of a resumable walk (backfill, sweep) over one model, by primary key."""

    name = models.CharField(_("name"), max_length=255, unique=True)
    position = models.CharField(_("last key seen"), max_length=255, blank=True)
    seen = models.PositiveBigIntegerField(_("rows seen"), default=0)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("walk")
        verbose_name_plural = _("walks")

    def __str__(self) -> str:
        return self.name
