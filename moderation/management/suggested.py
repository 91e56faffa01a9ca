"""The scores that programs have suggested, against what the detectors say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from moderation.models import SuggestedScore
from moderation.services import perspective, suggestions
from moderation.text.document import Document
from moderation.types import Kind, TextFormat

HALF = 0.5
"""A suggestion, and a score, from here on says that a text has the attribute."""

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Compared:
    """One suggestion: what was said, and what the detectors say."""

    attribute: str
    suggested: float
    measured: float

    @property
    def row(self) -> tuple[bool, bool, float]:
        """Is positive, was flagged, score: what figures are computed from."""
        return self.suggested >= HALF, self.measured >= HALF, self.measured


def compare(rows: Iterable[SuggestedScore]) -> Iterator[Compared]:
    """Yield the suggestions for attributes that are measured."""
    measured = (row for row in rows if row.attribute in perspective.MEASURED)
    while batch := list(islice(measured, _AT_ONCE)):
        readings = perspective.read([_document(row) for row in batch])
        for row, reading in zip(batch, readings, strict=True):
            yield Compared(row.attribute, row.score, reading.value(row.attribute))


def by_attribute(compared: Iterable[Compared]) -> dict[str, list[Compared]]:
    """Return the suggestions of each attribute, the attributes in order."""
    groups: defaultdict[str, list[Compared]] = defaultdict(list)
    for each in compared:
        groups[each.attribute].append(each)
    return dict(sorted(groups.items()))


def difference(compared: Iterable[Compared]) -> float:
    """Return how far the detectors are from what was suggested, on average."""
    gaps = [abs(each.suggested - each.measured) for each in compared]
    return sum(gaps) / len(gaps)


def _document(row: SuggestedScore) -> Document:
    """Return the passage that a suggestion is about."""
    text_format = TextFormat(row.format) if row.whole else TextFormat.PLAIN
    return Document(suggestions.passage(row), Kind.COMMENT, text_format, language=row.language)
