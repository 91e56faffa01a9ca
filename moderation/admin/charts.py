"""Charts as shapes of SVG: where they stand in a box that the style sheet stretches.

Numbers are written here, as SVG wants them, and not in the reader's way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 200
"""The box of a chart."""

_GAP = 0.2


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Columns:
    """One series as columns, the other as a line over them, both from zero to ``most``."""

    columns: list[Box]
    points: str
    most: int


def columns(bars: Sequence[int], line: Sequence[int]) -> Columns:
    """Draw two series of the same length on one scale."""
    most = max([*bars, *line, 1])
    step = WIDTH / max(len(bars), 1)
    boxes = [
        Box(
            x=_written((number + _GAP / 2) * step),
            y=_written(HEIGHT - value / most * HEIGHT),
            width=_written((1 - _GAP) * step),
            height=_written(value / most * HEIGHT),
        )
        for number, value in enumerate(bars)
    ]
    points = " ".join(
        f"{_written((number + 0.5) * step)},{_written(HEIGHT - value / most * HEIGHT)}"
        for number, value in enumerate(line)
    )
    return Columns(boxes, points, most)


def bar(value: float, most: float) -> str:
    """Return the width of a bar in a box of 100."""
    return _written(100 * value / most) if most else "0"


def span(low: float, high: float) -> Box:
    """Draw an interval of shares in a box of 100 by 12."""
    return Box(_written(100 * low), "4", _written(100 * (high - low)), "4")


def tick(share: float) -> Box:
    """Draw a share as an upright mark in a box of 100 by 12, wholly inside of it."""
    return Box(_written(min(max(100 * share - 1, 0), 98)), "0", "2", "12")


def _written(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
