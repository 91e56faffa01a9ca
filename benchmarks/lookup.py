"""Lookup and verification as the corpus grows, on SQLite and on PostgreSQL.

Measured for an article that is read already: the lookup of its fingerprints and the comparison
with every candidate, as the detector does it. One in two questions is a copy of some kind, the
others are unseen; each is asked once before, so that pages are in memory and texts written down.
Then an unseen article with the footer that a fifth of the corpus ends with, a passage of a text
that was copied 500 times, and the size of the index per article: filled in bulk, and row by row
as a site does it.

``--articles`` (20,000) is the larger corpus, ``--small`` (10,000) the one its median is compared
with. A million takes half an hour and 4 GB in ``--folder``; a run that was cut goes on from there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import _index
import _prose

MEDIAN_MS, SLOWEST_MS, GROWTH, FOOTER_GROWTH = 5.0, 60.0, 3.0, 3.0
BYTES = {"SQLite": 2_048, "PostgreSQL": 7_168}
COPIES, UNSEEN, ROUNDS = 20, 140, 3
VIRAL_COPIES = 500
_VIRAL = -2_000_000_000

Figures = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--row-by-row", type=int, default=5_000, metavar="ARTICLES")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), help="one database")
    parser.add_argument("--folder", type=Path, help="keep the made-up corpus here")
    parser.add_argument("--inside", choices=("lookups", "growth"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside == "lookups":
        print(json.dumps(lookups(options.folder, options.articles)))
        return 0
    if options.inside == "growth":
        print(json.dumps(growth(options.folder, options.articles)))
        return 0
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options.folder = folder.resolve()
        options.folder.mkdir(parents=True, exist_ok=True)
        passed = [measure(*each, options) for each in databases(stack, options)]
    return 0 if all(passed) else 1


def databases(
    stack: ExitStack, options: argparse.Namespace
) -> list[tuple[str, Callable[[str], str]]]:
    """Return the databases by name, each with what makes the address of a new one."""
    from tests.services import PostgreSQL

    found: list[tuple[str, Callable[[str], str]]] = []
    if options.only != "PostgreSQL":
        found.append(("SQLite", lambda name: f"sqlite:///{options.folder}/{name}.sqlite3"))
    if options.only != "SQLite":
        if PostgreSQL.missing():
            print("PostgreSQL is not installed: left out.")
        else:
            server = stack.enter_context(PostgreSQL())
            found.append(("PostgreSQL", lambda _name: server.new_database()))
    return found


def measure(name: str, address: Callable[[str], str], options: argparse.Namespace) -> bool:
    """Measure one database in processes of its own; tell whether all bars are reached."""
    print(f"\n{name}", flush=True)

    def run(what: str, articles: int) -> Figures:
        command = [sys.executable, __file__, "--inside", what, "--articles", str(articles)]
        environment = {
            **os.environ,
            "DATABASE_URL": address(f"{what}-{articles}"),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        arguments = ["--folder", str(options.folder)]
        done = subprocess.run(
            [*command, *arguments], env=environment, stdout=subprocess.PIPE, check=True
        )
        figures: Figures = json.loads(done.stdout)
        return figures

    small, large = run("lookups", options.small), run("lookups", options.articles)
    for size, figures in ((options.small, small), (options.articles, large)):
        show(size, figures)
    grown = run("growth", options.row_by_row)
    print(
        f"  bytes an article, row by row ({options.row_by_row:,} articles): {grown['bytes']:,.0f}"
    )
    return judge(name, small, large, grown)


def show(articles: int, figures: Figures) -> None:
    print(
        f"  {articles:>9,} articles  p50 {figures['p50']:6.2f} ms  p95 {figures['p95']:6.2f} ms  "
        f"({', '.join(f'{name} {ms:.2f}' for name, ms in figures['kinds'].items())})\n"
        f"  {'':>9}  with the footer {figures['footer'] / figures['unseen']:.2f} times unseen, "
        f"{figures['footers_flagged']} flagged; unseen flagged {figures['unseen_flagged']}; "
        f"copied 500 times: {'found' if figures['viral_found'] else 'NOT FOUND'}; "
        f"recall {figures['recall']:.3f}; {figures['bytes']:,.0f} bytes an article",
        flush=True,
    )


def judge(name: str, small: Figures, large: Figures, grown: Figures) -> bool:
    verdicts = {
        f"p50 <= {MEDIAN_MS} ms": large["p50"] <= MEDIAN_MS,
        f"p95 <= {SLOWEST_MS} ms": large["p95"] <= SLOWEST_MS,
        f"p50 <= {GROWTH} times that of the small corpus": large["p50"] <= GROWTH * small["p50"],
        f"footer <= {FOOTER_GROWTH} times unseen": (
            large["footer"] <= FOOTER_GROWTH * large["unseen"]
        ),
        "the footer is not flagged": not large["footers_flagged"],
        "the text copied 500 times is found": large["viral_found"],
        f"bytes an article <= {BYTES[name]:,}": (
            max(large["bytes"], grown["bytes"]) <= BYTES[name]
        ),
    }
    for what, holds in verdicts.items():
        print(f"  {'reached' if holds else 'MISSED'}: {what}")
    return all(verdicts.values())


# In a process with a database


def lookups(folder: Path, articles: int) -> Figures:
    """Fill the index and ask it."""
    _index.use_django()
    _index.fill(folder, articles)
    from moderation.corpus.statistics import size_of_index

    size = size_of_index("default").bytes / articles
    ask = asker()
    viral = viral_snapshots()
    kinds, found = time_copies(ask, articles)
    unseen = [_prose.article(-800_000_000 - number) for number in range(UNSEEN)]
    kinds["unseen"], flagged = times(ask, unseen)
    footers, footers_flagged = times(ask, [words + _prose.footer() for words in unseen])
    lifted = _prose.lifted(
        _prose.article(_VIRAL), 120, _prose.article(-800_000_000), random.Random(_prose.SEED)
    )
    all_times = [ms for each in kinds.values() for ms in each]
    return {
        "p50": statistics.median(all_times),
        "p95": statistics.quantiles(all_times, n=20)[18],
        "kinds": {name: statistics.median(each) for name, each in kinds.items()},
        "unseen": statistics.median(kinds["unseen"]),
        "footer": statistics.median(footers),
        "unseen_flagged": sum(map(bool, flagged)),
        "footers_flagged": sum(map(bool, footers_flagged)),
        "viral_found": bool(viral & ask(_index.question(lifted))),
        "recall": found,
        "bytes": size,
    }


def asker() -> Callable[[Any], set[int]]:
    """Return what tells the snapshots that a text is found to be copied from."""
    from moderation.detectors.base import Context
    from moderation.detectors.duplicate import DuplicateDetector

    corpus, detector = _index.corpus(), DuplicateDetector()

    def ask(question: Any) -> set[int]:
        found = detector.detect(question, Context(corpus)).findings
        return {corpus.snapshot_id(each.source) for each in found}

    return ask


def viral_snapshots() -> set[int]:
    """Return the 500 copies of one text, saved one after the other as they came in."""
    from moderation.models import Snapshot

    known = Snapshot.objects.filter(subject__object_id=_index.SAVED)
    if not known.exists():
        source, corpus = _prose.article(_VIRAL), _index.corpus()
        for number in range(VIRAL_COPIES):
            _index.save(corpus, _prose.edited(source, 0.03, random.Random(number)))
    return set(known.values_list("pk", flat=True))


def time_copies(
    ask: Callable[[Any], set[int]], articles: int
) -> tuple[dict[str, list[float]], float]:
    """Ask for copies of every kind; return the times, and the share that was found."""
    kinds: dict[str, list[float]] = {}
    found = 0
    for row, (name, edit) in enumerate(_prose.EDITS.items(), start=20):
        sources = random.Random(row).sample(range(articles), COPIES)
        copies = list(_prose.copies(edit, sources, seed=row))
        kinds[name], answers = times(ask, [words for _number, words in copies])
        expected = [_index.document_of(number) for number, _words in copies]
        found += sum(number in answer for number, answer in zip(expected, answers, strict=True))
    return kinds, found / (len(kinds) * COPIES)


def times(
    ask: Callable[[Any], set[int]], texts: list[_prose.Words]
) -> tuple[list[float], list[set[int]]]:
    """Return the milliseconds of each question, the best of some rounds, and the answers."""
    answers = [ask(_index.question(words)) for words in texts]
    best = [float("inf")] * len(texts)
    for _round in range(ROUNDS):
        for at, words in enumerate(texts):
            question = _index.question(words)
            best[at] = min(best[at], _index.timed(lambda asked=question: ask(asked)))  # type: ignore[misc]
    return best, answers


def growth(folder: Path, articles: int) -> Figures:
    """Fill the index as a site does, article by article; return what one takes then."""
    _index.use_django()
    from moderation.corpus.statistics import size_of_index

    _index.grow(folder, articles)
    return {"bytes": size_of_index("default").bytes / articles}


if __name__ == "__main__":
    sys.exit(main())
