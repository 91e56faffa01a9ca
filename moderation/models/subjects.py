"""What is moderated: one host object, and its text at the moments it was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.types import Kind, TextFormat

KIND_CHOICES = [(Kind.ARTICLE.value, _("article")), (Kind.COMMENT.value, _("comment"))]
FORMAT_CHOICES = [
    (TextFormat.PLAIN.value, _("plain text")),
    (TextFormat.HTML.value, _("HTML")),
    (TextFormat.MARKDOWN.value, _("Markdown")),
]


class Subject(models.Model):
    """One moderated host object, known by (root content type, key as text, database alias).

    The row outlives the host object: what was decided about it stays on record.
    """

    content_type = models.ForeignKey(
        ContentType, models.SET_NULL, null=True, related_name="+", verbose_name=_("content type")
    )
    model_label = models.CharField(_("model"), max_length=200)
    object_id = models.CharField(_("object id"), max_length=255)
    database = models.CharField(_("database"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=KIND_CHOICES)

    label = models.CharField(_("label"), max_length=200, blank=True)
    url = models.CharField(_("address"), max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author's account"),
        db_constraint=False,
    )
    author_key = models.CharField(_("author key"), max_length=200, blank=True)
    author_label = models.CharField(_("author"), max_length=200, blank=True)
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("belongs to"),
    )

    reply_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="answers",
        verbose_name=_("answers"),
    )
    section = models.CharField(_("section"), max_length=100, blank=True)
    reach = models.FloatField(_("reach"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    last_scanned_at = models.DateTimeField(_("last scanned"), null=True, blank=True)
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)
    deleted_at = models.DateTimeField(_("deleted by the site"), null=True, blank=True)

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "database"],
                condition=Q(deleted_at=None),
                name="moderation_one_live_subject",
            )
        ]
        indexes = [models.Index(fields=["author_key", "kind"], name="moderation_subject_author")]

    def __str__(self) -> str:
        return self.label or f"{self.model_label} {self.object_id}"

    if TYPE_CHECKING:
        parent_id: int | None
        reply_to_id: int | None


class Snapshot(models.Model):
    """The text of a subject as it was judged; written once, deduplicated by hash."""

    subject = models.ForeignKey(
        Subject, models.CASCADE, related_name="snapshots", verbose_name=_("subject")
    )
    text_hash = models.CharField(_("hash"), max_length=64)
    text = models.TextField(_("text"))
    format = models.CharField(
        _("format"), max_length=20, choices=FORMAT_CHOICES, default=TextFormat.PLAIN.value
    )
    title = models.CharField(_("title"), max_length=500, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    author_label = models.CharField(_("author"), max_length=200, blank=True)
    length = models.PositiveIntegerField(_("length in characters"))
    is_current = models.BooleanField(_("current"), default=True)
    created_at = models.DateTimeField(_("taken"), auto_now_add=True)

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(is_current=True),
                name="moderation_one_current_snapshot",
            ),
            models.UniqueConstraint(
                fields=["subject", "text_hash"], name="moderation_snapshot_once_per_text"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id}:{self.text_hash[:8]}"

    @property
    def truncated(self) -> bool:
        """Whether the host's text was longer than what is kept."""
        return self.length > len(self.text)

    if TYPE_CHECKING:
        subject_id: int
        scans: Any
