from moderation import register
from moderation.targets.adapters import flex_blog


@register("flex_blog.Article")
class ArticleTarget(flex_blog.ArticleTarget):
    """The summary is the readers' to see as well, in every list of articles."""

    def text(self, article):
        return f"{article.summary}\n\n{article.content}".strip()
