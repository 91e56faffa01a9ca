"""The editors' side of the newsroom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from project.newsroom.models import Article, Comment

if TYPE_CHECKING:
    ArticleAdminBase = admin.ModelAdmin[Article]
    CommentAdminBase = admin.ModelAdmin[Comment]
else:
    ArticleAdminBase = CommentAdminBase = admin.ModelAdmin


@admin.register(Article)
class ArticleAdmin(ArticleAdminBase):
    list_display = ["headline", "section", "author", "is_public", "published_at"]
    list_filter = ["is_public", "section"]
    list_select_related = ["author"]
    search_fields = ["headline", "body"]
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ["headline"]}
    raw_id_fields = ["author"]


@admin.register(Comment)
class CommentAdmin(CommentAdminBase):
    list_display = ["__str__", "article", "is_public", "created_at"]
    list_filter = ["is_public"]
    list_select_related = ["article", "author"]
    search_fields = ["body", "author_name"]
    date_hierarchy = "created_at"
    raw_id_fields = ["article", "parent", "author"]
