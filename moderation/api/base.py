"""What all endpoints have in common."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.module_loading import import_string
from rest_framework import mixins, status, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle

from moderation.api import problems
from moderation.api.access import MayView
from moderation.api.operations import operation_of
from moderation.api.paging import KeysetPagination
from moderation.api.parsing import StrictJSONParser
from moderation.api.replaying import AnswersOnce
from moderation.api.throttles import DeskThrottle
from moderation.conf import settings
from moderation.services.actors import Actor, human
from moderation.services.database import write_transaction

__all__ = [
    "DeskSchema",
    "DeskViewSet",
    "Listing",
    "ReadViewSet",
    "Removable",
    "TaggedViewSet",
    "tag_of",
]

try:
    from moderation.api.openapi import DeskSchema
except ImportError:  # the extra "openapi" is not installed: there is no description
    DeskSchema = None  # type: ignore[assignment, misc]

if TYPE_CHECKING:
    DeskBase = viewsets.GenericViewSet[Any]
    ListBase = mixins.ListModelMixin
    RetrieveBase = mixins.RetrieveModelMixin
else:
    DeskBase = viewsets.GenericViewSet
    ListBase = mixins.ListModelMixin
    RetrieveBase = mixins.RetrieveModelMixin


class DeskViewSet(AnswersOnce, DeskBase):
    """Who may come in, how often, in which language, and how faults are told."""

    permission_classes: tuple[type[BasePermission], ...] = (MayView,)
    renderer_classes = (JSONRenderer, problems.ProblemRenderer)
    parser_classes = (StrictJSONParser,)
    pagination_class = KeysetPagination
    throttle_scope = "moderation"
    lookup_value_regex = r"[0-9]{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    if DeskSchema is not None:
        schema = DeskSchema()

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Those of ``API_AUTHENTICATION``, or else of the site."""
        paths = settings.API_AUTHENTICATION
        return (
            super().get_authenticators() if paths is None else [import_string(p)() for p in paths]
        )

    def get_throttles(self) -> list[BaseThrottle]:
        """The site's own, and ours."""
        return [*super().get_throttles(), DeskThrottle()]

    def get_exception_handler(self) -> Any:
        return problems.handle

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return operation_of(self).gives or super().get_serializer_class()

    def get_ordering(self) -> tuple[str, ...]:
        """Return the fields that rows are listed by, the key left out."""
        return self.ordering

    @property
    def actor(self) -> Actor:
        return human(self.request.user)

    def given(self, **kwargs: Any) -> dict[str, Any]:
        """Return the validated body of the request, as the operation takes it."""
        takes = operation_of(self).takes
        assert takes is not None  # noqa: S101 - who calls this has declared it
        read = takes(data=self.request.data, context=self.get_serializer_context(), **kwargs)
        read.is_valid(raise_exception=True)
        data: dict[str, Any] = read.validated_data
        return data

    def asked(self) -> dict[str, Any]:
        """Return the validated query of the request, as the operation asks for it."""
        asks = self.query_shape()
        if asks is None:
            return {}
        read = asks(data=self.request.query_params.dict(), context=self.get_serializer_context())
        read.is_valid(raise_exception=True)
        data: dict[str, Any] = read.validated_data
        return data

    def query_shape(self) -> type[BaseSerializer[Any]] | None:
        """Return what reads the query of the current action."""
        return operation_of(self).asks

    def shown(
        self, row: Any, status: int | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        """Answer with ``row`` as the operation gives it."""
        declared = operation_of(self)
        told = self.get_serializer(row, many=declared.listed).data
        data = {"results": told} if declared.listed else told
        return Response(data, status=status or declared.status, headers=headers)


class Listing(ListBase, DeskViewSet):
    """Rows in pages, filtered by what ``filters`` reads off the query."""

    filters: ClassVar[type[BaseSerializer[Any]] | None] = None

    def query_shape(self) -> type[BaseSerializer[Any]] | None:
        return self.filters if self.action == "list" else super().query_shape()

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if self.action != "list" or getattr(self, "swagger_fake_view", False):
            return rows
        return self.chosen(rows, self.asked())

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a page of the rows that the query asks for; ``next`` is the page after it."""
        return super().list(request, *args, **kwargs)

    def chosen(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Return the rows that the query asks for: by default, each filter names a field."""
        return rows.filter(**asked)


class ReadViewSet(RetrieveBase, Listing):
    """Rows to be read, in pages and one by one."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give one row."""
        return super().retrieve(request, *args, **kwargs)


class TaggedViewSet(ReadViewSet):
    """Rows that clients change: ``If-Match`` with the ``ETag`` they saw prevents lost updates."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give one row; its ``ETag`` goes into ``If-Match`` of what changes it."""
        return self.tagged(self.get_object())

    def create(self, request: Request) -> Response:
        """Add a row."""
        row = self.get_queryset().model()
        return self._write(row, partial=False, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **_key: str) -> Response:
        """Change the fields that are given."""
        with write_transaction():
            return self._write(self.seen(), partial=True)

    def save(self, row: Any, changed: dict[str, Any]) -> Any:
        """Let the service write ``row``, with its fields ``changed``; return it as it is then."""
        raise NotImplementedError

    def tagged(self, row: Any, status: int | None = None) -> Response:
        """Answer with a row and its tag."""
        response = self.shown(row, status)
        response["ETag"] = tag_of(response.data)
        return response

    def seen(self) -> Any:
        """Return the row, locked, if it is as the client saw it.

        Raises:
            StaleRow: it was changed since.
        """
        rows = self.get_queryset().model._default_manager.select_for_update()
        row = get_object_or_404(rows, pk=self.get_object().pk)
        wanted = self.request.headers.get("If-Match", "*").strip()
        told = self._serializer(row).data
        if wanted not in ("*", tag_of(told)):
            raise problems.StaleRow(told, tag_of(told))
        return row

    def _write(self, row: Any, *, partial: bool, status: int | None = None) -> Response:
        read = self._serializer(row, data=self.request.data, partial=partial)
        read.is_valid(raise_exception=True)
        for name, value in read.validated_data.items():
            setattr(row, name, value)
        return self.tagged(self.save(row, read.validated_data), status)

    def _serializer(self, row: Any, **kwargs: Any) -> BaseSerializer[Any]:
        row_shape: Any = self.serializer_class
        known = {} if row.pk is None else {"instance": row}
        shape: BaseSerializer[Any] = row_shape(
            **known, context=self.get_serializer_context(), **kwargs
        )
        return shape


class Removable:
    """Mixed into rows that may be deleted."""

    def destroy(self, request: Request, **_key: str) -> Response:
        """Remove a row."""
        with write_transaction():
            self.remove(self.seen())  # type: ignore[attr-defined]
        return Response(status=status.HTTP_204_NO_CONTENT)


def tag_of(data: Any) -> str:
    """Return the ``ETag`` of a row as it is told."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:20]}"'
