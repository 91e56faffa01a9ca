"""The fingerprint index over the database. (The services call exactly what stands here.)"""

from __future__ import annotations

from moderation.detectors.base import Candidate
from moderation.text.document import Document


class DatabaseCorpus:
    @staticmethod
    def key(snapshot_id: int) -> str:
        """Return the corpus key of a snapshot."""
        return f"snapshot:{snapshot_id}"

    @staticmethod
    def snapshot_id(key: str) -> int | None:
        """Return the snapshot behind a key, or None for another kind of source."""
        kind, _, number = key.partition(":")
        return int(number) if kind == "snapshot" else None

    def index(self, snapshot_id: int, document: Document) -> None: ...

    def unindex(self, *, subject_id: int) -> None: ...

    def candidates(self, exact, fingerprints, *, exclude, limit) -> list[Candidate]:
        return []

    def document(self, key: str) -> Document | None:
        return None


def get_corpus() -> DatabaseCorpus:
    return DatabaseCorpus()
