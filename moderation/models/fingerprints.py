"""The index of fingerprints: which texts share passages. Written and read by the corpus alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.fields import VectorField
from moderation.models.references import ReferenceDocument
from moderation.models.subjects import Snapshot, Subject


class IndexedDocument(models.Model):
    """A text in the index. Its number says when its words came in: smaller is earlier.

    Texts of subjects count upwards from one. Reference documents count downwards from minus
    one: whenever they were imported, they are there to be what others are copied from.

    Of a subject, the row with a ``snapshot`` is what it says now. Rows without one are what
    is left of its earlier texts: theirs are the fingerprints that are still in the text and
    came in with that earlier one. ``story`` is the number of the document whose story it
    tells again, or its own; comments tell none (0).
    """

    id = models.AutoField(primary_key=True)
    subject = models.ForeignKey(
        Subject,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="indexed",
        verbose_name=_("subject"),
    )
    snapshot = models.ForeignKey(
        Snapshot,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("snapshot"),
    )
    reference = models.OneToOneField(
        ReferenceDocument,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="indexed",
        verbose_name=_("reference document"),
    )
    params = models.PositiveSmallIntegerField(_("version of the fingerprints"))
    exact = models.BinaryField(_("hash of all words"), null=True)
    story = models.IntegerField(_("story"))

    class Meta:
        verbose_name = _("indexed text")
        verbose_name_plural = _("indexed texts")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(snapshot__isnull=False),
                name="moderation_one_indexed_text",
            ),
            models.CheckConstraint(
                condition=Q(subject__isnull=False, reference__isnull=True)
                | Q(subject__isnull=True, reference__isnull=False),
                name="moderation_indexed_has_one_owner",
            ),
        ]
        indexes = [
            models.Index(
                fields=["exact"], condition=Q(exact__isnull=False), name="moderation_indexed_exact"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    if TYPE_CHECKING:
        subject_id: int | None
        snapshot_id: int | None
        reference_id: int | None


class Fingerprint(models.Model):
    """One fingerprint of one indexed text, ordered by (hash, document): that is all of it.

    Some ninety rows stand here per article, so there is neither a key of its own nor a
    constraint on ``document``; a row whose document has gone is passed over.
    """

    pk = models.CompositePrimaryKey("hash", "document")
    hash = models.IntegerField(_("fingerprint"))
    document = models.IntegerField(_("number of the indexed text"))

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")

    def __str__(self) -> str:
        return f"{self.hash}:{self.document}"


class StoryTerm(models.Model):
    """One of the rarest words of an indexed text: texts that share some tell of one event."""

    pk = models.CompositePrimaryKey("hash", "document")
    hash = models.IntegerField(_("hash of the word"))
    document = models.IntegerField(_("number of the indexed text"))

    class Meta:
        verbose_name = _("story term")
        verbose_name_plural = _("story terms")

    def __str__(self) -> str:
        return f"{self.hash}:{self.document}"


class Embedding(models.Model):
    """What a text means, as a vector of one model. Vectors of two models do not compare."""

    document = models.OneToOneField(
        IndexedDocument, models.CASCADE, primary_key=True, verbose_name=_("indexed text")
    )
    model = models.CharField(_("model"), max_length=100, db_index=True)
    vector = VectorField(_("vector"))

    class Meta:
        verbose_name = _("embedding")
        verbose_name_plural = _("embeddings")

    def __str__(self) -> str:
        return f"{self.model}:{self.pk}"
