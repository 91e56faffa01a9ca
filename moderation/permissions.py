"""Who may do what: codenames and predicates, shared by the admin and the API."""

from __future__ import annotations

from typing import Any

CLAIM = "moderation.claim_case"
DECIDE = "moderation.decide_case"
OVERRIDE = "moderation.override_case"
VIEW = "moderation.view_case"
SEE_AUTHOR = "moderation.see_author_identity"
MANAGE_DETECTORS = "moderation.manage_detectors"
MANAGE_POLICIES = ("moderation.add_policy", "moderation.change_policy")


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


def may_see_author(user: Any) -> bool:
    """Whether ``user`` is told who wrote the texts, and sees the author's other cases."""
    return bool(user.is_active and user.has_perm(SEE_AUTHOR))


def may_manage_detectors(user: Any) -> bool:
    """Whether ``user`` changes what the detectors flag: thresholds, modes."""
    return bool(user.is_active and user.has_perm(MANAGE_DETECTORS))
