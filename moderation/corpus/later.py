"""Which texts of the site a reference document that came after them is to be held against."""

from __future__ import annotations

from moderation.corpus.documents import document_of_reference
from moderation.corpus.postings import Postings
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.retrieval import LISTED, promising, rank
from moderation.models import ReferenceDocument
from moderation.models.fingerprints import IndexedDocument


def later_copies(reference: ReferenceDocument) -> list[int]:
    """Return the subjects whose texts share enough with ``reference``, the most telling first.

    They are few: of a passage that very many texts have, only the oldest are listed, and
    the others are copies of those already.

    Raises:
        ImproperlyConfigured: the database is neither SQLite nor PostgreSQL.
    """
    using = reference._state.db or "default"
    rows = IndexedDocument.objects.using(using)
    postings = Postings(using)
    fingerprint = Reading(document_of_reference(reference)).fingerprint
    same_words = rows.filter(exact=fingerprint.exact, pk__gt=0).order_by("pk")
    ranking = rank(
        postings.listings(fingerprint.hashes),
        list(same_words.values_list("pk", flat=True)[:LISTED]),
        (),
        postings.stories,
    )
    # References have the numbers below zero.
    hits = promising((hit for hit in ranking.hits if hit.document > 0), len(fingerprint.hashes))
    numbers = [hit.document for hit in hits]
    owners = dict(rows.filter(pk__in=numbers).values_list("pk", "subject"))
    return list(dict.fromkeys(owners[number] for number in numbers if owners.get(number)))
