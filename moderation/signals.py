"""Public signals. All are sent after the transaction that caused them has committed."""

from __future__ import annotations

from django.dispatch import Signal

scan_finished = Signal()
"""A scan came to its end. ``scan_id`` (int), ``subject_id`` (int), ``state`` (str)."""

case_opened = Signal()
"""A case was opened or reopened. ``case_id`` (int), ``subject_id`` (int), ``reopened`` (bool)."""

case_decided = Signal()
"""A decision was recorded. ``case_id`` (int), ``decision_id`` (int), ``outcome`` (str)."""

decision_undone = Signal()
"""A decision was taken back. ``case_id``, ``decision_id`` (of the undone one), ``undo_id``."""

report_received = Signal()
"""A reader reported a text. ``report_id``, ``case_id`` (int), ``repeated`` (bool)."""

report_answered = Signal()
"""A report was answered, after the undo window. ``report_id`` (int), ``state`` (str)."""

author_notified = Signal()
"""A restriction is told to the author, after the undo window. ``decision_id``, ``case_id`` (int),
``mailed`` (bool), ``appeal_url`` (str: a link that needs no account; empty without SITE_URL)."""

appeal_submitted = Signal()
"""An author contests a decision. ``appeal_id``, ``decision_id`` (int)."""

appeal_closed = Signal()
"""An appeal came to its end. ``appeal_id`` (int), ``state`` (str)."""
