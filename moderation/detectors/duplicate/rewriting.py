"""The same story in other words: suggested by the rare words that two texts have in common.

Who tells a story anew changes its sentences, but not whom it is about, where it happened and
how much it cost. Such words are rare, and texts that have many of them in common, in a like
measure, tell of one event. Texts are compared as vectors of weighted terms (Salton, Buckley,
"Term-weighting approaches in automatic text retrieval", 1988), where a term is the beginning
of a word: for many languages as good as a stemmer (McNamee, Mayfield, "Character n-gram
tokenization for European language text retrieval", 2004), and it needs no dictionary.

How telling an English word is comes from a table. Of other languages only the function words
are known; there, long words tell more than short ones. Names tell most in any language.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import nlargest
from importlib import resources
from itertools import chain, groupby, islice
from zlib import crc32

from moderation.detectors.duplicate.reading import Reading, words_of
from moderation.detectors.duplicate.retrieval import LISTED, Hit
from moderation.text.document import Document
from moderation.text.sentences import sentences
from moderation.types import Evidence, Span

STEM = 6
"""Letters of a word that count."""

MAX_WORDS = 5000
MAX_SENTENCES = 400
"""A longer text is judged by its beginning."""

MIN_TERMS = 24
"""A text of fewer different terms is too short to tell whether it is another's story."""

ASKED_TERMS = 32
STORED_TERMS = 12
"""Of a text's most telling terms so many are looked up, and so many of them are indexed."""

SHARED_TERMS = 3
"""Documents with fewer of the asked terms are not compared: chance explains them."""

ALIKE = 0.5
ALIKE_UNKNOWN = 0.34
"""The similarity from which two texts are suggested as one story, and the same where the table
does not know the language: ordinary words then count as much as rare ones, and dilute it."""

_POWER = 2
_NAME = 2
_LEAST_LETTERS = 3
_KNOWN_SHARE = 0.6
_SHORTEST, _PER_LETTER = 2.0, 0.45
_THAI, _GEORGIAN, _KHMER, _MONGOLIAN = "\u0e00", "\u10a0", "\u1780", "\u1800"
_EAST_ASIAN = "\u2e80"
_EAST_ASIAN_GRAM = 2
_THAI_GRAM = 5
_HALF_OF_ALL = 1 << 31
_LEAST_SHARED = 2
_MOST_PAIRS = 5
_PLACES_PER_TERM = 8
_MAX_CHARS = 10 * MAX_WORDS
_LETTERS = re.compile(r"[^\W\d_]+")


class Telling:
    """What tells one text's story from others: its ``terms`` with their weights.

    ``is_known`` says that the table knows the language.
    """

    def __init__(self, words: Sequence[str], text: str) -> None:
        counts = Counter(_with_grams(words[:MAX_WORDS]))
        said = [word for word in counts.keys() - function_words() if _tells(word)]
        forms: dict[str, int] = {}
        for word in said:
            term = word[:STEM]
            forms[term] = forms.get(term, 0) + counts[word]
        weights, unknown = word_weights()
        known = sum(count for term, count in forms.items() if term in weights)
        self.is_known = known >= _KNOWN_SHARE * sum(forms.values())
        rareness = weights if self.is_known else _by_length(said, unknown)
        names = _names(text)
        self.terms: dict[str, float] = {}
        for term, count in forms.items():
            weight = (1 + math.log(count)) * rareness.get(term, unknown) ** _POWER
            if weight:
                self.terms[term] = weight * _NAME if term in names else weight

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """The most telling terms as numbers for an index, the most telling first."""
        least = min(nlargest(ASKED_TERMS, self.terms.values()), default=0.0)
        # Among equals the number decides, as by lot: two texts choose the same.
        best = nlargest(
            ASKED_TERMS,
            ((weight, _number(term)) for term, weight in self.terms.items() if weight >= least),
        )
        return tuple(dict.fromkeys(number for _, number in best))

    @cached_property
    def is_long_enough(self) -> bool:
        return len(self.terms) >= MIN_TERMS

    def similarity(self, other: Telling) -> float:
        """Return the cosine of the two vectors of weights, 0..1."""
        few, many = sorted((self.terms, other.terms), key=len)
        product = sum(weight * many.get(term, 0.0) for term, weight in few.items())
        return min(1.0, product / (self._length * other._length)) if product else 0.0

    def threshold(self, other: Telling) -> float:
        """Return the similarity from which the two are suggested as one story."""
        return ALIKE if self.is_known and other.is_known else ALIKE_UNKNOWN

    @cached_property
    def _length(self) -> float:
        return math.hypot(*self.terms.values())


