"""Reading a folder of text and HTML files as articles.

The folder is anybody's: whatever in it cannot be an article is left out and named, with the
reason, and nothing in it stops the rest from being read.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from django.utils.html import escape
from django.utils.text import slugify

from moderation.text.html_reader import HtmlToken, html_tokens, readable_tokens

MARKUP = {".html", ".htm"}
SUFFIXES = {".txt", *MARKUP}
MAX_BYTES = 10 * 1024 * 1024
MAX_HEADLINE = 200
MAX_SLUG = 80
# The first of these that has text is a page's headline.
HEADINGS = ("h1", "title", "h2")

# Where a byte order mark says how a file is written, it is believed.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A file that can be an article. ``note`` says what had to be guessed, if anything."""

    name: str
    slug: str
    headline: str
    body: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that cannot be an article, and why."""

    name: str
    reason: str


class NotAPage(Exception):
    """The reason why a file cannot be an article."""


def read_folder(folder: Path) -> Iterator[Page | Skipped]:
    """Read every file in ``folder`` and below it, in the order of their names.

    Links to folders are not followed, hidden files and folders are passed over in silence.
    Raises ``OSError`` if the folder itself cannot be listed.
    """
    os.listdir(folder)  # noqa: PTH208 - os.walk would pass over a missing folder in silence
    unlisted: list[Skipped] = []

    def note_unlisted(error: OSError) -> None:
        unlisted.append(Skipped(_relative(Path(error.filename), folder), _reason(error)))

    for where, folders, files in os.walk(folder, onerror=note_unlisted):
        yield from unlisted
        unlisted.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield _read(Path(where, name), folder)
    yield from unlisted


def _read(path: Path, folder: Path) -> Page | Skipped:
    name = _relative(path, folder)
    try:
        text, note = _text(path)
        return _page(name, f"{_printable(folder.resolve().name)}/{name}", text, note)
    except NotAPage as error:
        return Skipped(name, str(error))
    except OSError as error:
        return Skipped(name, _reason(error))


def _text(path: Path) -> tuple[str, str]:
    """Return what ``path`` holds, and a note if its encoding was guessed."""
    if path.suffix.lower() not in SUFFIXES:
        raise NotAPage("neither .txt nor .html")
    if not path.is_file():
        raise NotAPage("a dead link" if path.is_symlink() else "not a regular file")
    if path.stat().st_size > MAX_BYTES:
        raise NotAPage(f"larger than {MAX_BYTES // 1024**2} MB")
    text, note = decode(path.read_bytes())
    if not text.strip():
        raise NotAPage("empty")
    return text, note


def decode(data: bytes) -> tuple[str, str]:
    """Turn bytes into text: as its mark says, else as UTF-8, else as Windows-1252.

    Raises ``NotAPage`` for what does not look like text at all. NUL characters are dropped:
    PostgreSQL cannot store them.
    """
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text, note = data.decode(encoding), ""
    except UnicodeDecodeError:
        if b"\0" in data:
            raise NotAPage("not a text") from None
        text, note = data.decode("cp1252", errors="replace"), "read as Windows-1252"
    if text.count("\0") > len(text) // 10:
        raise NotAPage("not a text")
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n"), note


def _page(name: str, key: str, text: str, note: str) -> Page:
    stem = Path(name).stem
    if Path(name).suffix.lower() in MARKUP:
        headline, body = html_page(text)
    else:
        headline, body = _first_line(text), paragraphs(text)
    # The same file has the same address on every run, whatever else is in the folder.
    digest = hashlib.blake2b(key.encode(), digest_size=4).hexdigest()
    slug = f"{slugify(stem)[:MAX_SLUG]}-{digest}".lstrip("-")
    return Page(name, slug, _shorten(headline or stem), body, note)


def paragraphs(text: str) -> str:
    """Return plain text as HTML: blank lines part paragraphs, other lines end in a break."""
    blocks = re.split(r"\n[^\S\n]*(?:\n[^\S\n]*)+", text.strip())
    return "\n".join("<p>" + escape(block).replace("\n", "<br>\n") + "</p>" for block in blocks)


def _first_line(text: str) -> str:
    return next(line.strip() for line in text.splitlines() if line.strip())


def _shorten(headline: str) -> str:
    headline = " ".join(headline.split())
    if len(headline) <= MAX_HEADLINE:
        return headline
    return headline[: MAX_HEADLINE - 1].rstrip() + "…"


def html_page(text: str) -> tuple[str, str]:
    """Return the headline and the body of a page, or of a part of one.

    The body is what stands between ``<body>`` and ``</body>``, as it was written. Raises
    ``NotAPage`` if there is nothing to read in it.
    """
    begin, end = 0, len(text)
    headings: dict[str, list[str]] = {}
    heading = ""
    for token in html_tokens(text):
        match token.piece, token.name:
            case "open", "body" if not begin:
                begin = token.end
            case "close", "body":
                end = token.start
            case "raw", "title":
                headings.setdefault("title", [text[token.start : token.end]])
            case "open", ("h1" | "h2") as name if name not in headings:
                heading, headings[name] = name, []
            case "close", name if name == heading:
                heading = ""
            case "text", _ if heading:
                headings[heading].append(text[token.start : token.end])
    body = text[begin:end].strip()
    if not any(_has_text(body[token.start : token.end], token) for token in readable_tokens(body)):
        raise NotAPage("no text in the markup")
    found = (unescape("".join(headings.get(name, ()))).strip() for name in HEADINGS)
    return next(filter(None, found), ""), body


def _has_text(text: str, token: HtmlToken) -> bool:
    return token.piece in {"text", "raw"} and bool(unescape(text).strip())


def _relative(path: Path, folder: Path) -> str:
    return _printable(path.relative_to(folder).as_posix())


def _printable(name: str) -> str:
    """Return a file name as text that is safe to print, whatever bytes it is made of."""
    text = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
