"""All that a site writes to have its models moderated."""

import moderation


@moderation.register("newsroom.Article")
class ArticleTarget(moderation.Target):
    kind = "article"
    text = "body"
    text_format = "html"
    title = "headline"
    author = "author"
    published_at = "published_at"
    visibility = {"is_public": (True, False)}


@moderation.register("newsroom.Comment")
class CommentTarget(moderation.Target):
    kind = "comment"
    text = "body"
    author = "author"
    author_label = "author_name"
    parent = "article"
    visibility = {"is_public": (True, False)}
