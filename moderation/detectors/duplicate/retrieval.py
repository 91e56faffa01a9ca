"""Which documents of a corpus are worth aligning with a text: one scoring for every corpus.

A corpus lists, per fingerprint, the numbers of the documents that have it. Documents are
numbered in the order in which their words came in, so who was first can be read off a list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

LISTED = 65
"""Documents a corpus lists per fingerprint, the oldest. A list that long is cut off: it is
"hot", and what more it holds is never read. So a lookup costs the same for any corpus."""

BOILERPLATE_STORIES = 20
"""A fingerprint is boilerplate when the documents listed tell this many stories. Copies of
one story count once: a text that was copied 500 times must stay findable."""

_SAMPLE = 24
_ALONE = 3
_AGREED = 0.75
"""Of a sample of the common fingerprints, those who have a set phrase have hardly any other; those
who have a part of boilerplate have the same others: this share of what one has, all have."""

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


@dataclass(frozen=True, slots=True)
class Ranking:
    """Documents that share fingerprints with a text, and which of these are boilerplate.

    The latter with the number of stories that have them.
    """

    hits: list[Hit]
    boilerplate: Mapping[int, int]


def rank(
    listings: Listings,
    exact: Iterable[int],
    own: Collection[int],
    stories_of: StoriesOf,
    content: Collection[int] = frozenset(),
) -> Ranking:
    """Rank the documents that share fingerprints with a text, the most telling first.

    ``exact`` are documents of the very same words: nothing tells more. ``own`` are the
    numbers of the text itself: of each list only what stands before them counts, because
    what stands behind came later. A text that is not in the corpus came after everything.
    A fingerprint weighs less the more stories have it, and boilerplate weighs nothing;
    ``content`` are fingerprints that are none, however many stories have them.
    """
    stories = _stories_per_fingerprint(listings, stories_of)
    boilerplate = _boilerplate(listings, stories, content)
    hits: Counter[int] = Counter()
    weights: defaultdict[int, float] = defaultdict(float)
    for value, documents in listings.items():
        if value in boilerplate:
            continue
        earlier = _before(documents, own)
        weight = 1 / sqrt(max(1, stories.get(value, len(earlier))))
        for number in earlier:
            hits[number] += 1
            weights[number] += weight
    first_own = min(own, default=None)
    for number in exact:
        if first_own is None or number < first_own:
            hits[number] += MIN_HITS
            weights[number] += 1 + len(listings)
    ranked = [Hit(number, hits[number], weights[number]) for number in hits]
    ranked.sort(key=lambda hit: (-hit.weight, hit.document))
    return Ranking(ranked, boilerplate)


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

    That is the oldest head of a story to share half of the text's fingerprints, boilerplate
    apart. Only heads count, so that a story is a star: copies of copies that have drifted
    away from its head do not hold it together.
    """
    boilerplate = _boilerplate(listings, _stories_per_fingerprint(listings, stories_of))
    shared: Counter[int] = Counter()
    for value, documents in listings.items():
        if value not in boilerplate:
            shared.update(documents)
    half = _SAME_STORY * (fingerprints - len(boilerplate))
    similar = [number for number, count in shared.items() if count >= half]
    stories = stories_of(similar) if similar else {}
    return min((number for number in similar if stories.get(number) == number), default=None)


def _stories_per_fingerprint(listings: Listings, stories_of: StoriesOf) -> dict[int, int]:
    """Count the stories that tell each fingerprint which may be boilerplate; others are left out.

    Most texts have none of these, and then nothing is asked.
    """
    many = {
        value: documents
        for value, documents in listings.items()
        if len(documents) >= BOILERPLATE_STORIES
    }
    stories = stories_of(set().union(*many.values())) if many else {}
    return {
        value: len({stories[number] for number in documents if number in stories})
        for value, documents in many.items()
    }


def _boilerplate(
    listings: Listings, stories: Mapping[int, int], content: Collection[int] = frozenset()
) -> dict[int, int]:
    """Return the fingerprints that are boilerplate, with the number of stories that have them.

    Edited copies of one text may pass for many stories. But each of them has kept other parts
    of it, while boilerplate is taken as a whole: who has one part of it has the others. A set
    phrase stands alone.
    """
    told = {
        value: count
        for value, count in stories.items()
        if count >= BOILERPLATE_STORIES and value not in content
    }
    holders = {value: frozenset(listings[value]) for value in told}
    sample = [holders[value] for value in sorted(told)[:_SAMPLE]]  # hashes: as good as by lot
    whole = {each for each in set(holders.values()) if _is_whole(each, sample)}
    return {value: count for value, count in told.items() if holders[value] in whole}


def _is_whole(holders: frozenset[int], sample: Iterable[frozenset[int]]) -> bool:
    """Say whether the documents that have one fingerprint agree on which others they have."""
    shares = [len(holders & other) / len(holders) for other in sample]
    together = sum(shares)
    return together < _ALONE or sum(share * share for share in shares) >= _AGREED * together


def _before(documents: Sequence[int], own: Collection[int]) -> Sequence[int]:
    if own:
        for at, number in enumerate(documents):
            if number in own:
                return documents[:at]
    return documents
