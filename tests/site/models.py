from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class PublicManager(models.Manager):
    """Hides what is not public, as many sites' default managers do."""

    def get_queryset(self):
        return super().get_queryset().filter(is_public=True)


class Article(models.Model):
    headline = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    is_public = models.BooleanField(default=True)
    views = models.IntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    objects = PublicManager()

    def __str__(self):
        return self.headline

    def get_absolute_url(self):
        return f"/articles/{self.pk}/"


class Comment(models.Model):
    article = models.ForeignKey(Article, models.CASCADE, related_name="comments")
    body = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    author_name = models.CharField(max_length=100, blank=True)
    is_public = models.BooleanField(default=True)

    def __str__(self):
        return f"comment {self.pk}"


class Writer(models.Model):
    name = models.CharField(max_length=100)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)

    def __str__(self):
        return self.name


class Essay(models.Model):
    """UUID key, an author one step away, a state instead of a flag."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=200)
    content = models.TextField()
    writer = models.ForeignKey(Writer, models.CASCADE)
    state = models.CharField(max_length=20, default="published")

    def __str__(self):
        return self.title


class Remark(models.Model):
    """A remark on anything, over a generic key; the text is put together by a method."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=100)
    about = GenericForeignKey("content_type", "object_id")
    first = models.TextField()
    second = models.TextField(blank=True)
    hidden_because = models.CharField(max_length=100, blank=True)

    def __str__(self):
        return f"remark {self.pk}"

    def whole_text(self):
        return f"{self.first}\n\n{self.second}".strip()


class Note(models.Model):
    """The parent of a multi-table family."""

    text = models.TextField()
    shown = models.BooleanField(default=True)

    def __str__(self):
        return f"note {self.pk}"


class SignedNote(Note):
    signature = models.CharField(max_length=100)


class NoteProxy(Note):
    class Meta:
        proxy = True


class Diary(models.Model):
    """The registered model is the child, saves come through parent and child."""

    text = models.TextField()


class DiaryPage(Diary):
    page = models.IntegerField(default=1)
    shown = models.BooleanField(default=True)


class Unmoderated(models.Model):
    body = models.TextField()
