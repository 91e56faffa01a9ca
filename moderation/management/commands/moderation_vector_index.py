"""``manage.py moderation_vector_index``: have pgvector index what articles mean."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.services.embedding import index_vectors


class Command(BaseCommand):
    """Make the index that pgvector searches; harmless to repeat."""

    help = "Have the PostgreSQL extension pgvector index the vectors of the site's embedder."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if not index_vectors():
            raise CommandError(
                "There is nothing to do: MODERATION['EMBEDDER'] is not set or cannot be used, or "
                "the database has no pgvector (CREATE EXTENSION vector)."
            )
        self.stdout.write("The vectors are indexed.")
