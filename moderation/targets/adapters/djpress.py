"""DJ Press."""

from __future__ import annotations

from moderation.targets.base import Target
from moderation.types import Kind, TextFormat


class PostTarget(Target):
    """Posts and pages.

    Hidden ones become drafts rather than deleted posts: the package's cached list of recent
    posts and its menu of pages look at ``status`` alone.
    """

    kind = Kind.ARTICLE
    text = "content"
    text_format = TextFormat.MARKDOWN
    title = "post_title"
    author = "author"
    url = "url"
    published_at = "published_at"
    visibility = {"status": ("published", "draft")}
