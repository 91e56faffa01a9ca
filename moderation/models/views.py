"""Ways to look at the queue that somebody wants to come back to, and who looks at what now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from moderation.models.cases import Case


class SavedView(models.Model):
    """Filters, search and order of the queue under a name; shared with colleagues or not."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("moderator")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=2_000, blank=True)
    shared = models.BooleanField(_("shared with colleagues"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("view of the queue")
        verbose_name_plural = _("views of the queue")
        ordering = ["name", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="moderation_view_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name

    if TYPE_CHECKING:
        user_id: Any


class Presence(models.Model):
    """A moderator looks at a case, or did a moment ago."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+", verbose_name=_("case"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("moderator")
    )
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["case", "user"], name="moderation_present_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.case_id}"

    if TYPE_CHECKING:
        case_id: int
        user_id: Any
