"""Stories made up for the tests: events told up to three times, each telling in its own words.

A folder is a topic, a file an event, and a line of asterisks stands between two tellings.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LANGUAGES = {"bahn": "de", "museum": "de", "ecole": "fr", "vigne": "fr", "yihui": "zh"}


class Told(NamedTuple):
    """One telling of an event."""

    topic: str
    event: str
    number: int
    text: str

    @property
    def language(self) -> str:
        return LANGUAGES.get(self.topic, "en")

    @property
    def key(self) -> str:
        return f"{self.topic}/{self.event}/{self.number}"


def told() -> list[Told]:
    """Return all tellings; those of one event follow each other."""
    return [
        Told(file.parent.name, file.stem, number, text.strip())
        for file in sorted(Path(__file__).parent.glob("*/*.txt"))
        for number, text in enumerate(file.read_text(encoding="utf-8").split("\n***\n"))
    ]
