"""The geometry of curves over thresholds, drawn as inline SVG by the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 200


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: its name in the style sheet, its label, and its corners as SVG wants them."""

    name: str
    label: str
    corners: str


def curve(
    name: str, label: str, points: Sequence[tuple[float, float | None]], *, top: float = 1.0
) -> Curve:
    """Draw values (0 to ``top``) over places (0 to 1); what has no value is left out."""
    scale = HEIGHT / top if top > 0 else 0.0
    corners = (
        f"{place * WIDTH:.1f},{HEIGHT - value * scale:.1f}"
        for place, value in points
        if value is not None
    )
    return Curve(name, label, " ".join(corners))


def across(place: float) -> str:
    """Return where a place (0 to 1) is from left to right."""
    return f"{place * WIDTH:.1f}"
