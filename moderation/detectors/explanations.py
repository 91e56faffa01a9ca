"""Every reason a detector can give, in English, under a stable key.

The keys are stored with the evidence; the words are looked up when they are shown, so that
they can be translated. Parameters are filled in with ``str.format``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


def gettext_noop(message: str) -> str:
    """Mark a message for translation; the name is what ``makemessages`` looks for."""
    return message


MESSAGES: dict[str, str] = {}


def explain(
    key: str,
    params: Mapping[str, str | int] | None = None,
    translate: Callable[[str], str] = str,
) -> str:
    """Say ``key`` in words; an unknown key (of a removed detector) is shown as it is."""
    message = MESSAGES.get(key)
    if message is None:
        return key
    try:
        return translate(message).format(**(params or {}))
    except (KeyError, IndexError, ValueError):
        return message
