"""What an endpoint takes and gives: said once, used by the view and by the description."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework import status
from rest_framework.serializers import BaseSerializer

Handler = TypeVar("Handler", bound=Callable[..., Any])
Shape = type[BaseSerializer[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API.

    ``takes`` reads the body, ``gives`` writes the answer (``listed``: many of it, under
    ``results``). ``versioned`` ones heed ``If-Match``. ``piecemeal`` ones commit step by step.
    What ``secret`` ones give is told once and kept nowhere: sent again, they say that it was told.
    ``media`` are the types of an answer that is no JSON.
    """

    takes: Shape | None = None
    gives: Shape | None = None
    status: int = status.HTTP_200_OK
    listed: bool = False
    versioned: bool = False
    piecemeal: bool = False
    secret: bool = False
    asks: Shape | None = None
    media: tuple[str, ...] = ()


def operation(**facts: Any) -> Callable[[Handler], Handler]:
    """Declare what the decorated handler takes and gives; see :class:`Operation`."""
    declared = Operation(**facts)

    def declare(handler: Handler) -> Handler:
        handler.operation = declared  # type: ignore[attr-defined]
        return handler

    return declare


def operation_of(view: Any) -> Operation:
    """Return what the current action of a view takes and gives.

    Undeclared ones are what their name says, with the serializer of the view.
    """
    action = getattr(view, "action", None) or ""
    declared: Operation | None = getattr(getattr(view, action, None), "operation", None)
    if declared is not None:
        return declared
    row = getattr(view, "serializer_class", None)
    match action:
        case "create":
            return Operation(takes=row, gives=row, status=status.HTTP_201_CREATED)
        case "partial_update":
            return Operation(takes=row, gives=row, versioned=True)
        case "destroy":
            return Operation(status=status.HTTP_204_NO_CONTENT, versioned=True)
    return Operation(gives=row)
