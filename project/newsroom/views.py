"""The pages of the newspaper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from project.newsroom.forms import CommentForm
from project.newsroom.models import Article, Comment

DEEPEST_INDENT = 4


class ThreadItem(NamedTuple):
    """A comment at its place in the thread."""

    comment: Comment
    depth: int


@require_safe
def front_page(request: HttpRequest, section: str = "") -> HttpResponse:
    """Newest articles first, of one section or of all."""
    public = Article.objects.filter(is_public=True)
    # The beginning is enough for a teaser; a body may be megabytes long.
    articles = (
        public.order_by("-published_at", "-pk")  # a query that counts ignores the model's order
        .select_related("author")
        .defer("body")
        .annotate(
            beginning=Left("body", 2000),
            comment_count=Count("comments", filter=Q(comments__is_public=True)),
        )
    )
    if section:
        articles = articles.filter(section__iexact=section)
        if not articles.exists():
            raise Http404("There is no such section.")
    page = Paginator(articles, 25).get_page(request.GET.get("page"))
    return render(
        request,
        "newsroom/front.html",
        {"page": page, "section": section, "sections": _sections()},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def article_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One article with its comments, and the form to add one."""
    article = get_object_or_404(
        Article.objects.filter(is_public=True).select_related("author"), slug=slug
    )
    if request.method == "POST":
        form = CommentForm(request.POST, article=article, user=request.user)
        if form.is_valid():
            return redirect(form.save())
    else:
        initial = {"parent": request.GET.get("reply_to")}
        form = CommentForm(initial=initial, article=article, user=request.user)
    comments = article.comments.filter(is_public=True).select_related("author")
    thread = list(in_threads(comments))
    parent = str(form["parent"].value() or "")
    return render(
        request,
        "newsroom/article.html",
        {
            "article": article,
            "thread": thread,
            "form": form,
            "replying_to": next((i.comment for i in thread if str(i.comment.pk) == parent), None),
            "sections": _sections(),
        },
    )


def in_threads(comments: Iterable[Comment]) -> Iterator[ThreadItem]:
    """Order comments so that replies follow what they answer.

    A reply to a comment that is not among them (hidden, say) stands at the first level.
    """
    comments = list(comments)
    present = {comment.pk for comment in comments}
    replies: dict[int | None, list[Comment]] = defaultdict(list)
    for comment in comments:
        replies[comment.parent_id if comment.parent_id in present else None].append(comment)
    waiting = [ThreadItem(comment, 0) for comment in reversed(replies[None])]
    while waiting:
        item = waiting.pop()
        yield item
        depth = min(item.depth + 1, DEEPEST_INDENT)
        waiting.extend(ThreadItem(reply, depth) for reply in reversed(replies[item.comment.pk]))


def _sections() -> list[str]:
    sections = Article.objects.filter(is_public=True).values_list("section", flat=True)
    return list(sections.order_by("section").distinct())
