"""Articles and comments, as any news site has them: nothing here knows of moderation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator


class Article(models.Model):
    headline = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, unique=True)
    body = models.TextField(help_text="HTML")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="articles",
    )
    section = models.CharField(max_length=40, default="News")
    is_public = models.BooleanField("public", default=True)
    published_at = models.DateTimeField("published", default=timezone.now)

    class Meta:
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["-published_at", "-id"], name="newsroom_newest")]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return reverse("newsroom:article", args=[self.slug])


class Comment(models.Model):
    article = models.ForeignKey(Article, models.CASCADE, related_name="comments")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="comments",
    )
    author_name = models.CharField("name", max_length=80, blank=True)
    body = models.TextField("comment", max_length=5000)
    is_public = models.BooleanField("public", default=True)
    created_at = models.DateTimeField("written", default=timezone.now)

    if TYPE_CHECKING:
        article_id: int
        parent_id: int | None

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.display_name}: {Truncator(self.body).chars(60)}"

    def get_absolute_url(self) -> str:
        return f"{self.article.get_absolute_url()}#comment-{self.pk}"

    @property
    def display_name(self) -> str:
        """The guest's name, or the account's."""
        if self.author is not None:
            return self.author.get_full_name() or self.author.get_username()
        return self.author_name or "A reader"
