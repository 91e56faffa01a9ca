"""Where a request comes from, for what is counted by address."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.http import HttpRequest

from moderation.conf import settings


def address_of(request: HttpRequest) -> str:
    """Return the address that a visitor is counted by.

    It is that of the connection, unless the site says how many proxies of its own stand before
    it: then the one that the outermost of them wrote down. Whatever stands before that in the
    header, the visitor may have made up.
    """
    remote = str(request.META.get("REMOTE_ADDR", ""))
    proxies = _proxies()
    if not proxies:
        return remote
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    return forwarded[-min(proxies, len(forwarded))].strip() or remote


def _proxies() -> int:
    own: int | None = settings.NUM_PROXIES
    if own is None:
        own = (getattr(django_settings, "REST_FRAMEWORK", None) or {}).get("NUM_PROXIES")
    return own or 0
