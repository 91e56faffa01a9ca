"""Writes of API clients that must not happen twice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotentRequest(models.Model):
    """A write that came with a key, and how it was answered; without a status it is under way.

    Whoever sends it again, because the answer got lost, is given the same answer.
    """

    actor = models.CharField(_("account key"), max_length=200)
    key = models.CharField(_("key"), max_length=255)
    route = models.CharField(_("route"), max_length=500)
    body_hash = models.CharField(_("hash of the body"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    created_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("kept until"), db_index=True)

    class Meta:
        verbose_name = _("idempotent request")
        verbose_name_plural = _("idempotent requests")
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="moderation_request_once")
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"
