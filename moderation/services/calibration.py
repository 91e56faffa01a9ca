"""What a score means on this site: two numbers for each category, from its own decisions.

A logistic curve over the logit of the score (Platt 1999, with his smoothed targets), held back
towards "the score is right" by a prior, so that a few decisions move it a little only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moderation.services.thresholds import calibrated, logit
from moderation.services.workbench import Judged

FEWEST = 30
"""Decisions of each kind, rightly and wrongly flagged, without which nothing is fitted."""

FOLDS = 5
BINS = 10
PRECISION_AT = (0.3, 0.5, 0.7, 0.9)

_PRIOR = (1.0, 0.25)
"""How firmly the slope is held to 1 and the offset to 0: the inverse of their variance."""

_MOST_STEPS, _CLOSE = 100, 1e-9
_SIGNIFICANT = 0.05


class NotFitted(Exception):
    """There is nothing to calibrate on; the message is for people, in English."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts of about the same score: what they score on average, what share was right."""

    count: int
    mean: float
    right: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How far probabilities can be believed.

    ``brier`` is the mean square of the error, ``precision`` the share of right ones from
    each of :data:`PRECISION_AT` on, None where there is none.
    """

    brier: float
    bins: tuple[Bin, ...]
    precision: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The two numbers, what they rest on, and the quality without and with them.

    ``after`` is measured on decisions that the numbers were not fitted on.
    """

    slope: float
    offset: float
    right: int
    wrong: int
    before: Quality
    after: Quality

    def threshold(self, probability: float) -> float:
        """Return the score that means ``probability``."""
        return calibrated(calibrated(probability, 1, -self.offset), 1 / self.slope, 0)


def calibrate(given: Sequence[Judged], *, fewest: int = FEWEST) -> Calibration:
    """Fit the two numbers to decisions; scores that are no probability are left out.

    Raises:
        NotFitted: there are too few of either kind, or higher scores are not right more often.
    """
    usable = [each for each in given if math.isfinite(each.score) and 0 <= each.score <= 1]
    right = sum(each.right for each in usable)
    wrong = len(usable) - right
    if min(right, wrong) < max(fewest, 1):
        raise NotFitted(
            f"{right} rightly and {wrong} wrongly flagged texts were decided; "
            f"{max(fewest, 1)} of each are needed"
        )
    if len({each.score for each in usable}) == 1:
        raise NotFitted("all texts have the same score")
    slope, offset = fit(usable)
    if slope < _SIGNIFICANT:
        raise NotFitted("texts of a higher score were not rightly flagged more often")
    ordered = sorted(usable, key=lambda each: (each.right, each.score))
    unseen = [pair for fold in range(FOLDS) for pair in _judged_unseen(ordered, fold)]
    raw = [(each.score, each.right) for each in usable]
    return Calibration(slope, offset, right, wrong, quality(raw), quality(unseen))


def _judged_unseen(ordered: Sequence[Judged], fold: int) -> Iterator[tuple[float, bool]]:
    """Yield every fifth decision with its probability by the numbers fitted on the others.

    They are in the order of kind and score, so that each fold has some of all.
    """
    numbers = fit([each for at, each in enumerate(ordered) if at % FOLDS != fold])
    for each in ordered[fold::FOLDS]:
        yield calibrated(each.score, *numbers), each.right


def fit(given: Sequence[Judged]) -> tuple[float, float]:
    """Return slope and offset of the best curve, by Newton's method with halved steps."""
    right = sum(each.right for each in given)
    high, low = (right + 1) / (right + 2), 1 / (len(given) - right + 2)
    data = [(logit(each.score), high if each.right else low) for each in given]
    now, loss = (1.0, 0.0), _loss(data, 1.0, 0.0)
    for _step in range(_MOST_STEPS):
        step, scale = _newton(data, *now), 1.0
        after = _moved(now, step, scale)
        while _loss(data, *after) > loss and scale > _CLOSE:
            scale /= 2
            after = _moved(now, step, scale)
        gain = loss - _loss(data, *after)
        if gain < _CLOSE:
            break
        now, loss = after, loss - gain
    return now


def _moved(
    now: tuple[float, float], step: tuple[float, float], scale: float
) -> tuple[float, float]:
    return now[0] - scale * step[0], now[1] - scale * step[1]


def _loss(data: Sequence[tuple[float, float]], slope: float, offset: float) -> float:
    prior = _PRIOR[0] * (slope - 1) ** 2 / 2 + _PRIOR[1] * offset**2 / 2
    return prior + sum(_surprise(slope * x + offset, target) for x, target in data)


def _surprise(at: float, target: float) -> float:
    """Return the cross entropy of a target and the probability with the logit ``at``."""
    return max(at, 0.0) - at * target + math.log1p(math.exp(-abs(at)))


def _newton(
    data: Sequence[tuple[float, float]], slope: float, offset: float
) -> tuple[float, float]:
    """Return the gradient through the Hessian; the prior keeps that from being singular."""
    down_slope, down_offset = _PRIOR[0] * (slope - 1), _PRIOR[1] * offset
    slope_2, both, offset_2 = _PRIOR[0], 0.0, _PRIOR[1]
    for x, target in data:
        chance = calibrated(0.5, 1, slope * x + offset)
        error, weight = chance - target, chance * (1 - chance)
        down_slope, down_offset = down_slope + error * x, down_offset + error
        slope_2, both, offset_2 = slope_2 + weight * x * x, both + weight * x, offset_2 + weight
    size = slope_2 * offset_2 - both * both
    return (
        (offset_2 * down_slope - both * down_offset) / size,
        (slope_2 * down_offset - both * down_slope) / size,
    )


def quality(given: Sequence[tuple[float, bool]]) -> Quality:
    """Measure probabilities against what turned out right; there has to be at least one."""
    brier = sum((chance - right) ** 2 for chance, right in given) / len(given)
    return Quality(
        brier, tuple(_bins(given)), tuple(_precision(given, bound) for bound in PRECISION_AT)
    )


def _bins(given: Sequence[tuple[float, bool]]) -> Iterator[Bin]:
    for number in range(BINS):
        inside = [each for each in given if min(int(each[0] * BINS), BINS - 1) == number]
        if inside:
            count = len(inside)
            mean = sum(chance for chance, _right in inside) / count
            yield Bin(count, mean, sum(right for _chance, right in inside) / count)


def _precision(given: Sequence[tuple[float, bool]], bound: float) -> float | None:
    flagged = [right for chance, right in given if chance >= bound]
    return sum(flagged) / len(flagged) if flagged else None