def telling_of(document: Document, reading: Reading | None = None) -> Telling:
    """Return what tells a document's story: of the story alone, without what a page added."""
    found: Telling | None = document.kept.get(_KEPT)
    if found is None:
        words = (reading or Reading(document)).words
        found = document.kept[_KEPT] = Telling(words, document.plain.text)
    return found


_KEPT = "duplicate.telling"


def telling_without(reading: Reading, common: Sequence[Span]) -> Telling:
    """Return what tells a story once ranges of its words that many texts have are left out."""
    if not common:
        return telling_of(reading.document, reading)
    words: list[str] = []
    done = 0
    for start, end in sorted(common):
        words += reading.words[done:start]
        done = max(done, end)
    return Telling(words + reading.words[done:], reading.document.plain.text)


def telling_of_source(source: Document) -> Telling:
    """Return the same in a fraction of the time: with whatever a page added to the source.

    As only one side has it, that can make two texts less similar, never more.
    """
    text = source.plain.text[:_MAX_CHARS]
    return Telling(words_of(text), text)


def shared_terms(listings: Mapping[int, Sequence[int]], limit: int) -> list[Hit]:
    """Return the documents that share enough of the asked terms, the most telling first.

    ``listings`` has, per term, the documents that have it; a term tells the less the more
    these are. One whose list is cut off tells nothing: a town's name, a site's footer.
    """
    hits: Counter[int] = Counter()
    weights: defaultdict[int, float] = defaultdict(float)
    for documents in listings.values():
        for number in documents if len(documents) < LISTED else ():
            hits[number] += 1
            weights[number] += 1 / math.sqrt(len(documents))
    found = (
        Hit(number, count, weights[number])
        for number, count in hits.items()
        if count >= SHARED_TERMS
    )
    return nlargest(limit, found, key=lambda hit: (hit.weight, hit.document))


def stem(word: str) -> str:
    """Return the part of a word that its forms have in common."""
    return word[:STEM]


def _with_grams(words: Sequence[str]) -> Iterable[str]:
    """Put runs of a few characters, one from each on, for the pieces of unspaced scripts.

    Where such a piece ends is decided by its neighbours, so a name is cut in several ways.
    """
    if all(map(str.isascii, words)):
        return words
    return chain.from_iterable(
        _grams("".join(group), length) if length else group
        for length, group in groupby(words, key=_gram_length)
    )


def _grams(run: str, length: int) -> Iterator[str]:
    return (run[at : at + length] for at in range(max(1, len(run) - length + 1)))


def _gram_length(word: str) -> int:
    if word < _THAI:
        return 0
    if word >= _EAST_ASIAN:
        return _EAST_ASIAN_GRAM
    return _THAI_GRAM if word < _GEORGIAN or _KHMER <= word < _MONGOLIAN else 0


def _by_length(words: Iterable[str], most: float) -> dict[str, float]:
    """Return how rare the stems may be, taken from the longest form of each."""
    lengths: dict[str, int] = {}
    for word in words:
        term = word[:STEM]
        lengths[term] = max(len(word), lengths.get(term, 0))
    return {term: min(most, _SHORTEST + _PER_LETTER * size) for term, size in lengths.items()}


def _tells(word: str) -> bool:
    return len(word) >= _LEAST_LETTERS or word.isdigit() or word >= _EAST_ASIAN


