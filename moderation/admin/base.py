"""What the admin pages of the desk have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from moderation.services.errors import ModerationError


class DeskMedia:
    """The desk's style sheet: the only style there is, so that a strict policy holds."""

    class Media:
        css = {"all": ["moderation/desk.css"]}


class ThroughServices:
    """Rows that a service writes, which may refuse what the form could not foresee."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except ModerationError as error:
            messages.error(request, str(error))
            return redirect(request.get_full_path())
        return response


class ReadOnly(DeskMedia):
    """Rows that only the services write: to be looked at, never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
