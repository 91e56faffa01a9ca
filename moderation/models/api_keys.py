"""Keys for programs without an account, and what such programs think of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyScope(models.TextChoices):
    """What a key opens."""

    ANALYZE = "analyze", _("score texts")
    SUGGEST = "suggest", _("suggest scores")


def every_scope() -> list[str]:
    """Return what a new key opens unless said otherwise."""
    return list(KeyScope.values)


class ApiKey(models.Model):
    """A key that a program sends with every request.

    Only its SHA-256 is kept: 256 random bits need no salt and no slow hash. ``prefix`` is what
    people recognise it by. An empty quota is no limit.
    """

    name = models.CharField(
        _("name"), max_length=200, help_text=_("Which site or program uses the key.")
    )
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("may"), default=every_scope)
    per_second = models.PositiveIntegerField(
        _("requests a second"), null=True, blank=True, default=10
    )
    per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, default=300
    )
    per_day = models.PositiveIntegerField(_("requests a day"), null=True, blank=True)
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
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    secret: str = ""
    """No column: only whoever makes a key knows it, and only then."""

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    if TYPE_CHECKING:
        created_by_id: int | None


class SuggestedScore(models.Model):
    """The score that a program's users think a text should have: a labelled example.

    ``start`` and ``end`` are characters of ``text``; a score for all of it covers all of it.
    """

    key = models.ForeignKey(
        ApiKey, models.SET_NULL, null=True, related_name="suggestions", verbose_name=_("API key")
    )
    text = models.TextField(_("text"))
    text_hash = models.CharField(max_length=32, editable=False)
    format = models.CharField(_("format"), max_length=20)
    attribute = models.CharField(_("attribute"), max_length=100)
    score = models.FloatField(
        _("score"), validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    start = models.PositiveIntegerField(_("start"))
    end = models.PositiveIntegerField(_("end"))
    language = models.CharField(_("language"), max_length=50, blank=True)
    community = models.CharField(_("community"), max_length=200, blank=True)
    client_token = models.CharField(_("token of the client"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("suggested"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("suggested score")
        verbose_name_plural = _("suggested scores")
        constraints = [
            models.UniqueConstraint(
                fields=["key", "text_hash", "attribute", "start", "end", "community"],
                name="moderation_suggested_once",
            ),
            models.CheckConstraint(
                condition=models.Q(score__gte=0.0, score__lte=1.0),
                name="moderation_suggested_score_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} {self.score:.2f}"

    @property
    def whole(self) -> bool:
        """Whether the score is about all of the text."""
        return self.start == 0 and self.end == len(self.text)

    if TYPE_CHECKING:
        key_id: int | None
