"""Filling the newsroom. Loading twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.contrib.auth.models import User
from django.utils import timezone

from project.newsroom import content
from project.newsroom.folder import Page, Skipped
from project.newsroom.models import Article, Comment

Status = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one text. ``name`` is its file, ``note`` what was guessed about it."""

    model: type[Article | Comment]
    pk: int
    name: str
    status: Status
    note: str = ""


def load_newsroom() -> Iterator[Loaded]:
    """Add the articles and comments written for the demo; what is there stays as it is.

    Each is saved by itself, as an editor or a reader would.
    """
    now = timezone.now()
    for article in content.articles():
        yield _add_article(article, now)
    known: dict[str, Comment] = {}
    for number, comment in enumerate(content.comments()):
        yield _add_comment(comment, number, known, now)


def load_pages(pages: Iterable[Page | Skipped]) -> Iterator[Loaded | Skipped]:
    """Make the files of a folder articles; one that has changed changes its article."""
    for page in pages:
        yield _put_page(page) if isinstance(page, Page) else page


def _add_article(text: content.ArticleText, now: datetime) -> Loaded:
    article, created = Article.objects.get_or_create(
        slug=text.slug,
        defaults={
            "headline": text.headline,
            "body": text.body,
            "section": text.section,
            "author": _account(text.author),
            "published_at": _morning(now - timedelta(days=text.days_ago)),
        },
    )
    return Loaded(Article, article.pk, text.slug, "new" if created else "unchanged")


def _add_comment(
    text: content.CommentText, number: int, known: dict[str, Comment], now: datetime
) -> Loaded:
    article = Article.objects.only("published_at").get(slug=text.article)
    written = article.published_at + timedelta(hours=2, minutes=17 * number)
    comment, created = Comment.objects.get_or_create(
        article=article,
        author=_account(text.user) if text.user else None,
        author_name=text.name,
        body=text.text,
        defaults={"parent": known.get(text.reply_to), "created_at": min(written, now)},
    )
    if text.id:
        known[text.id] = comment
    name = f"{text.article}, {text.name or text.user}"
    return Loaded(Comment, comment.pk, name, "new" if created else "unchanged")


def _put_page(page: Page) -> Loaded:
    values = {"headline": page.headline, "body": page.body}
    article, created = Article.objects.get_or_create(
        slug=page.slug, defaults={**values, "section": "Folder"}
    )
    changed = [name for name, value in values.items() if getattr(article, name) != value]
    for name in changed:
        setattr(article, name, values[name])
    if changed:
        article.save(update_fields=changed)
    status: Status = "new" if created else "changed" if changed else "unchanged"
    return Loaded(Article, article.pk, page.name, status, page.note)


def _morning(day: datetime) -> datetime:
    return day.replace(hour=6, minute=30, second=0, microsecond=0)


def _account(username: str) -> User:
    """Return the account of a reporter or a reader; nobody can log in with a new one."""
    first, _, last = username.partition(".")
    user, _created = User.objects.get_or_create(
        username=username,
        defaults={"first_name": first.title(), "last_name": last.title(), "password": "!"},
    )
    return user
