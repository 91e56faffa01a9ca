"""The audit trail: append-only and chained by hashes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from moderation.models.base import AppendOnlyModel
from moderation.models.cases import Case

GENESIS = "0" * 64


class ChainHead(models.Model):
    """The end of the chain: one row, locked by whoever appends."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)

    class Meta:
        verbose_name = _("end of the audit chain")
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.number}:{self.hash[:12]}"


class Event(AppendOnlyModel):
    """One line of the audit trail.

    The hash covers ``number``, ``at``, ``verb``, ``actor_ref``, ``data`` and the hash before.
    Names and free text are left out of it on purpose: a person can be erased from the record
    and the chain still verifies. ``case`` is for navigation; ``data`` carries its id too.
    """

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    at = models.DateTimeField(_("when"))
    verb = models.CharField(_("what"), max_length=50)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("account"),
    )
    actor_ref = models.CharField(_("account key"), max_length=200)
    actor_label = models.CharField(_("who"), max_length=200)
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, related_name="events", verbose_name=_("case")
    )
    data = models.JSONField(_("data"), default=dict, encoder=DjangoJSONEncoder)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["number"]
        indexes = [models.Index(fields=["verb", "at"], name="moderation_event_verb")]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"

    def digest(self) -> str:
        """Compute what ``hash`` has to be (SHA-256, hex)."""
        return chain_hash(
            self.previous_hash, self.number, self.at, self.verb, self.actor_ref, self.data
        )


def chain_hash(
    previous: str, number: int, at: datetime, verb: str, actor_ref: str, data: Any
) -> str:
    """Hash one line of the trail onto the hash before it."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    content = json.dumps(
        [previous, number, moment, verb, actor_ref, data], sort_keys=True, cls=DjangoJSONEncoder
    )
    return hashlib.sha256(content.encode()).hexdigest()
