"""Count in how many texts the words of English stand, for suggesting rewrites.

    python training/word_weights.py DUP_FOLDER FRAMING_FOLDER

``DUP_FOLDER`` holds ``state_union.zip`` and ``inaugural.zip`` (speeches, public domain),
``FRAMING_FOLDER`` ``non_clickbait_data.gz`` (headlines) and ``wikipedia_talk.csv`` (posts, of
which those labelled as abusive are left out). Writes
``moderation/detectors/duplicate/data/word_weights.txt``: stems and their weights, no text.
Nothing is drawn by chance: the same data give the same file.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import sys
import textwrap
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from moderation.detectors.duplicate.reading import words_of  # noqa: E402
from moderation.detectors.duplicate.rewriting import stem  # noqa: E402
from moderation.detectors.framing import lexicon  # noqa: E402

OUTPUT = ROOT / "moderation/detectors/duplicate/data/word_weights.txt"
#: Headlines and posts are joined to texts of so many words, speeches are cut into such.
WORDS_PER_TEXT = 400
STEMS = 7000
#: Weights are rounded to multiples of this.
STEP = 0.25
LINE = 100

HEADER = """\
# How telling English words are: -log of the share of texts that have them, rounded, then their
# stems. "unknown" is the weight of all others. Written by training/word_weights.py.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dup_folder", type=Path)
    parser.add_argument("framing_folder", type=Path)
    folders = parser.parse_args()
    texts = [*speeches(folders.dup_folder), *posts(folders.framing_folder)]
    having: Counter[str] = Counter()
    for words in texts:
        having.update({stem(word) for word in words})
    offensive = {stem(word) for word in lexicon.PROFANITY | lexicon.INSULTS}
    kept = [
        (name, count)
        for name, count in having.most_common(2 * STEMS)
        if name.isalpha() and name.isascii() and len(name) > 1 and name not in offensive
    ][:STEMS]
    levels: defaultdict[float, list[str]] = defaultdict(list)
    for name, count in kept:
        levels[rounded(-math.log(count / len(texts)))].append(name)
    OUTPUT.write_text(HEADER + "".join(lines(levels, kept[-1][1] / 2 / len(texts))), "utf-8")
    print(f"{len(texts)} texts, rarest stem in {kept[-1][1]}, {OUTPUT.stat().st_size} bytes")


def lines(levels: dict[float, list[str]], rarest: float) -> Iterator[str]:
    yield f"unknown {rounded(-math.log(rarest)):g}\n"
    for weight in sorted(levels):
        yield f"\n{weight:g}\n{textwrap.fill(' '.join(sorted(levels[weight])), LINE)}\n"


def rounded(weight: float) -> float:
    return round(weight / STEP) * STEP


def speeches(folder: Path) -> Iterator[list[str]]:
    for name in ("state_union.zip", "inaugural.zip"):
        with zipfile.ZipFile(folder / name) as archive:
            for entry in sorted(archive.namelist()):
                if entry.endswith(".txt"):
                    yield from cut(words_of(archive.read(entry).decode("latin-1")))


def posts(folder: Path) -> Iterator[list[str]]:
    with gzip.open(folder / "non_clickbait_data.gz", "rt", encoding="utf-8") as headlines:
        yield from cut(word for line in headlines for word in words_of(line))
    with (folder / "wikipedia_talk.csv").open(encoding="utf-8", newline="") as rows:
        harmless = (row["text"] for row in csv.DictReader(rows) if float(row["label"]) == 0)
        yield from cut(word for text in harmless for word in words_of(text))


def cut(words: Iterable[str]) -> Iterator[list[str]]:
    text: list[str] = []
    for word in words:
        text.append(word)
        if len(text) == WORDS_PER_TEXT:
            yield text
            text = []
    if len(text) > WORDS_PER_TEXT // 2:
        yield text


if __name__ == "__main__":
    main()
