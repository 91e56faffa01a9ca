"""Looking up the comments that say what a comment says: one way for every corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from moderation.detectors.base import Repeat, Repeats
from moderation.detectors.duplicate.retrieval import Listings
from moderation.text.document import Document

LISTED = 100
"""Comments of one wording that are looked at one by one, the oldest. How many more there are
is counted."""

MOST_COUNTED = 10_000
"""Where counting ends: beyond it the number says nothing new."""

MIN_HITS = 2
MOST_HITS = 64
MOST_COMPARED = 10
"""Comments with two numbers of the sketch in common may say the same in other words; of the
best of them so many wordings are compared word for word."""


class Place(NamedTuple):
    """A comment of the corpus and its number: smaller is earlier."""

    number: int
    repeat: Repeat


class Wording(NamedTuple):
    """The exact hash of a comment of the corpus, and its key."""

    exact: bytes
    key: str


class Comments(Protocol):
    """The comments of a corpus, as far as repeats are looked for."""

    def oldest(self, exact: bytes, limit: int) -> Sequence[Place]:
        """Return the oldest comments of a wording, ascending."""
        ...

    def count(self, exact: bytes, before: int | None, most: int) -> int:
        """Count the comments of a wording, those before a number alone if one is given."""
        ...

    def number_of(self, key: str) -> int | None:
        """Return the number of a comment, or None if it is not in the corpus."""
        ...

    def listings(self, hashes: Collection[int]) -> Listings:
        """Return, per number of a sketch, the oldest comments that have it."""
        ...

    def wordings(self, numbers: Collection[int]) -> Mapping[int, Wording]:
        """Return the wording of each of these comments that is still there."""
        ...

    def documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        """Return those of these comments that are still there, by their keys."""
        ...


def search(
    comments: Comments,
    exact: bytes,
    sketch: Sequence[int],
    *,
    exclude: str,
    same: Callable[[Document], bool],
) -> Repeats:
    """Return the comments that came before the one with the key ``exclude`` and repeat it.

    These are the comments of its very wording, and of every wording with a similar sketch
    that ``same`` confirms.
    """
    found = [comments.oldest(exact, LISTED + 1)]
    own = next((place.number for place in found[0] if place.repeat.key == exclude), None)
    if own is None and (sketch or len(found[0]) > LISTED):
        own = comments.number_of(exclude)
    wordings = [exact]
    more = False
    if sketch:
        similar = list(_similar(comments, exact, sketch, own))
        more = len(similar) > MOST_COMPARED
        best = similar[:MOST_COMPARED]
        documents = comments.documents([wording.key for wording in best]) if best else {}
        for wording in best:
            document = documents.get(wording.key)
            if document is not None and same(document):
                wordings.append(wording.exact)
                found.append(comments.oldest(wording.exact, LISTED + 1))
    earlier = [place for places in found for place in places if own is None or place.number < own]
    listed = sorted(earlier, key=lambda place: place.number)[:LISTED]
    count = len(earlier)
    if any(len(places) > LISTED for places in found):
        count = sum(comments.count(wording, own, MOST_COUNTED) for wording in wordings)
    return Repeats(
        tuple(place.repeat for place in listed), count, more=more or count >= MOST_COUNTED
    )


def _similar(
    comments: Comments, exact: bytes, sketch: Sequence[int], own: int | None
) -> Iterator[Wording]:
    """Yield the other wordings that share numbers of the sketch, the most telling first."""
    hits: Counter[int] = Counter()
    for numbers in comments.listings(sketch).values():
        hits.update(number for number in numbers if own is None or number < own)
    shared = [number for number, count in hits.items() if count >= MIN_HITS]
    best = sorted(shared, key=lambda number: (-hits[number], number))[:MOST_HITS]
    known = comments.wordings(best) if best else {}
    seen = {exact}
    for number in best:
        wording = known.get(number)
        if wording is not None and wording.exact not in seen:
            seen.add(wording.exact)
            yield wording
