"""django-comments-xtd: the comments of django-contrib-comments, answered in threads.

Register ``django_comments_xtd.XtdComment``: its own save takes replies out of sight and back
together with the comment they answer, and those of its parent class are recognised.
"""

from __future__ import annotations

from moderation.targets.adapters.django_comments import CommentTarget

__all__ = ["CommentTarget"]
