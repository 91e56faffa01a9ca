"""What a moderator has chosen for themselves: keys, masking of words, hints to take a break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ModeratorPreference(models.Model):
    """How one moderator wants the desk to be. Without a row, the defaults hold."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("moderator"),
    )
    keys_on = models.BooleanField(_("single keys"), default=True)
    key_map = models.JSONField(_("own keys"), default=dict, blank=True)
    mask_offensive = models.BooleanField(_("mask offensive words"), default=True)
    break_hint = models.BooleanField(_("suggest breaks"), default=True)

    class Meta:
        verbose_name = _("preferences of a moderator")
        verbose_name_plural = _("preferences of moderators")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user_id)

    if TYPE_CHECKING:
        user_id: Any
