"""A text as a small set of numbers, so that texts sharing a passage share numbers.

Every run of :data:`SHINGLE` words becomes one number; of every :data:`WINDOW` neighbouring
numbers the smallest is kept (winnowing: Schleimer, Wilkerson, Aiken, "Winnowing: Local
Algorithms for Document Fingerprinting", SIGMOD 2003). Hence a promise that no sample of the
words could give: two texts with :data:`GUARANTEED_RUN` words in a row in common share a
fingerprint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec

PARAMS = 2
"""Names how the numbers below are made. Stored with every indexed text: fingerprints of two
versions never match each other, so a change here asks for a new index."""

SHINGLE = 5
WINDOW = 16
GUARANTEED_RUN = SHINGLE + WINDOW - 1
FINGERPRINT_BITS = 32

SHORT_TEXT = 60
"""Below this many words every shingle is kept: a short text cannot afford to lose any."""

MAX_FINGERPRINTS = 8192
"""A text of some 70,000 words and more keeps its smallest numbers only. All texts drop by the
same rule, so what two of them keep can still be compared."""

_WORD_BITS = 64
_WORD_MASK = (1 << _WORD_BITS) - 1
_BASE = 0x9E3779B97F4A7C15
_BASE_OUT = pow(_BASE, SHINGLE, 1 << _WORD_BITS)
_FOLD = 32
_SPREAD = 0xD6E8FEB86659FD93
_DROP = 16
_CLOSING = 0xA24BAED4963EE407
_EXACT_BYTES = 16
_KNOWN_WORDS = 1 << 17
_KNOWN_LENGTH = 64
_HAS_NUMPY = find_spec("numpy") is not None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``exact`` is equal for texts of equal words; ``hashes`` ascend and do not repeat.

    The hashes are signed numbers of :data:`FINGERPRINT_BITS`, as databases have them.
    """

    exact: bytes
    hashes: tuple[int, ...]


def fingerprint_of(words: Sequence[str]) -> Fingerprint:
    """Return the fingerprint of a text given as normalised words."""
    return Fingerprint(exact=exact_hash(words), hashes=fingerprint_hashes(words))


def exact_hash(words: Sequence[str]) -> bytes:
    """Hash all words in their order; 16 bytes, the same on every machine and run."""
    return blake2b(
        " ".join(words).encode(errors="surrogatepass"), digest_size=_EXACT_BYTES
    ).digest()


def fingerprint_hashes(words: Sequence[str]) -> tuple[int, ...]:
    """Choose the fingerprints of a text, with numpy where it is installed."""
    if not words:
        return ()
    choose = _choose_with_numpy if _HAS_NUMPY and len(words) > SHORT_TEXT else _choose_plainly
    chosen = choose(list(map(_word_hashes.__getitem__, words)))[:MAX_FINGERPRINTS]
    return tuple(sorted({_stored(value) for value in chosen}))


def shingle_numbers(words: Sequence[str]) -> list[int]:
    """Return the number of the shingle at every position: fingerprints, and what was not chosen."""
    if not words:
        return []
    return [_stored(value) for value in _shingles(list(map(_word_hashes.__getitem__, words)))]


def _stored(value: int) -> int:
    """Make a chosen number small enough for a narrow column.

    The smallest of many are all small: to cut them short would make many of them equal, so
    they are spread once more. At a million articles one fingerprint in fifty is then shared
    by chance with some other article, and no article shares two (:data:`.retrieval.MIN_HITS`).
    """
    return ((value * _CLOSING & _WORD_MASK) >> FINGERPRINT_BITS) - (1 << FINGERPRINT_BITS - 1)


def _choose_plainly(hashes: list[int]) -> list[int]:
    shingles = _shingles(hashes)
    return sorted(set(shingles) if len(hashes) < SHORT_TEXT else _window_minima(shingles))


def _choose_with_numpy(hashes: list[int]) -> list[int]:
    """The same numbers as :func:`_choose_plainly`, about three times as fast."""
    import numpy as np

    words = np.array(hashes, dtype=np.uint64)
    count = len(words) - SHINGLE + 1
    shingles = words[:count].copy()
    for offset in range(1, SHINGLE):
        shingles *= np.uint64(_BASE)
        shingles += words[offset : offset + count]
    shingles ^= shingles >> np.uint64(_FOLD)
    shingles *= np.uint64(_SPREAD)
    shingles >>= np.uint64(_DROP)
    minima, width = shingles, 1
    while width < WINDOW:  # the minimum over 2n numbers is the smaller of two minima over n
        minima, width = np.minimum(minima[:-width], minima[width:]), 2 * width
    chosen: list[int] = np.unique(minima).tolist()
    return chosen


def _shingles(hashes: list[int]) -> list[int]:
    """Hash every run of ``SHINGLE`` words; a shorter text is one run.

    A polynomial over the word hashes, rolled along the text. Multiplying by an odd number
    and keeping the high bits (Dietzfelbinger et al. 1997) spreads it; that is enough because
    the word hashes are good ones already.
    """
    rolling = 0
    for entering in hashes[:SHINGLE]:
        rolling = (rolling * _BASE + entering) & _WORD_MASK
    shingles = [((rolling ^ rolling >> _FOLD) * _SPREAD & _WORD_MASK) >> _DROP]
    append = shingles.append
    for leaving, entering in zip(hashes, hashes[SHINGLE:], strict=False):
        rolling = (rolling * _BASE + entering - leaving * _BASE_OUT) & _WORD_MASK
        append(((rolling ^ rolling >> _FOLD) * _SPREAD & _WORD_MASK) >> _DROP)
    return shingles


def _window_minima(values: list[int]) -> set[int]:
    """Return the minimum of every ``WINDOW`` neighbours; the work does not grow with WINDOW."""
    lowest = min(values[:WINDOW])
    lowest_at = values.index(lowest)
    minima = {lowest}
    for at in range(WINDOW, len(values)):
        if values[at] <= lowest:
            lowest, lowest_at = values[at], at
            minima.add(lowest)
        elif at - lowest_at >= WINDOW:
            window = values[at - WINDOW + 1 : at + 1]
            lowest = min(window)
            lowest_at = at - WINDOW + 1 + window.index(lowest)
            minima.add(lowest)
    return minima


class _WordHashes(dict[str, int]):
    """Word to 64-bit hash, computed once per word.

    Bounded by forgetting everything when full: for the skewed words of a language that is
    as good as forgetting the oldest, and a lookup stays one dictionary access.
    """

    def __missing__(self, word: str) -> int:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        digest = blake2b(word.encode(errors="surrogatepass"), digest_size=_WORD_BITS // 8).digest()
        value = int.from_bytes(digest, "little")
        if len(word) <= _KNOWN_LENGTH:
            self[word] = value
        return value


_word_hashes = _WordHashes()
