"""Speeches as a background of true negatives: presidents on the same few subjects, in set phrases.

Takes archives of speeches as plain text, one file each, named ``1961-Kennedy.txt`` (the
``inaugural`` and ``state_union`` corpora of NLTK are such). Every speech is cut into parts the
size of an article, and each part is compared with all that came before it, as on a site. A
speaker is known as an author is; what speakers of the same name said more than eight years
apart is taken for the words of two people. What is flagged is printed with its first words: of
so many texts some really quote each other.

Then passages are lifted from parts into others, and parts edited, to see that what tells set
phrases from copies does not cost recall. Fails when a bar is missed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from moderation.detectors.base import Context
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.text.document import Document
from moderation.types import Band, Finding, Kind

MOST_POSSIBLE = 0.005
SAME_PERSON = 8
EDITS_TESTED = 200
_NAME = re.compile(r"(?P<year>\d{4})-(?P<name>[^/.-]+)[^/]*\.txt")
_WORD = re.compile(r"\S+")

Words = list[str]
Edit = Callable[[Words, Words, random.Random], Words]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("archives", nargs="+", type=Path, help="zip files of speeches")
    parser.add_argument("--words", type=int, default=800, help="words per part (800)")
    options = parser.parse_args()
    parts = list(read(options.archives, options.words))
    print(f"{len(parts)} parts of {options.words} words")
    flagged = compare("speakers known", parts)
    compare("speakers not known", [replace(part, author="") for part in parts])
    reached = flagged[Band.LIKELY] == 0 and flagged[Band.POSSIBLE] <= MOST_POSSIBLE * len(parts)
    print(f"no likely, at most {MOST_POSSIBLE:.1%} possible: {'reached' if reached else 'MISSED'}")
    return 0 if recall(parts) and reached else 1


# The speeches


def read(archives: Sequence[Path], words: int) -> Iterator[Document]:
    """Yield the parts of all speeches, the oldest first."""
    texts = sorted(text for archive in archives for text in texts_of(archive))
    since: dict[str, int] = {}
    people: Counter[str] = Counter()
    for year, name, key, text in texts:
        people[name] += year - since.get(name, -SAME_PERSON) > SAME_PERSON
        since[name] = year
        for number, part in enumerate(cut(text, words)):
            author = f"{name} {people[name]}"
            yield Document(part, Kind.ARTICLE, key=f"{key}:{number}", author=author)


def texts_of(archive: Path) -> Iterator[tuple[int, str, str, str]]:
    with zipfile.ZipFile(archive) as opened:
        for path in opened.namelist():
            named = _NAME.search(path)
            if named:
                text = opened.read(path).decode("utf-8", "replace")
                yield int(named["year"]), named["name"], f"{archive.stem}/{named[0]}", text


def cut(text: str, words: int) -> Iterator[str]:
    """Cut a speech into parts; a last one of less than half the size is left out."""
    places = list(_WORD.finditer(text))
    for at in range(0, len(places), words):
        piece = places[at : at + words]
        if at == 0 or len(piece) >= words / 2:
            yield text[piece[0].start() : piece[-1].end()]


# True negatives


def compare(title: str, parts: Sequence[Document]) -> Counter[Band]:
    """Compare each part with those before it and print what is flagged."""
    corpus, detector = MemoryCorpus(), DuplicateDetector()
    flagged: Counter[Band] = Counter()
    shown: list[str] = []
    for part in parts:
        findings = detector.detect(part, Context(corpus)).findings
        corpus.add(part)
        if findings:
            flagged[findings[0].band] += 1
            shown.append(described(part, findings[0]))
    likely, possible = flagged[Band.LIKELY], flagged[Band.POSSIBLE]
    print(f"\n{title}: {likely} likely, {possible} possible ({possible / len(parts):.2%})")
    print("\n".join(shown))
    return flagged


def described(part: Document, finding: Finding) -> str:
    best = max(finding.evidence, key=lambda evidence: evidence.weight)
    words = " ".join(part.text[best.start : best.end].split()[:12])
    return (
        f"  {finding.score:.2f} {part.key} after {finding.source}, "
        f"{finding.detail['words']} words: {words} ..."
    )


# Recall


def lift(length: int) -> Edit:
    def lifted(source: Words, host: Words, lot: random.Random) -> Words:
        at = lot.randrange(len(source) - length)
        into = lot.randrange(len(host) // 4, 3 * len(host) // 4)
        return host[:into] + source[at : at + length] + host[into:]

    return lifted


def replaced(source: Words, host: Words, lot: random.Random) -> Words:
    """Replace 30 % of the words by words of the host."""
    return [lot.choice(host) if lot.random() < 0.3 else word for word in source]


EDITS: tuple[tuple[str, Edit, float], ...] = (
    ("120 words lifted", lift(120), 0.99),
    ("60 words lifted", lift(60), 0.98),
    ("30 words lifted", lift(30), 0.95),
    ("30 % of the words replaced", replaced, 0.98),
)


def recall(parts: Sequence[Document]) -> bool:
    """Print the share of edited copies whose source is found."""
    lot = random.Random(7)
    chosen = lot.sample([part for part in parts if len(part.text) > 3000], 2 * EDITS_TESTED)
    sources, hosts = chosen[:EDITS_TESTED], chosen[EDITS_TESTED:]
    kept = {host.key for host in hosts}
    corpus = MemoryCorpus(part for part in parts if part.key not in kept)
    detector = DuplicateDetector()
    print()
    reached = True
    for name, edit, bar in EDITS:
        found = 0
        for source, host in zip(sources, hosts, strict=True):
            words = edit(source.text.split(), host.text.split(), lot)
            copy = Document(" ".join(words), Kind.ARTICLE)
            findings = detector.detect(copy, Context(corpus)).findings
            found += source.key in {finding.source for finding in findings}
        share = found / len(sources)
        reached = reached and share >= bar
        print(f"  {name:<27} found {share:.3f}   bar {bar:.2f}")
    return reached


if __name__ == "__main__":
    sys.exit(main())
