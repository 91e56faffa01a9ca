from django_comments.models import Comment


class Letter(Comment):
    """What a site writes to show the same comments a second time in its admin."""

    class Meta:
        proxy = True
