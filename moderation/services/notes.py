"""Notes that moderators leave on a case for each other."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from moderation import permissions
from moderation.models import Case, CaseNote
from moderation.services import audit
from moderation.services.actors import human
from moderation.services.database import moderation_db, write_transaction
from moderation.services.errors import InvalidTransition, NotAllowed
from moderation.services.parties import refuse_party
from moderation.text.storage import storable

MOST_CHARS = 10_000


def add(case_id: int, *, user: Any, text: str) -> CaseNote:
    """Write a note on a case, open or closed. What others see of the case stays as it is.

    Raises ``Case.DoesNotExist``, ``NotAllowed`` (no permission, one's own content) or
    ``InvalidTransition`` (an empty or overlong note).
    """
    if not permissions.may_claim(user):
        raise NotAllowed(_("You may not write notes on cases."))
    content = storable(text).strip()
    if not content:
        raise InvalidTransition(_("The note is empty."))
    if len(content) > MOST_CHARS:
        raise InvalidTransition(_("A note has at most %(most)d characters.") % {"most": MOST_CHARS})
    using = moderation_db()
    with write_transaction(using):
        # Locked before the trail is: foreign keys are checked at the commit, and would wait then
        # for one who holds the case and waits for the trail.
        rows = Case.objects.using(using).select_for_update(of=("self",))
        case = rows.select_related("subject").get(pk=case_id)
        refuse_party(case.subject, user)
        who = human(user)
        note = CaseNote(case=case, text=content, author=user, author_label=who.label)
        note.save(using=using)
        audit.record("case.noted", actor=who, case=case, data={"note": note.pk})
    return note
