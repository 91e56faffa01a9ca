"""What a case has to say for itself to be found, filtered and ordered in the queue."""

from __future__ import annotations

from moderation.models import Case, SearchText, Snapshot, Subject
from moderation.models.search import words_of
from moderation.services.priority import rank, reach_factor
from moderation.text.plain import plain_text
from moderation.types import TextFormat

DESCRIBED = ("kind", "section", "language", "reach", "priority", "due_at")
"""The fields of a case that :func:`describe` sets."""


def describe(case: Case, snapshot: Snapshot) -> None:
    """Copy to ``case`` what the queue filters and orders by, and write down the words of its text.

    The case is not saved; its severity and opening are set by now. Runs in the transaction of
    the caller.
    """
    subject = Subject.objects.using(snapshot._state.db).get(pk=snapshot.subject_id)
    case.kind, case.section, case.language = subject.kind, subject.section, snapshot.language
    case.reach = reach_factor(subject.reach)
    rank(case)
    note_words(snapshot, subject)


def note_words(snapshot: Snapshot, subject: Subject) -> None:
    """Write down by which words the text of a case is found."""
    readable = plain_text(snapshot.text, TextFormat(snapshot.format)).text
    author = snapshot.author_label or subject.author_label
    if subject.label != snapshot.title:  # a site may call a text by who wrote it
        author = f"{author} {subject.label}"
    found = words_of(snapshot.title, readable, author=author)
    SearchText.objects.using(snapshot._state.db).update_or_create(
        snapshot_id=snapshot.pk, defaults={"words": found}
    )
