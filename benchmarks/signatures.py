"""Signatures per second: winnowed fingerprints beside datasketch's MinHash, text in, signature out.

5 KB articles, one core, the two in turn (A B A B ...). Neither looks for page chrome first. Needs
datasketch (``pip install datasketch``), which brings numpy; the plain-Python row switches our own
use of numpy off.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from collections.abc import Callable

from moderation.detectors.duplicate import fingerprint
from moderation.detectors.duplicate.reading import words_of

ARTICLES, WORDS, ROUNDS = 150, 830, 7
WORD = re.compile(r"[^\W_]+")


def main() -> None:
    try:
        from datasketch import MinHash
    except ImportError:
        print("datasketch is not installed: nothing to compare with.")
        return
    texts = articles()
    size = statistics.mean(len(text.encode()) for text in texts)
    print(f"{ARTICLES} articles of {size:,.0f} bytes, median of {ROUNDS} rounds")

    def peer(text: str) -> None:
        words = WORD.findall(text.lower())
        shingles = {" ".join(words[at : at + 5]) for at in range(len(words) - 4)}
        MinHash(num_perm=128).update_batch([shingle.encode() for shingle in shingles])

    for name, numpy in (("with numpy", True), ("plain Python", False)):
        fingerprint._HAS_NUMPY = numpy
        ours, theirs = side_by_side(ours_of, peer, texts)
        print(
            f"  {name:<13} ours {1e6 / ours:7,.0f}/s   datasketch {1e6 / theirs:7,.0f}/s   "
            f"ratio {theirs / ours:.2f}"
        )


def ours_of(text: str) -> None:
    fingerprint.fingerprint_of(words_of(text))


def side_by_side(
    one: Callable[[str], None], other: Callable[[str], None], texts: list[str]
) -> tuple[float, float]:
    """Return microseconds per text of both, each round with both."""
    spent: tuple[list[float], list[float]] = ([], [])
    for _round in range(ROUNDS):
        for work, times in zip((one, other), spent, strict=True):
            started = time.perf_counter()
            for text in texts:
                work(text)
            times.append(1e6 * (time.perf_counter() - started) / len(texts))
    return statistics.median(spent[0]), statistics.median(spent[1])


def articles() -> list[str]:
    """Make articles of words as unevenly frequent as those of a language."""
    chance = random.Random(5)
    letters = "etaoinshrdlucmfwygpbvk"
    lexicon = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(8000)]
    weights = [1 / (rank + 3) for rank in range(len(lexicon))]
    return [
        " ".join(chance.choices(lexicon, weights, k=WORDS)).capitalize() + "."
        for _ in range(ARTICLES)
    ]


if __name__ == "__main__":
    sys.exit(main())
