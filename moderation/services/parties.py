"""Who is a party to a case, and so keeps their hands off it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from moderation.models import Report, Subject
from moderation.services.errors import NotAllowed
from moderation.services.hosts import is_author


def why_not(subject: Subject, user: Any) -> str:
    """Say why ``user`` must not judge ``subject``; empty when nothing speaks against it."""
    if is_author(subject, user):
        return _("Nobody decides about their own content.")
    if Report.objects.using(subject._state.db).filter(subject=subject, reporter=user).exists():
        return _("Nobody decides about their own report.")
    return ""


def refuse_party(subject: Subject, user: Any) -> None:
    """Raise ``NotAllowed`` when ``user`` is a party to the matter."""
    reason = why_not(subject, user)
    if reason:
        raise NotAllowed(reason)
