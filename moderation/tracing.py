"""Spans of OpenTelemetry around what takes time; without the extra ``tracing``, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

trace: Any
try:
    from opentelemetry import trace
except ImportError:  # the extra is not installed
    trace = None

_PREFIX = "moderation."


@contextmanager
def span(name: str, **attributes: Any) -> Iterator[None]:
    """Measure what is within; ``attributes`` are ids and codes, never a text.

    An exception marks the span as failed by its type alone: its message may quote a text.
    """
    if trace is None:
        yield
        return
    tracer = trace.get_tracer("moderation")
    with tracer.start_as_current_span(
        name,
        attributes={f"{_PREFIX}{key}": value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))
            raise
