"""A list of numbers in one column."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _Field = models.Field[Sequence[float], list[float]]
else:
    _Field = models.Field


class VectorField(_Field):
    """Numbers of single precision: ``real[]`` on PostgreSQL, packed bytes elsewhere.

    PostgreSQL's form is what the pgvector extension casts from, so that neither the column
    nor its migration needs the extension.
    """

    description = "Vector"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "real[]" if connection.vendor == "postgresql" else "BLOB"

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        if value is None:
            return None
        numbers = [float(number) for number in value]
        return numbers if connection.vendor == "postgresql" else array("f", numbers).tobytes()

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> list[float] | None:
        if value is None or isinstance(value, list):
            return value
        return array("f", bytes(value)).tolist()
