"""What articles mean, looked after for the whole site."""

from __future__ import annotations

from moderation.corpus.embeddings import Embeddings
from moderation.services.database import moderation_db


def index_vectors() -> bool:
    """Have the database index the vectors of the site's embedder; False where it cannot.

    Call it outside transactions. Writers go on meanwhile.
    """
    return Embeddings(moderation_db()).create_index()
