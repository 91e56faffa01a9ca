"""Which key a request comes with, and whether it has been used too often."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from moderation.api.perspective import errors
from moderation.api.throttles import AddressThrottle
from moderation.conf import settings
from moderation.models import ApiKey, KeyScope
from moderation.services import api_keys

HEADER, PARAMETER = "X-Goog-Api-Key", "key"
_METHODS = {KeyScope.ANALYZE: "AnalyzeComment", KeyScope.SUGGEST: "SuggestCommentScore"}
_WINDOWS = (("second", 1), ("minute", 60), ("day", 86_400))


def admit(request: HttpRequest, scope: KeyScope) -> ApiKey:
    """Return the key that a request comes with, and count the request.

    Raises :class:`.errors.GoogleError` without a key, with a wrong or revoked one, with one
    that does not open ``scope``, and when its quota is used up.
    """
    key = _key_of(request)
    if not api_keys.may(key, scope):
        raise errors.closed_to_key(_METHODS[scope])
    _spend(key)
    api_keys.note_use(key)
    return key


def _key_of(request: HttpRequest) -> ApiKey:
    secret = request.headers.get(HEADER, "") or request.GET.get(PARAMETER, "")
    if not secret:
        raise errors.no_key()
    key = api_keys.find(secret)
    if key is None:
        throttle = WrongKeyThrottle()
        if throttle.exceeded(request):
            raise errors.locked_out(int(throttle.wait() or 0) + 1)
        raise errors.wrong_key()
    return key


class WrongKeyThrottle(AddressThrottle):
    """Counts wrong keys by address.

    A right key is let in whatever others behind the same address have tried: guessing one of
    2²⁵⁶ is no danger, shutting a site out would be.
    """

    scope = "moderation_wrong_key"

    def exceeded(self, request: HttpRequest) -> bool:
        """Count one wrong key, unless there were too many already."""
        asking: Any = request  # all that is looked at are its headers
        return not self.allow_request(asking, asking)

    def get_rate(self) -> str:
        rate: str = settings.WRONG_KEY_RATE
        return rate

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


def _spend(key: ApiKey) -> None:
    """Count one request in each of the key's windows."""
    now = time.time()
    limits = (key.per_second, key.per_minute, key.per_day)
    for (unit, seconds), limit in zip(_WINDOWS, limits, strict=True):
        if limit is not None and _count(f"{key.pk}_{unit}_{now // seconds:.0f}", seconds) > limit:
            wait = int(seconds - now % seconds) + 1
            raise errors.exhausted(unit, limit, f"api_key:{key.prefix}", wait)


def _count(name: str, seconds: int) -> int:
    """Return how often this was called for ``name``; atomic where the cache is."""
    name = f"moderation_quota_{name}"
    cache.add(name, 0, timeout=2 * seconds)
    try:
        return cache.incr(name)
    except ValueError:  # thrown out between the two lines
        return 1
