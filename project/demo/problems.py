"""How the demo ends when it cannot go on."""

from __future__ import annotations


class Problem(Exception):
    """Something the person at the keyboard can put right; the message is one line for them."""


class Interrupted(BaseException):
    """We were asked to stop, by Ctrl-C or otherwise."""


def first_line(error: BaseException) -> str:
    """Return what ``error`` says, without the pages that some libraries add."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
