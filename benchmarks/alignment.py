"""Shared passages with their places: seed and chain beside difflib, the words of both texts given.

Four ways to copy and an unrelated text, at 1,000 and at 5,000 words, the two in turn. What is
compared is the time for all of them together; the coverage is the share of the copy's words that
lie in a passage found.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from difflib import SequenceMatcher

import _prose

from moderation.detectors.duplicate.align import SEED, align

BARS = {1_000: 8.0, 5_000: 25.0}
COVERAGE_SHUFFLED = 0.98
TEXTS, ROUNDS = 3, 9

Words = _prose.Words
Found = list[tuple[int, int]]


def main() -> int:
    passed = True
    for length, bar in BARS.items():
        ratio, shuffled = compare(length)
        passed = passed and ratio >= bar and shuffled >= COVERAGE_SHUFFLED
        print(
            f"  {length:,} words: {ratio:.1f} times as fast as difflib (bar {bar:.0f}), "
            f"{shuffled:.3f} of a shuffled copy covered (bar {COVERAGE_SHUFFLED})\n"
        )
    return 0 if passed else 1


def compare(length: int) -> tuple[float, float]:
    """Print one table; return the ratio over all rows, and our coverage of shuffled copies."""
    print(f"{length:,} words    ours ms  difflib ms   ratio   coverage ours  difflib")
    spent, coverage_of_shuffled = [0.0, 0.0], 0.0
    for name, copy in copies(length).items():
        pairs = [copy(number) for number in range(TEXTS)]
        times, shares = side_by_side(pairs)
        spent = [total + part for total, part in zip(spent, times, strict=True)]
        if name == "shuffle":
            coverage_of_shuffled = shares[0]
        print(
            f"  {name:<12} {times[0]:7.2f} {times[1]:11.2f} {times[1] / times[0]:7.1f} "
            f"{shares[0]:15.3f} {shares[1]:8.3f}"
        )
    return spent[1] / spent[0], coverage_of_shuffled


def copies(length: int) -> dict[str, Callable[[int], tuple[Words, Words]]]:
    """Return what makes a copy and its source out of a number."""

    def made(edit: _prose.Edit) -> Callable[[int], tuple[Words, Words]]:
        def make(number: int) -> tuple[Words, Words]:
            source = _prose.article(number, length)
            host = _prose.article(-1 - number, length)
            return edit(source, host, random.Random(number))[:length], source

        return make

    names = ("10 % edits", "30 % edits", "shuffle", "120-word lift")
    return {
        **{name: made(_prose.EDITS[name]) for name in names},
        "unrelated": made(lambda _words, host, _lot: host),
    }


def side_by_side(pairs: list[tuple[Words, Words]]) -> tuple[list[float], list[float]]:
    """Return milliseconds and coverage per pair, ours first; the best of the rounds."""
    best = [float("inf"), float("inf")]
    shares: list[list[float]] = [[], []]
    for round_number in range(ROUNDS):
        for which, find in enumerate((ours, theirs)):
            started = time.process_time()
            found = [find(copy, source) for copy, source in pairs]
            best[which] = min(best[which], 1e3 * (time.process_time() - started) / len(pairs))
            if round_number == 0:
                shares[which] = [
                    sum(end - start for start, end in spans) / len(copy)
                    for spans, (copy, _source) in zip(found, pairs, strict=True)
                ]
    return best, [statistics.mean(each) for each in shares]


def ours(copy: Words, source: Words) -> Found:
    return [(passage.start, passage.end) for passage in align(copy, source)]


def theirs(copy: Words, source: Words) -> Found:
    blocks = SequenceMatcher(None, copy, source, autojunk=False).get_matching_blocks()
    return [(block.a, block.a + block.size) for block in blocks if block.size >= SEED]


if __name__ == "__main__":
    sys.exit(main())
