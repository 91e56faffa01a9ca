"""How many copies are found: ours, verified word by word, beside datasketch's MinHash LSH.

Copies of made-up articles, edited in every way the detector promises to see through, are looked
for among ``--articles`` (10,000; the figures in docs/duplicates.md are for 100,000). Ours is
found when the detector names the source; datasketch's (128 permutations, 64 bands of 2 rows:
the most forgiving setting) when the source is among its candidates, which nobody has verified.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import _index
import _prose

BARS = {
    "full": 1.0,
    "chrome": 1.0,
    "shuffle": 1.0,
    "10 % edits": 1.0,
    "30 % edits": 0.98,
    "120-word lift": 0.99,
    "60-word lift": 0.98,
}
UNRELATED_FLAGGED = 0.001
COPIES, UNRELATED = 200, 2_000
PERMUTATIONS, BANDS, ROWS = 128, 64, 2

Finder = Callable[[_prose.Words], set[int]]
"""Tells the numbers of the articles found for a text."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="keep the made-up corpus here")
    options = parser.parse_args()
    with folder_of(options.folder) as folder:
        # The name lookup.py gives it: one index serves both.
        path = folder.resolve() / f"lookups-{options.articles}.sqlite3"
        os.environ["DATABASE_URL"] = f"sqlite:///{path}"
        _index.use_django()
        _index.fill(folder, options.articles)
        return compare(options.articles, our_finder(), their_finder(options.articles))


@contextlib.contextmanager
def folder_of(chosen: Path | None) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        yield chosen or Path(stack.enter_context(tempfile.TemporaryDirectory()))


def compare(articles: int, ours: Finder, theirs: Finder | None) -> int:
    """Print the table; return 1 if a bar is missed."""
    print(f"{COPIES} copies a row, {articles:,} articles      ours   bar   datasketch")
    passed = True
    sources = random.Random(_prose.SEED).sample(range(articles), COPIES)
    for row, (name, edit) in enumerate(_prose.EDITS.items(), start=1):
        copies = list(_prose.copies(edit, sources, seed=row))
        recall = found_of(ours, copies)
        passed = passed and recall >= BARS[name]
        peer = "" if theirs is None else f"{found_of(theirs, copies):8.3f}"
        print(f"  {name:<36} {recall:.3f}  {BARS[name]:.2f}   {peer}", flush=True)
    flagged, peer_flagged = (
        None if finder is None else sum(bool(finder(words)) for words in unrelated()) / UNRELATED
        for finder in (ours, theirs)
    )
    assert flagged is not None
    peer = "" if peer_flagged is None else f"{peer_flagged:8.3%}"
    print(f"  {'unrelated articles flagged':<35} {flagged:.2%} {UNRELATED_FLAGGED:.2%}  {peer}")
    return 0 if passed and flagged <= UNRELATED_FLAGGED else 1


def found_of(finder: Finder, copies: list[tuple[int, _prose.Words]]) -> float:
    return sum(number in finder(words) for number, words in copies) / len(copies)


def unrelated() -> Iterator[_prose.Words]:
    return (_prose.article(-900_000_000 - number) for number in range(UNRELATED))


def our_finder() -> Finder:
    from moderation.detectors.base import Context
    from moderation.detectors.duplicate import DuplicateDetector

    corpus, detector = _index.corpus(), DuplicateDetector()
    context = Context(corpus)

    def find(words: _prose.Words) -> set[int]:
        findings = detector.detect(_index.question(words), context).findings
        snapshots = (corpus.snapshot_id(finding.source) for finding in findings)
        return {_index.article_of(snapshot) for snapshot in snapshots if snapshot is not None}

    return find


def their_finder(articles: int) -> Finder | None:
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        print("datasketch is not installed: nothing to compare with.")
        return None

    def signature(words: _prose.Words) -> Any:
        shingles = {" ".join(words[at : at + 5]) for at in range(len(words) - 4)}
        made = MinHash(num_perm=PERMUTATIONS)
        made.update_batch([shingle.encode() for shingle in shingles])
        return made

    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    for number in range(articles):
        index.insert(number, signature(_prose.with_footer(number)))
    return lambda words: set(index.query(signature(words)))


if __name__ == "__main__":
    sys.exit(main())
