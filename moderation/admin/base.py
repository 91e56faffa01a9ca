"""What the admin pages of the desk have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from moderation import permissions
from moderation.admin import display
from moderation.models import Subject
from moderation.services.errors import ModerationError

if TYPE_CHECKING:
    from django.contrib import admin

    _Mixed = admin.ModelAdmin[Any]
else:
    _Mixed = object


class DeskMedia:
    """The desk's style sheet: the only style there is, so that a strict policy holds."""

    class Media:
        css = {"all": ["moderation/desk.css"]}


class ThroughServices(_Mixed):
    """Rows that a service writes, which may refuse what the form could not foresee."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
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


class HidesPersons(_Mixed):
    """Rows that say who somebody is: to those who may know it only.

    ``persons`` are the columns and fields that say it. Others do not see them, and cannot search
    or filter by them either: an address may hold filters that no page offers.

    A label may name the author as well: others are told the number of a text in its place, and
    no list can be ordered by labels.
    """

    persons: tuple[str, ...] = ()

    def subjects_of(self, row: Any) -> Iterable[Subject | None]:
        """Return the texts whose labels are shown with a row."""
        return ()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Leave the labels out of a list."""
        changes = super().get_changelist_instance(request)
        if not permissions.may_see_author(request.user):
            self._unname(changes.result_list)
        return changes

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Leave the labels out of a page, its heading among the rest."""
        row = super().get_object(request, *args, **kwargs)
        if row is not None and not permissions.may_see_author(request.user):
            self._unname([row])
        return row

    def _unname(self, rows: Iterable[Any]) -> None:
        for row in rows:
            for subject in self.subjects_of(row):
                if subject is not None:
                    subject.label = display.nameless(subject)  # of the page, not of the table

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave out the columns that name somebody."""
        return self._told(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the fields that name somebody."""
        return self._told(request, super().get_fields(request, obj))

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Leave out the names of people."""
        return self._told(request, super().get_search_fields(request))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse filters by who somebody is."""
        hidden = not set(self.persons).isdisjoint(lookup.split("__"))
        if hidden and not permissions.may_see_author(request.user):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def _told(self, request: HttpRequest, names: Any) -> tuple[Any, ...]:
        if permissions.may_see_author(request.user):
            return tuple(names)
        return tuple(name for name in names if name.lstrip("=^@") not in self.persons)
