"""Who may do what: codenames and predicates, shared by the admin and the API."""

from __future__ import annotations

from typing import Any

CLAIM = "moderation.claim_case"
DECIDE = "moderation.decide_case"
OVERRIDE = "moderation.override_case"
VIEW = "moderation.view_case"


def may_view(user: Any) -> bool:
    """Whether ``user`` sees cases and their evidence."""
    return bool(user.is_active and user.has_perm(VIEW))


def may_claim(user: Any) -> bool:
    """Whether ``user`` may hold a case for some minutes."""
    return bool(user.is_active and (user.has_perm(CLAIM) or user.has_perm(DECIDE)))


def may_decide(user: Any) -> bool:
    """Whether ``user`` may decide cases, and undo decisions of their own."""
    return bool(user.is_active and user.has_perm(DECIDE))


def may_override(user: Any) -> bool:
    """Whether ``user`` may take over a colleague's claim and undo a colleague's decision."""
    return bool(user.is_active and user.has_perm(OVERRIDE))
