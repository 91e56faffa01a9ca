"""The site's own lists of words and phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from moderation.models.subjects import KIND_CHOICES
from moderation.types import Band


class WordList(models.TextChoices):
    BLOCKED = "blocked", _("blocked")
    HARMLESS = "harmless", _("harmless")


class ListedPhrase(models.Model):
    """A word or phrase that the site does not want to see, or one that is fine with it.

    A blocked one is flagged in any language. A harmless one is passed over by the detector of
    framing and by the block list.
    """

    list = models.CharField(_("list"), max_length=20, choices=WordList.choices)
    text = models.CharField(
        _("word or phrase"),
        max_length=200,
        help_text=_("A word that ends in * stands for all that begin so."),
    )
    kind = models.CharField(
        _("in"),
        max_length=20,
        choices=KIND_CHOICES,
        blank=True,
        help_text=_("Articles or comments only; empty means both."),
    )
    endings = models.BooleanField(
        _("with endings"),
        default=True,
        help_text=_("Regular English forms count as well: spam, spams, spammed, spamming."),
    )
    band = models.CharField(
        _("band"),
        max_length=10,
        choices=[(Band.POSSIBLE.value, _("possible")), (Band.LIKELY.value, _("likely"))],
        default=Band.POSSIBLE.value,
        help_text=_("How sure a text with a blocked phrase is flagged."),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
        db_constraint=False,
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("listed phrase")
        verbose_name_plural = _("word lists")
        constraints = [
            models.UniqueConstraint(
                fields=["list", "text", "kind"], name="moderation_phrase_once_per_list"
            )
        ]

    def __str__(self) -> str:
        return self.text

    if TYPE_CHECKING:
        created_by_id: int | None
