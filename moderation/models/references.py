"""Outside texts that the site's articles are compared with."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from moderation.models.subjects import FORMAT_CHOICES
from moderation.types import TextFormat


class ReferenceDocument(models.Model):
    """An outside text (wire copy, a partner's feed, a known source) to compare articles with.

    ``identity`` is the hash of its address, or of its text where it has none: what is
    imported again replaces itself.
    """

    identity = models.CharField(_("identity"), max_length=64, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=500, blank=True)
    url = models.CharField(_("address"), max_length=1000, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    licence = models.CharField(
        _("licence"), max_length=200, blank=True, help_text=_("as the publisher names it")
    )
    may_be_copied = models.BooleanField(
        _("may be copied"),
        default=False,
        help_text=_("The licence covers copies on this site: they are not flagged."),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    format = models.CharField(
        _("format"), max_length=20, choices=FORMAT_CHOICES, default=TextFormat.PLAIN.value
    )
    text = models.TextField(_("text"))
    text_hash = models.CharField(_("hash"), max_length=64, editable=False)
    length = models.PositiveIntegerField(_("length in characters"), editable=False)
    origin = models.CharField(
        _("imported from"), max_length=200, blank=True, editable=False, db_index=True
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Articles are compared with active documents only.")
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("reference document")
        verbose_name_plural = _("reference documents")

    def __str__(self) -> str:
        return self.title or self.url or str(self.pk)
