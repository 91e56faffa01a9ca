"""The pages: they need no script, and no account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from moderation.models import Appeal, Decision
from moderation.models.decisions import RESTRICTING
from moderation.pages.forms import AppealForm, ReportForm
from moderation.services import appeals, links, notices, reports
from moderation.services.addresses import address_of
from moderation.services.errors import ModerationError, NotAllowed, Unusable
from moderation.services.hosts import is_author
from moderation.services.reports import TooMany

_METHODS = ("GET", "HEAD", "POST")


# Readers


@require_http_methods(_METHODS)
def report(request: HttpRequest, label: str, object_id: str) -> HttpResponse:
    """Report a text of the site."""
    try:
        obj = reports.target_of(label, object_id)
    except Unusable as error:
        raise Http404(str(error)) from error
    user = request.user if request.user.is_authenticated else None
    address = address_of(request)
    location = request.build_absolute_uri(reports.url_of(obj) or "/")
    form = ReportForm(
        request.POST or None, user=user, address=address, initial={"location": location}
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                receipt = reports.submit(obj, form.report())
            except ModerationError as error:
                form.add_error(None, str(error))
                status = _status_of(error)
            else:
                state = "" if receipt.report.is_waiting else f"?state={receipt.report.state}"
                return redirect(reverse("moderation_pages:received") + state)
        else:
            status = 400
    context = {"form": form, "back": reports.url_of(obj), "text": reports.name_of(obj)}
    return _page(request, "moderation/report.html", context, status)


@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """Thank for a report; say so if the text had been decided as it stands."""
    context = {
        "state": request.GET.get("state", ""),
        "known": bool(getattr(request.user, "email", "")),
        "is_told": notices.answers(request.user),
    }
    return _page(request, "moderation/received.html", context)


@require_http_methods(_METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Let reporters confirm their address: with a button, as programs open links of mails too."""
    try:
        if request.method == "POST":
            report = reports.confirm_address(token)
        else:
            report = reports.of_link(token)
    except Unusable as error:
        raise Http404(str(error)) from error
    return _page(request, "moderation/confirm.html", {"report": report})


# Authors


@require_http_methods(_METHODS)
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """Show a decision to whoever has the link that its author was sent."""
    key = links.decision_of(token)
    if key is None:
        raise Http404(_("This link is not valid, or not any more."))
    return _decision(request, key, None)


@login_required
@require_http_methods(_METHODS)
def own_decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Show a decision to its author, signed in."""
    return _decision(request, decision_id, request.user)


def _decision(request: HttpRequest, key: int, user: Any) -> HttpResponse:
    try:
        decision = appeals.of_link(key)
    except (Decision.DoesNotExist, OverflowError) as error:
        raise Http404(_("There is no such decision.")) from error
    if user is not None and not is_author(decision.case.subject, user):
        raise Http404(_("There is no such decision."))
    if decision.outcome not in RESTRICTING:
        raise Http404(_("There is no such decision."))
    form = AppealForm(request.POST if "text" in request.POST else None)
    status = 200
    if request.method == "POST":
        try:
            if _act(request, decision, form, user):
                return redirect(request.path)
            status = 400
        except ModerationError as error:
            form = AppealForm(request.POST) if "text" in request.POST else AppealForm({"text": "-"})
            form.full_clean()
            form.add_error(None, str(error))
            status = _status_of(error)
    return _page(request, "moderation/appeal.html", _about(decision, form), status)


def _act(request: HttpRequest, decision: Decision, form: AppealForm, user: Any) -> bool:
    """Submit or withdraw; return whether it was done."""
    if "withdraw" in request.POST:
        standing = Appeal.objects.filter(decision=decision).first()
        if standing is None:
            raise Unusable(_("This decision was not contested."))
        appeals.withdraw(standing.pk, user=user)
        return True
    if not form.is_valid():
        return False
    appeals.submit(decision.pk, text=form.cleaned_data["text"], user=user)
    return True


def _about(decision: Decision, form: AppealForm) -> dict[str, Any]:
    standing = Appeal.objects.filter(decision=decision).select_related("ruling").first()
    return {
        **notices.about(decision),
        "form": form,
        "appeal": standing,
        "why_not": "" if standing else appeals.why_not(decision),
        "until": appeals.until(decision),
    }


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, template, context, status=status)
    add_never_cache_headers(response)
    # The address may stand for a person: it is told to nobody else.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _status_of(error: ModerationError) -> int:
    match error:
        case TooMany():
            return 429
        case NotAllowed():
            return 403
        case Unusable():
            return 400
    return 409
