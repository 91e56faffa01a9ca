"""How the host's models are read and acted on."""

from moderation.targets.base import HostObjectChanged, Target, TargetError, own_write
from moderation.targets.registry import (
    AlreadyRegistered,
    Registration,
    Registry,
    register,
    registry,
)

__all__ = [
    "AlreadyRegistered",
    "HostObjectChanged",
    "Registration",
    "Registry",
    "Target",
    "TargetError",
    "own_write",
    "register",
    "registry",
]
