"""django-flex-blog."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any

from django.db import models

from moderation.targets.base import Target
from moderation.types import Kind, TextFormat


class ArticleTarget(Target):
    """Articles, each in a format of its own. The author is a profile, its account one step on.

    Hidden ones are archived: a draft is its author's to publish again.
    """

    kind = Kind.ARTICLE
    text = "content"
    text_format = attrgetter("content_format")
    title = "title"
    author = "author.user"
    author_label = "author.display_name"
    language = "language"
    published_at = "published_at"
    visibility = {"status": ("published", "archived")}


class CommentTarget(Target):
    """Comments by accounts and by guests.

    Their status is changed by the package's own service: it keeps the article's count of
    comments and tells the package's caches and webhooks.
    """

    kind = Kind.COMMENT
    text = "content"
    author = "user"
    author_label = "display_name"
    parent = "article"
    reply_to = "parent"
    published_at = "created_at"
    visibility = {"status": ("approved", "rejected")}

    def text_format(self, _obj: models.Model) -> TextFormat:
        blog = import_module("flex_blog.conf").blog_settings
        return TextFormat.MARKDOWN if blog.COMMENTS["markdown"] else TextFormat.PLAIN

    def get_url(self, obj: models.Model) -> str:
        """Return the place of the comment on the article's page, as the package's e-mails do."""
        article = self.get_parent(obj)
        address = super().get_url(article) if article is not None else ""
        return f"{address}#comment-{obj.pk}" if address else ""

    def write_back(self, obj: models.Model, values: Mapping[str, Any]) -> None:
        self._set_status(obj, values["status"])

    def hide(self, obj: models.Model) -> None:
        self._set_status(obj, "rejected")

    def restore(self, obj: models.Model) -> None:
        self._set_status(obj, "approved")

    def _set_status(self, obj: Any, status: str) -> None:
        service = import_module("flex_blog.services.comments")
        obj.status = service.moderate(obj.pk, status)[0].status
