"""What to call people, and texts to those who may not know whose they are."""

from __future__ import annotations

import re
from typing import Any

from moderation.models import Subject

_SHORTEST = 2
_LEFT_OUT = "…"


def full_name(account: Any) -> str:
    """Return the name of whoever has an account; empty if there is none: not every model has it."""
    told = getattr(account, "get_full_name", None)
    return str(told() or "").strip() if told else ""


def nameless_label(subject: Subject) -> str:
    """Return the label of a subject without the names of its author.

    Many sites call a comment by who wrote it. Each name of the author goes, and each word of one;
    rather a word too many than a name.
    """
    names = _names(subject)
    words = {word for name in names for word in re.findall(r"\w+", name)}
    told = [name for name in names | words if len(name) >= _SHORTEST]
    if not told or not subject.label:
        return subject.label
    pattern = "|".join(map(_pattern, sorted(told, key=len, reverse=True)))
    return re.sub(pattern, _LEFT_OUT, subject.label, flags=re.IGNORECASE)


def _pattern(name: str) -> str:
    """Match a name, as words of their own where the script has spaces between words."""
    has_case = name.lower() != name.upper()
    return rf"(?<!\w){re.escape(name)}(?!\w)" if has_case else re.escape(name)


def _names(subject: Subject) -> set[str]:
    """Return what the author is called: as the site shows it, and as the account has it."""
    names = {subject.author_label.strip()}
    if subject.author is not None:
        names |= {str(subject.author.get_username()), full_name(subject.author)}
    return names
