"""The index of fingerprints: which texts share passages. Written and read by the corpus alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.subjects import Snapshot, Subject


class IndexedDocument(models.Model):
    """A text in the index. Its number says when its words came in: smaller is earlier.

    The row with a ``snapshot`` is what the subject says now. Rows without one are what is
    left of earlier texts of the subject: theirs are the fingerprints that are still in the
    text and came in with that earlier one. ``story`` is the number of the document whose
    story it tells again, or its own.
    """

    subject = models.ForeignKey(
        Subject, models.CASCADE, related_name="indexed", verbose_name=_("subject")
    )
    snapshot = models.ForeignKey(
        Snapshot,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("snapshot"),
    )
    params = models.PositiveSmallIntegerField(_("version of the fingerprints"))
    exact = models.BinaryField(_("hash of all words"), null=True)
    story = models.BigIntegerField(_("story"))

    class Meta:
        verbose_name = _("indexed text")
        verbose_name_plural = _("indexed texts")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(snapshot__isnull=False),
                name="moderation_one_indexed_text",
            )
        ]
        indexes = [
            models.Index(
                fields=["exact"], condition=Q(exact__isnull=False), name="moderation_indexed_exact"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    if TYPE_CHECKING:
        subject_id: int
        snapshot_id: int | None


class Fingerprint(models.Model):
    """One fingerprint of one indexed text, ordered by (hash, document): that is all of it.

    Some ninety rows stand here per article, so there is neither a key of its own nor a
    constraint on ``document``; a row whose document has gone is passed over.
    """

    pk = models.CompositePrimaryKey("hash", "document")
    hash = models.BigIntegerField(_("fingerprint"))
    document = models.BigIntegerField(_("number of the indexed text"))

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")

    def __str__(self) -> str:
        return f"{self.hash:012x}:{self.document}"
