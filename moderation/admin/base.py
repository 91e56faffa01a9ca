"""What the admin pages of the desk have in common."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class DeskMedia:
    """The desk's style sheet: the only style there is, so that a strict policy holds."""

    class Media:
        css = {"all": ["moderation/desk.css"]}


class ReadOnly(DeskMedia):
    """Rows that only the services write: to be looked at, never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
