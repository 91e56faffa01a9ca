"""The text files of the detector: lists of words under headings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files


def sections(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield heading and lines of every ``[section]`` of a data file, without comments.

    Lines before the first section come under an empty heading.
    """
    heading: str = ""
    lines: list[str] = []
    text = files(__package__).joinpath("data", name).read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            yield heading, lines
            heading, lines = line.strip("[]"), []
        elif line and not line.startswith("#"):
            lines.append(line)
    yield heading, lines


@cache
def wordlists(name: str) -> dict[str, tuple[str, ...]]:
    """Return the words of every section of a data file."""
    return {heading: tuple(" ".join(lines).split()) for heading, lines in sections(name)}


def plural(noun: str) -> str:
    """Return the regular plural of an English noun."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith("thief"):
        return noun[:-1] + "ves"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"


def with_plurals(nouns: tuple[str, ...]) -> frozenset[str]:
    """Return ``nouns`` and their plurals."""
    return frozenset(nouns) | {plural(noun) for noun in nouns}
