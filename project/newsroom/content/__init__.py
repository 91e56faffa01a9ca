"""The articles and comments of the demo newsroom, written for it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article as the files have it. ``shows`` is empty for an ordinary one."""

    slug: str
    headline: str
    section: str
    author: str
    days_ago: int
    shows: str = ""

    @property
    def body(self) -> str:
        return (HERE / "articles" / f"{self.slug}.html").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class CommentText:
    """A comment as the files have it: by a guest (``name``) or an account (``user``).

    ``shows`` is what a moderator should find in it, ``against`` the side it is aimed at.
    """

    article: str
    text: str
    name: str = ""
    user: str = ""
    id: str = ""
    reply_to: str = ""
    shows: str = ""
    against: str = ""


def articles() -> list[ArticleText]:
    """Return the articles, oldest first."""
    return [ArticleText(**row) for row in _rows("article")]


def comments() -> list[CommentText]:
    """Return the comments; what is replied to comes before the reply."""
    return [CommentText(**row) for row in _rows("comment")]


def _rows(kind: str) -> list[dict[str, Any]]:
    with (HERE / f"{kind}s.toml").open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)[kind]
    return rows
