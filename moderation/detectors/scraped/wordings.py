"""Tables of wordings, read from the files beside this package."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib import resources
from typing import Any, Final

_GROUP: Final = re.compile(r"(?<!\\)\((?!\?)")


class Strength(IntEnum):
    """How surely a wording comes from a page or a machine, and not from an author."""

    WEAK = 1
    FAIR = 2
    STRONG = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """Ways to say one thing: ``pattern`` matches any of them and captures nothing.

    ``reason`` is the last part of the explanation key. An ``anywhere`` wording is put between
    paragraphs by pages; others belong before or after the story. One that ``opens_list``
    stands above the titles of other stories, and one with ``rows_only`` says nothing alone.
    An ``ending`` wording says how a line ends, all others a whole line or a piece of it.
    A ``cased`` one is looked for in the text as it is, others in lower case.
    """

    reason: str
    strength: Strength
    pattern: str
    anywhere: bool = False
    opens_list: bool = False
    rows_only: bool = False
    ending: bool = False
    cased: bool = False


def read_data(name: str) -> dict[str, Any]:
    """Return the content of the data file ``name``."""
    return tomllib.loads(resources.files(__package__).joinpath("data", name).read_text("utf-8"))


def read_wordings(name: str) -> tuple[Wording, ...]:
    """Return the wordings of the data file ``name`` in their order, fragments filled in."""
    data = read_data(name)
    fragments: dict[str, str] = {}
    for fragment, pattern in (
        read_data("fragments.toml")["fragments"] | data.get("fragments", {})
    ).items():
        fragments[fragment] = _filled(pattern, fragments)
    return tuple(
        Wording(
            reason=entry["reason"],
            strength=Strength[entry["strength"].upper()],
            pattern="|".join(
                _filled(line, fragments) for line in entry["patterns"].split("\n") if line
            ),
            anywhere=entry.get("anywhere", False),
            opens_list=entry.get("opens_list", False),
            rows_only=entry.get("rows_only", False),
            ending=entry.get("ending", False),
            cased=entry.get("cased", False),
        )
        for entry in data["wording"]
    )


def one_of(wordings: Sequence[Wording]) -> str:
    """Return an expression that matches any of ``wordings``; ``lastgroup`` names which.

    The n-th wording's group is called ``w`` and n.
    """
    return "|".join(f"(?P<w{number}>{each.pattern})" for number, each in enumerate(wordings))


def _filled(pattern: str, fragments: dict[str, str]) -> str:
    for name, fragment in fragments.items():
        pattern = pattern.replace(f"<{name}>", fragment)
    return _GROUP.sub("(?:", pattern)
