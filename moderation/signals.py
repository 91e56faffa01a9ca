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
