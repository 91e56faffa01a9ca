"""Pages by key: as fast on the last page as on the first, and no row twice or missing.

A cursor is the sort key of the last row of a page. Nothing is counted.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldError
from django.core.exceptions import ValidationError as Invalid
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

PAGE_SIZE = 50
LARGEST_PAGE = 200

_CURSOR, _SIZE = "cursor", "page_size"


class KeysetPagination(BasePagination):
    """Follows the ordering of the view: field names, ``-`` for descending, a key last."""

    page_size = PAGE_SIZE

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._request = request
        ordering = view.get_ordering()
        self._ordering = (*ordering, "-pk" if ordering[0].startswith("-") else "pk")
        size = self._size(request)
        rows = queryset.order_by(*self._ordering)
        cursor = request.query_params.get(_CURSOR)
        if cursor:
            rows = rows.filter(_after(self._ordering, self._key(cursor, queryset.model)))
        try:
            page = list(rows[: size + 1])
        except (ValueError, Invalid, FieldError, OverflowError) as error:
            raise NotFound(_("There is no such page.")) from error
        self._next = _cursor_of(page[size - 1], self._ordering) if len(page) > size else None
        return page[:size]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": ["string", "null"], "format": "uri"},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": _CURSOR,
                "in": "query",
                "description": "Where the page begins; taken from `next`.",
                "schema": {"type": "string"},
            },
            {
                "name": _SIZE,
                "in": "query",
                "description": "Rows on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
            },
        ]

    def _size(self, request: Request) -> int:
        given = request.query_params.get(_SIZE)
        if given is None:
            return self.page_size
        size = int(given) if given.isascii() and given.isdecimal() and len(given) < 5 else 0
        if not 1 <= size <= LARGEST_PAGE:
            raise ValidationError({_SIZE: [_("Not a number from 1 to %d.") % LARGEST_PAGE]})
        return size

    def _key(self, cursor: str, model: type[Model]) -> list[Any]:
        try:
            key = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
            return [
                _field(model, name).to_python(value)
                for name, value in zip(self._ordering, key, strict=True)
            ]
        except (ValueError, TypeError, Invalid, OverflowError, RecursionError) as error:
            raise NotFound(_("There is no such page.")) from error

    def _link(self) -> str | None:
        if self._next is None:
            return None
        params = {**self._request.query_params.dict(), _CURSOR: self._next}
        return self._request.build_absolute_uri(f"{self._request.path}?{urlencode(params)}")


def _field(model: type[Model], name: str) -> Any:
    name = name.removeprefix("-")
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _cursor_of(row: Model, ordering: Sequence[str]) -> str:
    key = [getattr(row, name.removeprefix("-")) for name in ordering]
    return base64.urlsafe_b64encode(json.dumps(key, cls=_Exact).encode()).decode()


class _Exact(DjangoJSONEncoder):
    """Keeps the microseconds that Django's encoder cuts off."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _after(ordering: Sequence[str], key: Sequence[Any]) -> Q:
    """Return the condition for rows that come after ``key`` in ``ordering``."""
    condition, equal = Q(), Q()
    for name, value in zip(ordering, key, strict=True):
        field = name.removeprefix("-")
        lookup = "lt" if name.startswith("-") else "gt"
        condition |= equal & Q(**{f"{field}__{lookup}": value})
        equal &= Q(**{field: value})
    return condition
