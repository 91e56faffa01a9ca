"""django-contrib-comments, and the packages whose comments are children of its model."""

from __future__ import annotations

from django.db import models

from moderation.targets.base import Target
from moderation.types import Kind


class CommentTarget(Target):
    """Comments on anything, by accounts and by guests.

    Serves ``django_comments.Comment`` with everything derived from it. Where another package
    of the family is the site's ``COMMENTS_APP`` register its model instead, so that hiding goes
    through that package's own save.

    A comment is hidden as the package's moderators hide it: ``is_removed``. Clearing
    ``is_public`` instead would put it into the package's queue of comments to approve, and
    django-comments-xtd writes ``is_public`` of all replies whenever their parent is saved.
    """

    kind = Kind.COMMENT
    text = "comment"
    author = "user"
    author_label = "name"
    parent = "content_object"
    published_at = "submit_date"
    visibility = {"is_removed": (False, True)}

    def reply_to(self, comment: models.Model) -> models.Model | None:
        """Return the answered comment, for packages that keep threads by ``parent_id``."""
        answered = getattr(comment, "parent_id", None)
        if not answered or answered == comment.pk:
            return None
        return self.queryset(comment._state.db or "default").filter(pk=answered).first()
