"""What may be copied on this site: the allow-lists."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AllowanceScope(models.TextChoices):
    SOURCE = "source", _("source")
    AUTHOR = "author", _("author")
    PASSAGE = "passage", _("passage")


class AllowanceOrigin(models.TextChoices):
    MODERATOR = "moderator", _("a moderator")
    LEARNED = "learned", _("learned")


class Allowance(models.Model):
    """One line of an allow-list.

    A source is a host or the name of a publisher, an author a key as the subjects have it, a
    passage a text that anybody may use. Passages that many stories share are learned: they
    come with ``stories``, how many. To switch a learned one off says that it is content, and
    that copies of it count.
    """

    scope = models.CharField(_("scope"), max_length=20, choices=AllowanceScope.choices)
    value = models.TextField(
        _("value"),
        help_text=_("A host or publisher, the key of an author, or the text of a passage."),
    )
    value_hash = models.CharField(max_length=64, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    origin = models.CharField(
        _("entered by"),
        max_length=20,
        choices=AllowanceOrigin.choices,
        default=AllowanceOrigin.MODERATOR,
        editable=False,
    )
    stories = models.PositiveIntegerField(_("stories that have it"), default=0, editable=False)
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
    updated_at = models.DateTimeField(_("changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("allow-list entry")
        verbose_name_plural = _("allow-list entries")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "value_hash"], name="moderation_allowance_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.value[:80]}"
