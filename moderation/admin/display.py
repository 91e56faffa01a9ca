"""Text of the site on the desk's pages: always escaped, never able to disturb what is around it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.admin import words
from moderation.admin.passages import Quote
from moderation.models import Case, Subject

# More marks on one letter than any script needs; they would paint over the lines around.
MOST_MARKS = 5

# Characters that are not seen but act: direction, controls, invisible separators.
_ACTING = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f"
)
# Python's \w has letters without their marks, so a pile of marks is a run of this.
_UNUSUAL = re.compile(rf"[{_ACTING}]|[^\w\s\x00-\x7f]{{{MOST_MARKS + 1},}}")


def shown(text: str) -> SafeString:
    """Return ``text`` as HTML that shows every character and lets none of them act.

    Controls (bidirectional overrides among them) are replaced by their visible code, and
    piles of combining marks are cut with a note of how many were left out.
    """
    parts: list[str] = []
    at = 0
    for found in _UNUSUAL.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(_unusual(found.group()))
        at = found.end()
    parts.append(escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped or built by format_html


def isolated(text: str) -> SafeString:
    """Return ``text`` like :func:`shown`, with its direction kept to itself."""
    return format_html("<bdi>{}</bdi>", shown(text))


def headline(subject: Subject, title: str, *, names: bool) -> SafeString:
    """Return what to call a text: its title, else what the site calls it.

    That may say whose it is, so without ``names`` it is called by its number.
    """
    if title:
        return isolated(title)
    return isolated(str(subject) if names else nameless(subject))


def nameless(subject: Subject) -> str:
    """Return what to call a text to those who may not know whose it is: its number."""
    return f"{subject.get_kind_display()} {subject.object_id}"


def _unusual(run: str) -> str:
    parts: list[str] = []
    marks = 0
    for character in run:
        if unicodedata.category(character) in ("Mn", "Me"):
            marks += 1
            if marks <= MOST_MARKS:
                parts.append(character)
            continue
        parts.append(_left_out(marks))
        marks = 0
        parts.append(_code(character) if re.match(f"[{_ACTING}]", character) else character)
    parts.append(_left_out(marks))
    return "".join(parts)


def _code(character: str) -> str:
    name = unicodedata.name(character, _("control character"))
    return format_html(
        '<span class="moderation-code" title="{}">U+{}</span>', name, f"{ord(character):04X}"
    )


def _left_out(marks: int) -> str:
    more = marks - MOST_MARKS
    if more <= 0:
        return ""
    title = ngettext("%(count)d more combining mark", "%(count)d more combining marks", more) % {
        "count": more
    }
    return format_html('<span class="moderation-code" title="{}">+{}</span>', title, more)


def quoted(quote: Quote, *, veil: Collection[str] = ()) -> SafeString:
    """Return a passage with what is around it, the passage marked.

    ``veil`` names the parts of the quote that are covered: before, passage, after.
    """
    parts = {name: shown(getattr(quote, name)) for name in ("before", "passage", "after")}
    return format_html(
        '<bdi class="moderation-quote">{before}<mark>{passage}</mark>{after}</bdi>',
        **{name: veiled(part) if name in veil else part for name, part in parts.items()},
    )


def veiled(passage: SafeString) -> SafeString:
    """Return a passage that is seen when somebody points at it or moves the focus into it."""
    return format_html('<span class="moderation-veil" tabindex="0">{}</span>', passage)


def moment(at: datetime | None) -> SafeString | str:
    """Return how long ago ``at`` was, with the date for who points at it."""
    if at is None:
        return "–"
    return _time(at, _("%(age)s ago") % {"age": timesince(at)})


def age(at: datetime) -> SafeString:
    """Return how old something from ``at`` is, roughly."""
    return _time(at, timesince(at, depth=1))


def due(at: datetime) -> SafeString:
    """Return until when something is due, or for how long it has been overdue."""
    if at < timezone.now():
        return _time(at, _("overdue by %(age)s") % {"age": timesince(at, depth=1)})
    return _time(at, _("due in %(age)s") % {"age": timeuntil(at, depth=1)})


def date(at: datetime | None) -> SafeString | str:
    """Return date and time in the reader's own way of writing them."""
    return "–" if at is None else _time(at, _local(at))


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        _local(at),
        text,
    )


def _local(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def band(case: Case) -> SafeString:
    """Return the band of a case as a label."""
    return format_html(
        '<span class="moderation-band moderation-{}">{}</span>', case.band, case.get_band_display()
    )


def chips(names: list[str]) -> SafeString:
    """Return categories as they stand in a case, ``kind/category``, as a row of labels."""
    labels = ((words.category(name),) for name in names)
    return format_html_join(" ", '<span class="moderation-chip">{}</span>', labels)


def safe_url(url: str) -> str:
    """Return ``url`` if following it is harmless, otherwise nothing.

    The address comes from the site's own code, which may have it from an author.
    """
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return ""
    if scheme in ("http", "https"):
        return url
    return url if not scheme and url.startswith("/") else ""
