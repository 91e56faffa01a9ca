"""Passing on what a larger model has learned (Hinton et al. 2015, arXiv 1503.02531)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from moderation.detectors.framing.heads import HEADS, PIECE_HEADS
from moderation.detectors.framing.scoring import Network, probability
from moderation.detectors.framing.wordpiece import WordPiece
from training.framing.learning import LONGEST, View

_BATCH = 32
#: How much the teacher counts where people have spoken as well.
_TEACHER = 0.6


def taught(
    views: Sequence[View], teacher: Network, wordpiece: WordPiece, say: Callable[[str], None]
) -> Iterator[View]:
    """Yield the views with the targets that the teacher gives, mixed with known ones."""
    cuts = [wordpiece.cut(view.read, most=LONGEST) for view in views]
    order = sorted(range(len(views)), key=lambda index: len(cuts[index].numbers))
    for at in range(0, len(order), _BATCH):
        rows = order[at : at + _BATCH]
        whole, parts = teacher.logits([cuts[row].numbers for row in rows])
        chances, marks = probability(whole), probability(parts)
        for index, row in enumerate(rows):
            view, cut = views[row], cuts[row]
            given = np.full((len(view.read.text), len(PIECE_HEADS)), np.nan, np.float32)
            for mark, start, end in zip(marks[index], cut.starts, cut.ends, strict=False):
                given[start:end] = mark
            known = given if view.marks is None else _mixed(view.marks, given)
            targets = _mixed(view.targets, chances[index].astype(np.float32))
            yield replace(view, targets=targets.reshape(len(HEADS)), marks=known)
        if at % (200 * _BATCH) == 0:
            say(f"taught {at} of {len(order)}")


def _mixed(known: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return the teacher's word where nothing is known, a mixture elsewhere."""
    mixed = (1 - _TEACHER) * known + _TEACHER * given
    result: np.ndarray = np.where(np.isnan(known), given, np.where(np.isnan(given), known, mixed))
    return result
