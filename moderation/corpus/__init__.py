"""The fingerprint index over the database: add, remove, candidates."""

from moderation.corpus.database import DatabaseCorpus, get_corpus
from moderation.corpus.documents import document_of

__all__ = ["DatabaseCorpus", "document_of", "get_corpus"]
