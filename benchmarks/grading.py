"""How far a text follows its source, graded: cut, light, heavy or not at all.

After Clough and Stevenson, "Developing a corpus of plagiarised short answers" (Language Resources
and Evaluation 45, 2011): answers to one question that use a source to a known degree. The area
under the ROC curve says how surely a measure puts an answer that used the source above one that
did not: 1 always, .5 by chance. The source is known here; finding it is another benchmark's task.

Two measures: the detector's own score, which asks whether passages were copied, and containment,
the share of an answer's runs of three words that stand in the source, which also tells light
and heavy rewriting of a source that one knows. The bar holds for containment.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from moderation.detectors.duplicate.align import align
from moderation.detectors.duplicate.reading import words_of
from moderation.detectors.duplicate.verdict import compare, containment

BAR = 0.97
USED, UNUSED = ("cut", "light", "heavy"), ("none", "other")
_TEXTS = Path(__file__).parent / "data" / "rewrites.toml"

Words = Sequence[str]
Measure = Callable[[Words, Words], float]


def main() -> int:
    topics = [
        {level: words_of(text) for level, text in topic.items()}
        for topic in tomllib.loads(_TEXTS.read_text("utf-8"))["topic"]
    ]
    answers = len(topics) * (len(USED) + len(UNUSED))
    print(f"{answers} answers on {len(topics)} topics")
    print(f"{'AUC against none':<24}" + "".join(f"{name:>9}" for name in (*USED, "overall")))
    overall = {name: graded(name, measure, topics) for name, measure in MEASURES.items()}
    reached = overall["containment"] >= BAR
    print(f"containment overall at least {BAR}: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


def graded(name: str, measure: Measure, topics: Sequence[dict[str, Words]]) -> float:
    """Print a row of the table; return the area for all answers that used a source."""
    measured = {
        level: [measure(topic[level], topic["source"]) for topic in topics]
        for level in (*USED, *UNUSED)
    }
    unused = [value for level in UNUSED for value in measured[level]]
    areas = [area(measured[level], unused) for level in USED]
    areas.append(area([value for level in USED for value in measured[level]], unused))
    print(f"{name:<24}" + "".join(f"{value:9.3f}" for value in areas))
    for level in (*USED, *UNUSED):
        values = sorted(measured[level])
        print(f"    {level:<20}{values[0]:9.3f} to {values[-1]:.3f}")
    return areas[-1]


def score(words: Words, source: Words) -> float:
    return compare(align(words, source), len(words), len(source)).score


MEASURES: dict[str, Measure] = {"detector's score": score, "containment": containment}


def area(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the chance that a positive lies above a negative; equal counts half."""
    return sum(won(positives, negatives)) / (len(positives) * len(negatives))


def won(positives: Sequence[float], negatives: Sequence[float]) -> Iterator[float]:
    for positive in positives:
        for negative in negatives:
            yield (positive > negative) + 0.5 * (positive == negative)


if __name__ == "__main__":
    sys.exit(main())
