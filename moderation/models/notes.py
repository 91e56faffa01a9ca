"""What moderators write to each other about a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from moderation.models.base import AppendOnlyModel
from moderation.models.cases import Case


class CaseNote(AppendOnlyModel):
    """An internal note on a case: written once, never shown to the author of the text."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes", verbose_name=_("case"))
    text = models.TextField(_("text"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("moderator"),
    )
    author_label = models.CharField(_("moderator's name"), max_length=200)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("note on a case")
        verbose_name_plural = _("notes on cases")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.case_id}: {self.author_label}"

    if TYPE_CHECKING:
        case_id: int
        author_id: Any