def _names(text: str) -> set[str]:
    """Return the terms that the text writes with a capital wherever they stand."""
    words = set(_LETTERS.findall(text[:_MAX_CHARS]))
    small = {word[:STEM] for word in words if word[0].islower()}
    great = {word.casefold()[:STEM] for word in words if word[0].isupper()}
    return great - small


def _number(term: str) -> int:
    return crc32(term.encode(errors="surrogatepass")) - _HALF_OF_ALL


# Which sentences correspond


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two sentences, what their common terms weigh, and how many these are."""

    weight: float
    shared: int
    here: Span
    there: Span


def corresponding(
    document: Document, source: Document, telling: Telling, other: Telling
) -> tuple[Evidence, ...]:
    """Return a handful of sentences that tell what a sentence of the source tells.

    Each sentence of either side stands in at most one of the pairs.
    """
    common = {term: telling.terms[term] for term in telling.terms.keys() & other.terms.keys()}
    theirs = list(_sentences(source, common))
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, (_, terms) in enumerate(theirs):
        for term in terms:
            if len(places[term]) < _PLACES_PER_TERM:
                places[term].append(at)
    pairs = [
        pair
        for here, terms in _sentences(document, common)
        for pair in _pairs(here, terms, theirs, places, common)
    ]
    chosen = list(islice(_apart(sorted(pairs, key=lambda pair: -pair.weight)), _MOST_PAIRS))
    heaviest = max((pair.weight for pair in chosen), default=1.0)
    return tuple(
        _evidence(pair, document, source, heaviest)
        for pair in sorted(chosen, key=lambda pair: pair.here.start)
    )


def _sentences(
    document: Document, common: Collection[str]
) -> Iterator[tuple[Span, frozenset[str]]]:
    """Yield the sentences that have any of the common terms, with those they have."""
    text = document.plain.text[:_MAX_CHARS]
    for span in sentences(text)[:MAX_SENTENCES]:
        words = _with_grams(words_of(text[span.start : span.end]))
        terms = frozenset(map(stem, words)).intersection(common)
        if terms:
            yield span, terms


def _pairs(
    here: Span,
    terms: Iterable[str],
    theirs: Sequence[tuple[Span, frozenset[str]]],
    places: Mapping[str, Sequence[int]],
    common: Mapping[str, float],
) -> Iterator[_Pair]:
    shared: Counter[int] = Counter()
    weights: defaultdict[int, float] = defaultdict(float)
    for term in terms:
        for at in places.get(term, ()):
            shared[at] += 1
            weights[at] += common[term]
    for at, count in shared.items():
        if count >= _LEAST_SHARED:
            yield _Pair(weights[at], count, here, theirs[at][0])


def _apart(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    """Leave out pairs with a sentence that a better pair has."""
    here: set[Span] = set()
    there: set[Span] = set()
    for pair in pairs:
        if pair.here not in here and pair.there not in there:
            here.add(pair.here)
            there.add(pair.there)
            yield pair


def _evidence(pair: _Pair, document: Document, source: Document, heaviest: float) -> Evidence:
    here, there = document.original_span(*pair.here), source.original_span(*pair.there)
    return Evidence(
        start=here.start,
        end=here.end,
        explanation="duplicate.rewrite.sentence",
        params={"terms": pair.shared},
        weight=pair.weight / heaviest,
        source_start=there.start,
        source_end=there.end,
    )


# The tables


@cache
def function_words() -> frozenset[str]:
    """Return the words that any two texts of a language share."""
    return frozenset(word for line in _lines("function_words.txt") for word in line.split())


@cache
def word_weights() -> tuple[dict[str, float], float]:
    """Return the weights of English stems, and the weight of all others."""
    weights: dict[str, float] = {}
    unknown = level = 0.0
    for line in _lines("word_weights.txt"):
        first, *rest = line.split()
        if first == "unknown":
            unknown = float(rest[0])
        elif first[0].isdigit():
            level = float(first)
        else:
            weights.update(dict.fromkeys(line.split(), level))
    return weights, unknown


def _lines(name: str) -> Iterator[str]:
    text = resources.files(__package__).joinpath("data", name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))
