"""How often one account may ask."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from moderation.conf import settings
from moderation.services.addresses import address_of

RATES: dict[str, str | None] = {"read": "1200/min", "write": "300/min", "export": "30/hour"}


class AddressThrottle(SimpleRateThrottle):
    """Tells visitors apart by an address that they cannot make up."""

    def get_ident(self, request: Any) -> str:
        return address_of(request)


class DeskThrottle(AddressThrottle):
    """Counts reads, writes and exports of an account apart; ``API_RATES`` lies over ``RATES``."""

    cache_format = "moderation_api_%(scope)s_%(ident)s"

    def __init__(self) -> None:
        """The rate is known once the request is."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether this request is within the rate of its scope."""
        self.scope = _scope_of(request, view)
        self.rate = {**RATES, **settings.API_RATES}[self.scope]
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        known = getattr(request.user, "is_authenticated", False)
        ident = request.user.pk if known else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


def _scope_of(request: Request, view: Any) -> str:
    named: str | None = getattr(view, "rate_scope", None)
    return named or ("read" if request.method in SAFE_METHODS else "write")
