"""Asking somebody to run a piece of work."""

from moderation.dispatch.base import Dispatcher, Job, get_dispatcher

__all__ = ["Dispatcher", "Job", "get_dispatcher"]
