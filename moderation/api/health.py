"""What machines ask that look after the site: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import hmac
from ipaddress import ip_address, ip_network

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation.conf import settings
from moderation.services import health


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is looked at."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether database, broker and sweep are there: 200 if all are, otherwise 503."""
    found = health.readiness()
    return JsonResponse(found, status=200 if all(found.values()) else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the metrics, to those whom the settings or their permissions let see them."""
    if not _may_see_metrics(request):
        return HttpResponseForbidden("forbidden\n", content_type="text/plain")
    try:
        from moderation.metrics import CONTENT_TYPE, exposition
    except ImportError:
        missing = "Install django-moderation-desk[metrics].\n"
        return HttpResponse(missing, status=501, content_type="text/plain")
    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


def _may_see_metrics(request: HttpRequest) -> bool:
    return _has_token(request) or _is_near(request) or _has_permission(request)


def _has_token(request: HttpRequest) -> bool:
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    same = hmac.compare_digest(given.strip().encode(), str(wanted or "").encode())
    return bool(wanted) and scheme.lower() == "bearer" and same


def _is_near(request: HttpRequest) -> bool:
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ip_network(each) for each in settings.METRICS_NETWORKS)


def _has_permission(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_active and user.has_perm("moderation.view_tally"))
