"""What a caller can do something about."""

from __future__ import annotations

import traceback

from moderation.models import Case


def where(error: BaseException) -> str:
    """Name an error and its place in the code, without its message: that may quote a text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


class ModerationError(Exception):
    """A request that cannot be carried out; ``code`` is stable, the message is for people."""

    code = "error"


class Conflict(ModerationError):
    """The case changed since the caller looked at it; ``case`` is as it is now."""

    code = "conflict"

    def __init__(self, message: str, case: Case) -> None:
        super().__init__(message)
        self.case = case


class NotAllowed(ModerationError):
    """The actor may not do this."""

    code = "not_allowed"


class InvalidTransition(ModerationError):
    """The case is in a state from which this cannot be done."""

    code = "invalid_transition"


class PolicyRequired(ModerationError):
    """The outcome takes something from the author and needs a policy."""

    code = "policy_required"


class Unusable(ModerationError):
    """What was given cannot be used: a passage too short to tell, a document without a text."""

    code = "unusable"


class EffectFailed(ModerationError):
    """The site's own hide or restore raised; nothing was recorded."""

    code = "effect_failed"
