"""What back ends on the own disk have in common: a library and a model, loaded once."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from moderation.detectors.framing.backends.resilience import BackendError


class Lazy:
    """Something large that is loaded when it is needed first, by one thread.

    Args:
        load: makes it.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._loaded: Any = None
        self._lock = Lock()

    def __call__(self) -> Any:
        """Return it. Raises :class:`BackendError` if it cannot be loaded."""
        with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = self._load()
                except Exception as error:
                    raise BackendError(f"it cannot be loaded: {type(error).__name__}") from error
            return self._loaded


def installed(library: str) -> None:
    """Raise ``ImportError`` if a library is not installed; it is not imported."""
    try:
        found = find_spec(library) is not None
    except ValueError:  # a module without a spec stands in its place
        found = True
    if not found:
        raise ImportError(f"{library} is not installed")


def existing(path: str) -> str:
    """Return the path of a model. Raises ``ValueError`` if nothing is there."""
    if not path or not Path(path).exists():
        raise ValueError("path does not lead to a model on this machine")
    return path
