"""The texts beside this module, all of them written for these tests."""

from __future__ import annotations

from pathlib import Path

from moderation.text.document import Document
from moderation.types import Kind, TextFormat

ADDRESS = "https://www.ferry-gazette.example/local/story"
"""The address that every text is given, unless a test says otherwise."""

_TEXTS = Path(__file__).parent / "texts"
_FORMATS = {".txt": TextFormat.PLAIN, ".html": TextFormat.HTML, ".md": TextFormat.MARKDOWN}


def article(text: str, format: TextFormat = TextFormat.PLAIN, url: str = ADDRESS) -> Document:  # noqa: A002
    return Document(text=text, kind=Kind.ARTICLE, format=format, url=url)


def ordinary() -> dict[str, Document]:
    """Return the ordinary articles by name; many are about pages, posts and chatbots."""
    return {
        path.stem: article(path.read_text("utf-8"), _FORMATS[path.suffix])
        for path in sorted((_TEXTS / "ordinary").iterdir())
    }


def bodies() -> list[str]:
    """Return ordinary bodies of four paragraphs, to put something between."""
    return [path.read_text("utf-8").strip() for path in sorted((_TEXTS / "bodies").iterdir())]


def telling(name: str) -> str:
    """Return the ``first`` or ``second`` telling of one story."""
    return (_TEXTS / "tellings" / f"{name}.txt").read_text("utf-8").strip()
