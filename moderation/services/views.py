"""Views of the queue under a name, and who is looking at which case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models.views import Presence, SavedView
from moderation.services.database import moderation_db
from moderation.text.storage import storable

MOST_VIEWS = 30
PRESENT_SECONDS = 60
_NAME_CHARS, _QUERY_CHARS = 60, 2_000


def views_for(user: Any) -> QuerySet[SavedView]:
    """Return the views that ``user`` saved, and those that colleagues share."""
    rows = SavedView.objects.using(moderation_db()).select_related("user")
    return rows.filter(Q(user=user.pk) | Q(shared=True))


def save_view(user: Any, *, name: str, query: str, shared: bool) -> SavedView:
    """Keep the query of a queue under a name; the same name again replaces what it stood for.

    Raises ``ValidationError`` for a name that is empty or too long, a query that is too long,
    and for more views than anybody can tell apart.
    """
    name = " ".join(storable(name).split())
    if not name or len(name) > _NAME_CHARS or len(query) > _QUERY_CHARS:
        raise ValidationError(_("A view needs a name of at most 60 characters."))
    own = SavedView.objects.using(moderation_db()).filter(user=user.pk)
    if own.exclude(name=name).count() >= MOST_VIEWS:
        raise ValidationError(_("You have as many views as can be kept. Delete one first."))
    row, _new = SavedView.objects.using(moderation_db()).update_or_create(
        user_id=user.pk, name=name, defaults={"query": storable(query), "shared": shared}
    )
    return row


def delete_view(user: Any, view_id: int) -> bool:
    """Delete a view of the user's own; tell whether there was one."""
    rows = SavedView.objects.using(moderation_db()).filter(pk=view_id, user=user.pk)
    return rows.delete()[0] > 0


def note_presence(case_id: int, user: Any) -> None:
    """Note that ``user`` is looking at a case. Where they were before is forgotten in time."""
    now, using = timezone.now(), moderation_db()
    rows = Presence.objects.using(using)
    rows.update_or_create(case_id=case_id, user_id=user.pk, defaults={"seen_at": now})
    rows.filter(user=user.pk, seen_at__lt=now - timedelta(seconds=PRESENT_SECONDS)).delete()


def viewers_of(case_ids: Iterable[int], *, but: Any) -> dict[int, list[str]]:
    """Return who else looks at which of some cases, by their names."""
    since = timezone.now() - timedelta(seconds=PRESENT_SECONDS)
    rows = Presence.objects.using(moderation_db()).filter(
        case__in=list(case_ids), seen_at__gte=since
    )
    found: dict[int, list[str]] = {}
    for presence in rows.exclude(user=but.pk).select_related("user").order_by("pk"):
        found.setdefault(presence.case_id, []).append(presence.user.get_username())
    return found
