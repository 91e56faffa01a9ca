"""Asking somebody to run a piece of work."""

from moderation.dispatch.base import GROUP, Dispatcher, Job, get_dispatcher

__all__ = ["GROUP", "Dispatcher", "Job", "get_dispatcher"]
