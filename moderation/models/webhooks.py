"""Programs that want to be told, and what each of them was told: an outbox and its log."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.cases import Case
from moderation.models.decisions import Decision

ALERT, PING = "alert.digest", "webhook.ping"

EVENTS = {
    "case.opened": _("a case was opened"),
    "case.reopened": _("a case was opened again"),
    "case.refreshed": _("more was found in the text of a case"),
    "case.claimed": _("a case was claimed"),
    "case.assigned": _("a case was given to a colleague"),
    "case.released": _("a case was released"),
    "case.claim_expired": _("a claim ran out"),
    "case.snoozed": _("a case was put aside"),
    "case.woken": _("a case that was put aside came back"),
    "case.noted": _("a note was written on a case"),
    "case.escalated": _("a case was escalated"),
    "case.proposed": _("a decision was proposed to a second person"),
    "case.decided": _("a case was decided"),
    "case.closed_moot": _("a case was closed, nothing was left to decide"),
    "decision.undone": _("a decision was taken back"),
    "report.*": _("everything about reports"),
    "appeal.*": _("everything about appeals"),
    ALERT: _("alerts about the desk itself"),
}
"""What a program can ask to be told; a star stands for every event that begins so."""


def new_message_id() -> str:
    """Return an id that a message keeps however often it is sent."""
    return f"msg_{secrets.token_urlsafe(18)}"


class Webhook(models.Model):
    """An address that is told what happens to cases.

    Signatures are made with ``secret``, and until ``previous_until`` with ``previous_secret``
    too. No event is every event about cases; alerts have to be asked for.
    """

    name = models.CharField(
        _("name"), max_length=200, help_text=_("Which site or program is told.")
    )
    url = models.CharField(_("address"), max_length=1000)
    events = models.JSONField(_("events"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    secret = models.CharField(max_length=120, editable=False)
    previous_secret = models.CharField(max_length=120, blank=True, editable=False)
    previous_until = models.DateTimeField(_("old secret valid until"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name or self.url

    def wants(self, event: str) -> bool:
        """Whether this program asked to be told of ``event``."""
        if not self.events:
            return event != ALERT
        return event in self.events or f"{event.partition('.')[0]}.*" in self.events

    def valid_secrets(self) -> list[str]:
        """Return the secrets to sign with at this moment, the newest first."""
        old = self.previous_until is not None and self.previous_until > timezone.now()
        return [self.secret, *([self.previous_secret] if old and self.previous_secret else [])]


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("waiting")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("given up")
    CANCELLED = "cancelled", _("taken back in time")


class Delivery(models.Model):
    """One message to one webhook, written in the transaction of what it tells of.

    The row is the truth; a task message only hurries it along. ``next_at`` is when it may be
    sent (again); a worker that sends it moves that beyond the longest it can take, so that one
    that dies is made up for. ``asked_at`` is when a worker was last asked to send it, so that a
    queue nobody works off does not fill up with the same. ``body`` is kept as sent: the same
    bytes, and so the same message, each time. It holds ids, addresses, categories and outcomes,
    never a text. ``history`` has the newest attempts, the oldest first: when each began (``at``),
    and how it ended (``status``, ``error``, ``duration_ms``).
    """

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    message_id = models.CharField(
        _("message"), max_length=60, unique=True, default=new_message_id, editable=False
    )
    event = models.CharField(_("event"), max_length=50)
    event_number = models.PositiveBigIntegerField(_("number of the event"), null=True)
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, related_name="+", verbose_name=_("case")
    )
    decision = models.ForeignKey(
        Decision, models.SET_NULL, null=True, related_name="+", verbose_name=_("decision")
    )
    body = models.TextField(_("message as sent"))
    state = models.CharField(
        _("state"), max_length=20, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    asked_at = models.DateTimeField(null=True, editable=False)
    response_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    error = models.CharField(_("error"), max_length=100, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration in ms"), null=True)
    history = models.JSONField(_("attempts one by one"), default=list, editable=False)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_number"], name="moderation_told_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                condition=models.Q(state=DeliveryState.PENDING.value),
                name="moderation_delivery_due",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state=DeliveryState.DEAD.value),
                name="moderation_delivery_dead",
            ),
            models.Index(fields=["finished_at"], name="moderation_delivery_done"),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.webhook_id}"

    if TYPE_CHECKING:
        webhook_id: int
        case_id: int | None
        decision_id: int | None
