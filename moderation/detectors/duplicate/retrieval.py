"""Which documents of a corpus are worth aligning with a text: one scoring for every corpus.

A corpus lists, per fingerprint, the numbers of the documents that have it. Documents are
numbered in the order in which their words came in, so who was first can be read off a list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

LISTED = 65
"""Documents a corpus lists per fingerprint, the oldest. A list that long is cut off: it is
"hot", and what more it holds is never read. So a lookup costs the same for any corpus."""

BOILERPLATE_STORIES = 32
"""A hot fingerprint is boilerplate when the documents listed tell this many stories. Copies
of one story count once: a text that was copied 500 times must stay findable."""

MIN_HITS = 2
FEW_FINGERPRINTS = 16
MAX_SINGLE_HITS = 3
"""One fingerprint in common is a matter of chance, unless there are ``FEW_FINGERPRINTS`` to
have in common; then so many documents with a single one are looked at as well."""

MOST_HITS = 128
"""The best hits, of which varied ones are chosen: a bound for texts full of set phrases."""

MAX_PER_STORY = 3
"""Copies of one story must not keep the source of another passage from being looked at."""

_SAME_STORY = 0.5

Listings = Mapping[int, Sequence[int]]
"""Fingerprint to at most :data:`LISTED` ascending document numbers."""

StoriesOf = Callable[[Collection[int]], Mapping[int, int]]
"""Tells which story each document belongs to, by the number of the document that is its head.
A document that has gone meanwhile is left out."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document, how many fingerprints it shares, and how much they say together."""

    document: int
    hits: int
    weight: float


def rank(
    listings: Listings, exact: Iterable[int], own: Collection[int], stories_of: StoriesOf
) -> list[Hit]:
    """Return the documents that share fingerprints with a text, the most telling first.

    ``exact`` are documents of the very same words: nothing tells more. ``own`` are the
    numbers of the text itself: of each list only what stands before them counts, because
    what stands behind came later. A text that is not in the corpus came after everything.
    A fingerprint weighs less the more stories have it.
    """
    hits: Counter[int] = Counter()
    weights: defaultdict[int, float] = defaultdict(float)
    earlier = [_before(documents, own) for documents in listings.values()]
    for documents, stories in _telling(earlier, stories_of):
        for number in documents:
            hits[number] += 1
            weights[number] += 1 / sqrt(stories)
    first_own = min(own, default=None)
    for number in exact:
        if first_own is None or number < first_own:
            hits[number] += MIN_HITS
            weights[number] += 1 + len(listings)
    ranked = [Hit(number, hits[number], weights[number]) for number in hits]
    return sorted(ranked, key=lambda hit: (-hit.weight, hit.document))


def promising(ranked: Iterable[Hit], fingerprints: int) -> list[Hit]:
    """Leave out the hits that chance alone explains, given the size of the question."""
    singles = MAX_SINGLE_HITS if fingerprints <= FEW_FINGERPRINTS else 0
    chosen: list[Hit] = []
    for hit in ranked:
        if hit.hits < MIN_HITS:
            singles -= 1
        if hit.hits >= MIN_HITS or singles >= 0:
            chosen.append(hit)
        if len(chosen) == MOST_HITS:
            break
    return chosen


def varied(ranked: Sequence[Hit], stories: Mapping[int, int], limit: int) -> list[Hit]:
    """Take the first ``limit`` hits, but of one story only the best few, its head foremost."""
    by_document = {hit.document: hit for hit in ranked}
    taken: Counter[int] = Counter()
    chosen: dict[int, Hit] = {}
    for hit in ranked:
        story = stories.get(hit.document)
        if story is None:
            continue
        for each in (by_document.get(story, hit), hit):
            if each.document not in chosen and taken[story] < MAX_PER_STORY:
                chosen[each.document] = each
                taken[story] += 1
        if len(chosen) >= limit:
            break
    return list(chosen.values())[:limit]


def head_of_story(listings: Listings, fingerprints: int, stories_of: StoriesOf) -> int | None:
    """Return the oldest story that a text tells again, or None if it is a new one.

    That is the oldest head of a story to share half of the text's fingerprints. Only heads
    count, so that a story is a star: copies of copies that have drifted away from its head do
    not hold it together.
    """
    shared: Counter[int] = Counter()
    for documents in listings.values():
        shared.update(documents)
    similar = [n for n, count in shared.items() if count >= _SAME_STORY * fingerprints]
    stories = stories_of(similar) if similar else {}
    return min((number for number in similar if stories.get(number) == number), default=None)


def _telling(
    listings: Sequence[Sequence[int]], stories_of: StoriesOf
) -> Iterator[tuple[Sequence[int], int]]:
    """Drop the listings of boilerplate; say of the others how many stories have them."""
    hot = [documents for documents in listings if len(documents) >= LISTED]
    stories = stories_of(set().union(*hot)) if hot else {}
    for documents in listings:
        if len(documents) < LISTED:
            yield documents, max(1, len(documents))
            continue
        count = len({stories[number] for number in documents if number in stories})
        if count < BOILERPLATE_STORIES:
            yield documents, max(1, count)


def _before(documents: Sequence[int], own: Collection[int]) -> Sequence[int]:
    if own:
        for at, number in enumerate(documents):
            if number in own:
                return documents[:at]
    return documents
