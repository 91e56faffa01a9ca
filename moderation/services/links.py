"""Addresses in mails: of the site, and those that stand for a person without an account."""

from __future__ import annotations

from django.core import signing
from django.urls import NoReverseMatch, reverse

from moderation.conf import settings
from moderation.models import Decision

_SALT = "moderation.appeal"
_LONGEST = 200


def absolute(address: str) -> str:
    """Return an address of the site as mails need it; nothing where ``SITE_URL`` is not set."""
    if address.startswith(("https://", "http://")):
        return address
    return settings.SITE_URL.rstrip("/") + address if settings.SITE_URL and address else ""


def token_of(decision: Decision) -> str:
    """Return what opens the page of a decision to whoever has the link: its author."""
    return signing.dumps(decision.pk, salt=_SALT)


def decision_of(token: str) -> int | None:
    """Return the decision that a token is about, or None for one that we did not make."""
    if len(token) > _LONGEST:
        return None
    try:
        key = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return key if isinstance(key, int) else None


def appeal_url(decision: Decision) -> str:
    """Return the link to the page of a decision; nothing where the site has no such page."""
    try:
        return absolute(reverse("moderation_pages:appeal", args=[token_of(decision)]))
    except NoReverseMatch:
        return ""
