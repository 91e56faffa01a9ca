"""What each indexed article means, as vectors: stored, and searched for the nearest.

Everything here waits for the setting ``EMBEDDER``. An embedder that fails is logged and costs
no more than its suggestions.
"""

from __future__ import annotations

import logging
import math
from array import array
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from heapq import nlargest
from importlib.util import find_spec
from operator import mul
from typing import Any

from django.core.signals import setting_changed
from django.db import IntegrityError, connections
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from moderation.conf import settings
from moderation.corpus.documents import reference_of_key, snapshot_of_key
from moderation.detectors.duplicate.embedding import Embedder
from moderation.detectors.duplicate.retrieval import Hit
from moderation.models import Embedding
from moderation.models.fingerprints import IndexedDocument
from moderation.text.document import Document
from moderation.types import Kind

logger = logging.getLogger("moderation.embeddings")

WINDOW = 10_000
"""The newest vectors that are compared one by one, where the database cannot search them."""

ONNX = "moderation.detectors.duplicate.embedding.OnnxEmbedder"
_TABLE = Embedding._meta.db_table
_AFTER_ALL = 2**31 - 1
_KEYS = {"CLASS", "OPTIONS", "WINDOW"}


def build_embedder(entry: Mapping[str, Any]) -> Embedder:
    """Build what the setting ``EMBEDDER`` describes.

    Raises:
        TypeError: the class is no embedder, or does not take these options.
        ValueError: a key is unknown, or the window is no number above zero.
        ImportError: the class, or a library it needs, is missing.
        OSError: a file is missing.
    """
    unknown = set(entry) - _KEYS
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    window = entry.get("WINDOW", WINDOW)
    if not isinstance(window, int) or window < 1:
        raise ValueError(f"WINDOW is {window!r}, not a number above zero")
    path = entry.get("CLASS", ONNX)
    embedder = import_string(path)(**entry.get("OPTIONS", {}))
    if not (hasattr(type(embedder), "name") or hasattr(embedder, "name")) or not callable(
        getattr(embedder, "embed", None)
    ):
        raise TypeError(f"{path} is not an embedder")
    found: Embedder = embedder
    return found


@cache
def get_embedder() -> Embedder | None:
    """Return the site's embedder, built once per process; None without one that can be built."""
    if settings.EMBEDDER is None:
        return None
    try:
        return build_embedder(settings.EMBEDDER)
    except Exception as error:  # noqa: BLE001 - the constructor may raise anything; E014 says it
        logger.warning("The embedder cannot be used: %s", type(error).__name__)
        return None


def _forget_embedder(*, setting: str, **_kwargs: object) -> None:
    if setting == "MODERATION":
        get_embedder.cache_clear()


setting_changed.connect(_forget_embedder, dispatch_uid="moderation.embedder.forget")


