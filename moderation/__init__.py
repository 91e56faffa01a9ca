"""A content-moderation desk for Django.

Public names, imported on first use so that ``import moderation`` never needs a configured
Django: :class:`Target`, :func:`register`, :data:`registry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.targets import Target, register, registry

__version__ = "0.1.0"
__all__ = ["Target", "__version__", "register", "registry"]


def __getattr__(name: str) -> Any:
    if name in {"Target", "register", "registry"}:
        from moderation import targets

        return getattr(targets, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
