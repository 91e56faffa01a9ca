"""Addresses in mails: of the site, and those that stand for a person without an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

from moderation.conf import settings
from moderation.models import Decision, Report

CONFIRM_WITHIN = timedelta(days=30)
"""For so long a reporter can confirm that they read what is sent to their address."""

_SALT = "moderation.appeal"
_CONFIRM_SALT = "moderation.report"
_LONGEST = 200


def absolute(address: str) -> str:
    """Return an address of the site as mails need it; nothing where ``SITE_URL`` is not set."""
    if address.startswith(("https://", "http://")):
        return address
    return settings.SITE_URL.rstrip("/") + address if settings.SITE_URL and address else ""


# The author of a text


def token_of(decision: Decision) -> str:
    """Return what opens the page of a decision to whoever has the link: its author."""
    return signing.dumps(decision.pk, salt=_SALT)


def decision_of(token: str) -> int | None:
    """Return the decision that a token is about.

    None for one that we did not make, or that is older than the time to contest a decision: each
    mail about an appeal brings a new one.
    """
    key = _read(token, _SALT, timedelta(days=settings.APPEAL_DAYS))
    return key if isinstance(key, int) else None


def appeal_url(decision: Decision) -> str:
    """Return the link to the page of a decision; nothing where the site has no such page."""
    return _page("appeal", token_of(decision))


# Who reported a text


def confirmation_of(report: Report) -> str:
    """Return what confirms the address of a report: only who reads its mail can have it."""
    return signing.dumps([report.pk, mark_of(report.email)], salt=_CONFIRM_SALT)


def confirms(token: str) -> int | None:
    """Return the report that a token is about; None for one that is not ours, or too old."""
    match _read(token, _CONFIRM_SALT, CONFIRM_WITHIN):
        case [int(key), str()]:
            return key
    return None


def is_confirmation(token: str, report: Report) -> bool:
    """Whether a token was sent to the address that a report has now."""
    sent = _read(token, _CONFIRM_SALT, CONFIRM_WITHIN)
    return bool(report.email) and sent == [report.pk, mark_of(report.email)]


def confirm_url(report: Report) -> str:
    """Return the link that confirms an address; nothing where the site has no such page."""
    return _page("confirm", confirmation_of(report))


def can_confirm() -> bool:
    """Whether the site has what a link that confirms an address needs."""
    return bool(_page("confirm", "-"))


def mark_of(email: str) -> str:
    """Return what stands for an address, without telling it."""
    return salted_hmac(_CONFIRM_SALT, email.lower(), algorithm="sha256").hexdigest()[:20]


def _read(token: str, salt: str, within: timedelta) -> Any:
    if len(token) > _LONGEST:
        return None
    try:
        return signing.loads(token, salt=salt, max_age=within)
    except (signing.BadSignature, ValueError):
        return None


def _page(name: str, token: str) -> str:
    try:
        return absolute(reverse(f"moderation_pages:{name}", args=[token]))
    except NoReverseMatch:
        return ""