class Embeddings:
    """The vectors of one database."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._connection = connections[using]

    def hits(self, document: Document, own: Collection[int], limit: int) -> list[Hit]:
        """Return the earlier articles nearest in meaning; the weight is the cosine.

        ``own`` are the numbers of the text that is asked about.
        """
        embedder = get_embedder()
        vector = self._vector_of(document, embedder) if embedder else None
        if embedder is None or vector is None:
            return []
        search = self._search if self._has_pgvector() else self._compare
        return search(embedder.name, vector, min(own, default=_AFTER_ALL), limit)

    def put(self, document: Document) -> None:
        """Store the vector of an article that the index holds; call it outside transactions.

        To embed a text takes long: nobody should wait for a lock meanwhile.
        """
        embedder = get_embedder()
        if embedder is None or document.kind is not Kind.ARTICLE:
            return
        row = self._rows().filter(_stands_for(document.key)).first()
        if row is None or self._stored(embedder.name).filter(document=row).exists():
            return
        vector = _embedded(embedder, document)
        if vector is None:
            return
        try:
            Embedding.objects.using(self._using).bulk_create(
                [Embedding(document=row, model=embedder.name, vector=vector)],
                update_conflicts=True,
                unique_fields=["document"],
                update_fields=["model", "vector"],
            )
        except IntegrityError:
            logger.info("A text was taken out of the index while it was embedded.")

    def forget(self, numbers: Collection[int]) -> None:
        """Delete the vectors of texts that are no longer what their subjects say."""
        if numbers:
            Embedding.objects.using(self._using).filter(document__in=numbers).delete()

    def create_index(self) -> bool:
        """Have pgvector index the vectors of the site's embedder; False where it cannot.

        Writers go on meanwhile. Call it outside transactions.
        """
        embedder = get_embedder()
        if embedder is None or not self._has_pgvector():
            return False
        size = embedder.dimensions
        mark = blake2b(embedder.name.encode(), digest_size=6).hexdigest()
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_TABLE}_{mark} ON {_TABLE} "
                f"USING hnsw ((vector::vector({size})) vector_cosine_ops) "
                f"WHERE model = {_literal(embedder.name)}"
            )
        return True

    def _vector_of(self, document: Document, embedder: Embedder) -> list[float] | None:
        if document.kind is not Kind.ARTICLE:
            return None
        stored = self._stored(embedder.name).filter(
            document__in=self._rows().filter(_stands_for(document.key))
        )
        found = stored.first() if document.key else None
        return _embedded(embedder, document) if found is None else list(found.vector)

    def _has_pgvector(self) -> bool:
        if self._connection.vendor != "postgresql":
            return False
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
            return cursor.fetchone() is not None

    def _search(self, model: str, vector: Sequence[float], before: int, limit: int) -> list[Hit]:
        """Let the database search."""
        size = len(vector)
        distance = f"vector::vector({size}) <=> %s::vector({size})"
        given = "[" + ",".join(map(repr, vector)) + "]"
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT document_id, 1 - ({distance}) FROM {_TABLE} "
                f"WHERE model = %s AND document_id < %s ORDER BY {distance} LIMIT %s",
                [given, model, before, given, limit],
            )
            return [Hit(number, 1, float(cosine)) for number, cosine in cursor.fetchall()]

    def _compare(self, model: str, vector: Sequence[float], before: int, limit: int) -> list[Hit]:
        """Compare with the newest vectors, one by one."""
        window = (settings.EMBEDDER or {}).get("WINDOW", WINDOW)
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT document_id, vector FROM {_TABLE} "
                "WHERE model = %s AND document_id < %s ORDER BY document_id DESC LIMIT %s",
                [model, before, window],
            )
            rows = cursor.fetchall()
        packed = [
            stored if isinstance(stored, bytes) else array("f", stored).tobytes()
            for _, stored in rows
        ]
        same_size = [len(stored) == len(vector) * array("f").itemsize for stored in packed]
        if not rows or not all(same_size):
            return []
        cosines = _products(packed, vector)
        best = nlargest(limit, zip(cosines, (number for number, _ in rows), strict=True))
        return [Hit(number, 1, cosine) for cosine, number in best]

    def _stored(self, model: str) -> QuerySet[Embedding]:
        return Embedding.objects.using(self._using).filter(model=model)

    def _rows(self) -> QuerySet[IndexedDocument]:
        return IndexedDocument.objects.using(self._using)


def _stands_for(key: str) -> Q:
    """Choose the row that stands for the text with a corpus key."""
    reference_id = reference_of_key(key)
    if reference_id is not None:
        return Q(reference=reference_id)
    return Q(snapshot=snapshot_of_key(key), snapshot__isnull=False)  # no key, no row


def _embedded(embedder: Embedder, document: Document) -> list[float] | None:
    """Return the vector of a text, of length 1, or None if there is none to be had."""
    try:
        (vector,) = embedder.embed([document.plain.text])
        numbers = [float(number) for number in vector]
        length = math.hypot(*numbers)
        if len(numbers) != embedder.dimensions or not math.isfinite(length):
            raise ValueError("not a vector of the promised length")  # noqa: TRY301 - as any failure
    except Exception as error:  # noqa: BLE001 - any embedder may be plugged in
        logger.warning("A text could not be embedded: %s", type(error).__name__)
        return None
    return [number / length for number in numbers] if length else None


def _products(packed: Sequence[bytes], vector: Sequence[float]) -> Sequence[float]:
    """Multiply every packed vector with this one."""
    if find_spec("numpy") is None:
        return [sum(map(mul, array("f", stored), vector)) for stored in packed]
    import numpy as np

    matrix = np.frombuffer(b"".join(packed), dtype=np.float32).reshape(len(packed), len(vector))
    products: list[float] = (matrix @ np.array(vector, dtype=np.float32)).tolist()
    return products


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
