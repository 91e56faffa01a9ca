from __future__ import annotations

from moderation import Target, register


@register("site.Article")
class ArticleTarget(Target):
    kind = "article"
    text = "body"
    text_format = "html"
    title = "headline"
    author = "author"
    visibility = {"is_public": (True, False)}


@register("site.Comment")
class CommentTarget(Target):
    kind = "comment"
    text = "body"
    author = "author"
    author_label = "author_name"
    parent = "article"
    visibility = {"is_public": (True, False)}


@register("site.Essay")
class EssayTarget(Target):
    kind = "article"
    text = "content"
    text_format = "markdown"
    title = "title"
    author = "writer.user"
    author_label = "writer.name"
    visibility = {"state": ("published", "withdrawn")}


@register("site.Remark")
class RemarkTarget(Target):
    kind = "comment"
    parent = "about"

    def text(self, obj):
        return obj.whole_text()

    def hide(self, obj):
        obj.hidden_because = "moderation"
        obj.save(update_fields=["hidden_because"])

    def restore(self, obj):
        obj.hidden_because = ""
        obj.save(update_fields=["hidden_because"])


@register("site.Note")
class NoteTarget(Target):
    kind = "comment"
    text = "text"
    visibility = {"shown": (True, False)}


@register("site.DiaryPage")
class DiaryTarget(Target):
    kind = "comment"
    text = "text"
    visibility = {"shown": (True, False)}
